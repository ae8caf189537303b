//! Values of INI inventories: what Python reads as a literal is that, everything else is text.

use crate::value::{Map, Value};

/// How deep lists and maps may be nested.
const DEPTH: usize = 64;

/// What a literal came to.
#[derive(Debug, PartialEq)]
pub(super) struct Literal {
    pub(super) value: Value,
    /// Whether a comment behind it was dropped.
    pub(super) had_comment: bool,
}

/// Reads a text as one literal of Python; `None` where it is none.
pub(super) fn literal(text: &str) -> Option<Literal> {
    let mut reader = Reader {
        text: text.trim_start_matches([' ', '\t']),
        at: 0,
        had_comment: false,
    };
    let value = reader.expression(0)?;
    reader.space(false);
    (reader.at == reader.text.len()).then_some(Literal {
        value,
        had_comment: reader.had_comment,
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    had_comment: bool,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, word: &str) -> bool {
        let is_there = self.rest().starts_with(word);
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    /// Skips space and comments. A line may end in brackets only.
    fn space(&mut self, in_brackets: bool) {
        while let Some(letter) = self.peek() {
            match letter {
                ' ' | '\t' | '\u{c}' => self.at += 1,
                '\n' | '\r' if in_brackets => self.at += 1,
                '#' => {
                    let rest = self.rest();
                    self.at += rest.find('\n').unwrap_or(rest.len());
                    self.had_comment = true;
                }
                _ => break,
            }
        }
    }

    /// A value, or several with commas between them: a tuple.
    fn expression(&mut self, depth: usize) -> Option<Value> {
        let first = self.value(depth)?;
        self.space(depth > 0);
        if self.peek() != Some(',') {
            return Some(first);
        }
        let mut items = vec![first];
        while self.eat(",") {
            self.space(depth > 0);
            if matches!(self.peek(), None | Some(')')) {
                break;
            }
            items.push(self.value(depth)?);
            self.space(depth > 0);
        }
        Some(Value::List(items))
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.space(depth > 0);
        match self.peek()? {
            '[' => {
                self.at += 1;
                self.items(']', depth).map(Value::List)
            }
            '(' => {
                self.at += 1;
                self.space(true);
                if self.eat(")") {
                    return Some(Value::List(Vec::new()));
                }
                let value = self.expression(depth + 1)?;
                self.space(true);
                self.eat(")").then_some(value)
            }
            '{' => {
                self.at += 1;
                self.braces(depth)
            }
            '.' if self.eat("...") => Some("...".into()),
            '-' | '+' | '.' | '0'..='9' => self.number(),
            _ => self.word(),
        }
    }

    fn items(&mut self, close: char, depth: usize) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        loop {
            self.space(true);
            if self.peek()? == close {
                self.at += 1;
                return Some(items);
            }
            items.push(self.value(depth + 1)?);
            self.space(true);
            if !self.eat(",") && self.peek()? != close {
                return None;
            }
        }
    }

    /// A map, or a set, which is a list.
    fn braces(&mut self, depth: usize) -> Option<Value> {
        let mut map = Map::new();
        let mut set = Vec::new();
        loop {
            self.space(true);
            if self.eat("}") {
                return if set.is_empty() {
                    Some(Value::Map(map))
                } else if map.is_empty() {
                    Some(Value::List(set))
                } else {
                    None
                };
            }
            let key = self.value(depth + 1)?;
            self.space(true);
            if self.eat(":") {
                let value = self.value(depth + 1)?;
                map.insert(key_text(&key)?, value);
            } else if !set.contains(&key) {
                set.push(key);
            }
            self.space(true);
            if !self.eat(",") && self.peek()? != '}' {
                return None;
            }
        }
    }

    fn number(&mut self) -> Option<Value> {
        let sign = match self.peek()? {
            '-' => {
                self.at += 1;
                -1
            }
            '+' => {
                self.at += 1;
                1
            }
            _ => 1,
        };
        if sign == -1 || self.text[..self.at].ends_with('+') {
            self.space(false);
        }
        let rest = self.rest();
        let is_exponent = |at: usize| {
            let before = rest[..at].chars().next_back();
            matches!(before, Some('e' | 'E')) && !rest.starts_with("0x") && !rest.starts_with("0X")
        };
        let end = rest
            .char_indices()
            .find(|(at, c)| {
                !(c.is_ascii_alphanumeric()
                    || matches!(c, '.' | '_')
                    || (matches!(c, '+' | '-') && is_exponent(*at)))
            })
            .map_or(rest.len(), |(at, _)| at);
        let digits = &rest[..end];
        let value = integer(digits, sign).or_else(|| float(digits, if sign < 0 { -1.0 } else { 1.0 }))?;
        self.at += end;
        Some(value)
    }

    fn word(&mut self) -> Option<Value> {
        let mut text: Option<String> = None;
        while let Some((quote, is_raw)) = self.opening() {
            let part = self.string_body(&quote, is_raw)?;
            text.get_or_insert_with(String::new).push_str(&part);
            let before = self.at;
            self.space(false);
            let is_over = self.rest().find(['"', '\'']).is_none_or(|at| at > 2);
            if is_over {
                self.at = before;
                break;
            }
        }
        if let Some(text) = text {
            return Some(Value::Str(text));
        }
        for (word, value) in [
            ("True", Value::Bool(true)),
            ("False", Value::Bool(false)),
            ("None", Value::Null),
            ("set()", Value::List(Vec::new())),
        ] {
            let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            if self.rest().strip_prefix(word).is_some_and(|rest| !goes_on(rest)) {
                self.at += word.len();
                return Some(value);
            }
        }
        None
    }

    /// The quote of a string that begins here, and whether its backslashes stand for themselves.
    fn opening(&mut self) -> Option<(String, bool)> {
        let rest = self.rest();
        let prefix = rest
            .find(['"', '\''])
            .filter(|at| *at <= 2)
            .map(|at| rest[..at].to_ascii_lowercase())?;
        let is_raw = match prefix.as_str() {
            "" | "b" | "u" => false,
            "r" | "br" | "rb" => true,
            _ => return None,
        };
        let rest = &rest[prefix.len()..];
        let is_long = rest.starts_with("\"\"\"") || rest.starts_with("'''");
        let quote = rest[..if is_long { 3 } else { 1 }].to_owned();
        self.at += prefix.len() + quote.len();
        Some((quote, is_raw))
    }

    fn string_body(&mut self, quote: &str, is_raw: bool) -> Option<String> {
        let mut text = String::new();
        loop {
            if self.eat(quote) {
                return Some(text);
            }
            let letter = self.peek()?;
            self.at += letter.len_utf8();
            match letter {
                '\n' if quote.len() == 1 => return None,
                '\\' if is_raw => {
                    text.push('\\');
                    let next = self.peek()?;
                    self.at += next.len_utf8();
                    text.push(next);
                }
                '\\' => self.escape(&mut text)?,
                other => text.push(other),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        let plain = match letter {
            '\n' => return Some(()),
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '\\' | '\'' | '"' => letter,
            'x' => return self.code(text, 2, 16),
            'u' => return self.code(text, 4, 16),
            'U' => return self.code(text, 8, 16),
            '0'..='7' => {
                self.at -= 1;
                let rest = self.rest();
                let is_octal = |c: &char| ('0'..='7').contains(c);
                let count = rest.chars().take(3).take_while(is_octal).count();
                return self.code(text, count, 8);
            }
            other => {
                text.push('\\');
                other
            }
        };
        text.push(plain);
        Some(())
    }

    fn code(&mut self, text: &mut String, count: usize, radix: u32) -> Option<()> {
        let digits = self.rest().get(..count)?;
        let letter = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
        self.at += count;
        text.push(letter);
        Some(())
    }
}

/// A key as text.
fn key_text(key: &Value) -> Option<String> {
    Some(match key {
        Value::Str(text) => text.clone(),
        Value::Int(it) => it.to_string(),
        Value::Uint(it) => it.to_string(),
        Value::Float(it) => format!("{it:?}"),
        Value::Bool(it) => it.to_string(),
        Value::Null => "null".to_owned(),
        Value::List(_) | Value::Map(_) | Value::Bytes(_) => return None,
    })
}

/// The digits without underscores, which stand between digits only.
fn clean(digits: &str) -> Option<String> {
    let bad = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    (!bad && !digits.is_empty()).then(|| digits.replace('_', ""))
}

fn integer(digits: &str, sign: i128) -> Option<Value> {
    let lower = digits.to_ascii_lowercase();
    let radix = |prefix: &str, radix| {
        let rest = lower.strip_prefix(prefix)?;
        let rest = rest.strip_prefix('_').unwrap_or(rest);
        i128::from_str_radix(&clean(rest)?, radix).ok()
    };
    let value = radix("0x", 16)
        .or_else(|| radix("0o", 8))
        .or_else(|| radix("0b", 2))
        .or_else(|| {
            let digits = clean(digits).filter(|it| it.bytes().all(|b| b.is_ascii_digit()))?;
            // `007` is no number of Python; `00` is.
            let is_padded = digits.len() > 1 && digits.starts_with('0') && digits.bytes().any(|b| b != b'0');
            (!is_padded && digits.len() < 30)
                .then(|| digits.parse().ok())
                .flatten()
        })?
        * sign;
    i64::try_from(value)
        .map(Value::Int)
        .or_else(|_| u64::try_from(value).map(Value::Uint))
        .ok()
}

fn float(digits: &str, sign: f64) -> Option<Value> {
    let digits = clean(digits)?;
    let is_one = digits.contains(['.', 'e', 'E'])
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !is_one || digits.starts_with(['e', 'E']) {
        return None;
    }
    digits.parse::<f64>().ok().map(|it| Value::Float(sign * it))
}
