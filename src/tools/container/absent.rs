//! Makes sure that a container is not there.

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::container::change::{Ending, spoils};
use crate::tools::container::engine::{Engine, check_name};

/// `container.absent`.
#[derive(Debug)]
pub(crate) struct Absent;

/// Makes sure that there is no container of a name. One that runs is stopped in good order and then removed; its image stays,
/// and so do volumes that have a name. Podman has containers for each user: those of the user whom the call acts as are looked
/// at. A host without Docker and Podman is a failure.
///
/// Check mode: says whether it would be removed, and what it does now.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The container.
    name: String,
    /// Removes its volumes as well that have no name.
    #[serde(default)]
    volumes: bool,
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
    /// The identifier of the one that was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl Tool for Absent {
    const NAME: &'static str = "container.absent";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "container.absent: { name: shop-old, volumes: true }";
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
        Ok(match found {
            None => Finding::Settled(Output { id: None }),
            Some(container) => Finding::Pending(Ending {
                name: args.name.clone(),
                engine,
                container,
                to: "absent",
            }),
        })
    }

    fn apply(args: &Args, change: Ending, host: &Writer<'_>) -> Result<Output, Failure> {
        change.stop(args.stop_timeout, host)?;
        change.remove(args.volumes, host)?;
        Ok(Output {
            id: Some(change.container.id),
        })
    }
}
