//! Upgrades all packages, with the host's own manager.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::package::choice::upgrade;
use crate::tools::packages::{AllPackages, PackagesChange, act_all, look_all};

/// `package.upgrade`.
#[derive(Debug)]
pub(crate) struct Upgrade;

/// Upgrades all packages that are installed, with apt, dnf or pacman, whichever the host has: as `apt.upgrade`, `dnf.upgrade` or
/// `pacman.upgrade` with their defaults. The lists are those that `package.update` has read. On a host with apk it is a
/// failure.
///
/// Check mode: says what the manager says that it would do.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {}

impl Tool for Upgrade {
    const NAME: &'static str = "package.upgrade";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "package.upgrade: {}";
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

    fn inspect(_: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        look_all(&*upgrade(host)?, host)
    }

    fn apply(_: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<AllPackages, Failure> {
        act_all(&*upgrade(host)?, change, host)
    }
}
