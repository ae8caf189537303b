//! Makes sure that a container does not run.

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::container::change::{Ending, spoils};
use crate::tools::container::engine::{Engine, check_name};

/// `container.stopped`.
#[derive(Debug)]
pub(crate) struct Stopped;

/// Makes sure that a container does not run; it stays with all that it has. There must be one of the name. Its restart policy
/// stays as well: one of `always` starts it again together with Docker. Podman has containers for each user: those of the user
/// whom the call acts as are looked at.
///
/// Check mode: says whether it would be stopped, and what it does now.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The container.
    name: String,
    /// How long it may take to stop before it is killed, in whole seconds; by default what it was made with, mostly ten
    /// seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stop_timeout: Option<Duration>,
    /// Who looks after it; by default Docker, and Podman where there is no Docker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cli: Option<Engine>,
}

/// The container.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Its identifier.
    id: String,
}

impl Tool for Stopped {
    const NAME: &'static str = "container.stopped";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "container.stopped: { name: shop, stop_timeout: 30s }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = Ending;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        spoils()
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_name(&args.name)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let (engine, found) = Engine::find(args.cli, &args.name, host)?;
        let Some(container) = found else {
            let message = format!("{} has no container `{}`", engine.program(), args.name);
            return Err(Failure::new(Kind::NotFound, message));
        };
        if !container.is_running() {
            return Ok(Finding::Settled(Output { id: container.id }));
        }
        Ok(Finding::Pending(Ending {
            name: args.name.clone(),
            engine,
            container,
            to: "stopped",
        }))
    }

    fn apply(args: &Args, change: Ending, host: &Writer<'_>) -> Result<Output, Failure> {
        change.stop(args.stop_timeout, host)?;
        Ok(Output {
            id: change.container.id,
        })
    }
}
