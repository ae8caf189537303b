//! Waits for a port.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::argument;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Tool};
use crate::tools::wait::patience::{Waited, Waiting, interval, timeout, wait};

/// Whether somebody listens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Somebody does.
    #[default]
    Open,
    /// Nobody does.
    Closed,
}

/// `wait.port`.
#[derive(Debug)]
pub(crate) struct WaitPort;

/// Waits, on the host, until a TCP port takes connections, or until it takes none.
///
/// Check mode: looks once; if it would have to wait, the outcome is unknown, and so it is behind a change that was not made.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The port.
    #[schemars(range(min = 1, max = 65535))]
    port: u16,
    /// The name or address to connect to, as the host sees it.
    #[serde(default = "here")]
    address: String,
    /// What the port is to be.
    #[serde(default)]
    state: State,
    /// How long to wait before it is a failure.
    #[serde(default = "timeout")]
    timeout: argument::Duration,
    /// How long to wait between two looks.
    #[serde(default = "interval")]
    interval: argument::Duration,
}

fn here() -> String {
    "127.0.0.1".into()
}

impl Tool for WaitPort {
    const NAME: &'static str = "wait.port";
    const ACCESS: Access = Access::Waits;
    const SHORTHAND: Option<&'static str> = Some("port");
    const EXAMPLE: &'static str = "wait.port: { port: 8080, timeout: 1m }";

    type Args = Args;
    type Change = Waiting;
    type Output = Waited;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(match args.look(host, Duration::from_secs(1))? {
            None => Finding::Settled(Waited { seconds: 0.0 }),
            Some(_) => Finding::Pending(Waiting),
        })
    }

    fn apply(args: &Args, Waiting: Waiting, host: &Writer<'_>) -> Result<Waited, Failure> {
        let state = match args.state {
            State::Open => "open",
            State::Closed => "closed",
        };
        let what = format!("that port {} of `{}` is {state}", args.port, args.address);
        wait(&what, args.timeout, args.interval, host, &mut |left| {
            args.look(host, left.min(Duration::from_secs(5)))
        })
    }
}

impl Args {
    /// Why it is not as wanted.
    fn look(&self, host: &Reader<'_>, patience: Duration) -> Result<Option<String>, Failure> {
        match (host.connect(&self.address, self.port, patience), self.state) {
            (Ok(_), State::Open) => Ok(None),
            (Ok(_), State::Closed) => Ok(Some("it still takes connections".into())),
            (Err(failure), State::Open) if failure.kind == Kind::Unreachable => Ok(Some(failure.message)),
            (Err(failure), State::Closed) if failure.kind == Kind::Unreachable => Ok(None),
            // A name may come to have an address.
            (Err(failure), State::Open) if failure.kind == Kind::NotFound => Ok(Some(failure.message)),
            (Err(failure), _) => Err(failure),
        }
    }
}
