//! Writes a file.

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, ModeChange, Text};
use crate::blob::Blob;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Controller, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::{
    Content, FileChange, Over, Texts, Wanted, Written, caution, compare_over, deploy, footprint, offer,
    verify_file,
};

const fn yes() -> bool {
    true
}

/// `fs.write`.
#[derive(Debug)]
pub(crate) struct Write;

/// Makes a file hold exactly this content. The new file takes the place of the old one whole or not at all, and keeps
/// its owner, mode and extended attributes unless told otherwise. A symbolic link is written through; where the host's
/// user is root, only if the link is root's or belongs to the owner of what it points to.
///
/// Check mode: says whether the file would change, and how.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an argument of its own, none a state"
)]
pub(crate) struct Args {
    /// The file.
    path: HostPath,
    /// Its content: text or bytes.
    #[serde(default)]
    content: Text,
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
    /// Creates missing directories above it; they get the owner and group.
    #[serde(default)]
    parents: bool,
    /// Writes over what the file holds. If it is false, a file that is there keeps its content; mode and owner are still set.
    #[serde(default = "yes")]
    force: bool,
    /// Only makes a file that is not there: one that is there stays as it is, its content, mode and owner.
    #[serde(default)]
    only_if_absent: bool,
    /// The content on its way to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    blob: Option<Blob>,
}

impl Tool for Write {
    const NAME: &'static str = "fs.write";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str =
        "fs.write: { path: /etc/motd, content: \"authorized use only\\n\", mode: 0644 }";

    type Args = Args;
    type Change = FileChange;
    type Output = Written;

    fn footprint(args: &Args) -> Footprint {
        footprint(
            &args.path,
            args.owner.as_ref().or(args.group.as_ref()),
            args.validate.as_ref(),
        )
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        verify_file("path", &args.path, args.validate.as_ref())
    }

    fn prepare(mut args: Args, controller: Controller<'_>) -> Result<Args, Failure> {
        offer(&mut args.content, &mut args.blob, controller)?;
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let content = match &args.blob {
            Some(blob) => Content::Blob(blob.clone()),
            None => Content::Bytes(args.content.0.clone()),
        };
        Ok(
            match compare_over(
                &wanted(args),
                content,
                Over::of(args.force, args.only_if_absent),
                host,
            )? {
                Ok(settled) => Finding::Settled(settled),
                Err(change) => Finding::Pending(change),
            },
        )
    }

    fn apply(args: &Args, change: FileChange, host: &Writer<'_>) -> Result<Written, Failure> {
        deploy(&wanted(args), change, host)
    }
}

fn wanted(args: &Args) -> Wanted<'_> {
    Wanted {
        path: &args.path,
        mode: args.mode.clone(),
        owner: args.owner.as_ref(),
        group: args.group.as_ref(),
        caution: caution(args.backup, args.validate.as_ref()),
        parents: args.parents,
        text: Texts::Kept,
    }
}
