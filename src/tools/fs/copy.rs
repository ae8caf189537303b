//! Copies a file or directory to the host.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, KeptMode, ModeChange, Text};
use crate::blob::Blob;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Controller, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::copy_here::Source;
use crate::tools::fs::deploy::{Over, caution, footprint, no_folder, verify_validate};
use crate::tools::fs::manifest::{Item, What, base_name, gather};
use crate::tools::fs::tree::{Bits, Links, Tree, TreeChange};
use crate::tools::fs::tree_look::Thing;

const fn yes() -> bool {
    true
}

/// `fs.copy`.
#[derive(Debug)]
pub(crate) struct Copy;

/// Copies a file or directory to the host, from the controller or, with `host_src`, from another place of the host. Only files
/// whose content differs are written, from the controller in chunks, and each takes its place whole or not at all. A directory
/// `app` is copied as a whole to `dest/app`; `app/`, with a slash, means what is in it. Nothing is ever removed. A link on the
/// host is written through, be it `dest` or below it: what it points to gets the content. `fs.sync` puts files and directories
/// in the place of links.
///
/// Check mode: says which files would change, and how.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an argument of its own, none a state"
)]
pub(crate) struct Args {
    /// The file or directory on the controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "controller_file"))]
    src: Option<String>,
    /// The file or directory on the host, instead. Links in it are copied as links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host_src: Option<HostPath>,
    /// Where to, on the host. For a file: its path, or with a slash at its end the directory that it goes into.
    dest: HostPath,
    /// The permission bits of files, such as 0644 or u=rw,go=r; `preserve`: those of the source, without setuid, setgid and
    /// sticky. By default 0644 or, where the source is executable, 0755; with `host_src` those of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<KeptMode>,
    /// The permission bits of the directories that are copied, such as 0755 or u=rwx,go=rx; new ones get 0755 less the umask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directory_mode: Option<ModeChange>,
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
    /// Creates missing directories above `dest`; they get the owner and group.
    #[serde(default)]
    parents: bool,
    /// Writes over what files hold. If it is false, files that are there keep their content.
    /// Mode and owner are still set.
    #[serde(default = "yes")]
    force: bool,
    /// Only makes what is not there: files, directories and links that are there stay as they are, their content, mode and owner.
    #[serde(default)]
    only_if_absent: bool,
    /// What there is to copy, on its way to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    manifest: Option<Blob>,
}

/// What was copied.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is.
    path: Text,
    /// Files that were sent, or copied on the host.
    files: u64,
    /// Bytes that were sent, or copied on the host.
    bytes: u64,
}

impl Tool for Copy {
    const NAME: &'static str = "fs.copy";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.copy: { src: ./, dest: /srv/app/ }";

    type Args = Args;
    type Change = TreeChange;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = footprint(
            &args.dest,
            args.owner.as_ref().or(args.group.as_ref()),
            args.validate.as_ref(),
        );
        if let Some(source) = &args.host_src {
            footprint.reads.extend(&source.area());
        }
        footprint
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        match (&args.src, &args.host_src) {
            (None, None) => {
                let message = "one of `src` and `host_src` is needed";
                return Err((" src host_src", message.to_owned()));
            }
            (Some(_), Some(_)) => {
                let message = "`src` and `host_src` exclude each other";
                return Err(("host_src src", message.to_owned()));
            }
            _ => {}
        }
        verify_validate(args.validate.as_ref())
    }

    fn prepare(mut args: Args, controller: Controller<'_>) -> Result<Args, Failure> {
        if args.manifest.is_some() {
            return Err(Failure::new(Kind::Invalid, "unknown argument `manifest`"));
        }
        let Some(src) = args.src.clone() else {
            return Ok(args);
        };
        let items = gather(&src, controller.blobs)?;
        let is_file = matches!(items[0].what, What::File { .. });
        // A slash at the end of a directory's name means what is in it; at the end of the destination, that it is a directory.
        let into = if is_file {
            args.dest.ends_in_slash()
        } else {
            !src.ends_with('/')
        };
        if into {
            let name = base_name(&src).ok_or_else(|| {
                Failure::new(Kind::Invalid, format!("`{src}` has no name; end it with `/`"))
            })?;
            args.dest = args.dest.join(name);
        } else {
            args.dest = args.dest.without_slash();
        }
        if !is_file && args.validate.is_some() {
            return Err(Failure::new(
                Kind::Invalid,
                "`validate` works for a file only, and `src` is a directory",
            ));
        }
        let packed = rmp_serde::to_vec(&items).map_err(|error| {
            Failure::new(
                Kind::Invalid,
                format!("the list of files cannot be sent: {error}"),
            )
        })?;
        args.manifest = Some(controller.blobs.bytes(packed));
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let (things, dest) = match (&args.manifest, &args.host_src) {
            (Some(manifest), _) => {
                let items: Vec<Item> = rmp_serde::from_slice(&host.fetch(manifest)?).map_err(|error| {
                    Failure::new(Kind::Invalid, format!("the list of files is damaged: {error}"))
                })?;
                let things: Vec<Thing> = items.into_iter().map(Thing::from).collect();
                (things, Cow::Borrowed(&args.dest))
            }
            (None, Some(path)) => {
                let source = Source::find(path, host)?;
                if source.is_folder() && args.validate.is_some() {
                    let message = "`validate` works for a file only, and `host_src` is a directory";
                    return Err(Failure::new(Kind::Invalid, message));
                }
                let dest = source.destination(&args.dest, host)?;
                (source.things(host)?, Cow::Owned(dest))
            }
            (None, None) => return Err(Failure::new(Kind::Invalid, "nothing was prepared to be copied")),
        };
        if !args.parents && host.locate(dest.as_path(), Follow::Yes)?.is_none() {
            return Err(no_folder(&dest));
        }
        Ok(match args.tree(&dest).compare(things, None, host)? {
            None => Finding::Settled(Output::at(&dest)),
            Some(change) => {
                if host.metadata(dest.as_path(), Follow::Yes)?.is_none() {
                    host.check_makeable(dest.as_path())?;
                }
                Finding::Pending(change)
            }
        })
    }

    fn apply(args: &Args, change: TreeChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let dest = change.dest.clone();
        let done = args.tree(&dest).apply(change, host)?;
        Ok(Output {
            files: done.files,
            bytes: done.bytes,
            ..Output::at(&dest)
        })
    }
}

impl Args {
    fn tree<'a>(&'a self, dest: &'a HostPath) -> Tree<'a> {
        Tree {
            dest,
            mode: match &self.mode {
                Some(KeptMode::Of(mode)) => Bits::Of(mode),
                Some(KeptMode::Preserve) => Bits::Kept,
                None if self.host_src.is_some() => Bits::Kept,
                None => Bits::Usual,
            },
            directory_mode: self.directory_mode.as_ref(),
            owner: self.owner.as_ref(),
            group: self.group.as_ref(),
            caution: caution(self.backup, self.validate.as_ref()),
            links: Links::Follow,
            over: Over::of(self.force, self.only_if_absent),
        }
    }
}

impl Output {
    fn at(dest: &HostPath) -> Self {
        Self {
            path: dest.as_path().as_os_str().to_owned().into(),
            files: 0,
            bytes: 0,
        }
    }
}
