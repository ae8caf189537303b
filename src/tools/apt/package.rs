//! Installs and removes packages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::argument::{Duration, OneOrMany};
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::apt::archive;
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
#[expect(clippy::struct_excessive_bools, reason = "each is an argument of the tool")]
pub(crate) struct Args {
    /// The packages: `nginx`, `nginx=1.24.*` for a version, `libc6:i386` for an architecture.
    #[serde(default = "none")]
    name: OneOrMany<Spec>,
    /// Files of packages on the host, which are installed with what they need; what is newer there already is kept. A package
    /// at a URL is brought by `http.download` first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<OneOrMany<HostPath>>,
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
    /// The release from which packages are taken first, such as `bookworm-backports`; else as apt is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    /// Leaves packages alone that are not installed.
    #[serde(default)]
    only_upgrade: bool,
    /// Takes packages from repositories without a good signature. Who is on the way to them can then install what he likes.
    #[serde(default)]
    allow_unauthenticated: bool,
    /// Whether the services of packages are started when they are installed, and started again when they are upgraded. Where not,
    /// `/usr/sbin/policy-rc.d` says so for the time of the call; a file of that name of somebody else's is a failure.
    #[serde(default = "yes")]
    start_services: bool,
    /// How long to wait while others work on packages.
    #[serde(default = "five_minutes")]
    lock_timeout: Duration,
}

fn none() -> OneOrMany<Spec> {
    OneOrMany(Vec::new())
}

const fn yes() -> bool {
    true
}

impl Args {
    /// What is asked for, and how: files are looked into for that.
    fn asked(&self, host: &Reader<'_>) -> Result<(Vec<Request>, Options), Failure> {
        let mut all = requests(&self.name.0, self.state);
        let mut files = BTreeMap::new();
        for path in self.files.iter().flat_map(|it| &it.0) {
            let package = archive::package(path, host)?;
            files.insert(package.name.clone(), path.to_string());
            all.extend(requests(&[package], Want::Present));
        }
        let options = Options {
            allow_downgrade: self.allow_downgrade,
            allow_change_held: self.allow_change_held,
            allow_removals: self.allow_removals,
            recommends: self.recommends,
            conffiles: self.conffiles,
            hold: self.hold,
            lock_timeout: self.lock_timeout,
            release: self.release.clone(),
            only_upgrade: self.only_upgrade,
            allow_unauthenticated: self.allow_unauthenticated,
            start_services: self.start_services,
            files,
        };
        Ok((all, options))
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
        let has_files = args.files.as_ref().is_some_and(|it| !it.0.is_empty());
        if args.name.0.is_empty() && !has_files {
            return Err((
                " name files",
                "`name` and `files` say which packages, and both are missing".to_owned(),
            ));
        }
        if has_files && args.state != Want::Present {
            return Err((
                "files state",
                "`files` are installed, which goes only with `state: present`".to_owned(),
            ));
        }
        let is_release = |it: &str| {
            it.starts_with(|c: char| c.is_ascii_alphanumeric()) && it.bytes().all(|it| it.is_ascii_graphic())
        };
        if let Some(release) = args.release.as_deref().filter(|it| !is_release(it)) {
            return Err((
                "release",
                format!("`{}` is not the name of a release", release.escape_debug()),
            ));
        }
        if args.hold == Some(true) && matches!(args.state, Want::Absent | Want::Purged) {
            let message = "`hold: true` keeps what is installed, and nothing is to be installed";
            return Err(("hold state", message.to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let (requests, options) = args.asked(host)?;
        look(&options, &requests, host)
    }

    fn apply(args: &Args, change: PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        let (requests, options) = args.asked(host)?;
        options.act(&requests, &change, host)
    }
}
