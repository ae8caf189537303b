//! `--limit`: patterns, files of them, and the hosts of an earlier run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::cli::error::CliError;
use crate::cli::printer::Printer;
use crate::inventory::{Inventory, Limit, Pattern, PatternError};
use crate::journal::Archive;
use crate::name::{HostId, HostName};
use crate::source::{LARGEST_TEXT, read_text};

/// The hosts of a pattern.
///
/// # Errors
/// Where the pattern is malformed, a part of it matches nothing, or no host is left.
pub(in crate::cli) fn hosts(
    pattern: &str,
    what: &str,
    inventory: &Inventory,
    allow_empty: bool,
) -> Result<HashSet<HostId>, CliError> {
    let wrong = |error: &PatternError| {
        let mut complaint = CliError::invalid(format!("{what} `{pattern}`: {}", error.message));
        complaint.help.clone_from(&error.help);
        complaint
    };
    let parsed = Pattern::parse(pattern).map_err(|errors| wrong(&errors[0]))?;
    let (hosts, empty) = parsed.select(inventory);
    match empty.first() {
        Some(error) if !allow_empty => Err(wrong(error)),
        _ if hosts.is_empty() => Err(CliError::invalid(format!("{what} `{pattern}` leaves no host"))),
        _ => Ok(hosts.into_iter().collect()),
    }
}

/// The hosts of `--limit`: a pattern, of which a part that begins with `@` stands for others: `@failed` and
/// `@unreachable` for hosts of the last run of this playbook, `@FILE` for the lines of a file.
///
/// # Errors
/// As [`hosts`]; and where a file or a run is not there.
fn limit(
    written: &str,
    inventory: &Inventory,
    playbook: &Path,
    allow_empty: bool,
    printer: Printer,
) -> Result<HashSet<HostId>, CliError> {
    if !written.split(',').any(|part| part.trim_start().starts_with('@')) {
        return hosts(written, "--limit", inventory, allow_empty);
    }
    let mut parts: Vec<String> = Vec::new();
    for part in written.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part {
            "@failed" | "@unreachable" => {
                let names = of_last_run(part, playbook)?;
                parts.extend(known(part, names, inventory, printer));
            }
            part => match part.strip_prefix('@') {
                Some(path) => parts.extend(lines(path, inventory, printer)?),
                None => parts.push(part.to_owned()),
            },
        }
    }
    if parts
        .iter()
        .all(|part| part.starts_with('!') || part.starts_with('&'))
    {
        return Err(CliError::invalid(format!("--limit `{written}` leaves no host")));
    }
    hosts(&parts.join(","), "--limit", inventory, allow_empty)
}

/// `--limit` as it was typed. It is resolved once, when the hosts are known: what it names may be a pipe.
#[derive(Debug)]
pub(in crate::cli) struct Limited {
    written: String,
    playbook: PathBuf,
    allow_empty: bool,
    printer: Printer,
    found: Mutex<Option<Result<HashSet<HostId>, CliError>>>,
}

impl Limited {
    /// Of a run of this playbook.
    pub(in crate::cli) const fn new(
        written: String,
        playbook: PathBuf,
        allow_empty: bool,
        printer: Printer,
    ) -> Self {
        Self {
            written,
            playbook,
            allow_empty,
            printer,
            found: Mutex::new(None),
        }
    }

    /// What it was resolved to, once the playbook is loaded.
    ///
    /// # Errors
    /// As [`limit`].
    pub(in crate::cli) fn found(&self, inventory: &Inventory) -> Result<HashSet<HostId>, CliError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.take().unwrap_or_else(|| self.resolve(inventory))
    }

    fn resolve(&self, inventory: &Inventory) -> Result<HashSet<HostId>, CliError> {
        limit(
            &self.written,
            inventory,
            &self.playbook,
            self.allow_empty,
            self.printer,
        )
    }
}

impl Limit for Limited {
    fn hosts(&self, inventory: &Inventory) -> Option<HashSet<HostId>> {
        let resolved = self.resolve(inventory);
        let hosts = resolved.as_ref().ok().cloned();
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(resolved);
        hosts
    }
}

fn of_last_run(part: &str, playbook: &Path) -> Result<Vec<HostName>, CliError> {
    let shown = playbook.display();
    let path = playbook.canonicalize().unwrap_or_else(|_| playbook.to_path_buf());
    let run = Archive::of_user().and_then(|archive| archive.last_of(&path));
    let Some(run) = run else {
        return Err(
            CliError::invalid(format!("--limit {part}: no run of `{shown}` is recorded"))
                .help("Runs are recorded unless --no-journal is given."),
        );
    };
    let unwell = run
        .unwell()
        .map_err(|error| CliError::invalid(format!("--limit {part}: {error}")))?;
    let (names, word) = match part {
        "@failed" => (unwell.failed, "failed"),
        _ => (unwell.unreachable, "was unreachable"),
    };
    if names.is_empty() {
        let message = format!(
            "--limit {part}: in the last run of `{shown}` ({}) no host {word}",
            run.id()
        );
        return Err(CliError::invalid(message));
    }
    Ok(names)
}

/// Those of the hosts of an earlier run that are still there.
fn known<'a>(
    part: &'a str,
    names: Vec<HostName>,
    inventory: &'a Inventory,
    printer: Printer,
) -> impl Iterator<Item = String> + 'a {
    names.into_iter().filter_map(move |name| {
        let is_known = inventory.host_names.contains_key(name.as_str());
        if !is_known {
            let message = format!("--limit {part}: there is no host `{name}` any more");
            printer.complain("warning", &message, None);
        }
        is_known.then(|| name.to_string())
    })
}

/// The lines of a file, a pattern each. One that matches nothing is told and left out.
fn lines(path: &str, inventory: &Inventory, printer: Printer) -> Result<Vec<String>, CliError> {
    let text = read_text(Path::new(path), LARGEST_TEXT)
        .map_err(|error| CliError::invalid(format!("--limit @{path}: the file cannot be read: {error}")))?;
    let mut parts = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let parsed = Pattern::parse(line).map_err(|errors| {
            CliError::invalid(format!("--limit @{path}: `{line}`: {}", errors[0].message))
        })?;
        let (_, empty) = parsed.select(inventory);
        if let Some(error) = empty.first() {
            let message = format!("--limit @{path}: {}", error.message);
            printer.complain("warning", &message, error.help.as_deref());
        } else {
            parts.push(line.to_owned());
        }
    }
    Ok(parts)
}
