//! dnf, asked never to ask, and why it refuses.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Ended, Program, Reader, Writer};
use crate::tools::said;

/// Tables are not cut to the width of a terminal, and whoever only looks compiles nothing.
static ENV: LazyLock<BTreeMap<String, Text>> = LazyLock::new(|| {
    [("COLUMNS", "1000"), ("PYTHONDONTWRITEBYTECODE", "1")]
        .map(|(name, value)| (name.to_owned(), value.into()))
        .into()
});

/// Runs a program of dnf's or rpm's that only looks, with these arguments.
pub(super) fn ask(host: &Reader<'_>, words: &[&str]) -> Result<Ended, Failure> {
    run(words, |it| host.ask(it, &[About::Domain(Domain::Packages)]))
}

/// Runs one that changes something.
pub(super) fn act(host: &Writer<'_>, words: &[&str]) -> Result<Ended, Failure> {
    run(words, |it| host.act(it))
}

fn run(words: &[&str], run: impl FnOnce(&Program<'_>) -> Result<Ended, Failure>) -> Result<Ended, Failure> {
    let argv = Argv(words.iter().map(|it| Text::from(*it)).collect());
    let program = Program {
        env: &ENV,
        ..Program::of(&argv)
    };
    run(&program).map_err(|failure| match failure.kind {
        Kind::NotFound => Failure::new(
            Kind::Unsupported,
            format!("this host has no {}: {}", words[0], failure.message),
        ),
        _ => failure,
    })
}

/// Why dnf refused, in its own words, with what can be done about it.
pub(super) fn refusal(ended: &Ended) -> Failure {
    let stderr = String::from_utf8_lossy(&ended.stderr.bytes);
    let stdout = String::from_utf8_lossy(&ended.stdout.bytes);
    let lines = stderr.lines().chain(stdout.lines());
    // An error may go on over some lines, of which the last one is advice about options of dnf's own.
    let message: Vec<&str> = lines
        .map(|it| it.trim_start_matches("Error:").trim())
        .skip_while(|it| !is_reason(it))
        .take_while(|it| !it.starts_with("(try to add") && !it.starts_with("You can try to add"))
        .filter(|it| !it.is_empty())
        .take(8)
        .collect();
    let message = message.join("; ");
    if message.is_empty() {
        return said::failure(ended, "dnf");
    }
    let says = |text: &str| message.contains(text);
    let (kind, help) = if says("no cache for") || says("cache-only") || says("Cache-only") {
        (Kind::NotFound, " (`dnf.update` reads the lists)")
    } else if says("No match for argument") || says("Unable to find a match") {
        (Kind::NotFound, "")
    } else if says("Problem") {
        (Kind::Conflict, "")
    } else if says("superuser privileges") || says("Permission denied") {
        (Kind::PermissionDenied, "")
    } else {
        (Kind::CommandFailed, "")
    };
    Failure {
        kind,
        message: format!("dnf refuses: {message}{help}"),
        ..ended.failure("dnf")
    }
}

fn is_reason(line: &str) -> bool {
    [
        "Cache-only",
        "No match for argument",
        "Unable to find a match",
        "Problem",
        "Failed to",
        "Cannot",
        "Unable to",
        "This command has to be run",
        "Permission denied",
        "Transaction",
    ]
    .iter()
    .any(|it| line.starts_with(it))
        && !line.starts_with("Unable to detect release version")
}
