//! What becomes of packages.

use serde::Serialize;

use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::Reader;
use crate::tool::{Area, Describe, Spoils};

/// What happens to one package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::tools) struct Step {
    /// Its name.
    pub(in crate::tools) name: String,
    /// The installed version; `None`: not installed.
    pub(in crate::tools) before: Option<String>,
    /// The version after it; `None`: removed.
    pub(in crate::tools) after: Option<String>,
}

/// What is to happen to packages.
#[derive(Debug, Default)]
pub(crate) struct PackagesChange {
    /// Everything that is installed, replaced or removed, dependencies included.
    pub(in crate::tools) steps: Vec<Step>,
    /// Packages whose hold is to be set or taken away.
    pub(in crate::tools) holds: Vec<(String, bool)>,
    /// Packages that are there only because others need them, and are to stay for their own sake.
    pub(in crate::tools) wanted: Vec<String>,
    /// Packages that were left half-way, by an earlier call or by others, and are to be brought to an end.
    pub(in crate::tools) repairs: Vec<String>,
    /// Packages that are to lose their configuration, too.
    pub(in crate::tools) purges: Vec<String>,
    /// In check mode: the files that others come in the place of, or that go.
    pub(in crate::tools) files: Vec<String>,
}

impl PackagesChange {
    /// Whether nothing is to be done.
    pub(in crate::tools) fn is_empty(&self) -> bool {
        self.steps.is_empty()
            && self.holds.is_empty()
            && self.wanted.is_empty()
            && self.repairs.is_empty()
            && self.purges.is_empty()
    }

    /// Whether it could be made by this account.
    ///
    /// # Errors
    /// `permission_denied`.
    pub(in crate::tools) fn check_root(&self, host: &Reader<'_>) -> Result<(), Failure> {
        let names = self.steps.iter().map(|it| &it.name);
        let others = self.holds.iter().map(|it| &it.0);
        let name = names
            .chain(others)
            .chain(&self.wanted)
            .chain(&self.repairs)
            .chain(&self.purges)
            .next();
        let name = name.map_or_else(String::new, |it| format!(" `{it}`"));
        host.check_root(&format!("the package{name} cannot be changed"))
    }
}

impl PackagesChange {
    /// What is unknown after it.
    pub(in crate::tools) fn spoils(&self) -> Spoils {
        Spoils::PACKAGES.and(Area::Paths(self.files.clone()))
    }
}

impl Describe for PackagesChange {
    fn diff(&self) -> Vec<Diff> {
        let mut steps = self.steps.clone();
        steps.sort();
        let mut text = String::new();
        for step in &steps {
            for (sign, version) in [('-', &step.before), ('+', &step.after)] {
                if let Some(version) = version {
                    text.extend([&*sign.to_string(), &step.name, " ", version, "\n"]);
                }
            }
        }
        for name in &self.repairs {
            text.extend(["-", name, " half-way\n"]);
        }
        for name in &self.purges {
            text.extend(["-", name, " configuration\n"]);
        }
        for (name, hold) in &self.holds {
            let sign = if *hold { "+" } else { "-" };
            text.extend([sign, name, " on hold\n"]);
        }
        for name in &self.wanted {
            text.extend(["+", name, " for its own sake\n"]);
        }
        vec![Diff {
            title: "packages".to_owned(),
            text,
        }]
    }
}

/// One of the packages that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(in crate::tools) struct PackageVersion {
    /// Its name.
    pub(in crate::tools) name: String,
    /// The version that is installed now; not there where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::tools) version: Option<String>,
}

/// The packages that were asked for.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Packages {
    /// Each of them with the version that is installed now, in the order asked for.
    pub(in crate::tools) packages: Vec<PackageVersion>,
}
