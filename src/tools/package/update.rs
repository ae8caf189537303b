//! Reads the lists of the repositories again, with the host's own manager.

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::package::choice::{Choice, choice};
use crate::tools::packages::{Lists, Refresh};
use crate::tools::{apk, apt, dnf, pacman};

/// `package.update`.
#[derive(Debug)]
pub(crate) struct Update;

/// Reads the lists of the repositories again, with apt, dnf, pacman or apk, whichever the host has: always, or with `ttl` only
/// where they are older than that. As `apt.update`, `dnf.update`, `pacman.update` or `apk.update` with their defaults. It is
/// `changed` where something in them is new.
///
/// Check mode: says whether they would be read.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Lists that are younger are left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<Duration>,
}

impl Tool for Update {
    const NAME: &'static str = "package.update";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("ttl");
    const EXAMPLE: &'static str = "package.update: { ttl: 1h }";
    const FORESEES: bool = false;
    const KNOWS_LATE: bool = true;

    type Args = Args;
    type Change = Refresh;
    type Output = Lists;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::LISTS
    }

    fn is_changed(lists: &Lists) -> bool {
        lists.is_new
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        match choice(host)? {
            Choice::Apt => look::<apt::Update>(&apt::Update::every(args.ttl), host),
            Choice::Dnf => look::<dnf::Update>(&dnf::Update::every(args.ttl), host),
            Choice::Pacman => look::<pacman::Update>(&pacman::Update::every(args.ttl), host),
            Choice::Apk => look::<apk::Update>(&apk::Update::every(args.ttl), host),
        }
    }

    fn apply(args: &Args, change: Refresh, host: &Writer<'_>) -> Result<Lists, Failure> {
        match choice(host)? {
            Choice::Apt => apt::Update::apply(&apt::Update::every(args.ttl), change, host),
            Choice::Dnf => dnf::Update::apply(&dnf::Update::every(args.ttl), change, host),
            Choice::Pacman => pacman::Update::apply(&pacman::Update::every(args.ttl), change, host),
            Choice::Apk => apk::Update::apply(&apk::Update::every(args.ttl), change, host),
        }
    }
}

fn look<T: Tool<Change = Refresh, Output = Lists>>(
    args: &T::Args,
    host: &Reader<'_>,
) -> Result<Finding<Update>, Failure> {
    Ok(match T::inspect(args, host)? {
        Finding::Settled(lists) => Finding::Settled(lists),
        Finding::Pending(refresh) => Finding::Pending(refresh),
    })
}
