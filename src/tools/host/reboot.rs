//! Restarts the host.

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, Duration, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Program, Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, Pending, Spoils, Tool};
use crate::tools::said;

/// What restarts a host, the first that it has.
const USUAL: [&[&str]; 3] = [&["systemctl", "reboot"], &["shutdown", "-r", "now"], &["reboot"]];

/// `host.reboot`.
#[derive(Debug)]
pub(crate) struct Reboot;

/// Restarts the host and waits until it is back: until it takes a new connection and its kernel has started again. The run
/// goes on over that connection. It takes root, so mostly `become: true`.
///
/// Check mode: says that the host would restart; what comes after it and reads from the host is unknown.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// How long the host may take to be back, `pre_delay` not counted.
    #[serde(default = "ten_minutes")]
    timeout: Duration,
    /// How long to wait before it is restarted.
    #[serde(default = "nothing")]
    pre_delay: Duration,
    /// How long to wait once it is back, before anything else is done there.
    #[serde(default = "nothing")]
    post_delay: Duration,
    /// A program that succeeds once the host is as it should be; it is tried, as the account that logs in, until it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test_command: Option<Argv>,
    /// The program that restarts the host; default: `systemctl reboot`, `shutdown -r now` or `reboot`, whichever it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<Argv>,
}

fn ten_minutes() -> Duration {
    Duration(std::time::Duration::from_mins(10))
}

fn nothing() -> Duration {
    Duration(std::time::Duration::ZERO)
}

/// The restart.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The kernel's `boot_id` before it.
    boot_id: String,
}

/// The start of the kernel that is to end.
#[derive(Debug)]
pub(crate) struct Restart {
    boot_id: String,
    pending: Pending,
}

impl Describe for Restart {
    fn pending(&self) -> Pending {
        self.pending
    }

    fn diff(&self) -> Vec<Diff> {
        vec![Diff::of_property(
            "host",
            "boot_id",
            Some(&self.boot_id),
            Some("a new one"),
        )]
    }
}

impl Tool for Reboot {
    const NAME: &'static str = "host.reboot";
    const ACCESS: Access = Access::Fence;
    const EXAMPLE: &'static str = "host.reboot: { timeout: 5m, test_command: [systemctl, is-active, sshd] }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = Restart;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::of(Area::Everything)
    }

    fn inspect(_: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let boot_id = host.boot_id()?;
        let pending = if host.is_root() {
            Pending::Change
        } else {
            Pending::Doubtful
        };
        Ok(Finding::Pending(Restart { boot_id, pending }))
    }

    fn apply(args: &Args, change: Restart, host: &Writer<'_>) -> Result<Output, Failure> {
        host.link().cancel().sleep(args.pre_delay.0)?;
        // Nothing that was sent ahead may start on a host that goes down.
        host.link().quit(0);
        match &args.command {
            Some(command) => run(command, host)?,
            None => usual(host)?,
        }
        Ok(Output {
            boot_id: change.boot_id,
        })
    }
}

fn usual(host: &Writer<'_>) -> Result<(), Failure> {
    for words in USUAL {
        let argv = Argv(words.iter().map(|word| Text::from(*word)).collect());
        match run(&argv, host) {
            Err(failure) if failure.kind == Kind::NotFound => {}
            done => return done,
        }
    }
    let message = "this host has none of `systemctl`, `shutdown` and `reboot`";
    Err(Failure::new(Kind::Unsupported, message))
}

fn run(argv: &Argv, host: &Writer<'_>) -> Result<(), Failure> {
    let program = Program::of(argv);
    let ended = host.act(&program)?;
    match ended.exit_code {
        // Ended by what it began.
        0 | 143 => Ok(()),
        _ => Err(said::failure(&ended, &program.name())),
    }
}
