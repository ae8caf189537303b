//! Files that are offered, and whether they are still what they were.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::failure::{Failure, Kind};

/// A file as it was when it was hashed.
pub(super) type FileKey = (PathBuf, u64, u64, i64, i64);

fn key_of(path: &Path, meta: &Metadata) -> FileKey {
    (
        path.to_path_buf(),
        meta.ino(),
        meta.len(),
        meta.mtime(),
        meta.mtime_nsec(),
    )
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::io(format_args!("cannot read `{}`", path.display()), error)
}

/// A regular file, and as what it is known.
pub(super) fn opened(path: &Path) -> Result<(File, FileKey), Failure> {
    // A pipe without a writer must hold nobody up.
    let file = File::options()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .map_err(|error| unreadable(path, &error))?;
    let meta = file.metadata().map_err(|error| unreadable(path, &error))?;
    if meta.is_file() {
        return Ok((file, key_of(path, &meta)));
    }
    let message = format!("`{}` is not a regular file", path.display());
    Err(Failure::new(Kind::Invalid, message))
}

/// A file that was offered, if it is as it was then.
pub(super) fn reopened(key: &FileKey) -> Result<File, Failure> {
    let path = &key.0;
    let (file, found) = opened(path)?;
    if found == *key {
        return Ok(file);
    }
    let message = format!("`{}` was changed while the run was going on", path.display());
    Err(Failure::new(Kind::Conflict, message))
}
