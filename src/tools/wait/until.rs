//! Waits until a command succeeds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::argument::{self, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Program, Reader, What, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};
use crate::tools::exec::Unless;
use crate::tools::wait::patience::{Waited, Waiting, interval, timeout, wait};

/// `wait.until`.
#[derive(Debug)]
pub(crate) struct Until;

/// Runs a command again and again until it succeeds.
///
/// Check mode: runs it once, since it must change nothing; if it would have to wait, the outcome is unknown, and so it is
/// behind a change that was not made.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The command. It must change nothing. Text goes to the shell, a list is run as it is.
    #[schemars(extend("x-role" = "command"))]
    command: Unless,
    /// The directory to run in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cwd: Option<HostPath>,
    /// Variables added to the environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<String, Text>,
    /// How long to wait before it is a failure.
    #[serde(default = "timeout")]
    timeout: argument::Duration,
    /// How long to wait between two attempts.
    #[serde(default = "interval")]
    interval: argument::Duration,
}

impl Tool for Until {
    const NAME: &'static str = "wait.until";
    const ACCESS: Access = Access::Waits;
    const SHORTHAND: Option<&'static str> = Some("command");
    const EXAMPLE: &'static str = "wait.until: { command: [pg_isready, -q], timeout: 1m }";

    type Args = Args;
    type Change = Waiting;
    type Output = Waited;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(match args.look(host)? {
            None => Finding::Settled(Waited { seconds: 0.0 }),
            Some(_) => Finding::Pending(Waiting),
        })
    }

    fn apply(args: &Args, Waiting: Waiting, host: &Writer<'_>) -> Result<Waited, Failure> {
        wait(
            "that the command succeeds",
            args.timeout,
            args.interval,
            host,
            &mut |_| args.look(host),
        )
    }
}

impl Args {
    /// Why it did not succeed.
    fn look(&self, host: &Reader<'_>) -> Result<Option<String>, Failure> {
        let (what, name) = match &self.command {
            Unless::Script(script) => (What::Script(script.as_bytes()), "/bin/sh".into()),
            Unless::Argv(argv) => (What::Argv(argv), argv.0[0].to_string_lossy().into_owned()),
        };
        let program = Program {
            cwd: self.cwd.as_ref().map(HostPath::as_path),
            env: &self.env,
            ..Program::silent(what)
        };
        let ended = host.ask(&program, &[About::Everything]);
        match ended {
            Ok(ended) if ended.exit_code == 0 => Ok(None),
            Ok(ended) => Ok(Some(ended.failure(&name).message)),
            // It may still come.
            Err(failure) if failure.kind == Kind::NotFound => Ok(Some(failure.message)),
            Err(failure) => Err(failure),
        }
    }
}
