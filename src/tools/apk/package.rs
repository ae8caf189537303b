//! Installs and removes packages.

use serde::{Deserialize, Serialize};

use crate::argument::{Duration, OneOrMany};
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::apk::transaction::Options;
use crate::tools::packages::{
    Manager, Packages, PackagesChange, Request, Spec, State, five_minutes, look, refuse_versions, requests,
};

/// `apk.package`.
#[derive(Debug)]
pub(crate) struct Package;

/// Makes sure that packages are installed for their own sake, or are not, in one transaction of apk. What is already as it
/// is to be costs no process. Lists are those that `apk.update` has read: here none are. A version that is named stays in
/// `/etc/apk/world`, so that it is kept. What only came along with a package that goes, goes with it, as always with apk.
///
/// Check mode: says what apk says that it would do, dependencies included.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The packages: `nginx`, `nginx=1.24.0-r6` for a version, `nginx=1.24.*` for any that begins so.
    name: OneOrMany<Spec>,
    /// What is wanted of them.
    #[serde(default)]
    state: State,
    /// Lets an older version take the place of a newer one.
    #[serde(default)]
    allow_downgrade: bool,
    /// Removes packages that need one that goes, too.
    #[serde(default)]
    allow_removals: bool,
    /// How long to wait while others work on packages, in whole seconds.
    #[serde(default = "five_minutes")]
    lock_timeout: Duration,
}

impl Args {
    fn requests(&self) -> Vec<Request> {
        requests(&self.name.0, self.state.into())
    }

    const fn options(&self) -> Options {
        Options {
            allow_downgrade: self.allow_downgrade,
            allow_removals: self.allow_removals,
            lock_timeout: self.lock_timeout,
        }
    }
}

impl Tool for Package {
    const NAME: &'static str = "apk.package";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "apk.package: [nginx, \"postgresql15=15.*\"]";
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
        refuse_versions(&args.name.0, args.state.into())?;
        let star = |it: &&Spec| {
            let version = it.version.as_deref().unwrap_or_default();
            version.strip_suffix(".*").unwrap_or(version).contains('*')
        };
        match args.name.0.iter().find(star) {
            None => Ok(()),
            Some(package) => {
                let message = format!("`{package}`: for apk, `*` is at the end of a version, after a dot");
                Err(("name", message))
            }
        }
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        look(&args.options(), &args.requests(), host)
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        args.options().act(&args.requests(), &change, host)
    }
}
