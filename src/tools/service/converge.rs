//! Brings a service to what it is to be.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Controller, Finding, Footprint, Tool};
use crate::tools::service::change::{ServiceChange, Wanted, act, look};
use crate::tools::service::manager::{Scope, check_name};
use crate::tools::service::state::State;

/// `service.converge`.
#[derive(Debug)]
pub(crate) struct Converge;

/// Makes sure that a service runs or does not, is started with the host or is not, and can be started at all or cannot.
/// Only what differs is done; where nothing does, one process is started to find that out.
///
/// Check mode: says what would be done.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The service: `nginx`, `nginx.service`, `backup.timer`, `getty@tty1`.
    name: String,
    /// Whether it runs; left as it is where this is null.
    #[serde(default = "yes")]
    started: Option<bool>,
    /// Whether it is started when the host is; left as it is where this is null.
    #[serde(default = "yes")]
    enabled: Option<bool>,
    /// Whether nothing can start it; systemd only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    masked: Option<bool>,
    /// Whose service it is: `user` is for units of the account that the call runs as.
    #[serde(default)]
    scope: Scope,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the default of an optional argument"
)]
const fn yes() -> Option<bool> {
    Some(true)
}

impl Args {
    fn wanted(&self) -> Wanted {
        Wanted {
            running: self.started,
            enabled: self.enabled,
            masked: self.masked,
            again: None,
        }
    }
}

impl Tool for Converge {
    const NAME: &'static str = "service.converge";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "service.converge: { name: nginx, started: true, enabled: true }";

    type Args = Args;
    type Change = ServiceChange;
    type Output = State;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn prepare(mut args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        check_name(&args.name)?;
        if args.masked == Some(true) {
            // What nothing can start is neither running nor enabled, unless that was said.
            args.started = args.started.filter(|it| !it);
            args.enabled = args.enabled.filter(|it| !it);
        }
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(match look(&args.name, args.scope, args.wanted(), host)? {
            Ok(state) => Finding::Settled(state),
            Err(change) => Finding::Pending(change),
        })
    }

    fn apply(args: &Args, change: ServiceChange, host: &Writer<'_>) -> Result<State, Failure> {
        act(&args.name, &change, host)
    }
}
