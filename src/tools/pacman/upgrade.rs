//! Upgrades all packages.

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::packages::{AllPackages, PackagesChange, act_all, five_minutes, look_all};
use crate::tools::pacman::whole::Whole;

/// `pacman.upgrade`.
#[derive(Debug)]
pub(crate) struct Upgrade;

/// Upgrades all packages that are installed, from the databases that `pacman.update` has read. Packages that `pacman.conf` names in
/// `IgnorePkg` stay what they are.
///
/// Check mode: says what pacman says that it would do.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// How long to wait while others work on packages.
    #[serde(default = "five_minutes")]
    lock_timeout: Duration,
}

impl Tool for Upgrade {
    const NAME: &'static str = "pacman.upgrade";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "pacman.upgrade: {}";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = PackagesChange;
    type Output = AllPackages;

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
        look_all(&Whole(args.lock_timeout), host)
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<AllPackages, Failure> {
        act_all(&Whole(args.lock_timeout), change, host)
    }
}
