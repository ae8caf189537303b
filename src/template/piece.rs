//! A text of templates as it is written, and what is to be known of it for messages.

use std::ops::Range;

use crate::source::{Place, Span};
use crate::template::walk::{Edit, Found, Use};

/// The longest part of a text that a message repeats, in bytes.
const SHORT: usize = 80;

/// One text: all of a program, or a file that a template brings in.
#[derive(Debug)]
pub(super) struct Piece {
    /// The text as written.
    pub(super) text: &'static str,
    /// Where it is.
    pub(super) place: Place,
    /// Every chain of names and keys in it.
    pub(super) uses: Vec<Use>,
    operands: Vec<(usize, usize)>,
    edits: Vec<Edit>,
}

impl Piece {
    /// With what was found in it, `edits` of which were compiled.
    pub(super) fn new(text: &'static str, place: Place, found: Found) -> Self {
        Self {
            text,
            place,
            uses: found.uses,
            operands: found.operands,
            edits: found.edits,
        }
    }

    /// A range of what was compiled as one of what was written.
    pub(super) fn written(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.offset(range.start, false);
        start..self.offset(range.end, true).max(start)
    }

    /// The same range with what a filter or test at its begin applies to.
    pub(super) fn with_operand(&self, range: &Range<usize>) -> Range<usize> {
        let operand = self.operands.iter().find(|(name, _)| *name == range.start);
        operand.map_or(range.start, |(_, begin)| *begin)..range.end
    }

    /// What is written in a range, where it is short enough for a message.
    pub(super) fn short(&self, range: &Range<usize>) -> Option<&'static str> {
        let text = self.text.get(range.clone())?.trim();
        let text = text.strip_prefix("{{").map_or(text, str::trim_start);
        let text = text.strip_suffix("}}").map_or(text, str::trim_end);
        (!text.is_empty() && text.len() <= SHORT && !text.contains('\n')).then_some(text)
    }

    /// Where a range of the written text is.
    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        self.place.span(range.start, range.end)
    }

    fn offset(&self, compiled: usize, is_end: bool) -> usize {
        let mut shift = 0isize;
        for edit in &self.edits {
            let start = edit.range.start.saturating_add_signed(shift);
            let end = start + edit.text.len();
            if compiled < start || (compiled == start && !is_end) {
                break;
            }
            if compiled < end || (compiled == end && is_end) {
                return if is_end { edit.range.end } else { edit.range.start };
            }
            shift += edit.text.len().cast_signed() - edit.range.len().cast_signed();
        }
        compiled.saturating_add_signed(-shift).min(self.text.len())
    }
}
