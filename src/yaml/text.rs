//! A scalar event to its node.

use std::borrow::Cow;
use std::ops::Range;

use serde_yaml::granit_parser::ScalarStyle;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Place, Span};
use crate::yaml::build::{Builder, Key};
use crate::yaml::fatal::Fatal;
use crate::yaml::scalar::Plain;
use crate::yaml::{Dialect, Kind, Node, Style, Text};
use crate::yaml::{place, scalar, scalar11};

impl<'a> Builder<'a> {
    /// Puts a scalar where it belongs.
    pub(super) fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<usize>,
        range: &Range<usize>,
    ) -> Result<(), Fatal> {
        if self.skipped.is_some() {
            return Ok(());
        }
        let span = self.span(range.start, range.end);
        let before = (self.nodes, self.bytes);
        self.count(1, text.len(), span)?;
        if self.masks.contain(range.start) {
            self.refused(span);
            return Ok(());
        }
        if self.dialect == Dialect::Ansible
            && let Some(start) = tag
        {
            self.tagged(text.into_owned(), style, (anchor, before), start, range);
            return Ok(());
        }
        let is_nothing = style == ScalarStyle::Plain && range.is_empty();
        if let Some(tag) = tag.filter(|_| is_nothing) {
            // What was refused as a tag was the value.
            let span = self.span(tag, range.start);
            self.refused(span);
            return Ok(());
        }
        if anchor != 0 && is_nothing && self.dialect == Dialect::Strict {
            self.anchored_nothing(anchor, range.start);
            return Ok(());
        }
        if style == ScalarStyle::Plain && self.awaits_key() {
            if text == "<<" {
                self.set_key(Key::Merge(span));
                return Ok(());
            }
            if range.is_empty() {
                self.bad_key(span);
                return Ok(());
            }
        }
        let node = self.scalar_node(text.into_owned(), style, span);
        self.save(anchor, &node, 0, before);
        self.last = range.end.max(self.last);
        self.value(node, 0);
        Ok(())
    }

    fn scalar_node(&mut self, text: String, style: ScalarStyle, span: Span) -> Node {
        let raw = self.raw(span.start as usize, span.end as usize).trim_end();
        let span = self.span(span.start as usize, span.start as usize + raw.len());
        let (style, place) = match style {
            ScalarStyle::Plain => {
                let meaning = |text: &str| match self.dialect {
                    Dialect::Strict => scalar::plain(text),
                    Dialect::Ansible => scalar11::plain(text),
                };
                let kind = match meaning(&text) {
                    Plain::Null => Kind::Null,
                    Plain::Bool(it) => Kind::Bool(it),
                    Plain::Int(it) => Kind::Int(it),
                    Plain::Uint(it) => Kind::Uint(it),
                    Plain::Float(it) => Kind::Float(it),
                    Plain::Imprecise(printed) if !self.awaits_key() => {
                        self.imprecise(&text, &printed, span);
                        Kind::Refused
                    }
                    Plain::Str | Plain::Imprecise(_) => {
                        let place = place::plain(&text, raw, span);
                        Kind::Str(Text {
                            text,
                            style: Style::Plain,
                            place,
                        })
                    }
                };
                return Node { span, kind };
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                (Style::Quoted, place::quoted(&text, raw, span))
            }
            ScalarStyle::Literal => (Style::Block, place::literal(&text, self.text, span)),
            ScalarStyle::Folded => (Style::Block, place::folded(&text, raw, span)),
        };
        Node {
            span,
            kind: Kind::Str(Text { text, style, place }),
        }
    }

    /// A scalar with a tag, in Ansible's dialect.
    fn tagged(
        &mut self,
        text: String,
        style: ScalarStyle,
        (anchor, before): (usize, (usize, usize)),
        start: usize,
        range: &Range<usize>,
    ) {
        let tag = self.raw(start, range.start).split_whitespace().next();
        let tag = tag.unwrap_or_default().to_owned();
        let span = self.span(range.start, range.end);
        let mut node = self.scalar_node(text.clone(), style, span);
        node.kind = match (tag.as_str(), node.kind) {
            ("!!str" | "!", Kind::Str(text)) => Kind::Str(text),
            ("!!str" | "!", _) => Kind::Str(Text {
                text,
                style: Style::Quoted,
                place: Place::whole(span),
            }),
            ("!vault" | "!vault-encrypted" | "!unsafe", Kind::Str(text)) => Kind::Tagged(tag, text),
            ("!unsafe", kind) => kind,
            (_, kind) => {
                self.tag(start);
                kind
            }
        };
        self.save(anchor, &node, 0, before);
        self.last = range.end.max(self.last);
        self.value(node, 0);
    }

    fn imprecise(&mut self, text: &str, printed: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::error(
                Code::ImpreciseNumber,
                format!("the number `{text}` would be read as `{printed}`"),
            )
            .at(span)
            .help(format!("Quote it to keep it as text: `\"{text}\"`.")),
        );
    }
}
