//! Installs and removes packages.

use serde::{Deserialize, Serialize};

use crate::argument::{Duration, OneOrMany};
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::packages::{
    Manager, Packages, PackagesChange, Request, Spec, Want, five_minutes, look, requests,
};
use crate::tools::pacman::transaction::{Options, refuse_versions};

/// `pacman.package`.
#[derive(Debug)]
pub(crate) struct Package;

/// Makes sure that packages, or all packages of groups, are installed, or are not, in one transaction of pacman. What is
/// already as it is to be costs no process. What is asked for to be there stays for its own sake, and not only because others
/// need it. Versions cannot be named: pacman has only the newest one. `latest` upgrades
/// everything that is installed, since nothing else is sound on Arch, and nothing installed is upgraded in passing.
///
/// Check mode: says what pacman says that it would do, dependencies included.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The packages or groups.
    name: OneOrMany<Spec>,
    /// What is wanted of them.
    #[serde(default)]
    state: Want,
    /// Lets installed packages be upgraded without all others.
    #[serde(default)]
    allow_partial_upgrade: bool,
    /// Removes packages that need one that goes, too.
    #[serde(default)]
    allow_removals: bool,
    /// How long to wait while others work on packages.
    #[serde(default = "five_minutes")]
    lock_timeout: Duration,
}

impl Args {
    fn requests(&self) -> Vec<Request> {
        requests(&self.name.0, self.state)
    }

    const fn options(&self) -> Options {
        Options {
            allow_partial_upgrade: self.allow_partial_upgrade,
            allow_removals: self.allow_removals,
            lock_timeout: self.lock_timeout,
        }
    }
}

impl Tool for Package {
    const NAME: &'static str = "pacman.package";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "pacman.package: [nginx, base-devel]";
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

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        refuse_versions(&args.name.0)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        look(&args.options(), &args.requests(), host)
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        args.options().act(&args.requests(), &change, host)
    }
}
