//! What a manager does with all packages at once: upgrades them, or removes those that nobody needs any more.

use serde::Serialize;

use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Finding, Tool};
use crate::tools::packages::{PackagesChange, Step};

/// What becomes of a package.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Moved {
    /// Its name.
    name: String,
    /// The version before; not there where it was not installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The version now; not there where it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

/// The packages of which something has become.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct AllPackages {
    /// Each of them with its versions, by name.
    packages: Vec<Moved>,
}

/// Work on all packages of a manager.
pub(in crate::tools) trait Whole {
    /// What the manager says that it would do.
    ///
    /// # Errors
    /// Why it would refuse.
    fn steps(&self, host: &Reader<'_>) -> Result<Vec<Step>, Failure>;

    /// The files of a package that is installed.
    ///
    /// # Errors
    /// Where its database cannot be read.
    fn files(&self, name: &str, host: &Reader<'_>) -> Result<Vec<String>, Failure>;

    /// Does it.
    ///
    /// # Errors
    /// Why the manager refused.
    fn run(&self, host: &Writer<'_>) -> Result<(), Failure>;
}

/// What a look at all packages comes to.
///
/// # Errors
/// Why the manager would refuse.
pub(in crate::tools) fn look_all<T: Tool<Change = PackagesChange, Output = AllPackages>>(
    whole: &dyn Whole,
    host: &Reader<'_>,
) -> Result<Finding<T>, Failure> {
    let steps = whole.steps(host)?;
    if steps.is_empty() {
        return Ok(Finding::Settled(AllPackages { packages: Vec::new() }));
    }
    let mut change = PackagesChange {
        steps,
        ..PackagesChange::default()
    };
    change.check_root(host)?;
    if host.foreseeing().is_some() {
        for step in change.steps.iter().filter(|it| it.before.is_some()) {
            change.files.extend(whole.files(&step.name, host)?);
        }
    }
    Ok(Finding::Pending(change))
}

/// Does it, and sees to it that nothing of it is left to do.
///
/// # Errors
/// Why the manager refused, or `command_failed` where it ended well and did not do it.
pub(in crate::tools) fn act_all(
    whole: &dyn Whole,
    change: PackagesChange,
    host: &Writer<'_>,
) -> Result<AllPackages, Failure> {
    whole.run(host)?;
    let left = whole.steps(host)?;
    if let Some(step) = left.iter().find(|it| change.steps.contains(it)) {
        let message = format!(
            "the package manager ended well, but of `{}` nothing has become",
            step.name
        );
        return Err(Failure::new(Kind::CommandFailed, message));
    }
    let mut steps = change.steps;
    steps.sort();
    let moved = |step: Step| Moved {
        name: step.name,
        from: step.before,
        to: step.after,
    };
    Ok(AllPackages {
        packages: steps.into_iter().map(moved).collect(),
    })
}
