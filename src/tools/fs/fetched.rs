//! What of a host's files the controller does not have yet, and sending it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use globset::GlobSet;
use rustix::fs::FileType;

use crate::argument::Text;
use crate::blob::{Hash, LARGE, Layout};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Enter, Known, Location, Mounts, Push, Reader, Seen, Unreadable, Writer};
use crate::tool::Describe;
use crate::tools::fs::held::{Have, Held, Kept, There};

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
                Step::Folder { path } => (path, Some("absent".to_owned()), Some("directory".to_owned())),
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
                text: format!("{rest} other files and directories differ\n"),
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

/// Looks what the controller does not have; nothing where it has everything.
///
/// # Errors
/// Where the host's files cannot be read.
pub(super) fn compare(wanted: Wanted<'_>, host: &Reader<'_>) -> Result<Option<Sending>, Failure> {
    let mut there = There::new(&wanted);
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
                    there.check_open(&path)?;
                    steps.push(Step::Folder { path });
                }
            }
            FileType::RegularFile => {
                let old = match there.take(&path, false)? {
                    Some(Kept::File(held)) => Some(held),
                    _ => None,
                };
                let size = u64::try_from(seen.stat.st_size).unwrap_or(0);
                let hash = host.hash_at(&seen.at)?;
                if old.as_ref().map(|it| (it.0, it.1)) != Some((size, hash)) {
                    there.check_open(&path)?;
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
        host.walk_over(&wanted.root, Unreadable::Fail, mounts, &mut |seen| look(&seen))?;
    }
    if left_out > 0 {
        let root = wanted.root.path();
        host.link().warn(format!(
            "{left_out} links, pipes and devices in `{}` are left out: only files and directories come to the controller",
            root.display()
        ));
    }
    if wanted.delete {
        let gone = there.gone()?.into_iter().map(|path| Step::Remove { path });
        steps.splice(..0, gone);
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
    if let Some(failure) = host.unforeseen() {
        return Err(failure);
    }
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
