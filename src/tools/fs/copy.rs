//! Copies a file or folder to the host.

use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use crate::argument::{Argv, FileMode, Text};
use crate::blob::Blob;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Location, Reader, Writer};
use crate::tool::{Access, Controller, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::fs::deploy::{
    Content, FileChange, Texts, Wanted, caution, compare, deploy, footprint, no_folder,
};
use crate::tools::fs::manifest::{Item, What, base_name, gather};

/// `fs.copy`.
#[derive(Debug)]
pub(crate) struct Copy;

/// Copies a file or folder from the controller to the host. Only files whose content differs are sent, in chunks, and each
/// takes its place whole or not at all. A folder `app` is copied as a whole to `dest/app`; `app/`, with a slash, means what
/// is in it. Nothing is ever removed.
///
/// Check mode: says which files would change, and how.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The file or folder on the controller.
    #[schemars(extend("x-role" = "controller_file"))]
    src: String,
    /// Where to, on the host. For a file: its path, or with a slash at its end the folder that it goes into.
    dest: HostPath,
    /// The permission bits of files, such as 0644. By default 0644 or, where the source is executable, 0755.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<FileMode>,
    /// The permission bits of the folders that are copied, such as 0755; new ones get 0755 less the umask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directory_mode: Option<FileMode>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// Keeps the old file beside the new one, as `NAME.20260131-235959~`.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it takes its place; `%s` in it is the path of the new file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "command"))]
    validate: Option<Argv>,
    /// Creates missing folders above `dest`.
    #[serde(default)]
    parents: bool,
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
    /// Files that were sent.
    files: u64,
    /// Bytes that were sent.
    bytes: u64,
}

impl Tool for Copy {
    const NAME: &'static str = "fs.copy";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.copy: { src: ./, dest: /srv/app/ }";

    type Args = Args;
    type Change = CopyChange;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        footprint(
            &args.dest,
            args.owner.as_ref().or(args.group.as_ref()),
            args.validate.as_ref(),
        )
    }

    fn prepare(mut args: Args, controller: Controller<'_>) -> Result<Args, Failure> {
        if args.manifest.is_some() {
            return Err(Failure::new(Kind::Invalid, "unknown argument `manifest`"));
        }
        let items = gather(&args.src, controller.blobs)?;
        let is_file = matches!(items[0].what, What::File { .. });
        // A slash at the end of a folder's name means what is in it; at the end of the destination, that it is a folder.
        let into = if is_file {
            args.dest.ends_in_slash()
        } else {
            !args.src.ends_with('/')
        };
        if into {
            let name = base_name(&args.src).ok_or_else(|| {
                Failure::new(
                    Kind::Invalid,
                    format!("`{}` has no name; end it with `/`", args.src),
                )
            })?;
            args.dest = args.dest.join(name);
        } else {
            args.dest = args.dest.without_slash();
        }
        if !is_file && args.validate.is_some() {
            return Err(Failure::new(
                Kind::Invalid,
                "`validate` works for a file only, and `src` is a folder",
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
        let Some(manifest) = &args.manifest else {
            return Err(Failure::new(Kind::Invalid, "nothing was prepared to be copied"));
        };
        let items: Vec<Item> = rmp_serde::from_slice(&host.fetch(manifest)?)
            .map_err(|error| Failure::new(Kind::Invalid, format!("the list of files is damaged: {error}")))?;
        if !args.parents && host.locate(args.dest.as_path(), Follow::Yes)?.is_none() {
            return Err(no_folder(&args.dest));
        }
        let mut steps = Vec::new();
        for item in items {
            host.check_canceled()?;
            let path = match item.path.as_bytes() {
                b"" => args.dest.clone(),
                _ => args.dest.join(item.path.as_os_str()),
            };
            steps.extend(look(args, path, item.what, host)?);
        }
        if steps.is_empty() {
            return Ok(Finding::Settled(Output::at(args)));
        }
        Ok(Finding::Pending(CopyChange { steps }))
    }

    fn apply(args: &Args, change: CopyChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let mut output = Output::at(args);
        for step in change.steps {
            match step {
                Step::Folder { path, wanted, .. } => {
                    let at = host.make_place(path.as_path(), Follow::Yes)?;
                    host.make_folder(&at, &wanted)?;
                }
                Step::Link { path, target, .. } => {
                    let at = host.make_place(path.as_path(), Follow::No)?;
                    host.make_link(&at, &target, &owner(args, host)?)?;
                }
                Step::File {
                    path,
                    size,
                    mode,
                    change,
                } => {
                    if change.has_content() {
                        output.files += 1;
                        output.bytes += size;
                    }
                    deploy(&wanted(args, &path, mode), *change, host)?;
                }
            }
        }
        Ok(output)
    }
}

impl Output {
    fn at(args: &Args) -> Self {
        Self {
            path: args.dest.as_path().as_os_str().to_owned().into(),
            files: 0,
            bytes: 0,
        }
    }
}

/// What is to be done to one thing.
#[derive(Debug)]
enum Step {
    Folder {
        path: HostPath,
        wanted: Attributes,
        diffs: Vec<Diff>,
    },
    Link {
        path: HostPath,
        target: Text,
        before: Option<Text>,
    },
    File {
        path: HostPath,
        size: u64,
        mode: FileMode,
        change: Box<FileChange>,
    },
}

/// What is to be done to make a copy.
#[derive(Debug)]
pub(crate) struct CopyChange {
    steps: Vec<Step>,
}

/// More differences than this are counted rather than shown.
const SHOWN: usize = 100;

impl Describe for CopyChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = Vec::new();
        for step in self.steps.iter().take(SHOWN) {
            match step {
                Step::Folder { diffs: more, .. } => diffs.extend(more.iter().cloned()),
                Step::Link { path, target, before } => {
                    let before = before.as_ref().map(Text::to_string_lossy);
                    let target = target.to_string_lossy();
                    diffs.push(Diff::of_property(
                        path.to_string(),
                        "target",
                        before.as_deref(),
                        Some(&target),
                    ));
                }
                Step::File { change, .. } => diffs.extend(change.diff()),
            }
        }
        if let Some(rest) = self.steps.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
            diffs.push(Diff {
                title: "and more".into(),
                text: format!("{rest} other files, folders and links differ\n"),
            });
        }
        diffs
    }
}

fn owner(args: &Args, host: &Reader<'_>) -> Result<Attributes, Failure> {
    Attributes::of(host, None, args.owner.as_ref(), args.group.as_ref())
}

fn wanted<'a>(args: &'a Args, path: &'a HostPath, mode: FileMode) -> Wanted<'a> {
    Wanted {
        path,
        mode: Some(mode),
        owner: args.owner.as_ref(),
        group: args.group.as_ref(),
        caution: caution(args.backup, args.validate.as_ref()),
        parents: true,
        text: if *path == args.dest {
            Texts::Kept
        } else {
            Texts::Dropped
        },
    }
}

fn look(args: &Args, path: HostPath, what: What, host: &Reader<'_>) -> Result<Option<Step>, Failure> {
    match what {
        What::File { blob, is_executable } => {
            let default = FileMode(if is_executable { 0o755 } else { 0o644 });
            let mode = args.mode.unwrap_or(default);
            let size = blob.size;
            Ok(
                match compare(&wanted(args, &path, mode), Content::Blob(blob), host)? {
                    Ok(_) => None,
                    Err(change) => Some(Step::File {
                        path,
                        size,
                        mode,
                        change: Box::new(change),
                    }),
                },
            )
        }
        What::Folder => {
            let mode = args.directory_mode;
            let wanted = Attributes::of(host, mode, args.owner.as_ref(), args.group.as_ref())?;
            let title = path.to_string();
            let place = host.locate(path.as_path(), Follow::Yes)?;
            let Some(stat) = place.as_ref().map_or(Ok(None), Location::stat)? else {
                let mut diffs = vec![Diff::of_property(&title, "state", Some("absent"), Some("folder"))];
                diffs.extend(wanted.diff(host, &title, None));
                return Ok(Some(Step::Folder { path, wanted, diffs }));
            };
            if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                let message = format!("cannot create the folder `{title}`: something else is there");
                return Err(Failure::new(Kind::Conflict, message));
            }
            let wanted = wanted.missing_in(&stat);
            let diffs = wanted.diff(host, &title, Some(&stat));
            Ok((!wanted.is_empty()).then_some(Step::Folder { path, wanted, diffs }))
        }
        What::Link { target } => {
            let place = host.locate(path.as_path(), Follow::No)?;
            let Some((place, stat)) = place.map(|it| it.stat().map(|stat| (it, stat))).transpose()? else {
                return Ok(Some(Step::Link {
                    path,
                    target,
                    before: None,
                }));
            };
            let Some(stat) = stat else {
                return Ok(Some(Step::Link {
                    path,
                    target,
                    before: None,
                }));
            };
            if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
                let message = format!("cannot create the link `{path}`: something else is there");
                return Err(Failure::new(Kind::Conflict, message));
            }
            let before = place.link_target()?;
            let is_settled = before == target && owner(args, host)?.missing_in(&stat).is_empty();
            Ok((!is_settled).then_some(Step::Link {
                path,
                target,
                before: Some(before),
            }))
        }
    }
}
