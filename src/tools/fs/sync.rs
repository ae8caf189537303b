//! Keeps two directories alike.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

use crate::argument::{ModeChange, OneOrMany, Text};
use crate::blob::Blob;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Caution, Follow, Mounts, Reader, Target, Writer};
use crate::tool::{Access, Controller, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::{Over, accounts, no_folder};
use crate::tools::fs::fetch::{absolute, existing, offer_have, read_have};
use crate::tools::fs::fetched::{self, Sending};
use crate::tools::fs::manifest::{Item, gather_without};
use crate::tools::fs::tree::{Bits, Extra, Links, Tree, TreeChange};
use crate::tools::fs::tree_look::Thing;

/// Which of the two is made like the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Direction {
    /// The host's is made like the controller's.
    #[default]
    Push,
    /// The controller's is made like the host's.
    Pull,
}

/// `fs.sync`.
#[derive(Debug)]
pub(crate) struct Sync;

/// Makes a directory of the host like one of the controller, or the other way round. Only files whose size or hash differs are
/// sent, and each takes its place whole. Of a large file (above 8 MiB) only the parts are sent that the file in its place does
/// not have, and none of its holes. With `delete`, what the source does not have is removed, and so is what is of another
/// sort than in the source. A push makes symbolic links as they are, and puts files and directories in the place of links that
/// the source does not have; nothing is written through a link below `path`. A pull leaves links out, since a host must not
/// place links on the controller.
///
/// Check mode: says what would be written and removed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The directory on the controller; relative to the playbook's file. Where several hosts are pulled from, it must have the
    /// host's name in it.
    #[schemars(extend("x-role" = "controller_target"))]
    local: String,
    /// The directory on the host.
    path: HostPath,
    /// Which is made like the other.
    #[serde(default)]
    direction: Direction,
    /// Removes what the source does not have, or has as something else.
    #[serde(default)]
    delete: bool,
    /// Patterns such as `*.tmp` or `.git`: names that match one of them are neither sent nor removed, directories with all
    /// that is in them. A directory that holds one stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    excludes: Option<OneOrMany<String>>,
    /// Also goes into other file systems that are mounted below: into those of the host for a pull, and for `delete` into those
    /// of the side that is changed. Otherwise such a mount is a failure, before anything is changed.
    #[serde(default)]
    other_file_systems: bool,
    /// Of a push: the permission bits of files. By default 0644 or, where the source is executable, 0755.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<ModeChange>,
    /// Of a push: the permission bits of directories; new ones get 0755 less the umask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directory_mode: Option<ModeChange>,
    /// Of a push: the owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// Of a push: the group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// The host's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    host: Option<String>,
    /// What the controller has, on its way to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    have: Option<Blob>,
}

/// What was done.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Files that were sent.
    files: u64,
    /// Bytes of content that were sent.
    bytes: u64,
    /// Things that were removed.
    removed: u64,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Change {
    Push(TreeChange),
    Pull(Sending),
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        match self {
            Self::Push(change) => change.diff(),
            Self::Pull(sending) => sending.diff(),
        }
    }
}

impl Tool for Sync {
    const NAME: &'static str = "fs.sync";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str =
        "fs.sync: { local: site/, path: /srv/site, delete: true, excludes: [\".git\", \"*.tmp\"] }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = match args.direction {
            Direction::Push => Footprint::writes(args.path.area()),
            Direction::Pull => Footprint::reads(args.path.area()),
        };
        if args.owner.is_some() || args.group.is_some() {
            footprint.reads.extend(&accounts());
        }
        footprint
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        let found = args.patterns().map(drop);
        found.map_err(|failure| ("excludes", failure.message))
    }

    fn prepare(mut args: Args, controller: Controller<'_>) -> Result<Args, Failure> {
        if args.have.is_some() {
            return Err(Failure::new(Kind::Invalid, "unknown argument `have`"));
        }
        let excludes = args.patterns()?;
        args.path = args.path.without_slash();
        args.have = Some(match args.direction {
            Direction::Push => {
                let items = gather_without(&args.local, &excludes, controller.blobs)?;
                let packed = rmp_serde::to_vec(&items).map_err(|error| {
                    let message = format!("the list of files cannot be sent: {error}");
                    Failure::new(Kind::Invalid, message)
                })?;
                controller.blobs.bytes(packed)
            }
            Direction::Pull => {
                let given = [
                    args.mode.is_some(),
                    args.directory_mode.is_some(),
                    args.owner.is_some(),
                    args.group.is_some(),
                ];
                if given.contains(&true) {
                    let message = "`mode`, `directory_mode`, `owner` and `group` are for a push only";
                    return Err(Failure::new(Kind::Invalid, message));
                }
                if Path::new(&args.local).is_file() {
                    let message = format!("`{}` is a file, and a directory is to be written", args.local);
                    return Err(Failure::new(Kind::Conflict, message));
                }
                args.local = absolute(&args.local)?
                    .into_os_string()
                    .into_string()
                    .map_err(|_| Failure::new(Kind::Invalid, "`local` would not be UTF-8 text"))?;
                offer_have(Path::new(&args.local), controller)?
            }
        });
        Ok(args)
    }

    fn target(args: &Args) -> Option<Target> {
        (args.direction == Direction::Pull).then(|| Target {
            path: PathBuf::from(&args.local),
            is_folder: true,
            may_remove: args.delete,
        })
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let excludes = args.patterns()?;
        let change = match args.direction {
            Direction::Push => {
                let blob = args.have.as_ref();
                let blob =
                    blob.ok_or_else(|| Failure::new(Kind::Invalid, "nothing was prepared to be sent"))?;
                let items: Vec<Item> = rmp_serde::from_slice(&host.fetch(blob)?).map_err(|error| {
                    let message = format!("the list of files is damaged: {error}");
                    Failure::new(Kind::Invalid, message)
                })?;
                let above = args.path.as_path().parent();
                let found = above.map_or(Ok(None), |above| host.metadata(above, Follow::Yes))?;
                if above.is_some() && !found.is_some_and(|it| it.is_dir()) {
                    return Err(no_folder(&args.path));
                }
                let extra = Extra {
                    excludes: &excludes,
                    mounts: Mounts::entered(args.other_file_systems),
                };
                let extra = args.delete.then_some(&extra);
                let things = items.into_iter().map(Thing::from).collect();
                args.tree().compare(things, extra, host)?.map(Change::Push)
            }
            Direction::Pull => {
                let folder = HostPath::new(format!("{}/", args.path).as_bytes())
                    .map_err(|message| Failure::new(Kind::Invalid, message))?;
                let wanted = fetched::Wanted {
                    root: existing(&folder, host)?,
                    shown: PathBuf::from(&args.local),
                    have: read_have(args.have.as_ref(), host)?,
                    excludes: &excludes,
                    delete: args.delete,
                    other_file_systems: args.other_file_systems,
                };
                fetched::compare(wanted, host)?.map(Change::Pull)
            }
        };
        Ok(match change {
            Some(change) => Finding::Pending(change),
            None => Finding::Settled(Output {
                files: 0,
                bytes: 0,
                removed: 0,
            }),
        })
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        Ok(match change {
            Change::Push(change) => {
                let done = args.tree().apply(change, host)?;
                Output {
                    files: done.files,
                    bytes: done.bytes,
                    removed: done.removed,
                }
            }
            Change::Pull(sending) => {
                let sent = fetched::send(sending, host)?;
                Output {
                    files: sent.files,
                    bytes: sent.bytes,
                    removed: sent.removed,
                }
            }
        })
    }
}

impl Args {
    fn tree(&self) -> Tree<'_> {
        Tree {
            dest: &self.path,
            mode: self.mode.as_ref().map_or(Bits::Usual, Bits::Of),
            directory_mode: self.directory_mode.as_ref(),
            owner: self.owner.as_ref(),
            group: self.group.as_ref(),
            caution: Caution::default(),
            links: Links::Replace,
            over: Over::Anything,
        }
    }

    fn patterns(&self) -> Result<GlobSet, Failure> {
        let mut set = GlobSetBuilder::new();
        for pattern in self.excludes.iter().flat_map(|it| &it.0) {
            let glob = GlobBuilder::new(pattern).backslash_escape(true).build();
            set.add(glob.map_err(|error| {
                let message = format!("`{pattern}` is not a pattern: {}", error.kind());
                Failure::new(Kind::Invalid, message)
            })?);
        }
        set.build()
            .map_err(|error| Failure::new(Kind::Invalid, format!("too many patterns: {error}")))
    }
}
