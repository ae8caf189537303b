//! Permission bits, whole or as a change to those that are there.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::argument::FileMode;

/// What permission bits are to become: octal with a leading zero (`0644`), or as `chmod` has it (`u+x,go-w`, `a=rX`).
/// Where nobody is named, everybody is meant, but for the bits that the umask takes from new files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeChange {
    text: String,
    change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Whole(u32),
    Clauses(Vec<Clause>),
}

/// One part between commas, and of it one operator with what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    /// The bits of user (04700), group (02070) and others (01007); none where nobody is named.
    who: u32,
    operator: char,
    letters: Vec<char>,
}

impl ModeChange {
    /// The permission bits that come of these, for a directory or for something else.
    pub fn of(&self, bits: u32, is_folder: bool, umask: u32) -> u32 {
        match &self.change {
            Change::Whole(bits) => *bits,
            Change::Clauses(clauses) => clauses
                .iter()
                .fold(bits & 0o7777, |bits, clause| clause.of(bits, is_folder, umask)),
        }
    }
}

impl From<FileMode> for ModeChange {
    fn from(mode: FileMode) -> Self {
        Self {
            text: mode.to_string(),
            change: Change::Whole(mode.0),
        }
    }
}

impl Clause {
    fn of(&self, bits: u32, is_folder: bool, umask: u32) -> u32 {
        let mut named = 0;
        for letter in &self.letters {
            named |= match letter {
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                'X' if is_folder || bits & 0o111 != 0 => 0o111,
                's' => 0o6000,
                't' => 0o1000,
                'u' => copied(bits >> 6),
                'g' => copied(bits >> 3),
                'o' => copied(bits),
                _ => 0,
            };
        }
        // A directory keeps its setuid and setgid unless they are named, as `chmod` has it.
        let kept = if is_folder && named & 0o6000 == 0 {
            0o6000
        } else {
            0
        };
        let (mask, cleared) = match self.who {
            0 => (!umask, 0o7777),
            who => (who, who),
        };
        let named = named & mask;
        match self.operator {
            '+' => bits | named,
            '-' => bits & !named,
            _ => bits & (!cleared | kept) | named,
        }
    }
}

/// Three bits for everybody.
fn copied(bits: u32) -> u32 {
    (bits & 7) * 0o111
}

impl std::str::FromStr for ModeChange {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not a file mode; write it in octal with a leading zero, as in 0644, or as a change, as in \
                 u+x,go-w"
            )
        };
        let change = if text.starts_with(|first: char| first.is_ascii_digit()) {
            Change::Whole(text.parse::<FileMode>().map_err(|_| wrong())?.0)
        } else {
            let mut clauses = Vec::new();
            for part in text.split(',') {
                parse(part, &mut clauses).ok_or_else(wrong)?;
            }
            Change::Clauses(clauses)
        };
        Ok(Self {
            text: text.to_owned(),
            change,
        })
    }
}

fn parse(part: &str, clauses: &mut Vec<Clause>) -> Option<()> {
    let start = part.find(['+', '-', '='])?;
    let mut who = 0;
    for letter in part[..start].chars() {
        who |= match letter {
            'u' => 0o4700,
            'g' => 0o2070,
            'o' => 0o1007,
            'a' => 0o7777,
            _ => return None,
        };
    }
    let mut rest = &part[start..];
    while let Some(operator) = rest.chars().next() {
        let letters = &rest[1..];
        let end = letters.find(['+', '-', '=']).unwrap_or(letters.len());
        let letters = &letters[..end];
        let is_copy = letters.contains(['u', 'g', 'o']);
        if !letters.chars().all(|it| "rwxXstugo".contains(it)) || is_copy && letters.len() > 1 {
            return None;
        }
        if operator != '=' && letters.is_empty() {
            return None;
        }
        clauses.push(Clause {
            who,
            operator,
            letters: letters.chars().collect(),
        });
        rest = &rest[1 + end..];
    }
    Some(())
}

impl fmt::Display for ModeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for ModeChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for ModeChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for ModeChange {
    fn schema_name() -> Cow<'static, str> {
        "ModeChange".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = "^(0o?[0-7]{3,4}|[ugoa]*[-+=].*)$";
        json_schema!({ "type": ["string", "integer"], "pattern": pattern, "x-type": "mode" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, bits: u32, is_folder: bool) -> u32 {
        text.parse::<ModeChange>().unwrap().of(bits, is_folder, 0o022)
    }

    #[test]
    fn a_change_does_what_chmod_does() {
        for (text, before, file, folder) in [
            ("0640", 0o777, 0o640, 0o640),
            ("u+x", 0o644, 0o744, 0o744),
            ("u+x,go-w", 0o666, 0o744, 0o744),
            ("a=rX", 0o600, 0o444, 0o555),
            ("a=rX", 0o700, 0o555, 0o555),
            ("go=", 0o755, 0o700, 0o700),
            ("+x", 0o644, 0o755, 0o755),
            ("g=u", 0o640, 0o660, 0o660),
            ("o=g-w", 0o664, 0o664, 0o664),
            ("u+s,g+s,+t", 0o755, 0o7755, 0o7755),
            ("u=rwx", 0o4755, 0o755, 0o4755),
            ("ug-s", 0o6755, 0o755, 0o755),
            ("-w", 0o666, 0o466, 0o466),
            ("+w", 0o444, 0o644, 0o644),
            ("=rw", 0o777, 0o644, 0o644),
            ("+rwxs", 0o000, 0o6755, 0o6755),
            ("a-w", 0o666, 0o444, 0o444),
            ("o=", 0o1777, 0o770, 0o770),
            ("u+t", 0o644, 0o644, 0o644),
            ("u=rw,g=r,o=", 0o777, 0o640, 0o640),
        ] {
            assert_eq!(of(text, before, false), file, "{text} of a file");
            assert_eq!(of(text, before, true), folder, "{text} of a directory");
        }
    }

    #[test]
    fn what_is_no_mode_is_refused() {
        for bad in [
            "",
            "644",
            "u",
            "u+",
            "u+q",
            "x+u",
            "u+x,",
            "g=uo",
            "rwxr-xr-x",
            "08",
            "u+x g-w",
        ] {
            assert!(bad.parse::<ModeChange>().is_err(), "{bad}");
        }
    }
}
