//! Anchors, and the aliases that repeat them.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};
use crate::yaml::build::{Builder, DEPTH_LIMIT, too_deep};
use crate::yaml::fatal::Fatal;
use crate::yaml::{Kind, Node};

/// An anchor of the document.
#[derive(Default)]
pub(super) struct Anchor {
    pub(super) name: Option<Spanned<String>>,
    is_used: bool,
    saved: Option<Saved>,
}

/// What an anchor stands for, with its measures.
struct Saved {
    node: Node,
    height: usize,
    nodes: usize,
    bytes: usize,
}

impl Builder<'_> {
    /// Keeps a finished node for the aliases of its anchor; `before` is what had been counted before it.
    pub(super) fn save(&mut self, anchor: usize, node: &Node, height: usize, before: (usize, usize)) {
        if anchor != 0 {
            let (nodes, bytes) = (self.nodes - before.0, self.bytes - before.1);
            let saved = Saved {
                node: node.clone(),
                height,
                nodes,
                bytes,
            };
            self.anchors.entry(anchor).or_default().saved = Some(saved);
        }
    }

    /// Repeats what the anchor stands for.
    pub(super) fn alias(&mut self, id: usize, range: &Range<usize>) -> Result<(), Fatal> {
        let span = self.span(range.start, range.end);
        self.last = self.last.max(range.end);
        let anchor = self.anchors.entry(id).or_default();
        anchor.is_used = true;
        if self.skipped.is_some() {
            return Ok(());
        }
        let Some(saved) = &anchor.saved else {
            let diagnostic = Diagnostic::error(Code::YamlSyntax, "the alias is inside its own anchor")
                .at(span)
                .help("Repeat the value, or move the anchor.");
            return Err(Fatal::broken(diagnostic, range.start));
        };
        let (height, nodes, bytes) = (saved.height, saved.nodes, saved.bytes);
        if self.frames.len() + height > DEPTH_LIMIT {
            return Err(too_deep(span));
        }
        self.count(nodes, bytes, span)?;
        let Some(saved) = self.anchors.get(&id).and_then(|anchor| anchor.saved.as_ref()) else {
            return Ok(());
        };
        let node = saved.node.clone();
        self.value(node, height);
        Ok(())
    }

    /// Refuses an alias whose anchor does not stand above it, and goes on.
    pub(super) fn unknown_alias(&mut self, name: &str, range: &Range<usize>) {
        let span = self.span(range.start, range.end);
        self.last = self.last.max(range.end);
        if self.skipped.is_some() {
            return;
        }
        if self.masks.hold(&format!("&{name}")) {
            self.refused(span);
            return;
        }
        self.template = Some(span);
        let text = self.raw(range.start, range.end).to_owned();
        self.diagnostics.push(
            Diagnostic::error(
                Code::YamlSyntax,
                format!("no anchor `&{name}` is above the alias `*{name}`"),
            )
            .at(span)
            .help(format!("Quote a text that begins with `*`: `\"{text}\"`.")),
        );
        self.refused(span);
    }

    /// Refuses an anchor before nothing, which was probably text, and goes on.
    pub(super) fn anchored_nothing(&mut self, id: usize, end: usize) {
        self.anchors.entry(id).or_default().is_used = true;
        let start = self.raw(0, end).rfind('&').unwrap_or(end);
        let text = self.raw(start, end).trim_end().to_owned();
        let span = self.span(start, start + text.len());
        self.diagnostics.push(
            Diagnostic::error(
                Code::UnusedAnchor,
                format!("`{text}` is an anchor, and leaves the value empty"),
            )
            .at(span)
            .help(format!("Quote a text that begins with `&`: `\"{text}\"`.")),
        );
        let node = self.refused(span);
        self.save(id, &node, 0, (self.nodes - 1, self.bytes));
    }

    /// Refuses anchors that nothing refers to: they took a word away.
    pub(super) fn unused_anchors(&mut self) {
        let unused = self.anchors.values().filter(|anchor| !anchor.is_used);
        let mut unused: Vec<_> = unused.filter_map(|anchor| anchor.name.clone()).collect();
        unused.sort_by_key(|name| name.span);
        unused.retain(|name| !self.masks.hold(&format!("*{}", name.value)));
        for name in unused {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::UnusedAnchor,
                    format!("no alias refers to the anchor `&{}`", name.value),
                )
                .at(name.span)
                .help("Quote the value if it is text that begins with `&`; else remove the anchor."),
            );
        }
    }

    /// Puts something where a value was refused, so that reading goes on.
    pub(super) fn refused(&mut self, span: Span) -> Node {
        let node = Node {
            span,
            kind: Kind::Refused,
        };
        self.value(node.clone(), 0);
        node
    }
}
