//! Any command that gives a shell on its standard input and output: containers, other remote shells.

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
    let mut command = Command::new(program);
    for variable in private {
        command.env_remove(variable);
    }
    Pipes::start(command.args(rest).kill_on_drop(true))
        .map_err(|error| Unreachable::new(Cause::Local, format!("cannot start `{program}`: {error}")))
}
