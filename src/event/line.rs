//! An event as a line of JSON.

use std::io::{self, Write};

use serde::Serialize as _;
use serde_json::ser::{CompactFormatter, Formatter};

use crate::event::Event;

/// Writes an event as JSON, without a line end. What a terminal would obey, or what would reorder what is read, is escaped:
/// it may be looked at with `cat`.
///
/// # Errors
/// Where it cannot be written.
pub fn to_json(event: &Event, out: &mut impl Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, Visible);
    event.serialize(&mut serializer).map_err(io::Error::from)
}

/// JSON in which all characters can be seen.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
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
