//! Where the lines of a scalar stand in the source.

use crate::source::{Place, Span};

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Without quotes, or as a block after `>`: lines are joined.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes, with escapes.
    Double,
}

/// The place of a text that was written as `raw` without quotes.
pub(super) fn plain(text: &str, raw: &str, whole: Span) -> Place {
    exact(text, raw, whole, 0, Written::Plain)
}

/// The place of a text that was written as `raw`, quotes included.
pub(super) fn quoted(text: &str, raw: &str, whole: Span) -> Place {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
    let written = if raw.starts_with('"') {
        Written::Double
    } else {
        Written::Single
    };
    exact(text, inner, whole, 1, written)
}

/// The place of the text of a block after `>`, which is written as `raw` from its first line on.
pub(super) fn folded(text: &str, raw: &str, whole: Span) -> Place {
    exact(text, raw, whole, 0, Written::Plain)
}

fn exact(text: &str, raw: &str, whole: Span, skipped: u32, written: Written) -> Place {
    let start = whole.start + skipped;
    let lines = if text == raw {
        vec![(0, start)]
    } else {
        let pairs = align(text, raw, written).unwrap_or_default();
        pairs.into_iter().map(|(text, raw)| (text, start + raw)).collect()
    };
    Place { whole, lines }
}

/// Where the parts of a text are in how it is written; `None`, where the two do not go together as they should.
fn align(text: &str, raw: &str, written: Written) -> Option<Vec<(u32, u32)>> {
    let mut pairs = vec![(0, 0)];
    let (mut at, mut from) = (0, 0);
    while at < text.len() {
        let (made, source) = (&text[at..], raw.get(from..)?);
        let blank = source.len() - source.trim_start().len();
        let (step, skip) = if blank > 0 && source[..blank].contains('\n') {
            // Lines are joined by a space, or by a newline for each empty line between them.
            (made.len() - made.trim_start_matches([' ', '\n']).len(), blank)
        } else if written == Written::Single && source.starts_with("''") {
            (1, 2)
        } else if written == Written::Double && source.starts_with('\\') {
            escape(made, source)?
        } else {
            let c = source.chars().next();
            let Some(c) = c else {
                // The newline at the end of a block.
                return made.trim().is_empty().then_some(pairs);
            };
            if !made.starts_with(c) {
                return None;
            }
            at += c.len_utf8();
            from += c.len_utf8();
            continue;
        };
        at += step;
        from += skip;
        pairs.push((u32::try_from(at).ok()?, u32::try_from(from).ok()?));
    }
    Some(pairs)
}

/// How long what an escape makes is, and the escape.
fn escape(made: &str, source: &str) -> Option<(usize, usize)> {
    let kind = source[1..].chars().next()?;
    if kind == '\n' {
        let rest = &source[2..];
        return Some((0, 2 + rest.len() - rest.trim_start_matches([' ', '\t']).len()));
    }
    let length = match kind {
        'x' => 4,
        'u' => 6,
        'U' => 10,
        _ => 1 + kind.len_utf8(),
    };
    Some((made.chars().next()?.len_utf8(), length))
}

/// The place of the text of a block after `|`, which is in `source` at `whole`.
pub(super) fn literal(text: &str, source: &str, whole: Span) -> Place {
    let lines = literal_lines(text, source, whole.start as usize).unwrap_or_default();
    Place { whole, lines }
}

fn literal_lines(text: &str, source: &str, start: usize) -> Option<Vec<(u32, u32)>> {
    let mut at = source.get(..start)?.rfind('\n')? + 1;
    let mut lines = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let rest = source.get(at..)?;
        let end = rest.find('\n').unwrap_or(rest.len());
        let written = rest[..end].trim_end_matches('\r');
        let indent = written.strip_suffix(line.trim_end_matches('\n')).or_else(|| {
            // Less than the indentation: an empty line of the text.
            (line == "\n" && written.trim().is_empty()).then_some(written)
        })?;
        if !indent.bytes().all(|b| b == b' ') {
            return None;
        }
        lines.push((
            u32::try_from(offset).ok()?,
            u32::try_from(at + indent.len()).ok()?,
        ));
        offset += line.len();
        at += end + 1;
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_where_it_is_written() {
        for (text, raw, written) in [
            ("one two\nthree", "one\n   two\n\n   three", Written::Plain),
            ("it's two", "it''s\n  two", Written::Single),
            ("a\tb \u{e9} c", "a\\tb \\u00e9 c", Written::Double),
            ("ab", "a\\\n   b", Written::Double),
        ] {
            let pairs = align(text, raw, written).unwrap();
            for (index, c) in text.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()) {
                let at = pairs.partition_point(|(text, _)| *text as usize <= index) - 1;
                let (begin, source) = pairs[at];
                let found = &raw[source as usize + index - begin as usize..];
                assert!(found.starts_with(c), "{text:?} in {raw:?} at {index}");
            }
        }
    }
}
