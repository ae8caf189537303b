//! Installs and removes packages with the host's own manager.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::argument::{Duration, OneOrMany};
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Controller, Finding, Footprint, Tool};
use crate::tools::packages::{Packages, PackagesChange, Spec};
use crate::tools::{apt, pacman};

/// `package.package`.
#[derive(Debug)]
pub(crate) struct Package;

/// What is wanted of packages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Installed, in whatever version.
    #[default]
    Present,
    /// Installed in the newest version; what that means for others is the manager's.
    Latest,
    /// Not installed.
    Absent,
}

/// Makes sure that packages are installed, or are not, with apt or pacman, whichever the host has: as `apt.package` or
/// `pacman.package` with their defaults. Names are those of the host's manager.
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

const WAIT: Duration = Duration(std::time::Duration::from_mins(5));

/// What the manager is asked for.
enum Wish {
    Apt(Vec<apt::Request>, apt::Options),
    Pacman(Vec<pacman::Request>, pacman::Options),
}

impl Tool for Package {
    const NAME: &'static str = "package.package";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "package.package: [nginx, curl]";

    type Args = Args;
    type Change = PackagesChange;
    type Output = Packages;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn prepare(args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        match args.name.0.iter().find(|it| it.version.is_some()) {
            None => Ok(args),
            Some(package) => {
                let message = format!(
                    "`{package}` names a version, for which there is no common form; use `apt.package`"
                );
                Err(Failure::new(Kind::Invalid, message))
            }
        }
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let found = match wish(args, host)? {
            Wish::Apt(requests, options) => apt::look(&requests, &options, host)?,
            Wish::Pacman(requests, options) => pacman::look(&requests, &options, host)?,
        };
        Ok(match found {
            Ok(packages) => Finding::Settled(packages),
            Err(change) => Finding::Pending(change),
        })
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        match wish(args, host)? {
            Wish::Apt(requests, options) => apt::act(&requests, &options, &change, host),
            Wish::Pacman(requests, options) => pacman::act(&requests, &options, host),
        }
    }
}

/// The manager is chosen as `facts.package_manager` says it.
fn wish(args: &Args, host: &Reader<'_>) -> Result<Wish, Failure> {
    let is_there = |path: &str| Ok::<_, Failure>(host.metadata(Path::new(path), Follow::Yes)?.is_some());
    let packages = args.name.0.iter().cloned();
    if is_there("/usr/bin/apt-get")? {
        let want = match args.state {
            State::Present => apt::Want::Present,
            State::Latest => apt::Want::Latest,
            State::Absent => apt::Want::Absent,
        };
        let requests = packages.map(|package| apt::Request { package, want }).collect();
        let options = apt::Options {
            allow_downgrade: false,
            allow_change_held: false,
            allow_removals: false,
            recommends: None,
            conffiles: apt::Conffiles::Keep,
            hold: None,
            lock_timeout: WAIT,
        };
        return Ok(Wish::Apt(requests, options));
    }
    if is_there("/usr/bin/pacman")? {
        let want = match args.state {
            State::Present => pacman::Want::Present,
            State::Latest => pacman::Want::Latest,
            State::Absent => pacman::Want::Absent,
        };
        let requests = packages
            .map(|package| pacman::Request { package, want })
            .collect();
        let options = pacman::Options {
            allow_partial_upgrade: false,
            allow_removals: false,
            lock_timeout: WAIT,
        };
        return Ok(Wish::Pacman(requests, options));
    }
    let message = "this host has neither apt nor pacman, which are the managers that `package.package` knows";
    Err(Failure::new(Kind::Unsupported, message))
}
