//! Lets time pass.

use serde::{Deserialize, Serialize};

use crate::argument;
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, Pending, Tool};
use crate::tools::wait::patience::Waited;

/// `wait.sleep`.
#[derive(Debug)]
pub(crate) struct Sleep;

/// Lets time pass. Where there is something to wait for, `wait.port`, `wait.path` or `wait.until` is quicker and surer.
///
/// Check mode: it does not wait.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// How long.
    duration: argument::Duration,
}

/// A pause, which changes nothing.
#[derive(Debug)]
pub(crate) struct Pause;

impl Describe for Pause {
    fn diff(&self) -> Vec<Diff> {
        Vec::new()
    }
    fn pending(&self) -> Pending {
        Pending::Nothing
    }
}

impl Tool for Sleep {
    const NAME: &'static str = "wait.sleep";
    const ACCESS: Access = Access::Waits;
    const SHORTHAND: Option<&'static str> = Some("duration");
    const EXAMPLE: &'static str = "wait.sleep: 5s";

    type Args = Args;
    type Change = Pause;
    type Output = Waited;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(_: &Args, _: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(Finding::Pending(Pause))
    }

    fn apply(args: &Args, Pause: Pause, host: &Writer<'_>) -> Result<Waited, Failure> {
        host.link().cancel().sleep(args.duration.0)?;
        Self::predict(args, Pause, host)
    }

    fn predict(args: &Args, Pause: Pause, _: &Writer<'_>) -> Result<Waited, Failure> {
        Ok(Waited {
            seconds: args.duration.0.as_secs_f64(),
        })
    }
}
