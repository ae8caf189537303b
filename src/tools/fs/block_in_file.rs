//! Keeps a block of lines in a file.

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, ModeChange, Text};
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::block::{Markers, Place, with_block};
use crate::tools::fs::deploy::{
    FileChange, Texts, Wanted, Written, caution, compare_edit, deploy, footprint, verify_file,
};
use crate::tools::fs::line_in_file::State;
use crate::tools::fs::old::read_old;
use crate::tools::fs::spot::Spot;

/// `fs.block_in_file`.
#[derive(Debug)]
pub(crate) struct BlockInFile;

/// Makes sure that a block of lines is in a file, between two marker lines that tell it from the rest, or is not. A block
/// that is there already is changed where it is; a new one goes after the last line that `insert_after` finds, else
/// before the last one that `insert_before` finds, else to the end. Everything else in the file stays as it is, to the
/// byte. Two blocks in one file need two markers.
///
/// Check mode: says whether the file would change, and how.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The file.
    path: HostPath,
    /// The lines. Without any, the block is removed.
    #[serde(default)]
    block: Text,
    /// Whether the block is to be there.
    #[serde(default)]
    state: State,
    /// The marker lines: `{mark}` in it becomes `BEGIN` and `END`.
    #[serde(default = "marker")]
    marker: String,
    /// A new block goes after the last line in which this regular expression is found; `EOF`: to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    insert_after: Option<Spot>,
    /// A new block goes before the last line in which this regular expression is found; `BOF`: to the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    insert_before: Option<Spot>,
    /// Creates the file where it does not exist.
    #[serde(default)]
    create: bool,
    /// The permission bits, such as 0644 or u=rw,go=r; a new file gets 0644 less the umask, an old one keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<ModeChange>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// Keeps the old file next to the new one, as `NAME.20260131-235959~`.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it takes its place; `%s` in it is the path of the new file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "command"))]
    validate: Option<Argv>,
}

fn marker() -> String {
    "# {mark} managed by rmote-play".into()
}

impl Tool for BlockInFile {
    const NAME: &'static str = "fs.block_in_file";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.block_in_file: { path: /etc/hosts, marker: \"# {mark} shop\", block: \"10.0.0.1 db\\n10.0.0.2 cache\\n\" }";

    type Args = Args;
    type Change = FileChange;
    type Output = Written;

    fn footprint(args: &Args) -> Footprint {
        let account = args.owner.as_ref().or(args.group.as_ref());
        footprint(&args.path, account, args.validate.as_ref())
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        verify_file("path", &args.path, args.validate.as_ref())?;
        let refuse = |argument, message: &str| Err((argument, message.to_owned()));
        if !args.marker.contains("{mark}") || args.marker.contains(['\n', '\r']) {
            return refuse("marker", "`marker` must be one line in which `{mark}` is");
        }
        if args.insert_after.is_some() && args.insert_before.is_some() {
            return refuse(
                "insert_before insert_after",
                "`insert_after` and `insert_before` exclude each other",
            );
        }
        let markers = args.markers();
        let mut block = args.block.0.split(|byte| *byte == b'\n');
        if block.any(|line| line == markers.begin || line == markers.end) {
            return refuse("block marker", "`block` contains a line that is its own marker");
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let is_wanted = args.state == State::Present && !args.block.0.is_empty();
        let Some(before) = read_old(&args.path, args.create, is_wanted, host)? else {
            return Ok(Finding::Settled(Written::at(args.path.as_path())));
        };
        let place = Place {
            after: args.insert_after.as_ref(),
            before: args.insert_before.as_ref(),
        };
        let block: &[u8] = if is_wanted { &args.block.0 } else { b"" };
        let after = with_block(&before, block, &args.markers(), &place).map_err(|failure| Failure {
            message: format!("cannot change `{}`: {}", args.path, failure.message),
            ..failure
        })?;
        Ok(match compare_edit(&wanted(args), &before, after, host)? {
            Ok(settled) => Finding::Settled(settled),
            Err(change) => Finding::Pending(change),
        })
    }

    fn apply(args: &Args, change: FileChange, host: &Writer<'_>) -> Result<Written, Failure> {
        deploy(&wanted(args), change, host)
    }
}

impl Args {
    fn markers(&self) -> Markers {
        let mark = |word| self.marker.replace("{mark}", word).into_bytes();
        Markers {
            begin: mark("BEGIN"),
            end: mark("END"),
        }
    }
}

fn wanted(args: &Args) -> Wanted<'_> {
    Wanted {
        path: &args.path,
        mode: args.mode.clone(),
        owner: args.owner.as_ref(),
        group: args.group.as_ref(),
        caution: caution(args.backup, args.validate.as_ref()),
        parents: false,
        text: Texts::Kept,
    }
}
