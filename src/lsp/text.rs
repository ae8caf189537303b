//! Places in texts, as the protocol counts them: lines and units of UTF-16 or UTF-8, from 0.

use serde_json::{Value, json};

use crate::source::{SourceMap, Span};

/// What columns are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Units {
    /// Units of UTF-16: what every client knows.
    Utf16,
    /// Bytes.
    Utf8,
}

impl Units {
    /// What a client and this server both know; bytes first.
    pub(super) fn agreed(params: &Value) -> Self {
        let known = params["capabilities"]["general"]["positionEncodings"].as_array();
        if known.is_some_and(|it| it.iter().any(|it| it == "utf-8")) {
            Self::Utf8
        } else {
            Self::Utf16
        }
    }

    /// Its name in the protocol.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Utf16 => "utf-16",
            Self::Utf8 => "utf-8",
        }
    }

    /// The range of a span, by what is known of the lines of its source.
    pub(super) fn span(self, span: Span, sources: &SourceMap) -> Value {
        let place = |offset: u32| {
            let (line, start) = sources.line(Span {
                start: offset,
                ..span
            });
            let text = &sources.source(span.source).text;
            let mut place = self.position(&text[start..], (offset as usize).saturating_sub(start));
            place["line"] = line.into();
            place
        };
        json!({ "start": place(span.start), "end": place(span.end) })
    }

    /// Where an offset is.
    pub(super) fn position(self, text: &str, offset: usize) -> Value {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |it| it + 1);
        let line = before.bytes().filter(|it| *it == b'\n').count();
        let column = match self {
            Self::Utf16 => before[start..].encode_utf16().count(),
            Self::Utf8 => before.len() - start,
        };
        json!({ "line": line, "character": column })
    }

    /// The range of some bytes.
    pub(super) fn range(self, text: &str, start: usize, end: usize) -> Value {
        json!({ "start": self.position(text, start), "end": self.position(text, end.max(start)) })
    }

    /// The offset of a position; the end of the line or text where it is behind it.
    pub(super) fn offset(self, text: &str, position: &Value) -> usize {
        let number = |name: &str| {
            let number = position[name].as_u64().unwrap_or(0);
            usize::try_from(number).unwrap_or(usize::MAX)
        };
        let (line, column) = (number("line"), number("character"));
        let mut start = 0;
        for _ in 0..line {
            match text[start..].find('\n') {
                Some(at) => start += at + 1,
                None => return text.len(),
            }
        }
        let rest = &text[start..];
        let written = match rest.find('\n') {
            Some(end) => rest[..end].strip_suffix('\r').unwrap_or(&rest[..end]),
            None => rest,
        };
        let mut units = 0;
        for (at, c) in written.char_indices() {
            if units >= column {
                return start + at;
            }
            units += match self {
                Self::Utf16 => c.len_utf16(),
                Self::Utf8 => c.len_utf8(),
            };
        }
        start + written.len()
    }
}

/// The text after a change that a client tells.
pub(super) fn changed(units: Units, text: &str, change: &Value) -> String {
    let new = change["text"].as_str().unwrap_or_default();
    let range = &change["range"];
    if !range.is_object() {
        return new.to_owned();
    }
    let start = units.offset(text, &range["start"]);
    let end = units.offset(text, &range["end"]).max(start);
    format!("{}{new}{}", &text[..start], &text[end..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_are_counted_in_both_units() {
        let text = "é𝄞x\r\ny";
        for (units, column) in [(Units::Utf16, 3), (Units::Utf8, 6)] {
            let x = text.find('x').unwrap();
            let place = units.position(text, x);
            assert_eq!(place, json!({ "line": 0, "character": column }));
            assert_eq!(units.offset(text, &place), x);
        }
        let inside = json!({ "line": 0, "character": 2 });
        assert_eq!(Units::Utf16.offset(text, &inside), 6, "never inside a character");
        let beyond = json!({ "line": 0, "character": 99 });
        assert_eq!(Units::Utf16.offset(text, &beyond), 7, "not past the line");
        assert_eq!(
            Units::Utf8.offset(text, &json!({ "line": 9, "character": 0 })),
            text.len()
        );
        assert_eq!(Units::Utf8.offset(text, &json!("nonsense")), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_offset_comes_back(text in "[a-zé𝄞\\r\\n ]{0,40}", at in 0usize..60) {
            let at = (0..=at.min(text.len())).rev().find(|it| text.is_char_boundary(*it)).unwrap();
            let is_in_line_end = at > 0 && text[..at].ends_with('\r') && text[at..].starts_with('\n');
            for units in [Units::Utf16, Units::Utf8] {
                let back = units.offset(&text, &units.position(&text, at));
                prop_assert!(back == at || is_in_line_end && back + 1 == at);
            }
        }
    }
}
