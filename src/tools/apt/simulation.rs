//! What apt says that it would do.

use crate::failure::{Failure, Kind};
use crate::system::Ended;
use crate::tools::packages::Step;
use crate::tools::said;

/// The steps of a simulation: lines that begin with `Inst`, `Remv` or `Purg`.
pub(super) fn steps(output: &str) -> Vec<Step> {
    output.lines().filter_map(step).collect()
}

/// `Inst shop [1.0-1] (2.0-1 test:test [all])`, `Remv shop [1.0-1]`.
fn step(line: &str) -> Option<Step> {
    let (verb, rest) = line.split_once(' ')?;
    let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let before = rest
        .strip_prefix('[')
        .and_then(|it| it.split_once(']'))
        .map(|it| it.0.to_owned());
    let after = rest
        .split_once('(')
        .and_then(|it| it.1.split_once(' '))
        .map(|it| it.0.to_owned());
    match verb {
        "Inst" => Some(Step {
            name: name.to_owned(),
            before,
            after: Some(after?),
        }),
        "Remv" | "Purg" => Some(Step {
            name: name.to_owned(),
            before,
            after: None,
        }),
        _ => None,
    }
}

/// Why apt refused, in its own words, with what can be done about it.
pub(super) fn refusal(ended: &Ended) -> Failure {
    let stderr = String::from_utf8_lossy(&ended.stderr.bytes);
    let stdout = String::from_utf8_lossy(&ended.stdout.bytes);
    let errors: Vec<&str> = stderr.lines().filter_map(|it| it.strip_prefix("E: ")).collect();
    let mut message = errors.join("; ");
    if let Some((_, unmet)) = stdout.split_once("unmet dependencies:\n") {
        let unmet: Vec<&str> = unmet.lines().take(8).map(str::trim).collect();
        message = format!("{}; {message}", unmet.join("; "));
    }
    let broken = broken_packages(&stderr);
    if !broken.is_empty() {
        // What apt says is only that dpkg has failed.
        message = broken.join("; ");
    }
    let says = |text: &str| message.contains(text);
    let (kind, help) =
        if says("Unable to locate") || says("was not found") || says("has no installation candidate") {
            (Kind::NotFound, "")
        } else if says("are you root") || says("Permission denied") {
            // Which also says that the lock cannot be had.
            (Kind::PermissionDenied, "")
        } else if says("--allow-downgrades") {
            (Kind::Conflict, " (`allow_downgrade: true` lets it)")
        } else if says("--allow-change-held-packages") {
            (Kind::Conflict, " (`allow_change_held: true` lets it)")
        } else if says("Essential packages")
            || says("unmet dependencies")
            || says("Depends")
            || says("held broken")
        {
            (Kind::Conflict, "")
        } else if says("Could not get lock") || says("Unable to acquire the dpkg frontend lock") {
            (Kind::Conflict, " (`lock_timeout` says how long to wait)")
        } else {
            (Kind::CommandFailed, "")
        };
    if message.is_empty() {
        return said::failure(ended, "apt-get");
    }
    let failure = ended.failure("apt-get");
    Failure {
        kind,
        message: format!("apt refuses: {message}{help}"),
        ..failure
    }
}

/// Why dpkg could not bring to an end what it had begun.
pub(super) fn dpkg_refusal(ended: &Ended) -> Failure {
    let failure = said::failure(ended, "dpkg --configure -a");
    let broken = broken_packages(&String::from_utf8_lossy(&ended.stderr.bytes));
    if broken.is_empty() {
        return failure;
    }
    let message = format!(
        "dpkg was interrupted once and cannot end what it had begun: {}",
        broken.join("; ")
    );
    Failure { message, ..failure }
}

/// The packages with which dpkg has failed, each with the reason, which is in the line below.
fn broken_packages(stderr: &str) -> Vec<String> {
    let lines: Vec<&str> = stderr.lines().collect();
    let said = lines.windows(2).filter_map(|pair| {
        let what = pair[0].strip_prefix("dpkg: error processing ")?;
        let what = what.split(" (--").next().unwrap_or(what);
        Some(format!("{what}: {}", pair[1].trim()))
    });
    said.take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulation_lists_what_is_installed_replaced_and_removed() {
        // apt 2.6.1.
        let output = "Reading package lists...\nThe following additional packages will be installed:\n  shop-lib\n\
            Remv shop-doc [1.0-1]\nPurg old\nInst shop-lib (1.0-1 test:test [all])\n\
            Inst shop [1.0-1] (2.0-1 test:test [all]) []\nConf shop-lib (1.0-1 test:test [all])\n";
        let step = |name: &str, before: Option<&str>, after: Option<&str>| Step {
            name: name.into(),
            before: before.map(Into::into),
            after: after.map(Into::into),
        };
        assert_eq!(
            steps(output),
            [
                step("shop-doc", Some("1.0-1"), None),
                step("old", None, None),
                step("shop-lib", None, Some("1.0-1")),
                step("shop", Some("1.0-1"), Some("2.0-1")),
            ]
        );
    }
}
