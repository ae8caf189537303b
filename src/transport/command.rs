//! Any command that gives a shell on its standard input and output: containers, other remote shells.

use std::process::Stdio;

use tokio::process::Command;

use crate::cause::{Cause, Unreachable};
use crate::inventory::Engine;
use crate::transport::pipes::Pipes;
use crate::transport::shell::NO_SHELL;

/// The command that gives a shell in a container.
pub(super) fn container(engine: Engine, name: &str, user: Option<&str>) -> Vec<String> {
    let mut argv = vec![engine.program(), "exec", "-i"];
    argv.extend(user.into_iter().flat_map(|user| ["-u", user]));
    argv.extend([name, "/bin/sh"]);
    argv.into_iter().map(str::to_owned).collect()
}

/// Why a command gave no shell, in words that are right for it: there is no login, and no server.
pub(super) fn explain(mut cause: Unreachable, argv: &[String]) -> Unreachable {
    if cause.cause != Cause::Shell {
        return cause;
    }
    let command = argv.join(" ");
    let message = cause
        .message
        .strip_prefix(NO_SHELL)
        .map(|rest| format!("`{command}` gave no shell{rest}"));
    if let Some(message) = message {
        cause.message = message;
    }
    cause.help(format!(
        "Try `{command}`: it must give a shell that reads its standard input."
    ))
}

/// Starts the command, which does not see these variables of the environment.
pub(super) fn start(argv: &[String], private: &[String]) -> Result<Pipes, Unreachable> {
    let Some((program, rest)) = argv.split_first() else {
        return Err(Unreachable::new(
            Cause::Local,
            "the command that connects is empty",
        ));
    };
    let failed = |what: &str| Unreachable::new(Cause::Local, format!("cannot start `{program}`: {what}"));
    let mut command = Command::new(program);
    for variable in private {
        command.env_remove(variable);
    }
    let child = command
        .args(rest)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // An interrupt from the terminal is for the controller, which lets calls end.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    Pipes::of(child).ok_or_else(|| failed("it has no pipes"))
}
