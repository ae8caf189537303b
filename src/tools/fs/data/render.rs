//! Values as text.

use serde_json::Value as Json;

/// How a text is laid out.
pub(super) struct Layout {
    /// What is added for each level; nothing: all is on one line.
    pub(super) unit: Option<String>,
}

impl Layout {
    pub(super) fn of(text: &str) -> Self {
        let blanks = |line: &str| line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned();
        let mut lines = text.lines().map(blanks).filter(|it| !it.is_empty());
        let is_one_line = !text.trim().is_empty() && text.trim().lines().count() == 1;
        Self {
            unit: match lines.next() {
                Some(unit) => Some(unit),
                None if is_one_line => None,
                None => Some("  ".to_owned()),
            },
        }
    }
}

/// How text is written in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Always in double quotes.
    Json,
    /// Only where it would be read as something else.
    Yaml,
}

impl Quotes {
    pub(super) fn key(self, key: &str) -> String {
        match self {
            Self::Json => Json::from(key).to_string(),
            Self::Yaml => plain_or_quoted(key),
        }
    }

    fn scalar(self, value: &Json) -> String {
        match (self, value) {
            (Self::Yaml, Json::String(text)) => plain_or_quoted(text),
            _ => value.to_string(),
        }
    }
}

/// A value between brackets.
pub(super) fn json(value: &Json, layout: &Layout, depth: &str, quotes: Quotes) -> String {
    let unit = layout.unit.as_deref().filter(|_| quotes == Quotes::Json);
    let around = |open: char, close: char, items: Vec<String>| match unit {
        _ if items.is_empty() => format!("{open}{close}"),
        Some(unit) => {
            let inner = format!("\n{depth}{unit}");
            format!(
                "{open}{inner}{}\n{depth}{close}",
                items.join(&format!(",{inner}"))
            )
        }
        None => format!("{open}{}{close}", items.join(", ")),
    };
    let deeper = format!("{depth}{}", unit.unwrap_or_default());
    match value {
        Json::Array(list) => around(
            '[',
            ']',
            list.iter().map(|it| json(it, layout, &deeper, quotes)).collect(),
        ),
        Json::Object(map) => {
            let item = |(key, value): (&String, &Json)| {
                format!("{}: {}", quotes.key(key), json(value, layout, &deeper, quotes))
            };
            around('{', '}', map.iter().map(item).collect())
        }
        scalar => quotes.scalar(scalar),
    }
}

/// A text as YAML has it: without quotes where it is nothing else then.
pub(super) fn plain_or_quoted(text: &str) -> String {
    let is_first = |it: char| it.is_ascii_alphabetic() || "/_.".contains(it);
    let is_rest = |it: char| it.is_ascii_alphanumeric() || "/_.-+@%=~ ".contains(it) || it.is_alphabetic();
    let words = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan",
    ];
    let is_plain = text.starts_with(is_first)
        && text.chars().all(is_rest)
        && !text.ends_with(' ')
        && !text.starts_with("...")
        && !words.contains(&&*text.to_lowercase())
        && text.parse::<f64>().is_err();
    if is_plain {
        text.to_owned()
    } else {
        // JSON's strings are YAML's.
        Json::from(text).to_string()
    }
}
