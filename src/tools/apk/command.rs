//! apk, and why it refuses.

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Ended, Program, Reader, Writer};
use crate::tools::said;

fn argv(args: &[&str]) -> Argv {
    let words = ["apk", "--no-progress"].iter().chain(args);
    Argv(words.map(|it| Text::from(*it)).collect())
}

/// Runs apk with these arguments, by which it only looks.
pub(super) fn ask(host: &Reader<'_>, args: &[&str]) -> Result<Ended, Failure> {
    host.ask(&Program::of(&argv(args)), &[About::Domain(Domain::Packages)])
}

/// Runs it to change something.
pub(super) fn act(host: &Writer<'_>, args: &[&str]) -> Result<Ended, Failure> {
    host.act(&Program::of(&argv(args)))
}

/// Why apk refused, in its own words, with what can be done about it.
pub(super) fn refusal(ended: &Ended) -> Failure {
    let stderr = String::from_utf8_lossy(&ended.stderr.bytes);
    let lines = stderr.lines().map(|line| {
        let line = line.trim();
        line.strip_prefix("ERROR: ")
            .or_else(|| line.strip_prefix("WARNING: "))
            .unwrap_or(line)
    });
    let message: Vec<&str> = lines.filter(|it| !it.is_empty()).take(8).collect();
    let message = message.join(" ");
    if message.is_empty() {
        return said::failure(ended, "apk");
    }
    let says = |text: &str| message.contains(text);
    let (kind, help) = if says("Unable to lock database: Permission denied") {
        (Kind::PermissionDenied, "")
    } else if says("Unable to lock database") {
        (Kind::Timeout, " (`lock_timeout` says how long to wait)")
    } else if says("(no such package): required by: world[") {
        (Kind::NotFound, "")
    } else if says("unable to select packages") {
        (Kind::Conflict, "")
    } else if says("Permission denied") {
        (Kind::PermissionDenied, "")
    } else {
        (Kind::CommandFailed, "")
    };
    Failure {
        kind,
        message: format!("apk refuses: {message}{help}"),
        ..ended.failure("apk")
    }
}
