//! Upgrades all packages.

use serde::{Deserialize, Serialize};

use crate::argument::OneOrMany;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::dnf::transaction::Options;
use crate::tools::dnf::whole::Whole;
use crate::tools::packages::{AllPackages, PackagesChange, act_all, look_all};

/// `dnf.upgrade`.
#[derive(Debug)]
pub(crate) struct Upgrade;

/// Upgrades all packages that are installed, from the lists that `dnf.update` has read. Packages that others come in the place of
/// may be removed by it.
///
/// Check mode: says what dnf says that it would do. Dnf takes its locks for that.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Only what repairs faults of security, where the repositories say which packages do.
    #[serde(default)]
    security: bool,
    /// Packages that stay what they are; `*` stands for anything.
    #[serde(default = "none")]
    excludes: OneOrMany<String>,
}

fn none() -> OneOrMany<String> {
    OneOrMany(Vec::new())
}

impl Args {
    fn whole(&self) -> Whole {
        let words: &[&str] = if self.security {
            &["upgrade", "--security"]
        } else {
            &["upgrade"]
        };
        let options = Options {
            excludes: self.excludes.0.clone(),
            ..Options::default()
        };
        Whole::new(words, options)
    }
}

impl Tool for Upgrade {
    const NAME: &'static str = "dnf.upgrade";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "dnf.upgrade: { excludes: kernel* }";
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
        look_all(&args.whole(), host)
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<AllPackages, Failure> {
        act_all(&args.whole(), change, host)
    }
}
