//! Writes a rendered template.

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

/// `template.file`.
#[derive(Debug)]
pub(crate) struct File;

/// Renders a template on the controller and makes a file on the host hold the result, as `fs.write` does: whole or not at
/// all, keeping owner, mode and extended attributes unless told otherwise.
///
/// The newline after a block is left out, and the last newline of the file stays. A first line such as
/// `#jinja2: lstrip_blocks: True` sets `trim_blocks` and `lstrip_blocks` and is not written; other settings are an error.
///
/// Check mode: says whether the file would change, and how.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an argument of its own, none a state"
)]
pub(crate) struct Args {
    /// The template, a file on the controller. It may bring in others, by `include`, `extends` and `import`.
    #[schemars(extend("x-role" = "template_file"))]
    src: Text,
    /// The file on the host.
    dest: HostPath,
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
    /// The text on its way to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    blob: Option<Blob>,
}

impl Tool for File {
    const NAME: &'static str = "template.file";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "template.file: { src: templates/nginx.conf.j2, dest: /etc/nginx/nginx.conf, validate: nginx -t -c %s }";

    type Args = Args;
    type Change = FileChange;
    type Output = Written;

    fn footprint(args: &Args) -> Footprint {
        footprint(
            &args.dest,
            args.owner.as_ref().or(args.group.as_ref()),
            args.validate.as_ref(),
        )
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        verify_file("dest", &args.dest, args.validate.as_ref())
    }

    fn prepare(mut args: Args, controller: Controller<'_>) -> Result<Args, Failure> {
        offer(&mut args.src, &mut args.blob, controller)?;
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let content = match &args.blob {
            Some(blob) => Content::Blob(blob.clone()),
            None => Content::Bytes(args.src.0.clone()),
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
        path: &args.dest,
        mode: args.mode.clone(),
        owner: args.owner.as_ref(),
        group: args.group.as_ref(),
        caution: caution(args.backup, args.validate.as_ref()),
        parents: args.parents,
        text: Texts::Kept,
    }
}
