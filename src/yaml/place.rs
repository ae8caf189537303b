//! Where the lines of a scalar stand in the source.

use crate::source::{Place, Span};

/// The place of a text that was written as `raw` without quotes.
pub(super) fn plain(text: &str, raw: &str, whole: Span) -> Place {
    exact(text, raw, whole, 0)
}

/// The place of a text that was written as `raw`, quotes included.
pub(super) fn quoted(text: &str, raw: &str, whole: Span) -> Place {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
    exact(text, inner, whole, 1)
}

fn exact(text: &str, raw: &str, whole: Span, skipped: u32) -> Place {
    let lines = if text == raw {
        vec![(0, whole.start + skipped)]
    } else {
        Vec::new()
    };
    Place { whole, lines }
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
