//! Brings a list of packages to what each is to be.

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Tool};
use crate::tools::apt::package::five_minutes;
use crate::tools::apt::transaction::{Conffiles, Options, Request, Want, act, look};
use crate::tools::packages::{Packages, PackagesChange, Spec};

/// `apt.converge`.
#[derive(Debug)]
pub(crate) struct Converge;

/// One package.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Item {
    /// The package, with or without a version.
    name: Spec,
    /// What is wanted of it.
    #[serde(default)]
    state: Want,
}

/// Makes sure that each of these packages is as it is said to be, present or absent, in one transaction; packages to be
/// purged take a second one. Otherwise as `apt.package`.
///
/// Check mode: says what apt says that it would do, dependencies included.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The packages, each with what is wanted of it.
    packages: Vec<Item>,
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
    fn requests(&self) -> Vec<Request> {
        let request = |item: &Item| Request {
            package: item.name.clone(),
            want: item.state,
        };
        self.packages.iter().map(request).collect()
    }

    const fn options(&self) -> Options {
        Options {
            allow_downgrade: self.allow_downgrade,
            allow_change_held: self.allow_change_held,
            allow_removals: self.allow_removals,
            recommends: None,
            conffiles: Conffiles::Keep,
            hold: None,
            lock_timeout: self.lock_timeout,
        }
    }
}

impl Tool for Converge {
    const NAME: &'static str = "apt.converge";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("packages");
    const EXAMPLE: &'static str = "apt.converge: { packages: [{ name: nginx }, { name: curl, state: latest }, { name: telnet, state: purged }] }";

    type Args = Args;
    type Change = PackagesChange;
    type Output = Packages;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(match look(&args.requests(), &args.options(), host)? {
            Ok(packages) => Finding::Settled(packages),
            Err(change) => Finding::Pending(change),
        })
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        act(&args.requests(), &args.options(), &change, host)
    }
}
