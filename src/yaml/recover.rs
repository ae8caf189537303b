//! Reading on behind a mistake of YAML: the item around a mistake is blanked out, and the text is read again.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::yaml::line::{Line, line_start};

/// How often a text is read again.
const TRIES: usize = 20;
/// How many bytes all that is read again may come to, so that a large file is not read for seconds.
const BYTES: usize = 8 << 20;

/// Where the reading broke off.
pub(super) struct Broken {
    /// What is wrong; `None`, where it was said before.
    pub(super) diagnostic: Option<Box<Diagnostic>>,
    /// Where the mistake begins, as far as is known: the bracket or quote that is open.
    pub(super) start: usize,
    /// Whether something is open there, so that it is a mistake of its own.
    pub(super) is_open: bool,
}

/// What is blanked out of a text.
pub(super) struct Masks<'t> {
    text: &'t str,
    all: Vec<Mask>,
    tries: usize,
}

/// A part that is blanked out.
#[derive(Debug, Clone)]
pub(super) struct Mask {
    /// The bytes.
    pub(super) range: Range<usize>,
    /// Where the line begins that it is cut out of.
    pub(super) line: usize,
    part: Part,
}

/// Which part of the structure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The value of a key, which stays.
    Value,
    /// An item of a list, whose dash stays.
    Item,
    /// A line that is neither.
    Line,
    /// The same with what is deeper below it.
    Lines,
}

impl Mask {
    /// The column of a map that lost keys of which nothing is known.
    pub(super) fn hole(&self, text: &str) -> Option<usize> {
        let line = Line::at(text, self.line);
        let first = &text[self.range.start..line.end.max(self.range.start)];
        let indents = text[line.end..self.range.end.max(line.end)].lines();
        let mut indents = indents
            .filter(|it| !it.trim().is_empty())
            .map(|it| it.len() - it.trim_start().len());
        let next = indents.next();
        let is_ragged = indents.any(|it| Some(it) < next);
        let is_below = || next.is_some() && (is_ragged || !first.trim().is_empty());
        match self.part {
            Part::Line => Some(line.indent),
            Part::Lines => Some(usize::MAX),
            // What is below a value may have been meant to be next to it.
            Part::Value if is_below() => Some(line.column),
            Part::Value | Part::Item => None,
        }
    }
}

impl<'t> Masks<'t> {
    /// None yet.
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            all: Vec::new(),
            tries: 0,
        }
    }

    /// The text as it is written.
    pub(super) const fn text(&self) -> &'t str {
        self.text
    }

    /// What is masked.
    pub(super) fn all(&self) -> &[Mask] {
        &self.all
    }

    /// Whether a value at an offset only holds a place.
    pub(super) fn contain(&self, at: usize) -> bool {
        self.all.iter().any(|it| it.range.contains(&at))
    }

    /// Whether something that is blanked out holds a text.
    pub(super) fn hold(&self, text: &str) -> bool {
        let mut masked = self.all.iter().map(|it| &self.text[it.range.clone()]);
        masked.any(|it| it.contains(text))
    }

    /// Whether a mistake is one of its own, and does not follow from what was taken out before.
    pub(super) fn is_new(&self, broken: &Broken) -> bool {
        let is_around = |it: &Mask| broken.start < it.line;
        !self
            .all
            .iter()
            .any(|it| self.follows(it, broken) || is_around(it))
    }

    /// Takes the item around a mistake out; false, where there is nothing left to take.
    pub(super) fn mask(&mut self, broken: &Broken) -> bool {
        self.tries += 1;
        if self.tries > TRIES || self.text.len().saturating_mul(self.tries) > BYTES {
            return false;
        }
        let before = self.all.iter().find(|it| self.follows(it, broken));
        let mask = match before {
            Some(before) => self.around(before),
            None => self.first(broken.start),
        };
        let Some(mask) = mask else { return false };
        self.all
            .retain(|it| it.range.start < mask.range.start || it.range.end > mask.range.end);
        self.all.push(mask);
        true
    }

    /// The text with spaces in the place of what is taken out; the bytes of the rest stay where they are.
    pub(super) fn masked(&self) -> String {
        let mut bytes = self.text.as_bytes().to_vec();
        for mask in &self.all {
            let mut held = matches!(mask.part, Part::Line | Part::Lines);
            for at in mask.range.clone() {
                if matches!(bytes[at], b'\n' | b'\r') {
                    continue;
                }
                let is_place = !held && at > mask.range.start && !bytes[at].is_ascii_whitespace();
                held |= is_place;
                bytes[at] = if is_place { b'x' } else { b' ' };
            }
        }
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// Whether a mistake comes of what a mask left.
    fn follows(&self, mask: &Mask, broken: &Broken) -> bool {
        let rest = &self.text[mask.range.end..];
        let next = mask.range.end + (rest.len() - rest.trim_start().len());
        let own = line_start(self.text, broken.start);
        let line = Line::at(self.text, own);
        let is_sibling = line.dash.is_some() && self.has_item_at(mask, line.indent);
        let is_next = own <= next && !broken.is_open && !is_sibling;
        own >= mask.line && (broken.start < mask.range.end || is_next)
    }

    /// Whether a mask is in an item of a list whose dashes have this column.
    fn has_item_at(&self, mask: &Mask, column: usize) -> bool {
        let mut around = Some(Line::at(self.text, mask.line));
        while let Some(line) = around.filter(|it| it.indent >= column) {
            if line.indent == column && line.dash.is_some() {
                return true;
            }
            around = line.above(self.text);
        }
        false
    }

    /// The smallest part around an offset.
    fn first(&self, at: usize) -> Option<Mask> {
        let line = Line::at(self.text, line_start(self.text, at));
        let part = match (line.value, line.dash) {
            (Some(_), _) => Part::Value,
            (None, Some(_)) => Part::Item,
            (None, None) if line.has_own_below(self.text) => Part::Lines,
            (None, None) => Part::Line,
        };
        self.cut(&line, part).or_else(|| self.larger(&line, part))
    }

    /// The next larger part.
    fn around(&self, mask: &Mask) -> Option<Mask> {
        self.larger(&Line::at(self.text, mask.line), mask.part)
    }

    fn larger(&self, line: &Line, part: Part) -> Option<Mask> {
        if let (Part::Value, Some(_)) = (part, line.dash) {
            return self.cut(line, Part::Item);
        }
        if part == Part::Line {
            return self.cut(line, Part::Lines);
        }
        let is_item = part == Part::Item;
        let column = line.indent;
        let mut above = line.above(self.text);
        while let Some(it) = above {
            let is_key = is_item && it.indent == column && it.dash.is_none();
            if it.indent < column || is_key {
                let holds_value = it.value.is_some() && (it.column < column || is_key);
                let part = match it.dash {
                    _ if holds_value => Part::Value,
                    Some(_) => Part::Item,
                    None => Part::Lines,
                };
                return self.cut(&it, part).or_else(|| self.larger(&it, part));
            }
            above = it.above(self.text);
        }
        (part == Part::Value)
            .then(|| self.cut(line, Part::Lines))
            .flatten()
    }

    /// A part of a line with what is below it; `None`, where it is empty.
    fn cut(&self, line: &Line, part: Part) -> Option<Mask> {
        let (start, column) = match part {
            Part::Value => (line.value?, line.column),
            Part::Item => (line.start + line.dash? + 1, line.dash?),
            Part::Line | Part::Lines => (line.start, line.indent),
        };
        let end = match part {
            Part::Line => line.end,
            _ => line.below(self.text, column, part == Part::Value),
        };
        let is_empty = self.text[start..end].trim().is_empty();
        (!is_empty).then_some(Mask {
            range: start..end,
            line: line.start,
            part,
        })
    }
}
