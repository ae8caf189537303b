//! What YAML would let pass, or would refuse without saying why.

use serde_yaml::granit_parser::ScanError;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Place;
use crate::yaml::build::{Builder, Frame};
use crate::yaml::fatal::Fatal;
use crate::yaml::recover::Broken;
use crate::yaml::{Kind, Node, Style, Text, syntax};

impl Builder<'_> {
    /// Refuses a tag, or a `!` alone.
    pub(super) fn tag(&mut self, start: usize) {
        if self.skipped.is_some() {
            return;
        }
        let line = syntax::rest_of_line(self.text, start);
        let tag = line.split([' ', '\t', ',', ']', '}']).next().unwrap_or(line);
        let value = line[tag.len()..].trim();
        let span = self.span(start, start + tag.len().max(1));
        let diagnostic = if tag == "!" {
            let help = if value.is_empty() {
                "Quote it if it is meant as text: `\"!\"`.".to_owned()
            } else {
                format!("For a negation write `not {value}`; quote the value if it is text.")
            };
            Diagnostic::error(Code::LeadingBang, "YAML drops a `!` before a value").help(help)
        } else if tag.starts_with("!vault") {
            Diagnostic::error(Code::YamlTag, format!("the tag `{tag}` is not supported"))
                .help("Declare the value under `secrets:`; a ciphertext must not become the value.")
        } else {
            let word = tag.trim_start_matches('!');
            Diagnostic::error(
                Code::YamlTag,
                format!("`{tag}` is a YAML tag, which is not supported"),
            )
            .help(format!(
                "For a negation write `not {word}`; quote the value if it is text that begins with `!`."
            ))
        };
        self.diagnostics.push(diagnostic.at(span));
    }

    /// Refuses `{{ }}` without quotes; gives the text that was meant.
    pub(super) fn unquoted_template(&mut self, start: usize) -> Node {
        let line = syntax::rest_of_line(self.text, start);
        let end = start + line.find("}}").map_or(line.len(), |at| at + 2);
        let span = self.span(start, end);
        let raw = self.raw(start, end);
        let mut fixed = Diagnostic::error(Code::UnquotedTemplate, "a template must be quoted")
            .at(span)
            .help(format!(
                "Put the whole value into quotes: `\"{}\"`.",
                syntax::clip(raw)
            ));
        let is_flow = self.frames.iter().any(Frame::is_flow);
        if let Some((end, quoted)) = syntax::quoted(self.masks.text(), start, is_flow) {
            let value = self.span(start, end);
            fixed = fixed.fixed_at(value, quoted);
        }
        self.diagnostics.push(fixed);
        self.template = Some(span);
        let text = Text {
            text: raw.to_owned(),
            style: Style::Plain,
            place: Place::whole(span),
        };
        Node {
            span,
            kind: Kind::Str(text),
        }
    }

    /// Says what a scan error is about; nothing, where it follows from a template that was refused before.
    pub(super) fn syntax(&self, error: &ScanError) -> Fatal {
        let at = error
            .marker()
            .byte_offset()
            .unwrap_or(self.last)
            .min(self.text.len());
        if let Some(template) = self.template
            && (self.skipped.is_some() || !self.raw(template.end as usize, at).contains('\n'))
        {
            return Fatal::Broken(Broken {
                diagnostic: None,
                start: template.start as usize,
                is_open: true,
            });
        }
        let open = self
            .frames
            .iter()
            .rev()
            .find(|frame| frame.is_flow())
            .map(|frame| frame.start);
        let outer = self.frames.iter().find(|frame| frame.is_flow());
        let diagnostic = syntax::explain(error, (self.text, self.masks.text()), at, open, self.source);
        if diagnostic.code == Code::TooDeep {
            return diagnostic.into();
        }
        let said = diagnostic.labels.iter().map(|label| label.span.start as usize);
        let start = said
            .chain(outer.map(|frame| frame.start))
            .chain(syntax::opener(error, self.text, at))
            .min();
        Fatal::Broken(Broken {
            diagnostic: Some(Box::new(diagnostic)),
            start: start.unwrap_or(at),
            is_open: open.is_some() || syntax::is_of_its_own(error),
        })
    }
}
