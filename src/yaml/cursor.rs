//! What a place in a text is about while it is written: by indentation, dashes, colons and brackets, whether or not it is YAML.

use crate::yaml::line::{Line, line_start};

/// A step on the way from the top of a text to a place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// An item of a list.
    Item,
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The keys and items that it is in; where a value is written, its key is the last one.
    pub path: Vec<Step>,
    /// Whether it is where a value is written, and not a key (or a bare item).
    pub is_value: bool,
    /// What is written of it before the place.
    pub typed: String,
    /// Where that begins.
    pub start: usize,
}

impl Cursor {
    /// The place at an offset.
    pub fn at(text: &str, offset: usize) -> Self {
        let offset = (0..=offset.min(text.len()))
            .rev()
            .find(|it| text.is_char_boundary(*it));
        let offset = offset.unwrap_or(0);
        let line = Line::at(text, line_start(text, offset));
        if let Some((path, start)) = block_scalar(text, &line) {
            return Self::value(path, text, start.min(offset), offset);
        }
        let content = line.start + content_of(text, &line);
        let (mut path, column, is_item) = match line.value {
            Some(value) if value <= offset => {
                let (mut path, column, is_item) = (vec![Step::Key(key_of(text, &line))], line.column, false);
                let (column, is_item) = dashes(text, &line, &mut path, column, is_item);
                (path, column, is_item)
            }
            _ => {
                let own = if text[line.start..line.end].trim().is_empty() {
                    offset - line.start
                } else {
                    line.column
                };
                let mut path = Vec::new();
                let (column, is_item) = dashes(text, &line, &mut path, own, false);
                (path, column, is_item)
            }
        };
        above(text, &line, column, is_item, &mut path);
        path.reverse();
        let is_value = line.value.is_some_and(|value| value <= offset);
        let from = match line.value.filter(|_| is_value) {
            Some(value) => value,
            None => content.min(offset),
        };
        flow(text, from, offset, path, is_value)
    }

    /// The key whose value it is, or that it is below.
    pub fn key(&self) -> Option<&str> {
        self.path.iter().rev().find_map(|step| match step {
            Step::Key(name) => Some(name.as_str()),
            Step::Item => None,
        })
    }

    fn value(path: Vec<Step>, text: &str, start: usize, offset: usize) -> Self {
        Self {
            path,
            is_value: true,
            typed: text[start..offset].to_owned(),
            start,
        }
    }
}

/// How many bytes of a line are before what its dashes announce.
fn content_of(text: &str, line: &Line) -> usize {
    let written = &text[line.start..line.end];
    let space = written.len() - written.trim_start_matches([' ', '\t']).len();
    space + (line.column - line.indent).min(written.len() - space)
}

fn key_of(text: &str, line: &Line) -> String {
    let end = line.value.map_or(line.end, |value| value - 1);
    let key = text[line.start + content_of(text, line)..end].trim();
    key.trim_matches(['"', '\'']).to_owned()
}

/// Adds the items that the dashes of a line begin.
fn dashes(text: &str, line: &Line, path: &mut Vec<Step>, column: usize, is_item: bool) -> (usize, bool) {
    if line.dash.is_none() {
        return (column, is_item);
    }
    let before = &text[line.start..line.start + content_of(text, line)];
    path.extend(before.matches('-').map(|_| Step::Item));
    (line.indent, true)
}

/// Adds the keys and items that are around a column, the innermost first.
fn above(text: &str, line: &Line, mut column: usize, mut is_item: bool, path: &mut Vec<Step>) {
    let mut around = line.above(text);
    while let Some(it) = around.filter(|_| column > 0 || is_item) {
        let is_parent = it.column < column || is_item && it.column == column && it.dash.is_none();
        if is_parent && it.value.is_some() {
            path.push(Step::Key(key_of(text, &it)));
            (column, is_item) = dashes(text, &it, path, it.column, false);
        } else if it.column == column && it.dash.is_some() && !is_item {
            (column, is_item) = dashes(text, &it, path, column, false);
        }
        around = it.above(text);
    }
}

/// The way to a text after `|` or `>` that a line is in, and where its content begins.
fn block_scalar(text: &str, line: &Line) -> Option<(Vec<Step>, usize)> {
    let written = &text[line.start..line.end];
    let indent = if written.trim().is_empty() {
        usize::MAX
    } else {
        line.indent
    };
    let mut least = indent;
    let mut around = line.above(text);
    while let Some(it) = around {
        if it.indent < least {
            let value = it.value.map(|value| text[value..it.end].trim());
            let is_block = value.is_some_and(|it| it.starts_with(['|', '>']) && it.len() <= 3);
            if is_block && it.column < indent && indent != usize::MAX {
                let mut path = vec![Step::Key(key_of(text, &it))];
                let (column, is_item) = dashes(text, &it, &mut path, it.column, false);
                above(text, &it, column, is_item, &mut path);
                path.reverse();
                return Some((path, line.start + written.len() - written.trim_start().len()));
            }
            least = it.indent;
        }
        around = it.above(text).filter(|_| least > 0);
    }
    None
}

/// Follows brackets that are open before the offset.
fn flow(text: &str, from: usize, offset: usize, mut path: Vec<Step>, is_value: bool) -> Cursor {
    let written = &text[from..offset];
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut state = (is_value, from + written.len() - written.trim_start().len());
    let mut quote = None;
    let mut bytes = written.char_indices().peekable();
    while let Some((at, c)) = bytes.next() {
        let here = from + at + c.len_utf8();
        match (quote, c) {
            (Some(open), c) => quote = Some(open).filter(|open| *open != c),
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') if written[at..].starts_with("{{") => {
                bytes.next();
            }
            (None, '{' | '[') => {
                open.push((c, path.len()));
                if c == '[' {
                    path.push(Step::Item);
                }
                state = (false, here);
            }
            (None, '}' | ']') => {
                if let Some((_, length)) = open.pop() {
                    path.truncate(length);
                }
            }
            (None, ',') if !open.is_empty() => {
                if let Some((kind, length)) = open.last() {
                    path.truncate(length + usize::from(*kind == '['));
                }
                state = (false, here);
            }
            (None, ':') if open.last().is_some_and(|(kind, _)| *kind == '{') && !state.0 => {
                let key = text[state.1..from + at].trim().trim_matches(['"', '\'']);
                path.push(Step::Key(key.to_owned()));
                state = (true, here);
            }
            _ => {}
        }
    }
    let typed = &text[state.1.min(offset)..offset];
    let start = offset - typed.trim_start().len();
    Cursor {
        path,
        is_value: state.0,
        typed: text[start..offset].to_owned(),
        start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The way to the `^` of a text, what is written there, and whether it is a value.
    fn at(text: &str) -> String {
        let offset = text.find('^').unwrap();
        let cursor = Cursor::at(&text.replacen('^', "", 1), offset);
        let steps = cursor.path.iter().map(|step| match step {
            Step::Key(name) => name.as_str(),
            Step::Item => "-",
        });
        let steps: Vec<_> = steps.collect();
        let sort = if cursor.is_value { "=" } else { "" };
        format!("{} {sort}{}", steps.join("/"), cursor.typed)
    }

    #[test]
    fn a_place_is_known_by_what_is_around_it() {
        for (text, wanted) in [
            ("^", " "),
            ("ro^", " ro"),
            ("name: ab^", "name =ab"),
            ("rounds:\n  - na^", "rounds/- na"),
            ("rounds:\n- name: a\n  ho^", "rounds/- ho"),
            (
                "rounds:\n  - name: a\n    calls:\n      - lo^",
                "rounds/-/calls/- lo",
            ),
            (
                "rounds:\n  - name: a\n    calls:\n      - fs.write:\n          pa^",
                "rounds/-/calls/-/fs.write pa",
            ),
            (
                "rounds:\n  - name: a\n    calls:\n      - fs.write:\n          path: /a\n          ^",
                "rounds/-/calls/-/fs.write ",
            ),
            (
                "rounds:\n  - name: a\n    calls:\n      - fs.write: { path: /a, co^",
                "rounds/-/calls/-/fs.write co",
            ),
            (
                "rounds:\n  - name: a\n    calls:\n      - { fs.write: { path: '/a, b', mode: 0^",
                "rounds/-/calls/-/fs.write/mode =0",
            ),
            (
                "rounds:\n  - name: a\n    calls:\n      - on_change: [a, b^",
                "rounds/-/calls/-/on_change/- b",
            ),
            (
                "rounds:\n  - name: a\n    calls:\n      - on_change:\n          - b^",
                "rounds/-/calls/-/on_change/- b",
            ),
            (
                "rounds:\n  - name: a\n    calls:\n      - id: b\n        ^",
                "rounds/-/calls/- ",
            ),
            (
                "rounds:\n  - name: a\n    calls:\n      - exec.shell: |\n          if a: b^\n",
                "rounds/-/calls/-/exec.shell =if a: b",
            ),
            ("a:\n  - log.log: \"{{ x.^", "a/-/log.log =\"{{ x."),
            ("vars: { a: b }\nro^\nhosts: [a]", " ro"),
        ] {
            assert_eq!(at(text), wanted, "{text}");
        }
    }

    #[test]
    fn no_place_of_any_text_makes_it_panic() {
        for text in [
            "- - [{ é: '\n\t- \"x\n  a: |\n   é: {{ [\n",
            "a:\n- b\n-\n - c:\n",
            ":\n: :\n- -\n--\n",
        ] {
            for at in 0..=text.len() + 1 {
                let cursor = Cursor::at(text, at);
                assert!(cursor.start <= text.len());
            }
        }
    }
}
