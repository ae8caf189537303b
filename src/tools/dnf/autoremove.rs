//! Removes what nobody needs any more.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::dnf::transaction::Options;
use crate::tools::dnf::whole::Whole;
use crate::tools::packages::{AllPackages, PackagesChange, act_all, look_all};

/// `dnf.autoremove`.
#[derive(Debug)]
pub(crate) struct Autoremove;

/// Removes packages that came along with others, and that none needs any more.
///
/// Check mode: says what dnf says that it would remove. Dnf takes its locks for that.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {}

impl Tool for Autoremove {
    const NAME: &'static str = "dnf.autoremove";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "dnf.autoremove: {}";
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
        look_all(&Whole::new(&["autoremove"], Options::default()), host)
    }

    fn apply(_: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<AllPackages, Failure> {
        act_all(&Whole::new(&["autoremove"], Options::default()), change, host)
    }
}
