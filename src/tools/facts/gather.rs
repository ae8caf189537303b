//! Looks a host over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Area, Finding, Footprint, Tool};
use crate::tools::facts::hardware::{self, Cpus, Interface, Memory};
use crate::tools::facts::installed;
use crate::tools::facts::mounts::{self, Mount};
use crate::tools::facts::services::{self, Service};

/// `facts.gather`.
#[derive(Debug)]
pub(crate) struct Gather;

/// What to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Section {
    /// Installed packages with their versions.
    Packages,
    /// Services, and whether they run.
    Services,
    /// Mounted filesystems.
    Mounts,
    /// Network interfaces with their addresses.
    Interfaces,
    /// Processors.
    Cpus,
    /// Memory.
    Memory,
}

/// Looks a host over, for what `facts` does not bring by itself. Only the parts that are asked for are looked at.
///
/// Check mode: looks.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What to look at; everything where this is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<Section>>,
}

/// What was found; what was not asked for is not there.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The version of each installed package, by name: of dpkg, pacman, apk or rpm.
    #[serde(skip_serializing_if = "Option::is_none")]
    packages: Option<BTreeMap<String, String>>,
    /// Services by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    services: Option<BTreeMap<String, Service>>,
    /// Mounted filesystems, in the order in which they were mounted.
    #[serde(skip_serializing_if = "Option::is_none")]
    mounts: Option<Vec<Mount>>,
    /// Network interfaces by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    interfaces: Option<BTreeMap<String, Interface>>,
    /// Processors.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpus: Option<Cpus>,
    /// Memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<Memory>,
}

impl Tool for Gather {
    const NAME: &'static str = "facts.gather";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = Some("parts");
    const EXAMPLE: &'static str = "facts.gather: { parts: [packages, memory] }";

    type Args = Args;
    type Change = std::convert::Infallible;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::reads(Area::Everything)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let wants = |part: Section| args.parts.as_ref().is_none_or(|it| it.contains(&part));
        let mut found = Output::default();
        if wants(Section::Packages) {
            found.packages = Some(installed::read(host)?);
        }
        if wants(Section::Services) {
            found.services = Some(services::read(host)?);
        }
        if wants(Section::Mounts) {
            found.mounts = Some(mounts::read(host)?);
        }
        if wants(Section::Interfaces) {
            found.interfaces = Some(hardware::interfaces(host)?);
        }
        if wants(Section::Cpus) {
            found.cpus = Some(hardware::cpus(host)?);
        }
        if wants(Section::Memory) {
            found.memory = Some(hardware::memory(host)?);
        }
        Ok(Finding::Settled(found))
    }

    fn apply(_: &Args, change: Self::Change, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}
