//! Blocks of a template that nothing closes.

use std::ops::Range;

/// Tags that have an end of their own.
const BLOCKS: [&str; 9] = [
    "if",
    "for",
    "macro",
    "block",
    "call",
    "filter",
    "with",
    "autoescape",
    "raw",
];

/// The last tag that is opened and never closed: its name, and where it is.
pub(super) fn unclosed(text: &str) -> Option<(&str, Range<usize>)> {
    let mut open: Vec<(&str, Range<usize>)> = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('{').map(|it| at + it) {
        let is_raw = open.last().is_some_and(|(name, _)| *name == "raw");
        let close = match text[start..].get(..2) {
            Some("{%") => "",
            // What looks like a tag in a comment or in a value is none.
            Some("{#") if !is_raw => "#}",
            Some("{{") if !is_raw => "}}",
            _ => {
                at = start + 1;
                continue;
            }
        };
        if !close.is_empty() {
            at = text[start..].find(close).map_or(text.len(), |it| start + it + 2);
            continue;
        }
        let end = text[start..].find("%}").map_or(text.len(), |it| start + it + 2);
        let inner = text[start + 2..end].trim_start_matches(['-', '+']).trim_start();
        let length = inner
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(inner.len());
        let name = &inner[..length];
        if let Some(closed) = name.strip_prefix("end") {
            if open.last().is_some_and(|(name, _)| *name == closed) {
                open.pop();
            }
        } else if !is_raw && (BLOCKS.contains(&name) || name == "set" && !inner.contains('=')) {
            let name = BLOCKS.iter().find(|it| **it == name).copied().unwrap_or("set");
            open.push((name, start..end));
        }
        at = end;
    }
    open.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_block_that_is_open_at_the_end_is_found() {
        for (text, found) in [
            ("{% if a %}x", Some(("if", 0))),
            ("{% if a %}{% for b in c %}{% endfor %}", Some(("if", 0))),
            ("{% if a %}{% endif %} {%- for b in c -%}", Some(("for", 22))),
            ("{% raw %}{% if %}", Some(("raw", 0))),
            ("{% set x %}y", Some(("set", 0))),
            ("{% set x = 1 %}", None),
            ("{% if a %}{% else %}{% endif %}", None),
            ("{% if a %}{# {% for b in c %} #}x", Some(("if", 0))),
            ("{# {% endif %} #}{% if a %}{# {% endif %} #}", Some(("if", 17))),
            ("{% if a %}{{ '{% for %}' }}x", Some(("if", 0))),
            ("{% raw %}{# {% endraw %}{% if a %}", Some(("if", 24))),
        ] {
            assert_eq!(
                unclosed(text).map(|(name, range)| (name, range.start)),
                found,
                "{text}"
            );
        }
    }
}
