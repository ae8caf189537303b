//! An event as a line of JSON.

use std::io::{self, Write};

use serde::Serialize as _;
use serde::ser::Error as _;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::value::RawValue;

use crate::event::{CallRef, Event};

/// Appends an event as JSON, without a line end. What a terminal would obey, or what would reorder what is read, is escaped:
/// it may be looked at with `cat`.
///
/// # Errors
/// Where it cannot be expressed.
pub fn to_json(event: &Event, line: &mut Vec<u8>) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(Line(line), Visible);
    event.serialize(&mut serializer).map_err(io::Error::from)
}

/// The same text for an entry, which is in each event about it.
pub(super) fn written(call: &CallRef) -> serde_json::Result<Box<RawValue>> {
    let mut text = Vec::new();
    CallRef::serialize(call, &mut Serializer::with_formatter(Line(&mut text), Visible))?;
    RawValue::from_string(String::from_utf8(text).map_err(serde_json::Error::custom)?)
}

/// A line that grows. JSON is written in pieces, and most of them are a single byte.
struct Line<'a>(&'a mut Vec<u8>);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match bytes {
            [byte] => self.0.push(*byte),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// JSON in which all characters can be seen.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // Nearly all text, and quick to see.
        if fragment.bytes().all(|byte| byte < 0x7f) {
            return CompactFormatter.write_string_fragment(out, fragment);
        }
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            CompactFormatter.write_string_fragment(out, &rest[..at])?;
            write!(out, "\\u{:04x}", u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        CompactFormatter.write_string_fragment(out, rest)
    }
}

/// Control characters beyond those that JSON itself escapes, ends of lines, and marks of direction.
const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_reads_back() {
        let odd = "a\u{1b}[2J\u{9b}2Jb\u{202e}c\u{2066}\u{feff}\u{7f}d\u{2028}é語\"\\";
        let event = Event {
            seq: 1,
            at: 0.0,
            kind: Kind::RoundStarted { round: odd.into() },
        };
        let mut line = Vec::new();
        to_json(&event, &mut line).unwrap();
        let text = String::from_utf8(line).unwrap();
        assert!(!text.chars().any(|c| c.is_control() || is_hidden(c)), "{text}");
        assert!(text.contains("é語") && text.contains("\\u202e"), "{text}");
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }
}
