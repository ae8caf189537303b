//! What of a host's files the controller does not have yet, and sending it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use globset::GlobSet;
use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::blob::{Blobs, Hash, LARGE, Layout};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Enter, Known, Location, Mounts, Push, Reader, Seen, Unreadable, Writer, is_mount_point};
use crate::tool::Describe;

/// Deeper than this is a loop, or as good as one.
const DEEPEST: usize = 128;

/// Something that the controller has below its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Have {
    path: Text,
    what: Kept,
    /// It is mounted there.
    is_mount: bool,
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Kept {
    Folder,
    File(Held),
    /// A link, a pipe, a device.
    Other,
}

/// What a file of the controller holds: bytes, their hash and, where it is large, its parts.
type Held = (u64, Hash, Option<Layout>);

/// What the controller has at its target.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn have(target: &Path, blobs: &Blobs) -> Result<Vec<Have>, Failure> {
    let mut list = Vec::new();
    match target.metadata() {
        Ok(meta) if meta.is_file() => list.push(Have {
            path: Text::default(),
            what: Kept::File(blobs.old_file(target)?),
            is_mount: false,
        }),
        Ok(meta) if meta.is_dir() => below(target, Path::new(""), blobs, &mut list, 0)?,
        Ok(_) => {
            let message = format!("`{}` is neither a file nor a folder", target.display());
            return Err(Failure::new(Kind::Conflict, message));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(cannot_read(target, &error)),
    }
    Ok(list)
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure::io(format_args!("cannot read `{}`", path.display()), error)
}

fn below(
    folder: &Path,
    inner: &Path,
    blobs: &Blobs,
    list: &mut Vec<Have>,
    depth: usize,
) -> Result<(), Failure> {
    if depth > DEEPEST {
        let message = format!("`{}` is too deep", folder.display());
        return Err(Failure::new(Kind::Invalid, message));
    }
    for entry in fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))? {
        let entry = entry.map_err(|error| cannot_read(folder, &error))?;
        let path = entry.path();
        let sort = entry.file_type().map_err(|error| cannot_read(&path, &error))?;
        let inner = inner.join(entry.file_name());
        let what = if sort.is_file() {
            Kept::File(blobs.old_file(&path)?)
        } else if sort.is_dir() {
            Kept::Folder
        } else {
            Kept::Other
        };
        list.push(Have {
            path: Text(inner.clone().into_os_string().into_vec()),
            what,
            is_mount: is_mount_point(&path),
        });
        if sort.is_dir() {
            below(&path, &inner, blobs, list, depth + 1)?;
        }
    }
    Ok(())
}

/// One thing that the controller is to get or to lose.
#[derive(Debug)]
enum Step {
    Folder {
        path: Text,
    },
    File {
        path: Text,
        size: u64,
        hash: Hash,
        is_executable: bool,
        old: Option<Held>,
    },
    Remove {
        path: Text,
    },
}

/// What is to be sent, and from where.
#[derive(Debug)]
pub(crate) struct Sending {
    root: Location,
    shown: PathBuf,
    steps: Vec<Step>,
}

/// More differences than this are counted rather than shown.
const SHOWN: usize = 100;

impl Describe for Sending {
    fn diff(&self) -> Vec<Diff> {
        let diff = |step: &Step| {
            let (path, old, new) = match step {
                Step::Folder { path } => (path, Some("absent".to_owned()), Some("folder".to_owned())),
                Step::Remove { path } => (path, Some("present".to_owned()), Some("absent".to_owned())),
                Step::File { path, size, old, .. } => {
                    let bytes = |size: u64| format!("{size} bytes");
                    (
                        path,
                        Some(
                            old.as_ref()
                                .map_or_else(|| "absent".to_owned(), |old| bytes(old.0)),
                        ),
                        Some(bytes(*size)),
                    )
                }
            };
            let title = if path.0.is_empty() {
                self.shown.clone()
            } else {
                self.shown.join(path.as_os_str())
            };
            Diff::of_property(title.to_string_lossy(), "content", old.as_deref(), new.as_deref())
        };
        let mut diffs: Vec<_> = self.steps.iter().take(SHOWN).map(diff).collect();
        if let Some(rest) = self.steps.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
            diffs.push(Diff {
                title: "and more".into(),
                text: format!("{rest} other files and folders differ\n"),
            });
        }
        diffs
    }
}

/// What is wanted of a place on the host.
pub(super) struct Wanted<'a> {
    pub(super) root: Location,
    /// The target as people know it.
    pub(super) shown: PathBuf,
    pub(super) have: Vec<Have>,
    pub(super) excludes: &'a GlobSet,
    /// What the host does not have is to go.
    pub(super) delete: bool,
    pub(super) other_file_systems: bool,
}

/// What the controller has, and what of it has to go.
struct There<'a> {
    all: BTreeMap<Text, Kept>,
    mounts: BTreeSet<Text>,
    /// In its place there is to be something of another sort.
    replaced: BTreeSet<Text>,
    wanted: &'a Wanted<'a>,
}

impl There<'_> {
    fn title(&self, path: &Text) -> String {
        let path = self.wanted.shown.join(path.as_os_str());
        path.to_string_lossy().into_owned()
    }

    /// What is there of the same sort as on the host, once it is known to be in nobody's way.
    fn take(&mut self, path: &Text, is_folder: bool) -> Result<Option<Kept>, Failure> {
        match self.all.get(path) {
            None => return Ok(None),
            Some(Kept::Folder) if is_folder => {}
            Some(Kept::File(_)) if !is_folder => {}
            Some(_) if self.wanted.delete && !path.0.is_empty() => {
                self.replaced.insert(path.clone());
                return Ok(None);
            }
            Some(kept) => {
                let here = match kept {
                    Kept::Folder => "a directory",
                    Kept::File(_) => "a file",
                    Kept::Other => "a link or special file",
                };
                let there = if is_folder { "a directory" } else { "a file" };
                let message = format!(
                    "`{}` on the controller is {here}, and the host has {there} in its place",
                    self.title(path)
                );
                return Err(Failure::new(Kind::Conflict, message));
            }
        }
        Ok(self.all.remove(path))
    }

    /// What has to go, what lies in a folder before it.
    fn gone(&self) -> Result<Vec<Step>, Failure> {
        let excludes = self.wanted.excludes;
        let is_excluded = |path: &Text| {
            let mut names = Path::new(path.as_os_str()).iter();
            names.any(|name| excludes.is_match(name))
        };
        let above = |path: &Text| {
            let path = Path::new(path.as_os_str());
            let above = path
                .ancestors()
                .skip(1)
                .map(|it| Text::from(it.as_os_str().to_owned()));
            above.collect::<Vec<_>>()
        };
        let kept: BTreeSet<Text> = self
            .all
            .keys()
            .filter(|it| is_excluded(it))
            .flat_map(above)
            .collect();
        let mut steps = Vec::new();
        for path in self
            .all
            .keys()
            .rev()
            .filter(|it| !it.0.is_empty() && !is_excluded(it))
        {
            let cannot = |why: &str| {
                let message = format!(
                    "`{}` on the controller cannot be removed: {why}",
                    self.title(path)
                );
                Err(Failure::new(Kind::Conflict, message))
            };
            if kept.contains(path) {
                if self.replaced.contains(path) {
                    return cannot("it is a directory that holds what `excludes` protects");
                }
                continue;
            }
            if self.mounts.contains(path) {
                return cannot("something is mounted there");
            }
            if !self.wanted.other_file_systems && above(path).iter().any(|it| self.mounts.contains(it)) {
                return cannot("it lies in another file system, and `other_file_systems` is not set");
            }
            steps.push(Step::Remove { path: path.clone() });
        }
        Ok(steps)
    }
}

/// Looks what the controller does not have; nothing where it has everything.
///
/// # Errors
/// Where the host's files cannot be read.
pub(super) fn compare(wanted: Wanted<'_>, host: &Reader<'_>) -> Result<Option<Sending>, Failure> {
    let mut there = There {
        all: BTreeMap::new(),
        mounts: BTreeSet::new(),
        replaced: BTreeSet::new(),
        wanted: &wanted,
    };
    for have in &wanted.have {
        there.all.insert(have.path.clone(), have.what.clone());
        if have.is_mount {
            there.mounts.insert(have.path.clone());
        }
    }
    let mut steps = Vec::new();
    let mut left_out = 0;
    let mut look = |seen: &Seen| -> Result<Enter, Failure> {
        let path = Text(seen.below.as_os_str().as_bytes().to_vec());
        if !path.0.is_empty() && wanted.excludes.is_match(seen.name()) {
            return Ok(Enter::No);
        }
        match seen.sort() {
            FileType::Directory => {
                if there.take(&path, true)?.is_none() && !path.0.is_empty() {
                    steps.push(Step::Folder { path });
                }
            }
            FileType::RegularFile => {
                let old = match there.take(&path, false)? {
                    Some(Kept::File(held)) => Some(held),
                    _ => None,
                };
                let size = u64::try_from(seen.stat.st_size).unwrap_or(0);
                let hash = host.hash(&seen.at.path(), &seen.at.open()?)?;
                if old.as_ref().map(|it| (it.0, it.1)) != Some((size, hash)) {
                    steps.push(Step::File {
                        path,
                        size,
                        hash,
                        is_executable: seen.stat.st_mode & 0o100 != 0,
                        old,
                    });
                }
            }
            _ => left_out += 1,
        }
        Ok(Enter::Yes)
    };
    let stat = wanted.root.stat()?.ok_or_else(|| {
        let message = format!("`{}` does not exist", wanted.root.path().display());
        Failure::new(Kind::NotFound, message)
    })?;
    let first = Seen {
        below: PathBuf::new(),
        at: wanted.root.clone(),
        stat,
    };
    look(&first)?;
    if first.sort() == FileType::Directory {
        let mounts = Mounts::entered(wanted.other_file_systems);
        host.walk(&wanted.root, Unreadable::Fail, mounts, &mut |seen| look(&seen))?;
    }
    if left_out > 0 {
        let root = wanted.root.path();
        host.link().warn(format!(
            "{left_out} links, pipes and devices in `{}` are left out: only files and folders come to the controller",
            root.display()
        ));
    }
    if wanted.delete {
        steps.splice(..0, there.gone()?);
    }
    Ok((!steps.is_empty()).then_some(Sending {
        root: wanted.root,
        shown: wanted.shown,
        steps,
    }))
}

/// What was sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) removed: u64,
}

/// Sends it.
///
/// # Errors
/// Where a file cannot be read, or is shorter than it was.
pub(super) fn send(sending: Sending, host: &Writer<'_>) -> Result<Sent, Failure> {
    let mut sent = Sent::default();
    for step in sending.steps {
        host.check_canceled()?;
        match step {
            Step::Folder { path } => host.link().push(Push::Folder { path }),
            Step::Remove { path } => {
                sent.removed += 1;
                host.link().push(Push::Remove { path });
            }
            Step::File {
                path,
                size,
                hash,
                is_executable,
                old,
            } => {
                let at = if path.0.is_empty() {
                    Some(sending.root.clone())
                } else {
                    host.locate_beneath(&sending.root, Path::new(path.as_os_str()))?
                };
                let at = at.ok_or_else(|| {
                    let name = path.to_string_lossy();
                    Failure::new(Kind::Conflict, format!("`{name}` was changed while it was sent"))
                })?;
                let (layout, known) = reusable(size, old, host)?.unzip();
                host.link().push(Push::File {
                    path,
                    size,
                    hash,
                    is_executable,
                    old: layout,
                });
                sent.files += 1;
                sent.bytes += host.send(&at, size, &known.unwrap_or_default())?;
            }
        }
    }
    Ok(sent)
}

/// What need not be sent of a large file, since it is in the old one of the controller.
fn reusable(size: u64, old: Option<Held>, host: &Writer<'_>) -> Result<Option<(Layout, Known)>, Failure> {
    let Some((held, _, Some(layout))) = old.filter(|_| size > LARGE) else {
        return Ok(None);
    };
    let known = host.listed(&layout, held);
    host.check_canceled()?;
    // Where the old file is another one by now, all of the new one is sent.
    Ok(known.ok().map(|known| (layout, known)))
}
