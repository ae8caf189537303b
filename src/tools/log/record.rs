//! Writes a record.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::Failure;
use crate::system::{Level, Reader, Writer};
use crate::tool::{Access, Area, Finding, Footprint, Place, Tool};

/// `log.log`.
#[derive(Debug)]
pub(crate) struct Log;

/// Writes a record to the run's log. Records below the level that `log.set_level` set are dropped.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The record.
    message: Text,
    /// How much it matters.
    #[serde(default = "info")]
    level: Level,
}

const fn info() -> Level {
    Level::Info
}

/// Nothing.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {}

impl Tool for Log {
    const NAME: &'static str = "log.log";
    const ACCESS: Access = Access::Reads;
    const PLACE: Place = Place::Agent;
    const SHORTHAND: Option<&'static str> = Some("message");
    const EXAMPLE: &'static str = "log.log: { level: warning, message: the old certificate is still in use }";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        // It is said after what was written before it, and not where that failed.
        Footprint::reads(Area::Everything)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        host.link().log(args.level, &args.message.to_string_lossy());
        Ok(Finding::Settled(Output {}))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}
