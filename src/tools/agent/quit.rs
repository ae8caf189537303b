//! Ends the agent.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Place, Tool};

/// `agent.quit`.
#[derive(Debug)]
pub(crate) struct Quit;

/// Ends the agent on the host once everything before this call has been answered. Calls after it get a new agent.
///
/// Check mode: nothing happens on the host that outlives the run, so it is done all the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The exit code of the agent.
    #[serde(default)]
    #[schemars(range(min = 0, max = 255))]
    code: u8,
}

/// Nothing.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {}

impl Tool for Quit {
    const NAME: &'static str = "agent.quit";
    const ACCESS: Access = Access::Fence;
    const PLACE: Place = Place::Agent;
    const SHORTHAND: Option<&'static str> = Some("code");
    const EXAMPLE: &'static str = "agent.quit: 0";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        host.link().quit(args.code.into());
        Ok(Finding::Settled(Output {}))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}
