//! Installs and removes packages with the host's own manager.

use serde::{Deserialize, Serialize};

use crate::argument::OneOrMany;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::package::choice::{Choice, choice};
use crate::tools::packages::{Manager, Packages, PackagesChange, Request, Spec, State, look, requests};
use crate::tools::{apk, apt, dnf, pacman};

/// `package.package`.
#[derive(Debug)]
pub(crate) struct Package;

/// Makes sure that packages are installed, or are not, with apt, dnf, pacman or apk, whichever the host has: as
/// `apt.package`, `dnf.package`, `pacman.package` or `apk.package` with their defaults. Names are those of the host's manager.
///
/// Check mode: says what the manager says that it would do, dependencies included.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The packages.
    name: OneOrMany<Spec>,
    /// What is wanted of them.
    #[serde(default)]
    state: State,
}

impl Args {
    fn requests(&self) -> Vec<Request> {
        requests(&self.name.0, self.state.into())
    }
}

impl Tool for Package {
    const NAME: &'static str = "package.package";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "package.package: [nginx, curl]";
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
        match args.name.0.iter().find(|it| it.version.is_some()) {
            None => Ok(()),
            Some(package) => {
                let message = format!(
                    "`{package}` names a version, for which there is no common form; use `apt.package`"
                );
                Err(("name", message))
            }
        }
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        look(&*manager(host)?, &args.requests(), host)
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        manager(host)?.act(&args.requests(), &change, host)
    }
}

/// Its transactions with their defaults.
fn manager(host: &Reader<'_>) -> Result<Box<dyn Manager>, Failure> {
    Ok(match choice(host)? {
        Choice::Apt => Box::new(apt::Options::default()),
        Choice::Dnf => Box::new(dnf::Options::default()),
        Choice::Pacman => Box::new(pacman::Options::default()),
        Choice::Apk => Box::new(apk::Options::default()),
    })
}
