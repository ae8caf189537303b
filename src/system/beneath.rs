//! Places in a directory whose names come from somebody who is not to be trusted: no way leads out of the directory, and none
//! through a link.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::failure::{Failure, Kind};
use crate::system::predicted::Predicted;
use crate::system::{Location, Reader, Writer};

impl Reader<'_> {
    /// The place of a path below a directory; nothing where a directory on the way is not there.
    ///
    /// # Errors
    /// `invalid` for a path that leads out of the directory, `conflict` where a link or a file is on the way.
    pub fn locate_beneath(&self, root: &Location, below: &Path) -> Result<Option<Location>, Failure> {
        descend(root, below, false)
    }
}

impl Writer<'_> {
    /// The place of a path below a directory, the directories on the way created where they are missing.
    ///
    /// # Errors
    /// As [`Reader::locate_beneath`], and where a directory cannot be created.
    pub fn make_place_beneath(&self, root: &Location, below: &Path) -> Result<Location, Failure> {
        descend(root, below, true)?.ok_or_else(|| root.failure("cannot create a directory in", Errno::NOENT))
    }
}

/// The parts of a path that stays below where it begins.
pub(crate) fn safe_parts(below: &Path) -> Result<Vec<OsString>, Failure> {
    let mut parts = Vec::new();
    for component in below.components() {
        match component {
            Component::Normal(name) => parts.push(name.to_os_string()),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                let message = format!("`{}` leads out of its directory", below.display());
                return Err(Failure::new(Kind::Invalid, message));
            }
        }
    }
    Ok(parts)
}

fn descend(root: &Location, below: &Path, create: bool) -> Result<Option<Location>, Failure> {
    let mut at = root.clone();
    if let Some(model) = root.model() {
        return descend_predicted(model, at, below, create);
    }
    for name in safe_parts(below)? {
        let folder = match open(&at) {
            Err(Errno::NOENT) if create => {
                match rustix::fs::mkdirat(at.folder(), at.name(), Mode::from_raw_mode(0o755)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(at.failure("cannot create the directory", errno)),
                }
                open(&at)
            }
            other => other,
        };
        let folder = match folder {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => return Err(in_the_way(&at)),
            Err(errno) => return Err(at.failure("cannot open", errno)),
        };
        at = at.child(Arc::new(folder), name);
    }
    Ok(Some(at))
}

fn descend_predicted(
    model: &Predicted,
    mut at: Location,
    below: &Path,
    create: bool,
) -> Result<Option<Location>, Failure> {
    for name in safe_parts(below)? {
        match at.stat()?.map(|stat| FileType::from_raw_mode(stat.st_mode)) {
            Some(FileType::Directory) => {}
            Some(_) => return Err(in_the_way(&at)),
            None if create => model.make_folder_beneath(&at)?,
            None => return Ok(None),
        }
        at = at.inner(model, name);
    }
    Ok(Some(at))
}

fn in_the_way(at: &Location) -> Failure {
    let message = format!("`{}` is in the way: it is not a directory", at.path().display());
    Failure::new(Kind::Conflict, message)
}

fn open(at: &Location) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at.folder(), at.name(), flags, Mode::empty())
}
