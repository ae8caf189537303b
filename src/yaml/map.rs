//! The entries of a map: no key twice, merge keys taken in.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};
use crate::yaml::{Dialect, Kind, Node};

/// Below this many keys, looking at each is faster than hashing.
const FEW: usize = 12;

/// A map while it is read.
#[derive(Debug, Default)]
pub(super) struct Entries {
    written: Vec<(Spanned<String>, Node)>,
    index: HashMap<String, usize>,
    merges: Vec<(Span, Node)>,
}

impl Entries {
    /// Adds an entry; of two with one key the first is kept, in Ansible's dialect the last.
    pub(super) fn push(
        &mut self,
        key: Spanned<String>,
        value: Node,
        dialect: Dialect,
        diagnostics: &mut Diagnostics,
    ) {
        if let Some(at) = self.find(&key.value) {
            let first = self.written[at].0.span;
            let message = format!("the key `{}` is there twice", key.value);
            let diagnostic = match dialect {
                Dialect::Strict => Diagnostic::error(Code::DuplicateKey, message),
                Dialect::Ansible => {
                    self.written[at].1 = value;
                    Diagnostic::warning(Code::DuplicateKey, message)
                }
            };
            diagnostics.push(
                diagnostic
                    .label(key.span, "again here")
                    .label(first, "first here")
                    .help("Remove one of the two, or give it another name."),
            );
            return;
        }
        if self.written.len() >= FEW {
            if self.index.is_empty() {
                let known = self.written.iter().enumerate();
                self.index = known.map(|(at, (key, _))| (key.value.clone(), at)).collect();
            }
            self.index.insert(key.value.clone(), self.written.len());
        }
        self.written.push((key, value));
    }

    /// Adds the value of a `<<`.
    pub(super) fn merge(&mut self, key: Span, value: Node, diagnostics: &mut Diagnostics) {
        if let Some((first, _)) = self.merges.first() {
            diagnostics.push(
                Diagnostic::error(Code::DuplicateKey, "the key `<<` is there twice")
                    .label(key, "again here")
                    .label(*first, "first here")
                    .help("Merge several maps by a list: `<<: [*one, *other]`."),
            );
            return;
        }
        self.merges.push((key, value));
    }

    fn find(&self, key: &str) -> Option<usize> {
        if self.index.is_empty() {
            self.written.iter().position(|(known, _)| known.value == key)
        } else {
            self.index.get(key).copied()
        }
    }

    /// The span from the first key to the last value.
    pub(super) fn extent(&self) -> Option<(u32, u32)> {
        let starts = self.written.first().map(|(key, _)| key.span.start);
        let merge_starts = self.merges.first().map(|(key, _)| key.start);
        let ends = self
            .written
            .last()
            .map(|(key, value)| value.span.end.max(key.span.end));
        let merge_ends = self.merges.last().map(|(key, _)| key.end);
        Some((
            starts.into_iter().chain(merge_starts).min()?,
            ends.into_iter().chain(merge_ends).max()?,
        ))
    }

    /// The whole map: merged entries first, where the map itself does not have their keys.
    pub(super) fn finish(mut self, diagnostics: &mut Diagnostics) -> Vec<(Spanned<String>, Node)> {
        let Some((key, merged)) = self.merges.pop() else {
            return self.written;
        };
        let maps = match merged.kind {
            Kind::Map(map) => vec![map],
            Kind::Seq(list) if list.iter().all(|node| matches!(node.kind, Kind::Map(_))) => {
                let maps = list.into_iter().map(|node| match node.kind {
                    Kind::Map(map) => map,
                    _ => Vec::new(),
                });
                maps.collect()
            }
            _ => {
                diagnostics.push(
                    Diagnostic::error(Code::InvalidMerge, "`<<` needs a map or a list of maps")
                        .at(key)
                        .help("Give it an alias of a map: `<<: *name`."),
                );
                return self.written;
            }
        };
        let mut whole: indexmap::IndexMap<String, (Span, Node)> = indexmap::IndexMap::new();
        for (key, node) in maps.into_iter().flatten() {
            whole.entry(key.value).or_insert((key.span, node));
        }
        for (key, node) in self.written {
            whole.insert(key.value, (key.span, node));
        }
        whole
            .into_iter()
            .map(|(key, (span, node))| (Spanned::new(key, span), node))
            .collect()
    }
}
