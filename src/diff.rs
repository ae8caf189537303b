//! A difference between what is and what will be, as people read it.

use serde::{Deserialize, Serialize};
use similar::TextDiff;

/// Texts above this many bytes are not compared line by line.
const COMPARE_LIMIT: usize = 1 << 20;
/// At most this many bytes of a diff are kept.
const SHOWN_LIMIT: usize = 64 << 10;

/// One difference: of what, and in which lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Diff {
    /// The thing: a path, an account, a unit.
    pub title: String,
    /// Lines that begin with `+`, `-`, a space or `@@`, as in a unified diff.
    pub text: String,
}

impl Diff {
    /// The unified diff of two contents; sizes alone where one is not text or too large.
    pub fn of_text(title: impl Into<String>, before: &[u8], after: &[u8]) -> Self {
        let title = title.into();
        let (Ok(old), Ok(new)) = (std::str::from_utf8(before), std::str::from_utf8(after)) else {
            return Self::of_sizes(title, before.len() as u64, after.len() as u64);
        };
        if old.len().max(new.len()) > COMPARE_LIMIT {
            return Self::of_sizes(title, before.len() as u64, after.len() as u64);
        }
        let diff = TextDiff::configure()
            .timeout(std::time::Duration::from_millis(500))
            .diff_lines(old, new);
        Self {
            title,
            text: bounded(&diff.unified_diff().to_string()),
        }
    }

    /// For contents that are not compared: their sizes.
    pub fn of_sizes(title: impl Into<String>, before: u64, after: u64) -> Self {
        Self {
            title: title.into(),
            text: format!("-{before} bytes, not compared\n+{after} bytes\n"),
        }
    }

    /// A property that changes, such as `mode: 0644` to `mode: 0600`. `None` before or after: it was or will be absent.
    pub fn of_property(
        title: impl Into<String>,
        property: &str,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Self {
        let mut text = String::new();
        for (sign, value) in [('-', before), ('+', after)] {
            if let Some(value) = value {
                text.push(sign);
                text.push_str(property);
                text.push_str(": ");
                text.push_str(value);
                text.push('\n');
            }
        }
        Self {
            title: title.into(),
            text,
        }
    }
}

fn bounded(text: &str) -> String {
    if text.len() <= SHOWN_LIMIT {
        return text.to_owned();
    }
    let end = text.as_bytes()[..SHOWN_LIMIT]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    format!("{} … {} more lines\n", &text[..end], text[end..].lines().count())
}
