//! Installs and removes packages.

use serde::{Deserialize, Serialize};

use crate::argument::OneOrMany;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::dnf::transaction::Options;
use crate::tools::packages::{
    Manager, Packages, PackagesChange, Request, Spec, State, look, refuse_versions, requests,
};

/// `dnf.package`.
#[derive(Debug)]
pub(crate) struct Package;

/// Makes sure that packages, or the packages of groups (`@development-tools`), are installed, or are not, in one transaction
/// of dnf; `latest` takes a second one where only some of them are installed. Lists are those that `dnf.update` has read:
/// here none are. Nothing that was not asked for is removed and nothing is downgraded unless an argument lets it. What came
/// along with a package that goes stays. While others work on packages dnf waits, for as long as the call's `timeout`
/// allows. Marks stay as they are: what came along with another package may go with it later, by `dnf autoremove`, until
/// `dnf mark install` says otherwise.
///
/// Versions are `shop=1.0`, `shop=1.0-3.fc40` or, with `*`, any that fits. dnf 4 is tested; tables of dnf 5 are read as its
/// sources print them.
///
/// Check mode: says what dnf says that it would do, dependencies included. Dnf takes its locks for that.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an argument of the tool")]
pub(crate) struct Args {
    /// The packages: `nginx`, `nginx=1.24.*` for a version, `glibc.i686` for an architecture.
    name: OneOrMany<Spec>,
    /// What is wanted of them.
    #[serde(default)]
    state: State,
    /// Lets an older version take the place of a newer one.
    #[serde(default)]
    allow_downgrade: bool,
    /// Lets packages that were not named be removed, such as those that need one that goes.
    #[serde(default)]
    allow_removals: bool,
    /// Whether recommended packages come along; where this is not given, as dnf is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recommends: Option<bool>,
    /// Repositories that are used although they are not enabled; `*` stands for anything.
    #[serde(default = "none")]
    enable_repositories: OneOrMany<String>,
    /// Repositories that are not used.
    #[serde(default = "none")]
    disable_repositories: OneOrMany<String>,
    /// Packages that are left alone, whoever needs them.
    #[serde(default = "none")]
    excludes: OneOrMany<String>,
    /// Whether packages must have a good signature where dnf is configured so; if not, none is looked at.
    #[serde(default = "yes")]
    gpg_check: bool,
    /// Whether the newest version is taken or nothing; where this is not given, as dnf is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    best: Option<bool>,
    /// Leaves packages alone that are not installed.
    #[serde(default)]
    only_upgrade: bool,
}

fn none() -> OneOrMany<String> {
    OneOrMany(Vec::new())
}

const fn yes() -> bool {
    true
}

impl Args {
    fn requests(&self) -> Vec<Request> {
        requests(&self.name.0, self.state.into())
    }

    fn options(&self) -> Options {
        Options {
            allow_downgrade: self.allow_downgrade,
            allow_removals: self.allow_removals,
            recommends: self.recommends,
            enable_repositories: self.enable_repositories.0.clone(),
            disable_repositories: self.disable_repositories.0.clone(),
            excludes: self.excludes.0.clone(),
            is_unchecked: !self.gpg_check,
            best: self.best,
            only_upgrade: self.only_upgrade,
        }
    }
}

impl Tool for Package {
    const NAME: &'static str = "dnf.package";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "dnf.package: { name: [nginx, \"postgresql=15.*\"], recommends: false }";
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
        let is_word = |it: &String| !it.is_empty() && it.bytes().all(|it| it.is_ascii_graphic());
        for (field, words) in [
            ("enable_repositories", &args.enable_repositories),
            ("disable_repositories", &args.disable_repositories),
            ("excludes", &args.excludes),
        ] {
            if let Some(bad) = words.0.iter().find(|it| !is_word(it)) {
                return Err((
                    field,
                    format!("`{}` cannot be one of `{field}`", bad.escape_debug()),
                ));
            }
        }
        refuse_versions(&args.name.0, args.state.into())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        look(&args.options(), &args.requests(), host)
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        args.options().act(&args.requests(), &change, host)
    }
}
