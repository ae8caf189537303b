//! Init scripts, where nothing else manages services.

use std::path::Path;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Ended, Follow, Program, Reader};
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
    let ended = run(host, &[&script, "status"])?;
    // As the Linux Standard Base says: 0 runs, 3 does not, 1 and 2 are dead, 4 is not known.
    let word = match ended.exit_code {
        0 => "running",
        1 | 2 => "dead",
        _ => "stopped",
    };
    let enabled = has_start_link(name);
    Ok(State {
        name: name.to_owned(),
        exists: true,
        running: ended.exit_code == 0,
        state: word.to_owned(),
        enabled,
        unit_file: if enabled { "enabled" } else { "disabled" }.to_owned(),
        is_outdated: false,
        can_reload: true,
    })
}

/// `/etc/rc3.d/S01cron`, in any of the levels in which a host works.
fn has_start_link(name: &str) -> bool {
    ["2", "3", "4", "5"].iter().any(|level| {
        let entries = std::fs::read_dir(format!("/etc/rc{level}.d"));
        entries.into_iter().flatten().flatten().any(|entry| {
            let link = entry.file_name();
            let link = link.to_string_lossy();
            let rest = link.strip_prefix('S').unwrap_or_default();
            rest.get(2..) == Some(name) && rest.as_bytes()[..2].iter().all(u8::is_ascii_digit)
        })
    })
}

pub(super) fn act(host: &Reader<'_>, name: &str, action: Action) -> Result<(), Failure> {
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
            return Err(ended.failure(&command.join(" ")));
        }
    }
    Ok(())
}

fn run(host: &Reader<'_>, args: &[&str]) -> Result<Ended, Failure> {
    let words = Argv(args.iter().map(|it| Text::from(*it)).collect());
    host.run(&Program::of(&words))
}
