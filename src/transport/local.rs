//! This machine: this binary as a child process.

use std::path::Path;

use tokio::process::Command;

use crate::cause::{Cause, Unreachable};
use crate::transport::pipes::Pipes;

/// What the agent is told to call itself: it is the same file, so there is nothing to compare.
pub(super) const BUILD: &str = "local";

/// Starts an agent here, which does not see these variables of the environment.
pub(super) fn start(program: &Path, private: &[String]) -> Result<Pipes, Unreachable> {
    let mut command = Command::new(program);
    for variable in private {
        command.env_remove(variable);
    }
    Pipes::start(command.args(["agent", BUILD])).map_err(|error| {
        let message = format!("cannot start an agent on this machine: {error}");
        Unreachable::new(Cause::Local, message)
    })
}
