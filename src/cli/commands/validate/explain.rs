//! `rmote-play validate --explain`: what a code means.

use std::fmt::Write as _;

use crate::cli::error::CliError;
use crate::diagnostic::{Code, nearest};

/// Explains a code, or lists them all.
///
/// # Errors
/// Where there is no such code.
pub(super) fn explain(name: Option<&str>, color: bool) -> Result<String, CliError> {
    let Some(name) = name else {
        return Ok(list());
    };
    let Some(code) = Code::ALL.iter().find(|code| code.as_str() == name) else {
        let error = CliError::usage(format!("there is no code `{name}`"));
        let near = nearest(name, Code::ALL.iter().map(|code| code.as_str()));
        return Err(error.help(match near {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "`rmote-play validate --explain` lists them all.".to_owned(),
        }));
    };
    let (bold, off) = if color {
        ("\u{1b}[1m", "\u{1b}[0m")
    } else {
        ("", "")
    };
    let mut text = format!("{bold}{code}{off}\n\n{}\n", wrapped(code.explain()));
    let (wrong, right) = code.example();
    for (title, example) in [("Wrong", wrong), ("Right", right)] {
        if !example.is_empty() {
            let _ = write!(text, "\n{bold}{title}{off}\n\n");
            for line in example.lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    Ok(text)
}

fn list() -> String {
    let width = Code::ALL
        .iter()
        .map(|code| code.as_str().len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for code in Code::ALL {
        let first = code.explain().split_inclusive(". ").next().unwrap_or_default();
        let _ = writeln!(text, "{:width$}  {}", code.as_str(), first.trim_end());
    }
    text
}

/// A paragraph in lines of at most 80 columns.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        if length > 0 && length + 1 + word.chars().count() > 80 {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += word.chars().count();
    }
    lines
}
