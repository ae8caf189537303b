//! Text as it is given: usually UTF-8, sometimes bytes that are not.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

/// Text or bytes. Numbers and booleans are taken as their text, since a playbook accepts them only where they print as
/// they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(pub Vec<u8>);

impl Text {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As an argument of a program or a part of a path.
    pub fn as_os_str(&self) -> &OsStr {
        OsStr::from_bytes(&self.0)
    }

    /// For people: what is not UTF-8 is replaced.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<OsString> for Text {
    fn from(text: OsString) -> Self {
        Self(text.into_vec())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.serialize_bytes(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(text.into())
    }
    fn visit_string<E: de::Error>(self, text: String) -> Result<Text, E> {
        Ok(Text(text.into_bytes()))
    }
    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Text, E> {
        Ok(Text(bytes.to_vec()))
    }
    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Text, E> {
        Ok(Text(bytes))
    }
    fn visit_bool<E: de::Error>(self, it: bool) -> Result<Text, E> {
        Ok(Text(it.to_string().into_bytes()))
    }
    fn visit_i64<E: de::Error>(self, it: i64) -> Result<Text, E> {
        Ok(Text(it.to_string().into_bytes()))
    }
    fn visit_u64<E: de::Error>(self, it: u64) -> Result<Text, E> {
        Ok(Text(it.to_string().into_bytes()))
    }
    fn visit_f64<E: de::Error>(self, it: f64) -> Result<Text, E> {
        Ok(Text(it.to_string().into_bytes()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Text, A::Error> {
        Err(de::Error::invalid_type(de::Unexpected::Seq, &self))
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// A program and its arguments: a list, or text that is split at blanks; quotes and backslashes are understood as a
/// shell would, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Argv(pub Vec<Text>);

impl Argv {
    /// Splits a line into words.
    ///
    /// # Errors
    /// Where a quote is left open or there is no word.
    pub fn split(line: &str) -> Result<Self, String> {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
                '\'' | '"' => quoted(c, &mut chars, word.get_or_insert_default(), line)?,
                '\\' => match chars.next() {
                    Some('\n') => {}
                    Some(next) => word.get_or_insert_default().push(next),
                    None => return Err(format!("`{line}` ends in a backslash")),
                },
                c => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        Self::new(words.into_iter().map(|word| Text(word.into_bytes())).collect())
    }

    fn new(words: Vec<Text>) -> Result<Self, String> {
        match words.first() {
            None => Err("a command must not be empty".into()),
            Some(program) if program.0.is_empty() => Err("the name of a program must not be empty".into()),
            Some(_) if words.iter().any(|word| word.0.contains(&0)) => {
                Err("a command must not contain a NUL byte".into())
            }
            Some(_) => Ok(Self(words)),
        }
    }
}

fn quoted(quote: char, chars: &mut std::str::Chars<'_>, word: &mut String, line: &str) -> Result<(), String> {
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => match chars.next() {
                Some('\n') => {}
                Some(next @ ('"' | '\\' | '$' | '`')) => word.push(next),
                Some(next) => word.extend(['\\', next]),
                None => break,
            },
            c => word.push(c),
        }
    }
    Err(format!("`{line}` leaves a quote open"))
}

impl fmt::Display for Argv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            let word = word.to_string_lossy();
            let space = if index > 0 { " " } else { "" };
            let plain = |c: char| c.is_alphanumeric() || "_-./=:,@%+~".contains(c);
            if !word.is_empty() && word.chars().all(plain) {
                write!(f, "{space}{word}")?;
            } else {
                write!(f, "{space}'{}'", word.replace('\'', "'\\''"))?;
            }
        }
        Ok(())
    }
}

impl Serialize for Argv {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Argv {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ArgvVisitor;
        impl<'de> Visitor<'de> for ArgvVisitor {
            type Value = Argv;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a command as text or as a list of words")
            }
            fn visit_str<E: de::Error>(self, line: &str) -> Result<Argv, E> {
                Argv::split(line).map_err(E::custom)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Argv, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = seq.next_element()? {
                    words.push(word);
                }
                Argv::new(words).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(ArgvVisitor)
    }
}

impl JsonSchema for Argv {
    fn schema_name() -> Cow<'static, str> {
        "Argv".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<Text>();
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": word, "minItems": 1 }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_a_shell_would() {
        let split = |line: &str| Argv::split(line).map(|it| it.0);
        let words = |all: &[&str]| Ok(all.iter().map(|it| Text::from(*it)).collect::<Vec<_>>());
        assert_eq!(split("a  b\tc"), words(&["a", "b", "c"]));
        assert_eq!(
            split(r#"echo 'a b' "c \"d\" $e" f\ g"#),
            words(&["echo", "a b", "c \"d\" $e", "f g"])
        );
        assert_eq!(split("x '' \"\""), words(&["x", "", ""]));
        assert_eq!(split(r#"a"b"'c'd"#), words(&["abcd"]));
        for bad in ["", "  ", "a 'b", "a \"b", "a\\", "''"] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_shown_command_can_be_split_again() {
        let argv = Argv(
            ["a", "b c", "it's", "", "$x"]
                .into_iter()
                .map(Text::from)
                .collect(),
        );
        assert_eq!(Argv::split(&argv.to_string()), Ok(argv));
    }
}
