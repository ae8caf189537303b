//! Removes packages that apt has fetched and keeps.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, Tool};
use crate::tools::apt::{command, simulation};

const ARCHIVES: &str = "/var/cache/apt/archives";

/// `apt.clean`.
#[derive(Debug)]
pub(crate) struct Clean;

/// Removes the files of packages that apt has fetched and keeps in `/var/cache/apt/archives`; what is installed stays.
///
/// Check mode: says how many bytes would go.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Removes all of them; if not, only those that the repositories do not offer any more.
    #[serde(default = "yes")]
    all: bool,
}

const fn yes() -> bool {
    true
}

/// What is gone.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// How many bytes.
    bytes: u64,
}

/// Files that are to go.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    paths: Vec<PathBuf>,
    bytes: u64,
}

impl Describe for Fetched {
    fn diff(&self) -> Vec<Diff> {
        let before = format!("{} files, {} bytes", self.paths.len(), self.bytes);
        vec![Diff::of_property(ARCHIVES, "packages", Some(&before), None)]
    }
}

impl Tool for Clean {
    const NAME: &'static str = "apt.clean";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "apt.clean: {}";

    type Args = Args;
    type Change = Fetched;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint {
            reads: Area::Everything,
            writes: Area::path(ARCHIVES),
        }
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let mut found = Fetched::default();
        for folder in [PathBuf::from(ARCHIVES), Path::new(ARCHIVES).join("partial")] {
            for name in host.names_in(&folder)? {
                let path = folder.join(&name);
                let is_package = path.extension().is_some_and(|it| it == "deb");
                let meta = host.metadata(&path, Follow::No)?;
                if let Some(meta) = meta.filter(|it| is_package && it.is_file()) {
                    found.bytes += meta.size();
                    found.paths.push(path);
                }
            }
        }
        if !args.all && !found.paths.is_empty() {
            let outdated = outdated(host)?;
            let is_outdated = |path: &PathBuf| {
                let name = path
                    .file_name()
                    .map(|it| it.to_string_lossy())
                    .unwrap_or_default();
                outdated.iter().any(|it| name.starts_with(&**it))
            };
            let mut kept = Fetched::default();
            for path in found.paths.into_iter().filter(is_outdated) {
                kept.bytes += host.metadata(&path, Follow::No)?.map_or(0, |it| it.size());
                kept.paths.push(path);
            }
            found = kept;
        }
        for path in &found.paths {
            if let Some(at) = host.locate(path, Follow::No)?
                && let Some(stat) = at.stat()?
            {
                host.check_removable(&at, &stat)?;
            }
        }
        Ok(if found.paths.is_empty() {
            Finding::Settled(Output { bytes: 0 })
        } else {
            Finding::Pending(found)
        })
    }

    fn apply(_: &Args, change: Fetched, host: &Writer<'_>) -> Result<Output, Failure> {
        for path in &change.paths {
            if let Some(at) = host.locate(path, Follow::No)? {
                host.remove(&at)?;
            }
        }
        Ok(Output { bytes: change.bytes })
    }
}

/// How the names of files begin that apt would remove: `Del shop 1:1.0-1 [1,024 B]` is `shop_1%3a1.0-1_`.
fn outdated(host: &Reader<'_>) -> Result<Vec<String>, Failure> {
    let ended = command::ask(host, "apt-get", &["-s", "autoclean"])?;
    if ended.exit_code != 0 {
        return Err(simulation::refusal(&ended));
    }
    let said = String::from_utf8_lossy(&ended.stdout.bytes).into_owned();
    let start = |line: &str| {
        let mut words = line.strip_prefix("Del ")?.split(' ');
        let (name, version) = (words.next()?, words.next()?.replace(':', "%3a"));
        Some(format!("{name}_{version}_"))
    };
    Ok(said.lines().filter_map(start).collect())
}
