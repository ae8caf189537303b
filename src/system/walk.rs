//! Goes through a directory, by open directories and never through a link.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Dir, FileType, Mode, OFlags, Stat};
use rustix::io::{Errno, fcntl_dupfd_cloexec};

use crate::failure::{Failure, Kind};
use crate::system::predicted::Fault;
use crate::system::{Location, Reader};

/// Directories in directories deeper than this are an error, since each holds a descriptor.
const DEEPEST: usize = 512;

/// Something in a directory.
#[derive(Debug)]
pub struct Seen {
    /// Its path below the directory that is gone through.
    pub below: PathBuf,
    /// Its place.
    pub at: Location,
    /// What it is, a link as itself.
    pub stat: Stat,
}

impl Seen {
    /// What sort of thing it is.
    pub fn sort(&self) -> FileType {
        FileType::from_raw_mode(self.stat.st_mode)
    }

    /// Its name.
    pub fn name(&self) -> &OsStr {
        self.at.name()
    }
}

/// Whether what is in a directory is wanted as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enter {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// What is to be done about a directory that may not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It is a failure.
    Fail,
    /// A warning says so, and the walk goes on.
    Warn,
}

/// What is to be done about another file system, or another part of this one, that is mounted below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mounts {
    /// It is gone through like everything else.
    Enter,
    /// A warning says that it is left out; the directory that it is mounted on is visited.
    Pass,
    /// It is a failure that names the argument which takes it in.
    Ask,
    /// It is a failure: what is mounted there has to be unmounted first.
    Refuse,
}

impl Mounts {
    /// As an argument says it: gone through if it is set, else a failure.
    pub const fn entered(is_told: bool) -> Self {
        if is_told { Self::Enter } else { Self::Ask }
    }

    /// The same where nothing is changed: left out if it is not set.
    pub const fn searched(is_told: bool) -> Self {
        if is_told { Self::Enter } else { Self::Pass }
    }
}

impl Reader<'_> {
    /// Visits everything in a directory: directories before what is in them, in the order of names. What vanishes meanwhile is
    /// passed over. What is mounted at the directory itself is gone through: it was named.
    ///
    /// # Errors
    /// Where it cannot be read, and whatever `visit` gives.
    pub fn walk_over(
        &self,
        folder: &Location,
        unreadable: Unreadable,
        mounts: Mounts,
        visit: &mut dyn FnMut(Seen) -> Result<Enter, Failure>,
    ) -> Result<(), Failure> {
        let walk = Walk {
            host: self,
            unreadable,
            mounts,
        };
        walk.enter(folder, Path::new(""), 0, visit)
    }

    /// The same, with other file systems left out.
    ///
    /// # Errors
    /// As [`Reader::walk_over`].
    pub fn walk(
        &self,
        folder: &Location,
        unreadable: Unreadable,
        visit: &mut dyn FnMut(Seen) -> Result<Enter, Failure>,
    ) -> Result<(), Failure> {
        self.walk_over(folder, unreadable, Mounts::Pass, visit)
    }
}

struct Walk<'a> {
    host: &'a Reader<'a>,
    unreadable: Unreadable,
    mounts: Mounts,
}

impl Walk<'_> {
    fn enter(
        &self,
        at: &Location,
        below: &Path,
        depth: usize,
        visit: &mut dyn FnMut(Seen) -> Result<Enter, Failure>,
    ) -> Result<(), Failure> {
        let model = at.model().filter(|model| model.differs());
        let listed = match model {
            Some(model) if depth <= DEEPEST => model.list(at).map(|names| (None, names)),
            _ => list(at, depth)
                .map(|(folder, names)| (Some(folder), names))
                .map_err(Fault::System),
        };
        let (folder, names) = match listed {
            Ok(listed) => listed,
            Err(Fault::System(Errno::NOENT)) if depth > 0 => return Ok(()),
            Err(fault) => {
                let is_unknown = matches!(fault, Fault::Unknown(_));
                let failure = match (model, fault) {
                    (Some(model), fault) => model.failure(fault, at, "cannot list"),
                    (None, Fault::System(errno)) => at.failure("cannot list", errno),
                    (None, Fault::Unknown(_)) => at.failure("cannot list", Errno::NOENT),
                };
                return if is_unknown {
                    Err(failure)
                } else {
                    self.unread(failure, depth)
                };
            }
        };
        for name in names {
            self.host.check_canceled()?;
            let child = match (&folder, model) {
                (Some(folder), _) => self.host.place(at.child(Arc::clone(folder), name)),
                (None, Some(model)) => at.inner(model, name),
                (None, None) => continue,
            };
            let stat = match child.stat() {
                Ok(Some(stat)) => stat,
                Ok(None) => continue,
                Err(failure) => {
                    self.unread(failure, depth + 1)?;
                    continue;
                }
            };
            let below = below.join(child.name());
            let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
            let inner = is_folder.then(|| (child.clone(), below.clone()));
            let seen = Seen {
                below,
                at: child,
                stat,
            };
            if visit(seen)? == Enter::Yes
                && let Some((child, below)) = inner
                && self.may_enter(&child, &stat)?
            {
                self.enter(&child, &below, depth + 1, visit)?;
            }
        }
        Ok(())
    }

    /// What may not be read, below the directory that is gone through.
    fn unread(&self, failure: Failure, depth: usize) -> Result<(), Failure> {
        if self.unreadable == Unreadable::Fail || depth == 0 {
            return Err(failure);
        }
        self.host.link().warn(failure.message);
        Ok(())
    }

    fn may_enter(&self, at: &Location, stat: &Stat) -> Result<bool, Failure> {
        if self.mounts == Mounts::Enter || !at.is_mounted(stat)? {
            return Ok(true);
        }
        let path = at.path();
        let path = path.display();
        if self.mounts == Mounts::Pass {
            self.host.link().warn(format!(
                "`{path}` is a file system of its own, and is left out: `other_file_systems` takes it in"
            ));
            return Ok(false);
        }
        let help = match self.mounts {
            Mounts::Ask => "is not entered unless `other_file_systems` is set",
            _ => "is left alone: unmount it first",
        };
        let message = format!("`{path}` is a file system of its own, which {help}");
        Err(Failure::new(Kind::Conflict, message))
    }
}

/// The names in the directory at a place, in their order.
///
/// # Errors
/// Where it is none, or cannot be read.
pub(super) fn names_at(at: &Location) -> Result<Vec<OsString>, Failure> {
    match at.model().filter(|model| model.differs()) {
        Some(model) => model
            .list(at)
            .map_err(|fault| model.failure(fault, at, "cannot list")),
        None => list(at, 0)
            .map(|(_, names)| names)
            .map_err(|errno| at.failure("cannot list", errno)),
    }
}

fn list(at: &Location, depth: usize) -> Result<(Arc<OwnedFd>, Vec<OsString>), Errno> {
    if depth > DEEPEST {
        return Err(Errno::NAMETOOLONG);
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let at = at.on_disk().ok_or(Errno::NOENT)?;
    let folder = rustix::fs::openat(at.folder(), at.name(), flags, Mode::empty())?;
    let mut names = Vec::new();
    // Not by its `.`, which needs more than the right to list it.
    for entry in Dir::new(fcntl_dupfd_cloexec(&folder, 0)?)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") {
            names.push(OsString::from_vec(name.to_vec()));
        }
    }
    names.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    Ok((Arc::new(folder), names))
}
