//! Removes what nobody needs any more.

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::apt::transaction::Options;
use crate::tools::apt::whole::Whole;
use crate::tools::packages::{AllPackages, PackagesChange, act_all, five_minutes, look_all};

/// `apt.autoremove`.
#[derive(Debug)]
pub(crate) struct Autoremove;

/// Removes packages that came along with others, and that none needs any more.
///
/// Check mode: says what apt says that it would remove.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Whether their configuration goes, too.
    #[serde(default)]
    purge: bool,
    /// How long to wait while others work on packages.
    #[serde(default = "five_minutes")]
    lock_timeout: Duration,
}

impl Args {
    fn whole(&self) -> Whole {
        let words: &[&str] = if self.purge {
            &["autoremove", "--purge"]
        } else {
            &["autoremove"]
        };
        let options = Options {
            lock_timeout: self.lock_timeout,
            ..Options::default()
        };
        Whole::new(words, options)
    }
}

impl Tool for Autoremove {
    const NAME: &'static str = "apt.autoremove";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "apt.autoremove: { purge: true }";
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
