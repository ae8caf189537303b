//! This machine: this binary as a child process.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::cause::{Cause, Unreachable};
use crate::transport::pipes::Pipes;

/// What the agent is told to call itself: it is the same file, so there is nothing to compare.
pub(super) const BUILD: &str = "local";

/// Starts an agent here, which does not see these variables of the environment.
pub(super) fn start(program: &Path, private: &[String]) -> Result<Pipes, Unreachable> {
    let failed = |what: &str| {
        let message = format!("cannot start an agent on this machine: {what}");
        Unreachable::new(Cause::Local, message)
    };
    let mut command = Command::new(program);
    for variable in private {
        command.env_remove(variable);
    }
    let child = command
        .args(["agent", BUILD])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // An interrupt from the terminal is for the controller, which lets calls end.
        .process_group(0)
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    Pipes::of(child).ok_or_else(|| failed("it has no pipes"))
}
