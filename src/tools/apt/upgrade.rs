//! Upgrades all packages.

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::apt::transaction::{Conffiles, Options};
use crate::tools::apt::whole::Whole;
use crate::tools::packages::{AllPackages, PackagesChange, act_all, five_minutes, look_all};

/// `apt.upgrade`.
#[derive(Debug)]
pub(crate) struct Upgrade;

/// Upgrades all packages that are installed, from the lists that `apt.update` has read. Packages on hold stay what they are, and
/// nobody is asked anything. While others work on packages it waits, and says for whom.
///
/// Check mode: says what apt says that it would do.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// How far it goes.
    #[serde(default)]
    kind: Kind,
    /// Whose configuration file stays where both the package and the host have changed it.
    #[serde(default)]
    conffiles: Conffiles,
    /// Whether recommended packages come along; where this is not given, as apt is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recommends: Option<bool>,
    /// Lets packages that are on hold be changed.
    #[serde(default)]
    allow_change_held: bool,
    /// How long to wait while others work on packages.
    #[serde(default = "five_minutes")]
    lock_timeout: Duration,
}

/// How far an upgrade goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// New packages may come along, and none is removed.
    #[default]
    Safe,
    /// Packages that are in the way may be removed, as a new release needs it.
    Full,
}

impl Args {
    fn whole(&self) -> Whole {
        let words: &[&str] = match self.kind {
            Kind::Safe => &["upgrade", "--with-new-pkgs"],
            Kind::Full => &["dist-upgrade"],
        };
        let options = Options {
            conffiles: self.conffiles,
            recommends: self.recommends,
            allow_change_held: self.allow_change_held,
            lock_timeout: self.lock_timeout,
            ..Options::default()
        };
        Whole::new(words, options)
    }
}

impl Tool for Upgrade {
    const NAME: &'static str = "apt.upgrade";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "apt.upgrade: { kind: full }";
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
