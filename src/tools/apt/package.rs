//! Installs and removes packages.

use serde::{Deserialize, Serialize};

use crate::argument::{Duration, OneOrMany};
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::apt::transaction::{Conffiles, Options};
use crate::tools::packages::{
    Manager, Packages, PackagesChange, Request, Spec, Want, five_minutes, look, refuse_versions, requests,
};

/// `apt.package`.
#[derive(Debug)]
pub(crate) struct Package;

/// Makes sure that packages are installed, or are not, in one transaction of apt. What is already as it is to be costs no
/// process. A package that was left half-way, unpacked and not configured, is not installed, and what dpkg had to leave when it
/// was interrupted is brought to an end first. What is asked for to be there stays there for its own sake, and not only
/// because others need it. Nothing that was not asked for is removed, nothing is downgraded and no hold is broken unless
/// an argument lets it; essential packages are never removed. Nobody is asked anything. While others work on packages it
/// waits, and says for whom.
///
/// Check mode: says what apt says that it would do, dependencies included.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The packages: `nginx`, `nginx=1.24.*` for a version, `libc6:i386` for an architecture.
    name: OneOrMany<Spec>,
    /// What is wanted of them.
    #[serde(default)]
    state: Want,
    /// Whether they are held in their version; left as it is where this is not given, also where `allow_change_held` lets the
    /// version change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold: Option<bool>,
    /// Lets an older version take the place of a newer one.
    #[serde(default)]
    allow_downgrade: bool,
    /// Lets packages that are on hold be changed.
    #[serde(default)]
    allow_change_held: bool,
    /// Lets packages that were not named be removed, such as those that need one that goes.
    #[serde(default)]
    allow_removals: bool,
    /// Whether recommended packages come along; where this is not given, as apt is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recommends: Option<bool>,
    /// Whose configuration file stays where both the package and the host have changed it.
    #[serde(default)]
    conffiles: Conffiles,
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
            allow_downgrade: self.allow_downgrade,
            allow_change_held: self.allow_change_held,
            allow_removals: self.allow_removals,
            recommends: self.recommends,
            conffiles: self.conffiles,
            hold: self.hold,
            lock_timeout: self.lock_timeout,
        }
    }
}

impl Tool for Package {
    const NAME: &'static str = "apt.package";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "apt.package: { name: [nginx, \"postgresql=15+*\"], recommends: false }";
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
        refuse_versions(&args.name.0, args.state)?;
        if args.hold == Some(true) && matches!(args.state, Want::Absent | Want::Purged) {
            let message = "`hold: true` keeps what is installed, and nothing is to be installed";
            return Err(("hold state", message.to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        look(&args.options(), &args.requests(), host)
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        args.options().act(&args.requests(), &change, host)
    }
}
