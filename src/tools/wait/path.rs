//! Waits for a file.

use serde::{Deserialize, Serialize};

use crate::argument::{self, Pattern};
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};
use crate::tools::wait::patience::{Waited, Waiting, interval, timeout, wait};

/// Whether it is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It is.
    #[default]
    Present,
    /// It is not.
    Absent,
}

/// `wait.path`.
#[derive(Debug)]
pub(crate) struct WaitPath;

/// Waits until something is at a path, or nothing is, or until a file contains something.
///
/// Check mode: looks once; if it would have to wait, the outcome is unknown, and so it is behind a change that was not made.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The path. Links are followed.
    path: HostPath,
    /// Whether something is to be there.
    #[serde(default)]
    state: State,
    /// A regular expression that must be found in the file; `^` and `$` are the ends of every line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contains: Option<Pattern>,
    /// How long to wait before it is a failure.
    #[serde(default = "timeout")]
    timeout: argument::Duration,
    /// How long to wait between two looks.
    #[serde(default = "interval")]
    interval: argument::Duration,
}

/// A file larger than this is not searched.
const LARGEST: u64 = 64 << 20;

impl Tool for WaitPath {
    const NAME: &'static str = "wait.path";
    const ACCESS: Access = Access::Waits;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "wait.path: { path: /var/log/app.log, contains: \"^ready\", timeout: 30s }";

    type Args = Args;
    type Change = Waiting;
    type Output = Waited;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        if args.state == State::Absent && args.contains.is_some() {
            let message = "`contains` makes no sense for what is to be absent";
            return Err(("contains state", message.to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(match args.look(host)? {
            None => Finding::Settled(Waited { seconds: 0.0 }),
            Some(_) => Finding::Pending(Waiting),
        })
    }

    fn apply(args: &Args, Waiting: Waiting, host: &Writer<'_>) -> Result<Waited, Failure> {
        let what = match (args.state, &args.contains) {
            (State::Absent, _) => format!("that nothing is at `{}`", args.path),
            (_, Some(pattern)) => format!("that `{}` contains `{pattern}`", args.path),
            _ => format!("that something is at `{}`", args.path),
        };
        wait(&what, args.timeout, args.interval, host, &mut |_| args.look(host))
    }
}

impl Args {
    /// Why it is not as wanted.
    fn look(&self, host: &Reader<'_>) -> Result<Option<String>, Failure> {
        let found = host.metadata(self.path.as_path(), Follow::Yes)?;
        let reason = |text: &str| Ok(Some(text.to_owned()));
        match (self.state, found, &self.contains) {
            (State::Present, Some(_), None) | (State::Absent, None, _) => Ok(None),
            (State::Present, None, _) => reason("nothing is there"),
            (State::Absent, Some(_), _) => reason("something is still there"),
            (State::Present, Some(_), Some(pattern)) => match host.read(self.path.as_path(), LARGEST) {
                Ok(bytes) if pattern.of_lines().is_match(&bytes) => Ok(None),
                Ok(_) => reason("the file does not contain it"),
                Err(failure) if failure.kind == Kind::NotFound => reason("nothing is there"),
                Err(failure) => Err(failure),
            },
        }
    }
}
