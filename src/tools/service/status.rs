//! Looks at a service.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Area, Finding, Footprint, Tool};
use crate::tools::service::manager::{Manager, Scope, check_name};
use crate::tools::service::state::State;

/// `service.status`.
#[derive(Debug)]
pub(crate) struct Status;

/// Looks at a service. One that does not exist is no error here: its result says so.
///
/// Check mode: looks.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The service: `nginx`, `nginx.service`, `backup.timer`, `getty@tty1`.
    name: String,
    /// Whose service it is: `user` is for units of the account that the call runs as.
    #[serde(default)]
    scope: Scope,
}

impl Tool for Status {
    const NAME: &'static str = "service.status";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "service.status: nginx";

    type Args = Args;
    type Change = std::convert::Infallible;
    type Output = State;

    fn footprint(_: &Args) -> Footprint {
        Footprint::reads(Area::Everything)
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_name(&args.name)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Manager::of(host, args.scope)?
            .state(host, &args.name)
            .map(Finding::Settled)
    }

    fn apply(_: &Args, change: Self::Change, _: &Writer<'_>) -> Result<State, Failure> {
        match change {}
    }
}
