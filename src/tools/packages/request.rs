//! What is asked of a package manager.

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Finding, Tool};
use crate::tools::packages::{PackageVersion, Packages, PackagesChange, Spec};

/// What is wanted of a package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::tools) enum Want {
    /// Installed: in the version that is named, else in whatever version.
    #[default]
    Present,
    /// Installed in the newest version that the repositories offer.
    Latest,
    /// Not installed; configuration that was changed stays.
    Absent,
    /// Not installed, and its configuration gone.
    Purged,
}

/// What is wanted of a package, where nothing of it can be left over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::tools) enum State {
    /// Installed: in the version that is named, else in whatever version.
    #[default]
    Present,
    /// Installed in the newest version that the repositories offer; what that means for others is the manager's.
    Latest,
    /// Not installed.
    Absent,
}

impl From<State> for Want {
    fn from(state: State) -> Self {
        match state {
            State::Present => Self::Present,
            State::Latest => Self::Latest,
            State::Absent => Self::Absent,
        }
    }
}

/// One package and what is wanted of it.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct Request {
    /// The package.
    #[serde(rename = "name")]
    pub(in crate::tools) package: Spec,
    /// What is wanted of it.
    #[serde(default, rename = "state")]
    pub(in crate::tools) want: Want,
}

/// The same of each of these packages.
pub(in crate::tools) fn requests(packages: &[Spec], want: Want) -> Vec<Request> {
    let request = |package: &Spec| Request {
        package: package.clone(),
        want,
    };
    packages.iter().map(request).collect()
}

/// A version is named of what is to be present.
///
/// # Errors
/// For the first package that has one and is not.
pub(in crate::tools) fn refuse_versions(packages: &[Spec], want: Want) -> Result<(), (&'static str, String)> {
    match packages.iter().find(|it| it.version.is_some()) {
        Some(package) if want != Want::Present => {
            let message = format!("`{package}` names a version, which goes only with `state: present`");
            Err(("name state", message))
        }
        _ => Ok(()),
    }
}

/// How long others may work on packages, where nothing else is said.
pub(in crate::tools) const fn five_minutes() -> Duration {
    Duration(std::time::Duration::from_mins(5))
}

/// The versions that are installed of the packages that were asked for.
pub(in crate::tools) fn versions<'a>(
    requests: &[Request],
    version: impl Fn(&str) -> Option<&'a str>,
) -> Packages {
    let one = |it: &Request| PackageVersion {
        name: it.package.name.clone(),
        version: version(&it.package.name).map(str::to_owned),
    };
    Packages {
        packages: requests.iter().map(one).collect(),
    }
}

/// Holds what is installed of a package against what was asked for, once its manager has ended well. `accepts`: whether a
/// version is what was asked for, or something else that is installed stands for it.
///
/// # Errors
/// `command_failed`, where it is something else.
pub(in crate::tools) fn verify(
    manager: &str,
    request: &Request,
    version: Option<&str>,
    accepts: impl FnOnce(&str) -> bool,
) -> Result<(), Failure> {
    let is_right = match request.want {
        // A name that no package has may be one that another provides, or a group.
        Want::Present => version.is_none_or(accepts),
        Want::Latest => true,
        Want::Absent | Want::Purged => version.is_none(),
    };
    if is_right {
        return Ok(());
    }
    let (package, found) = (&request.package, version.unwrap_or("nothing"));
    let message = format!("{manager} ended well, but of `{package}` {found} is installed");
    Err(Failure::new(Kind::CommandFailed, message))
}

/// A package manager, and how its transactions may be made.
pub(in crate::tools) trait Manager {
    /// What is to be done, or what there is if that is nothing.
    ///
    /// # Errors
    /// Why the manager would refuse.
    fn look(
        &self,
        requests: &[Request],
        host: &Reader<'_>,
    ) -> Result<Result<Packages, PackagesChange>, Failure>;

    /// The files of a package that is installed; directories are not among them.
    ///
    /// # Errors
    /// Where its database cannot be read.
    fn files(&self, name: &str, host: &Reader<'_>) -> Result<Vec<String>, Failure>;

    /// Does it.
    ///
    /// # Errors
    /// Why the manager refused.
    fn act(
        &self,
        requests: &[Request],
        change: &PackagesChange,
        host: &Writer<'_>,
    ) -> Result<Packages, Failure>;
}

/// What a manager's look comes to.
///
/// # Errors
/// Why the manager would refuse.
pub(in crate::tools) fn look<T: Tool<Change = PackagesChange, Output = Packages>>(
    manager: &dyn Manager,
    requests: &[Request],
    host: &Reader<'_>,
) -> Result<Finding<T>, Failure> {
    let mut change = match manager.look(requests, host)? {
        Ok(packages) => return Ok(Finding::Settled(packages)),
        Err(change) => change,
    };
    if host.foreseeing().is_some() {
        for step in change.steps.iter().filter(|it| it.before.is_some()) {
            change.files.extend(manager.files(&step.name, host)?);
        }
    }
    Ok(Finding::Pending(change))
}
