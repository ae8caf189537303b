//! Any command that gives a shell on its standard input and output: containers, other remote shells.

use std::process::Stdio;

use tokio::process::Command;

use crate::cause::{Cause, Unreachable};
use crate::inventory::Engine;
use crate::transport::pipes::Pipes;

/// The command that gives a shell in a container.
pub(super) fn container(engine: Engine, name: &str, user: Option<&str>) -> Vec<String> {
    let mut argv = vec![engine.program(), "exec", "-i"];
    argv.extend(user.into_iter().flat_map(|user| ["-u", user]));
    argv.extend([name, "/bin/sh"]);
    argv.into_iter().map(str::to_owned).collect()
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
