//! The events of the YAML parser to the tree.

use std::collections::HashMap;

use serde_yaml::granit_parser;
use serde_yaml::granit_parser::{Event, Parser, StructureStyle};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceId, Span, Spanned};
use crate::yaml::alias::Anchor;
use crate::yaml::fatal::Fatal;
use crate::yaml::map::Entries;
use crate::yaml::recover::Masks;
use crate::yaml::syntax;
use crate::yaml::{Dialect, Kind, Node};

/// How deep lists and maps may be nested.
pub(super) const DEPTH_LIMIT: usize = 64;
/// How much text a file may hold, aliases expanded.
const BYTE_LIMIT: usize = 64 << 20;
/// How many values a file may hold, aliases expanded.
const NODE_LIMIT: usize = 2_000_000;

pub(super) struct Builder<'a> {
    pub(super) dialect: Dialect,
    pub(super) source: SourceId,
    pub(super) text: &'a str,
    pub(super) diagnostics: &'a mut Diagnostics,
    pub(super) masks: &'a Masks<'a>,
    pub(super) frames: Vec<Frame>,
    root: Option<Node>,
    pub(super) anchors: HashMap<usize, Anchor>,
    pub(super) nodes: usize,
    pub(super) bytes: usize,
    /// What is where it cannot stand: how many of its collections are open, and what is put in its place.
    pub(super) skipped: Option<(usize, Option<Node>)>,
    /// The last unquoted template or unknown alias: what follows it is often not valid YAML, and that is not told a second time.
    pub(super) template: Option<Span>,
    /// Where the last value ended.
    pub(super) last: usize,
}

pub(super) struct Frame {
    pub(super) start: usize,
    style: StructureStyle,
    anchor: usize,
    kind: Collection,
    /// Levels of collections inside.
    height: usize,
    /// What had been counted before it.
    before: (usize, usize),
}

impl Frame {
    /// Whether it is in brackets.
    pub(super) fn is_flow(&self) -> bool {
        self.style == StructureStyle::Flow
    }
}

enum Collection {
    Seq(Vec<Node>),
    Map { entries: Entries, key: Option<Key> },
}

pub(super) enum Key {
    Text(Spanned<String>),
    Merge(Span),
    Bad,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        dialect: Dialect,
        source: SourceId,
        text: &'a str,
        diagnostics: &'a mut Diagnostics,
        masks: &'a Masks<'a>,
    ) -> Self {
        Self {
            dialect,
            source,
            text,
            diagnostics,
            masks,
            frames: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            nodes: 0,
            bytes: 0,
            skipped: None,
            template: None,
            last: 0,
        }
    }

    pub(super) fn read(mut self) -> Result<Option<Node>, Fatal> {
        self.run()?;
        Ok(self.finish())
    }

    fn run(&mut self) -> Result<(), Fatal> {
        syntax::check_characters(self.text, self.source)?;
        if self.text.len() > BYTE_LIMIT {
            return Err(self.too_large(self.span(0, 0)));
        }
        let options = granit_parser::options! {
            emit_comments: false,
            emit_anchor_events: true,
            emit_unresolved_aliases: true,
        };
        let mut documents = 0;
        for next in Parser::new_from_str_with_options(self.text, options) {
            let (event, at) = next.map_err(|error| self.syntax(&error))?;
            let range = at.byte_range().unwrap_or(0..0);
            let tag = at.tag_start().and_then(|tag| tag.byte_offset());
            if let Some(tag) = tag
                && !(self.dialect == Dialect::Ansible && matches!(event, Event::Scalar(..)))
            {
                self.tag(tag);
            }
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        let message = "a second document begins here";
                        let diagnostic = Diagnostic::error(Code::MultipleDocuments, message)
                            .at(self.span(range.start, range.end.max(range.start + 1)))
                            .help("Put each document into a file of its own.");
                        self.diagnostics.push(diagnostic);
                        return Ok(());
                    }
                }
                Event::Scalar(text, style, anchor, _) => {
                    self.scalar(text, style, anchor, tag, &range)?;
                }
                Event::SequenceStart(style, anchor, _) => {
                    self.open(style, anchor, range.start, Collection::Seq(Vec::new()))?;
                }
                Event::MappingStart(style, anchor, _) => {
                    let kind = Collection::Map {
                        entries: Entries::default(),
                        key: None,
                    };
                    self.open(style, anchor, range.start, kind)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
                Event::Anchor(id, name) => {
                    let span = self.span(range.start, range.end);
                    self.anchors.entry(id).or_default().name = Some(Spanned::new(name.into_owned(), span));
                }
                Event::Alias(id) => self.alias(id, &range)?,
                Event::UnresolvedAlias(name) => self.unknown_alias(&name, &range),
                _ => {}
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Option<Node> {
        if self.dialect == Dialect::Ansible {
            let nothing = Node {
                span: self.span(0, 0),
                kind: Kind::Null,
            };
            return Some(self.root.take().unwrap_or(nothing));
        }
        self.unused_anchors();
        match self.root.take() {
            Some(node) if node.kind != Kind::Null => Some(node),
            _ if !self.masks.all().is_empty() => None,
            _ => {
                self.diagnostics.push(
                    Diagnostic::error(Code::EmptyFile, "the file is empty")
                        .at(self.span(0, 0))
                        .help("It needs at least one key."),
                );
                None
            }
        }
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    pub(super) fn raw(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    pub(super) fn count(&mut self, nodes: usize, bytes: usize, span: Span) -> Result<(), Fatal> {
        self.nodes += nodes;
        self.bytes += bytes;
        if self.nodes > NODE_LIMIT || self.bytes > BYTE_LIMIT {
            return Err(self.too_large(span));
        }
        Ok(())
    }

    fn too_large(&self, span: Span) -> Fatal {
        let message = if self.text.len() > BYTE_LIMIT {
            "the file is larger than 64 MiB"
        } else {
            "the file holds more than 64 MiB or two million values, aliases expanded"
        };
        Diagnostic::error(Code::TooLarge, message)
            .at(span)
            .help("Keep bulk data in files that the playbook copies or reads.")
            .into()
    }

    pub(super) fn awaits_key(&self) -> bool {
        matches!(
            self.frames.last(),
            Some(Frame {
                kind: Collection::Map { key: None, .. },
                ..
            })
        )
    }

    pub(super) fn set_key(&mut self, new: Key) {
        if let Some(Frame {
            kind: Collection::Map { key, .. },
            ..
        }) = self.frames.last_mut()
        {
            *key = Some(new);
        }
    }

    pub(super) fn bad_key(&mut self, span: Span) {
        self.diagnostics.push(
            Diagnostic::error(Code::InvalidKey, "the key of a map must be text")
                .at(span)
                .help("Write one word or a quoted text before the colon."),
        );
        self.set_key(Key::Bad);
    }

    /// Puts a finished node where it belongs.
    pub(super) fn value(&mut self, mut node: Node, height: usize) {
        let text = self.text;
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.height = frame.height.max(height);
        match &mut frame.kind {
            Collection::Seq(list) => list.push(node),
            Collection::Map { entries, key } => match key.take() {
                None => {
                    let span = node.span;
                    *key = Some(match node.kind {
                        Kind::Str(it) => Key::Text(Spanned::new(it.text, span)),
                        Kind::Seq(_) | Kind::Map(_) => Key::Bad,
                        _ => {
                            let written = text.get(span.start as usize..span.end as usize);
                            Key::Text(Spanned::new(written.unwrap_or("").to_owned(), span))
                        }
                    });
                    if matches!(key, Some(Key::Bad)) {
                        self.bad_key(span);
                    }
                }
                Some(Key::Text(key)) => {
                    if node.kind == Kind::Null && node.span.is_empty() {
                        node.span = key.span;
                    }
                    entries.push(key, node, self.dialect, self.diagnostics);
                }
                Some(Key::Merge(key)) => entries.merge(key, node, self.diagnostics),
                Some(Key::Bad) => {}
            },
        }
    }

    fn open(
        &mut self,
        style: StructureStyle,
        anchor: usize,
        start: usize,
        kind: Collection,
    ) -> Result<(), Fatal> {
        if let Some((depth, _)) = &mut self.skipped {
            *depth += 1;
            return Ok(());
        }
        let span = self.span(start, start + 1);
        self.count(1, 0, span)?;
        if style == StructureStyle::Flow && self.raw(start, start + 2) == "{{" {
            let node = self.unquoted_template(start);
            self.skipped = Some((1, Some(node)));
            return Ok(());
        }
        if self.awaits_key() {
            self.bad_key(span);
            self.skipped = Some((1, None));
            return Ok(());
        }
        if self.frames.len() >= DEPTH_LIMIT {
            return Err(too_deep(span));
        }
        let before = (self.nodes - 1, self.bytes);
        self.frames.push(Frame {
            start,
            style,
            anchor,
            kind,
            height: 0,
            before,
        });
        Ok(())
    }

    fn close(&mut self, end: usize) {
        self.last = self.last.max(end);
        if let Some((depth, _)) = &mut self.skipped {
            *depth -= 1;
            if *depth == 0
                && let Some((_, Some(node))) = self.skipped.take()
            {
                if self.awaits_key() {
                    self.set_key(Key::Bad);
                } else {
                    self.value(node, 0);
                }
            }
            return;
        }
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let extent = match &frame.kind {
            Collection::Seq(list) => list
                .first()
                .zip(list.last())
                .map(|(a, b)| (a.span.start, b.span.end)),
            Collection::Map { entries, .. } => entries.extent(),
        };
        let span = match (frame.style, extent) {
            (StructureStyle::Block, Some((start, end))) => self.span(start as usize, end as usize),
            _ => self.span(frame.start, end),
        };
        let kind = match frame.kind {
            Collection::Seq(list) => Kind::Seq(list),
            Collection::Map { entries, .. } => Kind::Map(entries.finish(self.diagnostics)),
        };
        let node = Node { span, kind };
        let height = frame.height + 1;
        self.save(frame.anchor, &node, height, frame.before);
        self.value(node, height);
    }
}

/// The refusal of what is nested too deep.
pub(super) fn too_deep(span: Span) -> Fatal {
    Diagnostic::error(
        Code::TooDeep,
        format!("lists and maps are nested more than {DEPTH_LIMIT} deep"),
    )
    .at(span)
    .help("Keep deep data in a file of its own.")
    .into()
}
