//! Reading JSON with the places of its values.

use serde_json::Value as Json;

use crate::tools::fs::data::tree::{Entry, Kind, Node, check_twice, line_of};

/// Deeper than this nothing is read.
const DEEPEST: usize = 128;

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// The value that a text holds.
///
/// # Errors
/// Says what is wrong, with the line.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    if text.trim().is_empty() {
        return Ok(Node {
            span: text.len()..text.len(),
            kind: Kind::Scalar(Json::Null),
            is_flow: true,
            is_shared: false,
        });
    }
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.wrong("something follows the value"));
    }
    Ok(node)
}

impl Reader<'_> {
    fn wrong(&self, what: &str) -> String {
        format!("line {}: this is not JSON: {what}", line_of(self.text, self.at))
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Result<Node, String> {
        if depth > DEEPEST {
            return Err(self.wrong("it is nested too deep"));
        }
        self.blanks();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Kind::Scalar(Json::String(self.string()?)),
            Some(_) => {
                let rest = &self.text[start..];
                let end = rest
                    .find([',', '}', ']', ' ', '\t', '\n', '\r'])
                    .unwrap_or(rest.len());
                let word = &rest[..end];
                let value = serde_json::from_str(word).map_err(|_| {
                    let word: String = word.chars().take(40).collect();
                    self.wrong(&format!("`{}` is not a value", word.escape_debug()))
                })?;
                self.at += end;
                Kind::Scalar(value)
            }
            None => return Err(self.wrong("a value is missing")),
        };
        Ok(Node {
            span: start..self.at,
            kind,
            is_flow: true,
            is_shared: false,
        })
    }

    fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    let written = self.text.get(start..self.at).unwrap_or_default();
                    return serde_json::from_str(written)
                        .map_err(|_| self.wrong("a string has a character that JSON does not allow"));
                }
                _ => self.at += 1,
            }
        }
        self.at = start;
        Err(self.wrong("a string does not end"))
    }

    fn map(&mut self, depth: usize) -> Result<Kind, String> {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                Some(b'}') if entries.is_empty() => break,
                Some(b'"') => {}
                _ => return Err(self.wrong("a key in double quotes is missing")),
            }
            let start = self.at;
            let key = self.string()?;
            let key_span = start..self.at;
            self.blanks();
            if self.peek() != Some(b':') {
                return Err(self.wrong("a colon is missing"));
            }
            self.at += 1;
            let node = self.value(depth + 1)?;
            entries.push(Entry { key, key_span, node });
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.wrong("a comma or `}` is missing")),
            }
        }
        self.at += 1;
        check_twice(self.text, &entries)?;
        Ok(Kind::Map(entries))
    }

    fn list(&mut self, depth: usize) -> Result<Kind, String> {
        self.at += 1;
        let mut list = Vec::new();
        loop {
            self.blanks();
            if self.peek() == Some(b']') && list.is_empty() {
                break;
            }
            list.push(self.value(depth + 1)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.wrong("a comma or `]` is missing")),
            }
        }
        self.at += 1;
        Ok(Kind::List(list))
    }
}
