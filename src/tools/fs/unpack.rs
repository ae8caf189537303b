//! Unpacks an archive.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Seek as _};
use std::path::Path;

use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use crate::argument::{ModeChange, OneOrMany, Text};
use crate::blob::Blob;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Batch, Caution, Follow, Found, Location, Reader, Writer, umask};
use crate::tool::{Access, Controller, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::{accounts, no_folder};
use crate::tools::fs::pack::{self, Entry, Limits, Source, Visit, What, look, manifest, new, scan};
use crate::tools::fs::tree::after_others;

/// `fs.unpack`.
#[derive(Debug)]
pub(crate) struct Unpack;

/// Unpacks a tar archive, as it is or packed by gzip, bzip2, xz or zstd, or a zip archive into a directory of the host. Only
/// what differs is written; nothing is removed. The archive is read to its end first, and refused as a whole if it is damaged
/// or cut off, or if something in it has an absolute path, leads out of the directory, is in what is not a directory, or is
/// a device. A link may point to an absolute path; nothing is ever written through a link. Modes are kept, but for setuid,
/// setgid and sticky; owners and times are not. Zeroes in files take no room.
///
/// Check mode: says what would be written.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The archive on the controller. It is sent only if something of it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "controller_file"))]
    src: Option<String>,
    /// The archive on the host, instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host_src: Option<HostPath>,
    /// The directory to unpack in; it is created.
    dest: HostPath,
    /// If this path exists, there is nothing to do, whatever the archive holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    creates: Option<HostPath>,
    /// So many parts are cut from the beginning of each path; what has no more is left out.
    #[serde(default)]
    strip: usize,
    /// Patterns such as `*.conf` or `bin/*`: only what matches one of them is unpacked, directories with all that is in them. They are
    /// matched against the path, after `strip`, and against the name; `*` does not match a slash in a path, and `**` does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    includes: Option<OneOrMany<String>>,
    /// Patterns likewise: what matches one of them is left out, directories with all that is in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    excludes: Option<OneOrMany<String>>,
    /// Leaves files that were changed after those in the archive as they are.
    #[serde(default)]
    only_newer: bool,
    /// The permission bits, such as 0644 or u=rwX,go=rX, counted from those in the archive. By default those in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<ModeChange>,
    /// The owner of what is unpacked, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group of what is unpacked, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// An archive that holds more than this is refused; by default 16 GiB.
    #[serde(default = "most")]
    max_bytes: u64,
    /// The archive on its way to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    blob: Option<Blob>,
    /// What is in it, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    manifest: Option<Blob>,
}

const fn most() -> u64 {
    16 << 30
}

/// What was unpacked.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The directory.
    path: Text,
    /// How many files, directories and links were written.
    written: u64,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    /// Numbers within the archive, and paths to be sure that it is the same.
    wanted: BTreeMap<u64, Text>,
    diffs: Vec<Diff>,
    rest: usize,
}

/// More differences than this are counted rather than shown.
const SHOWN: usize = 100;

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = self.diffs.clone();
        if self.rest > 0 {
            diffs.push(Diff {
                title: "and more".into(),
                text: format!("{} other files, directories and links differ\n", self.rest),
            });
        }
        diffs
    }
}

impl Tool for Unpack {
    const NAME: &'static str = "fs.unpack";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.unpack: { host_src: /tmp/tool-1.2.tar.gz, dest: /opt/tool, strip: 1, creates: /opt/tool/bin/tool }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = Footprint::writes(args.dest.area());
        for path in [&args.host_src, &args.creates].into_iter().flatten() {
            footprint.reads.extend(&path.area());
        }
        if args.owner.is_some() || args.group.is_some() {
            footprint.reads.extend(&accounts());
        }
        footprint
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        for (argument, patterns) in [("includes", &args.includes), ("excludes", &args.excludes)] {
            if let Some(patterns) = patterns {
                pack::patterns(patterns).map_err(|message| (argument, message))?;
            }
        }
        match (&args.src, &args.host_src) {
            (None, None) => Err((
                " src host_src",
                "one of `src` and `host_src` is needed".to_owned(),
            )),
            (Some(_), Some(_)) => Err((
                "host_src src",
                "`src` and `host_src` exclude each other".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    fn prepare(mut args: Args, controller: Controller<'_>) -> Result<Args, Failure> {
        if args.blob.is_some() || args.manifest.is_some() {
            return Err(Failure::new(
                Kind::Invalid,
                "unknown argument: the archive is given as `src`",
            ));
        }
        let Some(src) = &args.src else { return Ok(args) };
        let blob = controller.blobs.file_by_reference(src.as_ref())?;
        let file = std::fs::File::open(src)
            .map_err(|error| Failure::io(format_args!("cannot read `{src}`"), &error))?;
        let entries = manifest(Source::File(file), args.limits()).map_err(|failure| Failure {
            message: format!("`{src}`: {}", failure.message),
            ..failure
        })?;
        let packed = rmp_serde::to_vec(&entries).map_err(|error| {
            Failure::new(
                Kind::Invalid,
                format!("the list of files cannot be sent: {error}"),
            )
        })?;
        args.manifest = Some(controller.blobs.bytes(packed));
        args.blob = Some(blob);
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        if let Some(path) = &args.creates
            && host.metadata(path.as_path(), Follow::No)?.is_some()
        {
            return Ok(Finding::Settled(args.output(0)));
        }
        let entries = match (&args.manifest, &args.host_src) {
            (Some(blob), _) => rmp_serde::from_slice(&host.fetch(blob)?).map_err(|error| {
                Failure::new(Kind::Invalid, format!("the list of files is damaged: {error}"))
            })?,
            (None, Some(path)) => manifest(Args::open(path, host)?, args.limits())?,
            (None, None) => return Err(Failure::new(Kind::Invalid, "nothing was prepared to be unpacked")),
        };
        let owner = Attributes::of(host, None, args.owner.as_ref(), args.group.as_ref())?;
        let root = host
            .locate(args.dest.as_path(), Follow::Yes)?
            .ok_or_else(|| no_folder(&args.dest))?;
        let stat = root.stat()?;
        let is_there = stat.is_some();
        if stat.is_some_and(|it| FileType::from_raw_mode(it.st_mode) != FileType::Directory) {
            let message = format!("cannot unpack into `{}`: it is not a directory", args.dest);
            return Err(Failure::new(Kind::Conflict, message));
        }
        let mut entries = pack::last_of_each(entries);
        pack::Choice::of(args.includes.as_ref(), args.excludes.as_ref())
            .map_err(|message| Failure::new(Kind::Invalid, message))?
            .keep(&mut entries)?;
        pack::check_nesting(&entries)?;
        let mut change = Change {
            wanted: BTreeMap::new(),
            diffs: Vec::new(),
            rest: 0,
        };
        if !is_there {
            host.check_placeable(&root)?;
            host.check_giveable(&args.dest, &owner)?;
            let title = args.dest.to_string();
            let state = Diff::of_property(title, "state", Some("absent"), Some("directory"));
            change.diffs.push(state);
        }
        for (number, mut entry) in entries {
            host.check_canceled()?;
            if args.only_newer && is_there && pack::is_newer(&root, &entry, host)? {
                continue;
            }
            args.set_mode(&mut entry);
            let title = args.dest.as_path().join(entry.path());
            let diff = if is_there {
                look(&root, &entry, owner, &title, host)?
            } else {
                Some(new(&entry, &title))
            };
            if let Some(diff) = diff {
                host.check_giveable(&title.display(), &owner)?;
                if let Some(at) = host.locate_beneath(&root, entry.path())? {
                    match at.stat()? {
                        Some(stat) if matches!(entry.what, What::Folder { .. }) => {
                            host.check_changeable(&at, &stat, &owner)?;
                        }
                        _ => host.check_placeable(&at)?,
                    }
                }
                if change.diffs.len() < SHOWN {
                    change.diffs.push(diff);
                } else {
                    change.rest += 1;
                }
                change.wanted.insert(number, entry.path);
            }
        }
        if change.wanted.is_empty() && is_there {
            return Ok(Finding::Settled(args.output(0)));
        }
        Ok(Finding::Pending(change))
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let owner = Attributes::of(host, None, args.owner.as_ref(), args.group.as_ref())?;
        let root = host.make_place(args.dest.as_path(), Follow::Yes)?;
        if root.stat()?.is_none() {
            host.make_folder(&root, &owner)?;
        }
        let mut batch = Batch::new(host, Caution::default());
        // A directory that may not be written in gets its mode when all in it is done.
        let mut folders = Vec::new();
        let mut left: BTreeSet<u64> = change.wanted.keys().copied().collect();
        let mut others = 0;
        let ended = args.scan(&root, host, &mut |number, mut entry, content| {
            args.set_mode(&mut entry);
            match change.wanted.get(&number) {
                None => return Ok(()),
                Some(path) if *path == entry.path => {}
                Some(_) => return Err(changed()),
            }
            left.remove(&number);
            let at = host.make_place_beneath(&root, entry.path())?;
            others += usize::from(!matches!(entry.what, What::File { .. }));
            match &entry.what {
                What::Folder { mode } => {
                    host.make_folder(
                        &at,
                        &Attributes {
                            mode: Some(mode | 0o700),
                            ..owner
                        },
                    )?;
                    if mode & 0o700 != 0o700 {
                        folders.push((entry.path().to_owned(), *mode));
                    }
                    Ok(())
                }
                What::File { mode, .. } => {
                    let wanted = Attributes {
                        mode: Some(*mode),
                        ..owner
                    };
                    let mut place = Found::at(at)?;
                    // It takes the place of a link or pipe.
                    let is_file = |mode| FileType::from_raw_mode(mode) == FileType::RegularFile;
                    place.stat = place.stat.filter(|stat| is_file(stat.st_mode));
                    batch.add(&place, &wanted, &mut |file| host.pour(&place.at, file, content))
                }
                What::Link { target } => host.make_link(&at, target, &owner),
                What::Same { target } => {
                    // What it is another name of must be in its place.
                    batch.commit()?;
                    let first = host.locate_beneath(&root, Path::new(target.as_os_str()))?;
                    host.make_same(&first.ok_or_else(changed)?, &at)
                }
            }
        });
        ended
            .and_then(|()| batch.commit())
            .map_err(|failure| after_others(failure, others + batch.placed(), change.wanted.len()))?;
        for (path, mode) in folders.into_iter().rev() {
            let at = host.locate_beneath(&root, &path)?;
            host.set_attributes(
                &at.ok_or_else(changed)?,
                &Attributes {
                    mode: Some(mode),
                    ..Attributes::default()
                },
            )?;
        }
        if !left.is_empty() {
            return Err(changed());
        }
        Ok(args.output(change.wanted.len() as u64))
    }
}

fn changed() -> Failure {
    Failure::new(Kind::Conflict, "the archive was changed while it was unpacked")
}

impl Args {
    /// Gives an entry the mode that it is to have.
    fn set_mode(&self, entry: &mut Entry) {
        let is_folder = matches!(entry.what, What::Folder { .. });
        if let (Some(wanted), Some(mode)) = (&self.mode, entry.mode_mut()) {
            *mode = wanted.of(*mode, is_folder, umask());
        }
    }

    const fn limits(&self) -> Limits {
        Limits {
            strip: self.strip,
            bytes: self.max_bytes,
        }
    }

    fn output(&self, written: u64) -> Output {
        Output {
            path: self.dest.as_path().as_os_str().to_owned().into(),
            written,
        }
    }

    fn open(path: &HostPath, host: &Reader<'_>) -> Result<Source<'static>, Failure> {
        let missing = || Failure::new(Kind::NotFound, format!("`{path}` does not exist"));
        let at = host.locate(path.as_path(), Follow::Yes)?.ok_or_else(missing)?;
        let stat = at.stat()?.ok_or_else(missing)?;
        crate::tools::fs::deploy::require_file(&path.to_string(), &stat)?;
        host.open_at(&at).map(Source::File)
    }

    /// Goes through the archive, wherever it is.
    fn scan(&self, root: &Location, host: &Writer<'_>, visit: &mut Visit<'_>) -> Result<(), Failure> {
        let source = match (&self.blob, &self.host_src) {
            (Some(blob), _) => {
                let is_zip = self
                    .src
                    .as_ref()
                    .is_some_and(|it| it.to_ascii_lowercase().ends_with(".zip"));
                if let Some(inline) = &blob.inline {
                    Source::Stream(Box::new(Cursor::new(inline.clone())))
                } else if is_zip {
                    // It is read from its end.
                    let mut file = host.scratch(root)?;
                    host.fill(root, &mut file, blob, &mut *host.open(&[blob]))?;
                    file.rewind()
                        .map_err(|error| Failure::io("cannot read the archive", &error))?;
                    Source::File(file)
                } else {
                    Source::Stream(host.open(&[blob]))
                }
            }
            (None, Some(path)) => Self::open(path, host)?,
            (None, None) => return Err(Failure::new(Kind::Invalid, "nothing was prepared to be unpacked")),
        };
        scan(source, self.limits(), visit)
    }
}
