//! The settings of a run's connections: what was typed, and what holds without.

use std::sync::Arc;
use std::time::Duration;

use crate::blob::Blobs;
use crate::cli::args::RunArgs;
use crate::secret::Secrets;
use crate::transport;

/// How long connections stay after a run, where nothing else says.
const PERSIST: Duration = Duration::from_mins(1);

/// The settings of a run's connections.
pub(super) fn connections(args: &RunArgs, blobs: Arc<Blobs>, secrets: &Secrets) -> transport::Settings {
    // A job's machine goes away with its connections.
    let is_ci = std::env::var_os("CI").is_some_and(|it| !it.is_empty());
    let persist = args
        .reach
        .persist
        .map_or(if is_ci { Duration::ZERO } else { PERSIST }, |it| it.0);
    transport::Settings {
        ssh_config: args.reach.ssh_config.clone(),
        persist,
        agents: args.reach.agents.clone(),
        forks: args.forks as usize,
        blobs,
        private_env: secrets.variables().map(str::to_owned).collect(),
    }
}
