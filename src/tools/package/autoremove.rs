//! Removes what nobody needs any more, with the host's own manager.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::package::choice::autoremove;
use crate::tools::packages::{AllPackages, PackagesChange, act_all, look_all};

/// `package.autoremove`.
#[derive(Debug)]
pub(crate) struct Autoremove;

/// Removes packages that came along with others, and that none needs any more, with apt or dnf, whichever the host has: as
/// `apt.autoremove` or `dnf.autoremove` with their defaults. On hosts with others it is a failure.
///
/// Check mode: says what the manager says that it would remove.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {}

impl Tool for Autoremove {
    const NAME: &'static str = "package.autoremove";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "package.autoremove: {}";
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
        look_all(&*autoremove(host)?, host)
    }

    fn apply(_: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<AllPackages, Failure> {
        act_all(&*autoremove(host)?, change, host)
    }
}
