//! Init scripts, where nothing else manages services.

use std::path::Path;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Ended, Follow, Program, Reader, Writer};
use crate::tools::said;
use crate::tools::service::manager::Action;
use crate::tools::service::state::State;

pub(super) fn state(host: &Reader<'_>, name: &str) -> Result<State, Failure> {
    let script = format!("/etc/init.d/{name}");
    if host.metadata(Path::new(&script), Follow::Yes)?.is_none() {
        return Ok(State {
            name: name.to_owned(),
            ..State::default()
        });
    }
    let ended = ask(host, &[&script, "status"])?;
    let output = [&*ended.stdout.bytes, &ended.stderr.bytes].concat();
    // A script that does not know the question says how it is used.
    let is_unknown = ended.exit_code != 0 && String::from_utf8_lossy(&output).contains("sage:");
    // As the Linux Standard Base says: 0 runs, 3 does not, 1 and 2 are dead, 4 is not known.
    let word = match ended.exit_code {
        0 => "running",
        _ if is_unknown => "unknown",
        1 | 2 => "dead",
        _ => "stopped",
    };
    let levels = levels(&String::from_utf8_lossy(&host.read(Path::new(&script), 1 << 20)?));
    let mut linked = 0;
    for level in &levels {
        linked += usize::from(has_start_link(name, level, host)?);
    }
    // As of a killed update-rc.d; other programs have ideas of their own of which levels are meant.
    let is_half_enabled = linked > 0
        && linked < levels.len()
        && host
            .metadata(Path::new("/usr/sbin/update-rc.d"), Follow::Yes)?
            .is_some();
    let enabled = linked > 0;
    Ok(State {
        name: name.to_owned(),
        exists: true,
        running: ended.exit_code == 0,
        state: word.to_owned(),
        enabled,
        unit_file: if enabled { "enabled" } else { "disabled" }.to_owned(),
        is_outdated: false,
        can_reload: true,
        is_half_enabled,
        is_unknown,
        ..State::default()
    })
}

/// The levels in which a script wants to be started: as it says, else those in which a host works, all alike.
fn levels(script: &str) -> Vec<String> {
    let said = script.lines().find_map(|line| {
        line.trim_start_matches(['#', ' ', '\t'])
            .strip_prefix("Default-Start:")
    });
    let said: Vec<String> = said
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if said.is_empty() {
        ["2", "3", "4", "5"].map(str::to_owned).into()
    } else {
        said
    }
}

/// Whether there is `/etc/rc3.d/S01cron`.
fn has_start_link(name: &str, level: &str, host: &Reader<'_>) -> Result<bool, Failure> {
    let links = host.names_in(Path::new(&format!("/etc/rc{level}.d")))?;
    Ok(links.iter().any(|link| {
        let link = link.to_string_lossy();
        let rest = link.strip_prefix('S').unwrap_or_default();
        rest.get(2..) == Some(name) && rest.as_bytes()[..2].iter().all(u8::is_ascii_digit)
    }))
}

pub(super) fn act(host: &Writer<'_>, name: &str, action: Action) -> Result<(), Failure> {
    let script = format!("/etc/init.d/{name}");
    let commands: &[&[&str]] = match action {
        // A script that has no links yet gets them first.
        Action::Enable => &[
            &["update-rc.d", name, "defaults"],
            &["update-rc.d", name, "enable"],
        ],
        Action::Disable => &[&["update-rc.d", name, "disable"]],
        _ => &[&["service", name, action.word()]],
    };
    for command in commands {
        let ended = match run(host, command) {
            Err(failure) if failure.kind == Kind::NotFound => match action {
                Action::Enable => run(host, &["chkconfig", name, "on"])?,
                Action::Disable => run(host, &["chkconfig", name, "off"])?,
                _ => run(host, &[&script, action.word()])?,
            },
            other => other?,
        };
        if ended.exit_code != 0 {
            return Err(said::failure(&ended, &command.join(" ")));
        }
    }
    Ok(())
}

fn argv(args: &[&str]) -> Argv {
    Argv(args.iter().map(|it| Text::from(*it)).collect())
}

fn ask(host: &Reader<'_>, args: &[&str]) -> Result<Ended, Failure> {
    host.ask(&Program::of(&argv(args)), &[About::Domain(Domain::Units)])
}

fn run(host: &Writer<'_>, args: &[&str]) -> Result<Ended, Failure> {
    host.act(&Program::of(&argv(args)))
}
