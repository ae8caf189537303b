//! Lines of a text by their looks: what indentation, dashes and colons say where the text is not valid YAML.

/// A tab, which is refused as indentation, is meant to be deeper than what is above it.
const TAB: usize = 64;

/// A line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its first byte.
    pub(super) start: usize,
    /// One past its last byte, the line end not counted.
    pub(super) end: usize,
    /// How many spaces it begins with.
    pub(super) indent: usize,
    /// Where the last of the dashes is that it begins with: so many bytes behind its start.
    pub(super) dash: Option<usize>,
    /// The column of what follows them.
    pub(super) column: usize,
    /// Behind the colon of the key that it begins with.
    pub(super) value: Option<usize>,
}

/// Where the line begins that an offset is in.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// The keys that an offset is below or at, the innermost first.
pub(super) fn keys_around(text: &str, at: usize) -> Vec<&str> {
    let mut keys = Vec::new();
    let mut column = usize::MAX;
    let mut around = Some(Line::at(text, line_start(text, at)));
    while let Some(line) = around.filter(|_| column > 0) {
        if line.indent < column {
            if let Some(value) = line.value.filter(|_| line.column < column) {
                keys.push(text[line.start..value - 1].trim_matches([' ', '-', '"', '\'']));
            }
            column = line.indent;
        }
        around = line.above(text);
    }
    keys
}

impl Line {
    /// The line that begins at an offset.
    pub(super) fn at(text: &str, start: usize) -> Self {
        let rest = &text[start..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let space = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        let indent = space.bytes().map(|it| if it == b'\t' { TAB } else { 1 }).sum();
        let (mut at, mut dash) = (space.len(), None);
        while let Some(after) = line[at..].strip_prefix('-')
            && (after.is_empty() || after.starts_with([' ', '\r']))
        {
            dash = Some(at);
            at += 1 + after.len() - after.trim_start_matches(' ').len();
        }
        Self {
            start,
            end: start + line.len(),
            indent,
            dash,
            column: indent + at - space.len(),
            value: key(&line[at..]).map(|length| start + at + length),
        }
    }

    /// The next line above that is neither empty nor a comment.
    pub(super) fn above(&self, text: &str) -> Option<Self> {
        let mut start = self.start;
        while start > 0 {
            start = line_start(text, start - 1);
            let line = Self::at(text, start);
            if !line.is_empty(text) {
                return Some(line);
            }
        }
        None
    }

    /// Where what is deeper than a column ends; `or_items`: a list at the column itself counts, too.
    pub(super) fn below(&self, text: &str, column: usize, or_items: bool) -> usize {
        let mut end = self.end;
        let mut next = self.end + 1;
        while next < text.len() {
            let line = Self::at(text, next);
            let is_deeper = line.indent > column
                || or_items && self.dash.is_none() && line.indent == column && line.dash.is_some();
            if is_deeper && !line.is_blank(text) {
                end = line.end;
            } else if !line.is_empty(text) {
                break;
            }
            next = line.end + 1;
        }
        end
    }

    /// Whether what is deeper below it is its own, and does not go on with what is above it.
    pub(super) fn has_own_below(&self, text: &str) -> bool {
        let mut start = self.end + 1;
        while start < text.len() {
            let line = Self::at(text, start);
            if !line.is_empty(text) {
                let is_of_above = self.above(text).is_some_and(|above| above.column == line.indent);
                return line.indent > self.indent && !is_of_above;
            }
            start = line.end + 1;
        }
        false
    }

    fn is_blank(&self, text: &str) -> bool {
        text[self.start..self.end].trim().is_empty()
    }

    fn is_empty(&self, text: &str) -> bool {
        self.is_blank(text) || text[self.start..self.end].trim_start().starts_with('#')
    }
}

/// How long the key with its colon is that a text begins with.
fn key(text: &str) -> Option<usize> {
    let end = match text.as_bytes().first()? {
        quote @ (b'"' | b'\'') => {
            let quote = char::from(*quote);
            let name = text[1..].find(quote)?;
            let rest = text[name + 2..].trim_start();
            rest.starts_with(':').then(|| text.len() - rest.len())?
        }
        b'{' | b'[' | b'#' | b'|' | b'>' | b'!' | b'&' | b'*' | b'%' | b'@' | b'`' | b':' => return None,
        _ => {
            let mut colons = text.match_indices(':').map(|(at, _)| at);
            let comment = text.find(" #").unwrap_or(text.len());
            colons.find(|at| {
                let after = &text[at + 1..];
                *at < comment && (after.is_empty() || after.starts_with([' ', '\t', '\r']))
            })?
        }
    };
    Some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart() {
        for (text, indent, dash, column, value) in [
            ("a: b", 0, None, 0, Some(2)),
            ("  - a.b: { c: d }", 2, Some(2), 4, Some(8)),
            ("- - a", 0, Some(2), 4, None),
            ("-", 0, Some(0), 1, None),
            ("  'a: b' : c", 2, None, 2, Some(10)),
            ("  -a: b", 2, None, 2, Some(5)),
            ("http://x # a: b", 0, None, 0, None),
            ("{ a: b", 0, None, 0, None),
            ("", 0, None, 0, None),
        ] {
            let line = Line::at(text, 0);
            let found = (line.indent, line.dash, line.column, line.value);
            assert_eq!(found, (indent, dash, column, value), "{text:?}");
        }
    }
}
