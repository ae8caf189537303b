//! The settings of a run's connections: what was typed, and what holds without.

use std::sync::Arc;
use std::time::Duration;

use crate::blob::Blobs;
use crate::cli::error::{CliError, Exit};
use crate::cli::reach::ReachArgs;
use crate::secret::Secrets;
use crate::transport;

/// How long connections stay after a run, where nothing else says.
const PERSIST: Duration = Duration::from_mins(1);

/// The settings of a run's connections.
pub(super) fn connections(
    args: &ReachArgs,
    forks: u32,
    blobs: Arc<Blobs>,
    secrets: &Secrets,
) -> transport::Settings {
    // A job's machine goes away with its connections.
    let is_ci = std::env::var_os("CI").is_some_and(|it| !it.is_empty());
    let persist = args
        .persist
        .map_or(if is_ci { Duration::ZERO } else { PERSIST }, |it| it.0);
    transport::Settings {
        ssh_config: args.ssh_config.clone(),
        persist,
        agents: args.agents.clone(),
        forks: forks as usize,
        blobs,
        private_env: secrets.variables().map(str::to_owned).collect(),
    }
}

/// What a run's connections live on.
///
/// # Errors
/// Where the system has no room for it.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().map_err(|error| CliError {
        exit: Exit::Bug,
        message: format!("cannot start: {error}"),
        help: None,
    })
}
