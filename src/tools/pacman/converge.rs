//! Brings a list of packages to what each is to be.

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::packages::{Manager, Packages, PackagesChange, Request, five_minutes, look};
use crate::tools::pacman::transaction::{Options, refuse_versions};

/// `pacman.converge`.
#[derive(Debug)]
pub(crate) struct Converge;

/// Makes sure that each of these packages is as it is said to be: one transaction for what is to be there, one for what is
/// not. Otherwise as `pacman.package`.
///
/// Check mode: says what pacman says that it would do, dependencies included.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The packages, each with what is wanted of it.
    packages: Vec<Request>,
    /// Removes packages that need one that goes, too.
    #[serde(default)]
    allow_removals: bool,
    /// How long to wait while others work on packages.
    #[serde(default = "five_minutes")]
    lock_timeout: Duration,
}

impl Args {
    fn options(&self) -> Options {
        Options {
            allow_removals: self.allow_removals,
            lock_timeout: self.lock_timeout,
            ..Options::default()
        }
    }
}

impl Tool for Converge {
    const NAME: &'static str = "pacman.converge";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("packages");
    const EXAMPLE: &'static str =
        "pacman.converge: { packages: [{ name: nginx }, { name: telnet, state: absent }] }";
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
        let found = refuse_versions(args.packages.iter().map(|it| &it.package));
        found.map_err(|(_, message)| ("packages", message))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        look(&args.options(), &args.packages, host)
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        args.options().act(&args.packages, &change, host)
    }
}
