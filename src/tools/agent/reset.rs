//! Connects again.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::Reader;
use crate::system::Writer;
use crate::tool::{Access, Finding, Footprint, Place, Tool};

/// `agent.reset`.
#[derive(Debug)]
pub(crate) struct Reset;

/// Ends the connection to the host once everything before this call has been answered; what comes after it gets a new
/// login. New groups of the account that logs in count only then.
///
/// Check mode: nothing happens on the host that outlives the run, so it is done all the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {}

/// Nothing.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {}

impl Tool for Reset {
    const NAME: &'static str = "agent.reset";
    const ACCESS: Access = Access::Fence;
    const PLACE: Place = Place::Agent;
    const EXAMPLE: &'static str = "agent.reset: {}";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(_: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        host.link().quit(0);
        Ok(Finding::Settled(Output {}))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}
