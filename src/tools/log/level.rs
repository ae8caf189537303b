//! Sets the level below which records are dropped.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Level, Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Place, Tool};

/// `log.set_level`.
#[derive(Debug)]
pub(crate) struct SetLevel;

/// From here on, log records below this level are dropped on this host.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The lowest level that is kept.
    level: Level,
}

/// Nothing.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {}

impl Tool for SetLevel {
    const NAME: &'static str = "log.set_level";
    const ACCESS: Access = Access::Fence;
    const PLACE: Place = Place::Agent;
    const SHORTHAND: Option<&'static str> = Some("level");
    const EXAMPLE: &'static str = "log.set_level: debug";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        host.link().set_log_level(args.level);
        Ok(Finding::Settled(Output {}))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}
