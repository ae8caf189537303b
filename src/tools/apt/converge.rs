//! Brings a list of packages to what each is to be.

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::apt::transaction::Options;
use crate::tools::packages::{Manager, Packages, PackagesChange, Request, five_minutes, look};

/// `apt.converge`.
#[derive(Debug)]
pub(crate) struct Converge;

/// Makes sure that each of these packages is as it is said to be, present or absent, in one transaction; packages to be
/// purged take a second one. Otherwise as `apt.package`.
///
/// Check mode: says what apt says that it would do, dependencies included.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The packages, each with what is wanted of it.
    packages: Vec<Request>,
    /// Lets older versions take the place of newer ones.
    #[serde(default)]
    allow_downgrade: bool,
    /// Lets packages that are on hold be changed.
    #[serde(default)]
    allow_change_held: bool,
    /// Lets packages that were not named be removed, such as those that need one that goes.
    #[serde(default)]
    allow_removals: bool,
    /// How long to wait while others work on packages.
    #[serde(default = "five_minutes")]
    lock_timeout: Duration,
}

impl Args {
    fn options(&self) -> Options {
        Options {
            allow_downgrade: self.allow_downgrade,
            allow_change_held: self.allow_change_held,
            allow_removals: self.allow_removals,
            lock_timeout: self.lock_timeout,
            ..Options::default()
        }
    }
}

impl Tool for Converge {
    const NAME: &'static str = "apt.converge";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("packages");
    const EXAMPLE: &'static str = "apt.converge: { packages: [{ name: nginx }, { name: curl, state: latest }, { name: telnet, state: purged }] }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = PackagesChange;
    type Output = Packages;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::PACKAGES
    }

    fn spoils_by(_: &Args, change: &PackagesChange) -> Spoils {
        change.spoils()
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        look(&args.options(), &args.packages, host)
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        args.options().act(&args.packages, &change, host)
    }
}
