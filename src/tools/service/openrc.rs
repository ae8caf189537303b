//! `OpenRC`.

use std::path::Path;

use crate::argument::{Argv, Text};
use crate::failure::Failure;
use crate::system::{About, Domain, Ended, Follow, Program, Reader, Writer};
use crate::tools::said;
use crate::tools::service::manager::Action;
use crate::tools::service::state::State;

pub(super) fn state(host: &Reader<'_>, name: &str) -> Result<State, Failure> {
    let script = format!("/etc/init.d/{name}");
    let exists = host.metadata(Path::new(&script), Follow::Yes)?.is_some();
    if !exists {
        return Ok(State {
            name: name.to_owned(),
            ..State::default()
        });
    }
    let ended = ask(host, &["rc-service", "--nocolor", name, "status"])?;
    let word = match ended.exit_code {
        0 => "started",
        8 => "starting",
        16 => "inactive",
        32 => "crashed",
        _ => "stopped",
    };
    let enabled = !runlevels(host, name)?.is_empty();
    Ok(State {
        name: name.to_owned(),
        exists,
        running: ended.exit_code == 0,
        state: word.to_owned(),
        enabled,
        unit_file: if enabled { "enabled" } else { "disabled" }.to_owned(),
        is_outdated: false,
        can_reload: true,
        // On its way up, or until something that it needs is there.
        is_unknown: matches!(ended.exit_code, 8 | 16),
        ..State::default()
    })
}

/// The runlevels in which a service is started.
fn runlevels(host: &Reader<'_>, name: &str) -> Result<Vec<&'static str>, Failure> {
    let mut found = Vec::new();
    for level in ["default", "boot", "sysinit"] {
        let link = format!("/etc/runlevels/{level}/{name}");
        if host.metadata(Path::new(&link), Follow::No)?.is_some() {
            found.push(level);
        }
    }
    Ok(found)
}

pub(super) fn act(host: &Writer<'_>, name: &str, action: Action) -> Result<(), Failure> {
    let mut commands = Vec::new();
    match action {
        Action::Enable => commands.push(vec!["rc-update", "add", name, "default"]),
        Action::Disable => {
            let levels = runlevels(host, name)?;
            commands.extend(
                levels
                    .into_iter()
                    .map(|level| vec!["rc-update", "del", name, level]),
            );
        }
        // A service that has crashed counts as started for OpenRC.
        Action::Start if state(host, name)?.state == "crashed" => {
            commands.push(vec!["rc-service", "--nocolor", name, "zap"]);
            commands.push(vec!["rc-service", "--nocolor", name, "start"]);
        }
        _ => commands.push(vec!["rc-service", "--nocolor", name, action.word()]),
    }
    for command in commands {
        let ended = run(host, &command)?;
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
