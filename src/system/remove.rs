//! Removes, by open directories and never through a link.

use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::system::{Location, Writer};

/// Directories in directories deeper than this are not followed down, since each holds a descriptor.
const DEEPEST: usize = 512;

impl Writer<'_> {
    /// Removes a file, a link, or an empty directory.
    ///
    /// # Errors
    /// `conflict` where a directory is not empty.
    pub fn remove(&self, at: &Location) -> Result<(), Failure> {
        if let Some(model) = at.model() {
            return model.remove(at);
        }
        remove_one(at.folder(), at.name().as_bytes()).map_err(|errno| at.failure("cannot remove", errno))
    }

    /// Removes a directory with everything in it, and nothing of what is mounted there.
    ///
    /// # Errors
    /// Where something may not be removed; what was removed before it is gone. [`crate::system::Reader::check_all_removable`] says before
    /// whether that is to be expected.
    pub fn remove_all(&self, at: &Location) -> Result<(), Failure> {
        if let Some(model) = at.model() {
            return model.remove_all(at);
        }
        self.empty(at, at.folder(), at.name().as_bytes(), 0)?;
        self.remove(at)
    }

    fn empty(&self, at: &Location, above: BorrowedFd<'_>, name: &[u8], depth: usize) -> Result<(), Failure> {
        let failed = |errno| at.failure("cannot remove all of", errno);
        if depth > DEEPEST {
            return Err(failed(Errno::NAMETOOLONG));
        }
        let folder = match open_here(above, name) {
            Err(Errno::NOENT) => return Ok(()),
            Err(Errno::XDEV) => return Err(failed(Errno::BUSY)),
            other => other.map_err(failed)?,
        };
        for (name, sort) in names(&folder).map_err(failed)? {
            self.check_canceled()?;
            let name = name.as_bytes();
            let is_folder = match sort {
                FileType::Unknown => rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)
                    .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory),
                sort => sort == FileType::Directory,
            };
            if is_folder {
                self.empty(at, folder.as_fd(), name, depth + 1)?;
            }
            match remove_one(folder.as_fd(), name) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(errno) => {
                    let shown = OsStr::from_bytes(name).display();
                    return Err(at.failure(&format!("cannot remove `{shown}`, somewhere in"), errno));
                }
            }
        }
        Ok(())
    }
}

/// Opens a directory, unless something is mounted there.
fn open_here(above: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat2(above, name, flags, Mode::empty(), ResolveFlags::NO_XDEV) {
        Err(Errno::NOSYS | Errno::PERM) => {}
        other => return other,
    }
    let folder = rustix::fs::openat(above, name, flags, Mode::empty())?;
    if rustix::fs::fstat(&folder)?.st_dev == rustix::fs::fstat(above)?.st_dev {
        Ok(folder)
    } else {
        Err(Errno::XDEV)
    }
}

/// All at once, since the directory changes while it is emptied.
fn names(folder: impl AsFd) -> Result<Vec<(CString, FileType)>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push((entry.file_name().to_owned(), entry.file_type()));
        }
    }
    Ok(names)
}

fn remove_one(folder: BorrowedFd<'_>, name: &[u8]) -> Result<(), Errno> {
    match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
        Err(Errno::ISDIR | Errno::PERM) => {
            rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR).map_err(|errno| {
                // What a directory that is not empty says is more to the point than what the file says.
                if errno == Errno::NOTDIR {
                    Errno::PERM
                } else {
                    errno
                }
            })
        }
        other => other,
    }
}
