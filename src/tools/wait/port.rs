//! Waits for a port.

use std::io::{ErrorKind, Read as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::argument::{self, Pattern};
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

/// Of what a server says first, so much is searched.
const LONGEST: usize = 64 << 10;
/// How long nothing else is looked after while a server is silent.
const PIECE: Duration = Duration::from_millis(100);

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
    /// A regular expression that must be found in the first 64 KiB that the server says by itself, such as `^SSH-2`; `^` and `$`
    /// are the ends of every line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    banner: Option<Pattern>,
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

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        if args.state == State::Closed && args.banner.is_some() {
            let message = "`banner` makes no sense for a port that is to be closed";
            return Err(("banner state", message.to_owned()));
        }
        Ok(())
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
        let what = match &args.banner {
            Some(pattern) => format!("that port {} of `{}` says `{pattern}`", args.port, args.address),
            None => format!("that port {} of `{}` is {state}", args.port, args.address),
        };
        wait(&what, args.timeout, args.interval, host, &mut |left| {
            args.look(host, left.min(Duration::from_secs(5)))
        })
    }
}

impl Args {
    /// Why it is not as wanted.
    fn look(&self, host: &Reader<'_>, patience: Duration) -> Result<Option<String>, Failure> {
        let until = Instant::now() + patience;
        match (host.connect(&self.address, self.port, patience), self.state) {
            (Ok(stream), State::Open) => match &self.banner {
                Some(pattern) => listen(stream, pattern, until, host),
                None => Ok(None),
            },
            (Ok(_), State::Closed) => Ok(Some("it still takes connections".into())),
            (Err(failure), State::Open) if failure.kind == Kind::Unreachable => Ok(Some(failure.message)),
            (Err(failure), State::Closed) if failure.kind == Kind::Unreachable => Ok(None),
            // A name may come to have an address.
            (Err(failure), State::Open) if failure.kind == Kind::NotFound => Ok(Some(failure.message)),
            (Err(failure), _) => Err(failure),
        }
    }
}

/// Why a server has not said it.
fn listen(
    mut stream: TcpStream,
    pattern: &Pattern,
    until: Instant,
    host: &Reader<'_>,
) -> Result<Option<String>, Failure> {
    let lines = pattern.of_lines();
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        host.link().cancel().check()?;
        let left = until.saturating_duration_since(Instant::now()).min(PIECE);
        if left.is_zero() || said.len() >= LONGEST {
            break;
        }
        let read = stream
            .set_read_timeout(Some(left))
            .and_then(|()| stream.read(&mut buffer));
        match read {
            Ok(0) => break,
            Ok(count) => {
                let rest = LONGEST - said.len();
                said.extend_from_slice(&buffer[..count.min(rest)]);
                if lines.is_match(&said) {
                    return Ok(None);
                }
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                // It has hung up.
                _ => break,
            },
        }
    }
    let reason = if said.is_empty() {
        "it takes connections and says nothing"
    } else {
        "it says something else"
    };
    Ok(Some(reason.to_owned()))
}
