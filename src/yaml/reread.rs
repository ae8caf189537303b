//! From a text to its tree, around mistakes of YAML.

use crate::diagnostic::Diagnostics;
use crate::source::{SourceId, Span};
use crate::yaml::build::Builder;
use crate::yaml::fatal::Fatal;
use crate::yaml::line;
use crate::yaml::recover::Masks;
use crate::yaml::{Dialect, Node};

/// Reads a text. What is not valid YAML is told, and what is around it reads as refused. `None` where nothing can be read, or too
/// much.
pub(super) fn parse(
    dialect: Dialect,
    source: SourceId,
    text: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Node> {
    let mut masks = Masks::new(text);
    let node = loop {
        let read = match masks.all() {
            [] => Builder::new(dialect, source, text, diagnostics, &masks).read(),
            _ => Builder::new(dialect, source, &masks.masked(), diagnostics, &masks).read(),
        };
        let mut broken = match read {
            Ok(node) => break node,
            Err(Fatal::Over(diagnostic)) => {
                diagnostics.push(*diagnostic);
                break None;
            }
            Err(Fatal::Broken(broken)) => broken,
        };
        let is_new = masks.is_new(&broken);
        if let Some(diagnostic) = broken.diagnostic.take().filter(|_| is_new) {
            diagnostics.push(*diagnostic);
        }
        if !masks.mask(&broken) {
            break None;
        }
    };
    for mask in masks.all() {
        let span = Span::new(source, mask.range.start, mask.range.end);
        let masked = &text[mask.line..mask.range.end];
        let keys = line::keys_around(text, mask.line);
        diagnostics.unread(span, masked, &keys, mask.hole(text));
    }
    if node.is_none() {
        diagnostics.unread_file(Span::new(source, 0, text.len()));
    }
    node
}
