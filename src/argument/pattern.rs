//! Regular expressions as arguments.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

/// A regular expression that compiles.
#[derive(Debug, Clone)]
pub struct Pattern(regex::bytes::Regex);

impl Pattern {
    /// Compiles it.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        regex::bytes::Regex::new(text).map(Self).map_err(|error| {
            let text = error.to_string();
            let last = text.lines().next_back().unwrap_or_default();
            let cause = last.trim().strip_prefix("error: ").unwrap_or(last);
            format!("not a regular expression: {cause}")
        })
    }

    /// The same, with `^` and `$` at the ends of every line.
    pub fn of_lines(&self) -> regex::bytes::Regex {
        regex::bytes::RegexBuilder::new(self.0.as_str())
            .multi_line(true)
            .build()
            .unwrap_or_else(|_| self.0.clone())
    }

    /// Whether every group that a replacement names is one of the expression's.
    ///
    /// # Errors
    /// Says which is not, and what to write instead.
    pub fn check_replacement(&self, replacement: &[u8]) -> Result<(), String> {
        let mut rest = replacement;
        while let Some(at) = rest.iter().position(|byte| matches!(byte, b'$' | b'\\')) {
            let sign = rest[at];
            rest = &rest[at + 1..];
            if sign == b'\\' {
                let digit = rest.first().copied().filter(u8::is_ascii_digit);
                // Where the expression has no such group, it can only be meant as it is.
                if let Some(group) = digit.map(|digit| digit - b'0')
                    && (1..self.0.captures_len()).contains(&usize::from(group))
                {
                    return Err(format!(
                        "the replacement holds `\\{group}`, which is not a group here: write `${{{group}}}`"
                    ));
                }
                continue;
            }
            if rest.first() == Some(&b'$') {
                rest = &rest[1..];
                continue;
            }
            let Some(name) = group_name(rest) else { continue };
            let shown = String::from_utf8_lossy(name);
            let is_known = match shown.parse::<usize>() {
                Ok(number) => number < self.0.captures_len(),
                Err(_) => self.0.capture_names().flatten().any(|it| it == shown),
            };
            if !is_known {
                return Err(self.unknown_group(&shown));
            }
        }
        Ok(())
    }

    fn unknown_group(&self, name: &str) -> String {
        let digits = name.chars().take_while(char::is_ascii_digit).count();
        let known = |length: &usize| {
            let number = name[..*length].parse::<usize>();
            number.is_ok_and(|it| it < self.0.captures_len())
        };
        let help = match (1..=digits.min(name.len().saturating_sub(1))).rev().find(known) {
            Some(length) => {
                let number = &name[..length];
                format!("; for the group {number} with text behind it write `${{{number}}}`")
            }
            None => "; for a dollar sign write `$$`".to_owned(),
        };
        format!("the replacement names the group `{name}`, which `{self}` does not have{help}")
    }

    /// Whether it is found in these bytes.
    pub fn is_match(&self, bytes: &[u8]) -> bool {
        self.0.is_match(bytes)
    }
}

/// The name behind a dollar sign, as a replacement is read: in braces, or as far as letters, digits and underscores go.
fn group_name(rest: &[u8]) -> Option<&[u8]> {
    if rest.first() == Some(&b'{') {
        let end = rest.iter().position(|byte| *byte == b'}')?;
        return Some(&rest[1..end]);
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = rest.iter().take_while(|byte| is_part(byte)).count();
    (length > 0).then(|| &rest[..length])
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_names_only_groups_that_there_are() {
        let pattern = Pattern::new("(a)(?P<name>b)").unwrap();
        let check = |text: &str| pattern.check_replacement(text.as_bytes());
        for good in [
            "", "x", "$0$1${2}", "${name}x", "$name", "$$HOME", "a$", "$-", "\\n", "${1}0", "$ {", "\\3",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, says) in [
            ("$HOME", "`HOME`"),
            ("$10", "`${1}`"),
            ("$1b", "`${1}`"),
            ("$5", "`$$`"),
            ("${nam}", "`nam`"),
            ("$namex", "`namex`"),
            ("${}", "``"),
            ("\\1", "`${1}`"),
            ("$$$3", "`3`"),
        ] {
            let message = check(bad).unwrap_err();
            assert!(message.contains(says), "{bad}: {message}");
        }
    }
}
