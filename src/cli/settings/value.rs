//! Values of settings: checked, and written as they would be in a file.

use std::path::{Path, PathBuf};

use crate::argument::Duration;
use crate::cli::settings::table::Sort;

/// A value: one text, or several of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value(pub(crate) Vec<String>);

impl Value {
    /// The only text.
    pub(crate) fn text(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// As it is written in a file.
    pub(crate) fn written(&self, sort: Sort) -> String {
        let quoted = |text: &String| serde_json::Value::from(text.as_str()).to_string();
        match sort {
            Sort::Flag | Sort::Number(..) => self.text().to_owned(),
            sort if sort.is_list() => {
                let all: Vec<_> = self.0.iter().map(quoted).collect();
                format!("[{}]", all.join(", "))
            }
            _ => quoted(&self.text().to_owned()),
        }
    }
}

/// Whether a text can be a value of this sort.
///
/// # Errors
/// Why not.
pub(crate) fn check(sort: Sort, text: &str) -> Result<(), String> {
    let is_good = match sort {
        Sort::Flag => matches!(text, "true" | "false"),
        Sort::Number(least, most) => text
            .parse::<i64>()
            .is_ok_and(|number| (least..=most).contains(&number)),
        Sort::Duration => text.parse::<Duration>().is_ok(),
        Sort::Choice(words) => words.contains(&text),
        Sort::Text | Sort::Texts | Sort::Path | Sort::Paths | Sort::Inventories => {
            !text.is_empty() && !text.contains('\0')
        }
    };
    if is_good {
        return Ok(());
    }
    Err(format!(
        "`{}` is not {}",
        text.escape_debug(),
        sort.wanted().trim_start_matches("a list of ")
    ))
}

/// A path as the file means that it is written in: `~` is the home directory, and a relative one counts from `folder`.
pub(crate) fn placed(sort: Sort, text: String, folder: &Path) -> String {
    let is_path = match sort {
        Sort::Path | Sort::Paths => true,
        // Names of hosts have commas, and no directory.
        Sort::Inventories => !text.contains(','),
        _ => false,
    };
    if !is_path {
        return text;
    }
    let home = || std::env::home_dir().unwrap_or_default();
    let path = match text.strip_prefix("~/") {
        Some(rest) => home().join(rest),
        None if text == "~" => home(),
        None => folder.join(PathBuf::from(&text)),
    };
    path.to_string_lossy().into_owned()
}
