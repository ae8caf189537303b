//! Sets what languages and formats programs have where nobody says otherwise.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::argument::{OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, Tool};
use crate::tools::files::{self, Files};

/// Debian's file, and that of others.
const FILES: [&str; 2] = ["/etc/default/locale", "/etc/locale.conf"];

/// `locale.default`.
#[derive(Debug)]
pub(crate) struct Default;

/// Sets the languages and formats that programs have from the next login or start on: in `/etc/default/locale` on Debian and its
/// kin, else in `/etc/locale.conf`. Other lines of the file stay. That the host has a locale is not looked at: `locale.present`
/// makes it.
///
/// Check mode: says how the file would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Variables with their values, such as `LANG` and `LC_TIME`.
    #[serde(default)]
    values: BTreeMap<String, String>,
    /// Variables that are not to be set.
    #[serde(default = "none")]
    absent: OneOrMany<String>,
}

fn none() -> OneOrMany<String> {
    OneOrMany(Vec::new())
}

/// The variables.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file in which they are.
    path: Text,
}

/// What is to be done to that file.
#[derive(Debug)]
pub(crate) struct LocaleChange(Files);

impl Describe for LocaleChange {
    fn diff(&self) -> Vec<Diff> {
        self.0.diff()
    }
}

impl Tool for Default {
    const NAME: &'static str = "locale.default";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str =
        "locale.default: { values: { LANG: de_DE.UTF-8, LC_MESSAGES: C.UTF-8 }, absent: LC_ALL }";

    type Args = Args;
    type Change = LocaleChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        let mut footprint = Footprint::writes(Area::Paths(FILES.map(str::to_owned).into()));
        footprint.reads.extend(&Area::path("/etc/debian_version"));
        footprint
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        for (name, value) in &args.values {
            check_name(name).map_err(|it| ("values", it))?;
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.@:-".contains(c);
            if value.is_empty() || !value.chars().all(is_plain) {
                return Err((
                    "values",
                    format!("`{}` is not the name of a locale", value.escape_debug()),
                ));
            }
        }
        for name in &args.absent.0 {
            check_name(name).map_err(|it| ("absent", it))?;
            if args.values.contains_key(name) {
                return Err((
                    "absent values",
                    format!("`{name}` has a value and is not to be set"),
                ));
            }
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = file(host)?;
        let before = files::text(&files::path(path)?, host)?;
        let mut after = before.clone().unwrap_or_default();
        for (name, value) in &args.values {
            after = edited(&after, name, Some(value));
        }
        for name in &args.absent.0 {
            after = edited(&after, name, None);
        }
        let mut files = Files::default();
        if before.is_some() || !after.is_empty() {
            files.edit(files::path(path)?, before.as_deref(), after, host)?;
        }
        Ok(if files.is_empty() {
            Finding::Settled(Output { path: path.into() })
        } else {
            Finding::Pending(LocaleChange(files))
        })
    }

    fn apply(_: &Args, change: LocaleChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let path = file(host)?;
        change.0.make(host)?;
        Ok(Output { path: path.into() })
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let is_name = matches!(name, "LANG" | "LANGUAGE") || name.starts_with("LC_") && name.len() > 3;
    if is_name && name.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
        return Ok(());
    }
    Err(format!(
        "`{}` is none of the variables of locales: `LANG`, `LANGUAGE`, and those that begin with `LC_`",
        name.escape_debug()
    ))
}

fn file(host: &Reader<'_>) -> Result<&'static str, Failure> {
    for path in [FILES[0], "/etc/debian_version"] {
        if host.metadata(Path::new(path), Follow::Yes)?.is_some() {
            return Ok(FILES[0]);
        }
    }
    Ok(FILES[1])
}

/// The text with a variable in it, on the last line that sets it, which is the one that holds, else at the end.
fn edited(text: &str, name: &str, value: Option<&str>) -> String {
    let sets = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        line.strip_prefix(name)
            .and_then(|it| it.strip_prefix('='))
            .map(|it| it.trim().trim_matches('"').to_owned())
    };
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let Some(value) = value else {
        lines.retain(|it| sets(it).is_none());
        return lines.concat();
    };
    let line = format!("{name}={value}\n");
    match lines.iter().rposition(|it| sets(it).is_some()) {
        Some(at) if sets(&lines[at]).as_deref() == Some(value) => {}
        Some(at) => lines[at] = line,
        None => {
            if let Some(last) = lines.last_mut().filter(|it| !it.ends_with('\n')) {
                last.push('\n');
            }
            lines.push(line);
        }
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_one_line_and_others_stay() {
        assert_eq!(edited("", "LANG", Some("C")), "LANG=C\n");
        assert_eq!(
            edited("# LANG=x\nLANG=\"C\"\nLC_ALL=C", "LANG", Some("C")),
            "# LANG=x\nLANG=\"C\"\nLC_ALL=C"
        );
        assert_eq!(
            edited("LANG=a\nLC_ALL=C", "LC_TIME", Some("b")),
            "LANG=a\nLC_ALL=C\nLC_TIME=b\n"
        );
        assert_eq!(
            edited("export LANG=a\nLANGUAGE=x\n", "LANG", Some("b")),
            "LANG=b\nLANGUAGE=x\n"
        );
        assert_eq!(edited("LANG=a\nLC_ALL=C\nLC_ALL=x\n", "LC_ALL", None), "LANG=a\n");
    }
}
