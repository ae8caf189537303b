//! systemd: one call of systemctl tells all that is to be known of a unit.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::process::getuid;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Ended, Program, Reader, Writer};
use crate::tools::said;
use crate::tools::service::manager::{Action, Scope};
use crate::tools::service::state::{Life, State};

const PROPERTIES: &str = "Id,LoadState,LoadError,ActiveState,SubState,UnitFileState,Type,NeedDaemonReload,CanReload,Result,\
    ExecMainStartTimestampMonotonic,ActiveEnterTimestampMonotonic,ExecMainCode,ExecMainStatus,MainPID,NRestarts";

pub(super) fn state(host: &Reader<'_>, scope: Scope, name: &str) -> Result<State, Failure> {
    if is_template(name) {
        return template(host, scope, name);
    }
    let args = ["show", "--no-pager", "--property", PROPERTIES, "--", name];
    let ended = ask(host, scope, &args)?;
    if ended.exit_code != 0 {
        return Err(failure(&ended, &format!("systemctl show {name}")));
    }
    let mut state = parse(&String::from_utf8_lossy(&ended.stdout.bytes))?;
    if state.unit_file == "generated" {
        // Made of an init script, whose links say more.
        state.unit_file = is_enabled(host, scope, name)?;
        state.enabled = state.unit_file == "enabled";
    }
    Ok(state)
}

/// A template has no state of its own; it can be enabled.
fn template(host: &Reader<'_>, scope: Scope, name: &str) -> Result<State, Failure> {
    let unit_file = is_enabled(host, scope, name)?;
    Ok(State {
        name: name.to_owned(),
        exists: !unit_file.is_empty() && unit_file != "not-found",
        enabled: unit_file == "enabled",
        unit_file,
        ..State::default()
    })
}

fn is_enabled(host: &Reader<'_>, scope: Scope, name: &str) -> Result<String, Failure> {
    let ended = ask(host, scope, &["is-enabled", "--", name])?;
    Ok(String::from_utf8_lossy(&ended.stdout.bytes).trim().to_owned())
}

fn is_template(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |it| it.0);
    name.ends_with('@') || stem.ends_with('@')
}

/// The output of `systemctl show`.
pub(super) fn parse(output: &str) -> Result<State, Failure> {
    let properties: BTreeMap<&str, &str> = output.lines().filter_map(|it| it.split_once('=')).collect();
    let get = |name: &str| properties.get(name).copied().unwrap_or_default();
    let load = get("LoadState");
    if matches!(load, "error" | "bad-setting") {
        let message = format!("the unit `{}` cannot be loaded: {}", get("Id"), get("LoadError"));
        return Err(Failure::new(Kind::Invalid, message));
    }
    let active = get("ActiveState");
    // One that has died and is tried again is between two attempts, and may have failed a thousand times.
    let is_dead = active == "activating" && get("SubState").starts_with("auto-restart");
    // A unit that runs once and ends well has done what it is there for.
    let has_run = get("Type") == "oneshot"
        && get("Result") == "success"
        && !matches!(get("ExecMainStartTimestampMonotonic"), "" | "0");
    Ok(State {
        name: get("Id").to_owned(),
        exists: !matches!(load, "not-found" | ""),
        running: matches!(active, "active" | "reloading" | "activating" | "refreshing") && !is_dead
            || has_run,
        state: if is_dead { "auto-restart" } else { active }.to_owned(),
        // What is so at runtime only, or only known by a link, is not started at the next start.
        enabled: matches!(get("UnitFileState"), "enabled" | "alias"),
        unit_file: get("UnitFileState").to_owned(),
        is_outdated: get("NeedDaemonReload") == "yes",
        can_reload: get("CanReload") == "yes",
        is_starting: active == "activating" && !is_dead,
        is_oneshot: get("Type") == "oneshot",
        life: (!matches!(get("Type"), "" | "oneshot")).then(|| life(get)),
        ..State::default()
    })
}

fn life<'a>(get: impl Fn(&str) -> &'a str) -> Life {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let now = Duration::try_from(now).unwrap_or_default();
    let start = get("ActiveEnterTimestampMonotonic").parse().unwrap_or(0);
    // Codes of waitid: 1: ended by itself, 2 and 3: by a signal.
    let end = match (get("ExecMainCode"), get("ExecMainStatus")) {
        ("1", "0") => String::new(),
        ("1", status) => format!("its main process ended with exit code {status}"),
        ("2" | "3", status) => format!("its main process was ended by signal {status}"),
        _ => String::new(),
    };
    Life {
        pid: get("MainPID").parse().unwrap_or(0),
        age: now.saturating_sub(Duration::from_micros(start)),
        restarts: get("NRestarts").parse().unwrap_or(0),
        tells: matches!(get("Type"), "notify" | "notify-reload" | "dbus"),
        end,
    }
}

pub(super) fn act(host: &Writer<'_>, scope: Scope, name: &str, action: Action) -> Result<(), Failure> {
    let word = action.word();
    let args: &[&str] = if action == Action::DaemonReload {
        &[word]
    } else {
        &[word, "--", name]
    };
    let ended = systemctl(scope, args, |it| host.act(it))?;
    if ended.exit_code == 0 {
        return Ok(());
    }
    let failure = failure(&ended, &format!("systemctl {word} {name}"));
    Err(match action {
        Action::Start | Action::Restart | Action::Reload => explain(host, scope, name, failure),
        _ => failure,
    })
}

/// Whether any unit differs from what it was made from.
pub(super) fn any_is_outdated(host: &Reader<'_>, scope: Scope) -> Result<Vec<String>, Failure> {
    let ended = ask(
        host,
        scope,
        &[
            "show",
            "--no-pager",
            "--property",
            "Id,NeedDaemonReload",
            "--",
            "*",
        ],
    )?;
    if ended.exit_code != 0 {
        return Err(failure(&ended, "systemctl show"));
    }
    let output = String::from_utf8_lossy(&ended.stdout.bytes);
    if !output.contains("Id=") {
        let message = "`systemctl show` names no unit at all";
        return Err(Failure::new(Kind::Invalid, message));
    }
    let units = output
        .split("\n\n")
        .filter(|it| it.contains("NeedDaemonReload=yes"));
    let mut names: Vec<String> = units
        .filter_map(|it| it.lines().find_map(|line| line.strip_prefix("Id=")))
        .map(str::to_owned)
        .collect();
    names.sort();
    Ok(names)
}

/// What the service wrote last says more than systemctl does.
pub(super) fn explain(host: &Reader<'_>, scope: Scope, name: &str, failure: Failure) -> Failure {
    let unit = if scope == Scope::User {
        "--user-unit"
    } else {
        "--unit"
    };
    let argv = Argv(
        [
            "journalctl",
            "--no-pager",
            "-q",
            "-o",
            "cat",
            "-n",
            "12",
            unit,
            name,
        ]
        .map(Text::from)
        .into(),
    );
    // What was written a moment ago may still be on its way there.
    let sync = Argv(["journalctl", "--sync"].map(Text::from).into());
    host.ask(&Program::of(&sync), &[About::Domain(Domain::Units)])
        .ok();
    let Ok(ended) = host.ask(&Program::of(&argv), &[About::Domain(Domain::Units)]) else {
        return failure;
    };
    let log = String::from_utf8_lossy(&ended.stdout.bytes).trim_end().to_owned();
    if log.is_empty() {
        return failure;
    }
    let stderr = failure
        .stderr
        .map_or_else(|| log.clone(), |it| format!("{it}\n{log}"));
    Failure {
        stderr: Some(stderr),
        ..failure
    }
}

fn failure(ended: &Ended, command: &str) -> Failure {
    let failure = said::failure(ended, command);
    let stderr = failure.stderr.as_deref().unwrap_or_default();
    let is_refused = ["Access denied", "authentication required", "Permission denied"]
        .iter()
        .any(|it| stderr.contains(it));
    let kind = if is_refused {
        Kind::PermissionDenied
    } else {
        failure.kind
    };
    Failure { kind, ..failure }
}

fn ask(host: &Reader<'_>, scope: Scope, args: &[&str]) -> Result<Ended, Failure> {
    systemctl(scope, args, |it| host.ask(it, &[About::Domain(Domain::Units)]))
}

fn systemctl(
    scope: Scope,
    args: &[&str],
    run: impl FnOnce(&Program<'_>) -> Result<Ended, Failure>,
) -> Result<Ended, Failure> {
    let mut words = vec!["systemctl"];
    let mut env = BTreeMap::new();
    if scope == Scope::User {
        words.push("--user");
        let folder = format!("/run/user/{}", getuid().as_raw());
        if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
            env.insert("XDG_RUNTIME_DIR".to_owned(), Text::from(&*folder));
        }
    }
    words.extend(args);
    let command = Argv(words.into_iter().map(Text::from).collect());
    run(&Program {
        env: &env,
        ..Program::of(&command)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_read_from_what_systemctl_shows() {
        // systemd 252.
        let ssh = "Type=notify\nResult=success\nExecMainStartTimestampMonotonic=12\nId=ssh.service\nLoadState=loaded\n\
            ActiveState=active\nUnitFileState=enabled\nCanReload=yes\nNeedDaemonReload=no\nLoadError=\n";
        let state = parse(ssh).unwrap();
        assert!(state.exists && state.running && state.enabled && state.can_reload && !state.is_outdated);
        let none = "Type=\nId=nosuch.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n\
            LoadError=org.freedesktop.systemd1.NoSuchUnit \"Unit nosuch.service not found.\"\n";
        assert!(!parse(none).unwrap().exists);
        let broken = "Id=bad.service\nLoadState=bad-setting\nLoadError=org.freedesktop.systemd1.BadUnitSetting \"Unit\"\n";
        assert!(
            parse(broken)
                .unwrap_err()
                .message
                .contains("`bad.service` cannot be loaded")
        );
    }

    #[test]
    fn static_generated_and_masked_units_are_not_enabled() {
        for word in [
            "static",
            "indirect",
            "generated",
            "masked",
            "disabled",
            "transient",
            "",
        ] {
            let shown = format!("Id=x\nLoadState=loaded\nActiveState=inactive\nUnitFileState={word}\n");
            assert!(!parse(&shown).unwrap().enabled, "{word}");
        }
    }

    #[test]
    fn a_unit_between_two_crashes_does_not_run() {
        // systemd 252, and the newer word.
        for word in ["auto-restart", "auto-restart-queued"] {
            let shown = format!(
                "Id=x\nLoadState=loaded\nActiveState=activating\nSubState={word}\nType=simple\nResult=exit-code\n\
                NRestarts=3\nExecMainCode=1\nExecMainStatus=7\nMainPID=0\nExecMainStartTimestampMonotonic=12\n"
            );
            let state = parse(&shown).unwrap();
            assert!(!state.running && !state.is_starting && state.state == "auto-restart");
            let life = state.life.unwrap();
            assert_eq!((life.pid, life.restarts), (0, 3));
            assert_eq!(life.end, "its main process ended with exit code 7");
        }
        let shown =
            "Id=x\nLoadState=loaded\nActiveState=activating\nSubState=start\nType=notify\nNRestarts=0\n";
        let state = parse(shown).unwrap();
        assert!(state.running && state.is_starting && state.life.unwrap().tells);
    }

    #[test]
    fn what_is_enabled_until_the_next_start_only_is_not_enabled() {
        for word in ["enabled-runtime", "linked", "linked-runtime"] {
            let shown = format!("Id=x\nLoadState=loaded\nActiveState=inactive\nUnitFileState={word}\n");
            assert!(!parse(&shown).unwrap().enabled, "{word}");
        }
    }

    #[test]
    fn a_unit_that_runs_once_is_not_started_again_when_it_has_run() {
        let shown = |time: &str, result: &str| {
            let text = format!(
                "Id=x\nLoadState=loaded\nActiveState=inactive\nType=oneshot\nResult={result}\nExecMainStartTimestampMonotonic={time}\n"
            );
            parse(&text).unwrap().running
        };
        assert!(shown("99", "success") && !shown("0", "success") && !shown("99", "exit-code"));
    }

    #[test]
    fn a_template_is_a_name_that_ends_in_an_at_sign() {
        assert!(is_template("getty@") && is_template("getty@.service"));
        assert!(!is_template("getty@tty1") && !is_template("ssh.service"));
    }
}
