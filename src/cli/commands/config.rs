//! `rmote-play config`: every setting, its value, and where that comes from.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::args::Listing;
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::cli::settings::{Found, Origin, Resolved, SETTINGS, Settings};
use crate::diagnostic::nearest;
use crate::report::safe;

/// Showing settings.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// One setting, such as connection.user; or a section, such as connection
    key: Option<String>,
    /// The settings for this playbook, and not for one in the working directory
    #[arg(long, value_name = "FILE")]
    pub(crate) playbook: Option<PathBuf>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Listing::Human)]
    format: Listing,
}

/// Prints the settings.
pub(crate) fn config(args: &ConfigArgs, settings: &Settings, printer: Printer) -> Result<Exit, CliError> {
    if let Some(playbook) = args.playbook.as_deref().filter(|it| !it.is_file()) {
        return Err(CliError::usage(format!(
            "`--playbook {}` is not a file",
            playbook.display()
        )));
    }
    let shown: Vec<&Resolved> = match args.key.as_deref() {
        None => settings.all.iter().collect(),
        Some(key) => {
            let is_it = |it: &&Resolved| it.setting.key == key || it.setting.parts().0 == key;
            settings.all.iter().filter(is_it).collect()
        }
    };
    if let (Some(key), []) = (args.key.as_deref(), &shown[..]) {
        let error = CliError::usage(format!("there is no setting `{key}`"));
        let near = nearest(key, SETTINGS.iter().map(|it| it.key));
        return Err(match near {
            Some(near) => error.help(format!("Did you mean `{near}`?")),
            None => error.help("`rmote-play config` lists them all."),
        });
    }
    let text = match args.format {
        Listing::Json => json(&shown),
        Listing::Human => list(&shown, settings, args.key.is_none()),
    };
    printer.out(&text)?;
    Ok(Exit::Success)
}

fn written(resolved: &Resolved) -> String {
    match &resolved.value {
        Some(value) => format!(
            "{} = {}",
            resolved.setting.key,
            value.written(resolved.setting.sort)
        ),
        None if resolved.setting.default.is_empty() => format!("{} is not set", resolved.setting.key),
        None => {
            let default = crate::cli::settings::Value(vec![resolved.setting.default.to_owned()]);
            format!(
                "{} = {}",
                resolved.setting.key,
                default.written(resolved.setting.sort)
            )
        }
    }
}

fn origin(resolved: &Resolved) -> String {
    match &resolved.origin {
        Origin::File(file, line) => format!("{}:{line}", near(file)),
        Origin::Variable(name) => format!("${name}"),
        Origin::Default => "default".to_owned(),
    }
}

/// A path as one would type it here.
fn near(file: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let near = file.strip_prefix(&here).unwrap_or(file);
    near.display().to_string()
}

fn list(shown: &[&Resolved], settings: &Settings, with_files: bool) -> String {
    let mut text = String::new();
    if with_files {
        for (file, found) in settings.files.iter().rev() {
            let note = match found {
                Found::Read => "",
                Found::Missing => "  (not there)",
                Found::Refused => "  (refused: other users can write it)",
            };
            let _ = writeln!(text, "# {}{note}", safe(&near(file)));
        }
    }
    let rows: Vec<(String, String)> = shown.iter().map(|it| (written(it), origin(it))).collect();
    let width = rows
        .iter()
        .map(|(left, _)| left.chars().count())
        .filter(|it| *it <= 48)
        .max();
    let width = width.unwrap_or(0);
    for (left, right) in rows {
        let gap = width.saturating_sub(left.chars().count()) + 2;
        let _ = writeln!(text, "{}{}{}", safe(&left), " ".repeat(gap), safe(&right));
    }
    text
}

fn json(shown: &[&Resolved]) -> String {
    let all: Vec<serde_json::Value> = shown
        .iter()
        .map(|it| {
            serde_json::json!({
                "key": it.setting.key,
                "value": it.value.as_ref().map(|value| &value.0),
                "origin": origin(it),
                "default": it.setting.default,
                "type": it.setting.sort.wanted(),
                "variable": it.setting.variable(),
                "description": it.setting.doc,
            })
        })
        .collect();
    format!("{}\n", serde_json::Value::from(all))
}
