//! Takes a repository away from pacman.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::fs::deploy::{FileChange, compare_edit, deploy};
use crate::tools::pacman_repository::config;

/// `pacman_repository.absent`.
#[derive(Debug)]
pub(crate) struct Absent;

/// Makes sure that `/etc/pacman.conf` does not name a repository. Comments, sections that are commented out and all others
/// stay as they are, and so does what was installed from it.
///
/// Check mode: says how the file would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The name.
    name: String,
}

/// The repository that is not there.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Its name.
    name: String,
}

impl Tool for Absent {
    const NAME: &'static str = "pacman_repository.absent";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "pacman_repository.absent: shop";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = FileChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::REPOSITORIES
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        config::check_name(&args.name).map_err(|it| ("name", it))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let (path, judge) = (config::path()?, config::judge());
        let before = config::read(host)?;
        let after = config::without(&before, &args.name).into_bytes();
        let found = compare_edit(&config::wanted(&path, &judge), before.as_bytes(), after, host)?;
        Ok(match found {
            Ok(_) => Finding::Settled(output(args)),
            Err(change) => Finding::Pending(change),
        })
    }

    fn apply(args: &Args, change: FileChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let (path, judge) = (config::path()?, config::judge());
        deploy(&config::wanted(&path, &judge), change, host)?;
        Ok(output(args))
    }
}

fn output(args: &Args) -> Output {
    Output {
        name: args.name.clone(),
    }
}
