//! A difference between what is and what will be, as people read it.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{DiffOp, DiffTag};

/// Texts above this many bytes are not compared line by line.
const COMPARE_LIMIT: usize = 1 << 20;
/// After this long the comparison takes the rest as different.
const PATIENCE: Duration = Duration::from_millis(500);
/// As many equal lines stand around what differs.
const CONTEXT: usize = 3;
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
        Self {
            title,
            text: bounded(&unified(old, new)),
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

/// As `diff -u` writes it, without the names of files.
fn unified(old: &str, new: &str) -> String {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let (old, new) = (old.as_slice(), new.as_slice());
    let mut ops = Compact::new(Replace::new(Capture::new()), old, new);
    let deadline = Some(Instant::now() + PATIENCE);
    let Ok(()) = myers::diff_deadline(&mut ops, old, 0..old.len(), new, 0..new.len(), deadline);
    let mut text = String::new();
    for hunk in ops.into_inner().into_inner().into_grouped_ops(CONTEXT) {
        write_hunk(&mut text, &hunk, old, new);
    }
    text
}

fn write_hunk(text: &mut String, hunk: &[DiffOp], old: &[&str], new: &[&str]) {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
        return;
    };
    let range = |start: usize, end: usize| match end - start {
        // An empty range is named by the line before it.
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        lines => format!("{},{lines}", start + 1),
    };
    let before = range(first.old_range().start, last.old_range().end);
    let after = range(first.new_range().start, last.new_range().end);
    // Writing to a string does not fail.
    let _ = writeln!(text, "@@ -{before} +{after} @@");
    for op in hunk {
        let (before, after) = (&old[op.old_range()], &new[op.new_range()]);
        if op.tag() == DiffTag::Equal {
            write_lines(text, ' ', before);
        } else {
            write_lines(text, '-', before);
            write_lines(text, '+', after);
        }
    }
}

fn write_lines(text: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        text.push(sign);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
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

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &str, after: &str) -> String {
        Diff::of_text("x", before.as_bytes(), after.as_bytes()).text
    }

    #[test]
    fn hunks_are_those_of_diff_u() {
        assert_eq!(diff("", "a\nb\n"), "@@ -0,0 +1,2 @@\n+a\n+b\n");
        assert_eq!(diff("a\n", ""), "@@ -1 +0,0 @@\n-a\n");
        assert_eq!(diff("a\nb\n", "a\nc\n"), "@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
        let numbers = |mark: &str| {
            let line = |n| {
                if n == 3 || n == 18 {
                    format!("{n}{mark}")
                } else {
                    format!("{n}")
                }
            };
            (1..=20).map(line).collect::<Vec<_>>().join("\n") + "\n"
        };
        let expected = "@@ -1,6 +1,6 @@\n 1\n 2\n-3\n+3!\n 4\n 5\n 6\n@@ -15,6 +15,6 @@\n 15\n 16\n 17\n-18\n+18!\n 19\n 20\n";
        assert_eq!(diff(&numbers(""), &numbers("!")), expected);
    }

    #[test]
    fn a_missing_last_newline_is_a_difference() {
        assert_eq!(
            diff("a", "a\n"),
            "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
        );
    }

    #[test]
    fn what_differs_everywhere_is_shown_in_part() {
        let lines = |line: fn(u32) -> u32| {
            let lines: Vec<_> = (0..60_000).map(|n| line(n).to_string()).collect();
            lines.join("\n")
        };
        let (before, after) = (lines(|n| n), lines(|n| n * 7 % 65_537 + 9));
        let text = diff(&before, &after);
        assert!(text.len() <= SHOWN_LIMIT + 40 && text.ends_with("more lines\n"));
    }
}
