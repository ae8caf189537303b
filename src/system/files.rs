//! Looking at files.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, OFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::system::meta::Meta;
use crate::system::predicted::{Opened, in_memory};
use crate::system::walk::names_at;
use crate::system::{Follow, Location, Reader, Writer};

impl Reader<'_> {
    /// What is at a path; nothing where it, or a directory above it, does not exist.
    ///
    /// # Errors
    /// Where that may not be known.
    pub fn metadata(&self, path: &Path, follow: Follow) -> Result<Option<Meta>, Failure> {
        if let Some(model) = self.differing() {
            return Ok(model.metadata(path, follow)?.map(Meta));
        }
        let found = match follow {
            Follow::Yes => rustix::fs::stat(path),
            Follow::No => rustix::fs::lstat(path),
        };
        match found {
            Ok(stat) => Ok(Some(Meta(stat))),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(Failure::io(
                format_args!("cannot look at `{}`", path.display()),
                &errno.into(),
            )),
        }
    }

    /// Where a path leads, links followed; nothing where it does not exist.
    ///
    /// # Errors
    /// Where that may not be known.
    pub fn real_path(&self, path: &Path) -> Result<Option<PathBuf>, Failure> {
        if let Some(model) = self.differing() {
            return model.real_path_of(path);
        }
        match path.canonicalize() {
            Ok(path) => Ok(Some(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io(
                format_args!("cannot look at `{}`", path.display()),
                &error,
            )),
        }
    }

    /// A whole regular file.
    ///
    /// # Errors
    /// `invalid` where it is larger than `limit` bytes, `conflict` where it is no regular file.
    pub fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
        let failed = |error: io::Error| Failure::io(format_args!("cannot read `{}`", path.display()), &error);
        let (stat, file) = match self.differing() {
            Some(model) => {
                let (stat, opened) = model.open_path(path)?;
                (stat, self.opened(opened, path)?)
            }
            None => open(path).map_err(failed)?,
        };
        let meta = Meta(stat);
        require_regular(path, &meta)?;
        let too_large = |size: u64| {
            let shown = path.display();
            Failure::new(
                Kind::Invalid,
                format!("`{shown}` is too large: {size} bytes, and at most {limit} are read"),
            )
        };
        if meta.size() > limit {
            return Err(too_large(meta.size()));
        }
        // Files of /proc say that they are empty; a log may grow meanwhile.
        let mut bytes = Vec::with_capacity(usize::try_from(meta.size()).unwrap_or(0) + 1);
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > limit {
            return Err(too_large(bytes.len() as u64));
        }
        Ok(bytes)
    }

    /// Opens what is at a place for reading, never through a link, never waiting for a pipe.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open_at(&self, at: &Location) -> Result<File, Failure> {
        match at.model().filter(|model| model.differs()) {
            Some(model) => self.opened(model.open(at)?, &at.path()),
            None => at.open(),
        }
    }

    fn opened(&self, opened: Opened, path: &Path) -> Result<File, Failure> {
        match opened {
            Opened::File(file) => Ok(file),
            Opened::Blob(blob) => in_memory(&self.fetch(&blob)?).map_err(|errno| {
                Failure::io(format_args!("cannot read `{}`", path.display()), &errno.into())
            }),
        }
    }

    /// The hash of a file at a place.
    ///
    /// # Errors
    /// As [`Reader::hash`].
    pub fn hash_at(&self, at: &Location) -> Result<Hash, Failure> {
        match self.foreseen_hash(at) {
            Some(hash) => Ok(hash),
            None => self.hash(&at.path(), &at.open()?),
        }
    }

    /// The hash of a file that, in check mode, an earlier call would make, where it is known without a look at its content.
    pub fn foreseen_hash(&self, at: &Location) -> Option<Hash> {
        let known = at.model().filter(|model| model.differs());
        known.and_then(|model| model.known_hash(at))
    }

    /// The names in a directory, links followed, in their order; none where there is no such directory.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn names_in(&self, path: &Path) -> Result<Vec<OsString>, Failure> {
        let Some(at) = self.locate(path, Follow::Yes)? else {
            return Ok(Vec::new());
        };
        match names_at(&at) {
            Err(failure) if failure.kind == Kind::NotFound => Ok(Vec::new()),
            other => other,
        }
    }

    /// The hash of an open file, from where it is to its end.
    ///
    /// # Errors
    /// Where it cannot be read, or the call was canceled meanwhile.
    pub fn hash(&self, path: &Path, mut file: &File) -> Result<Hash, Failure> {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 128 << 10];
        loop {
            self.check_canceled()?;
            match file.read(&mut buffer) {
                Ok(0) => return Ok(Hash(*hasher.finalize().as_bytes())),
                Ok(n) => {
                    hasher.update(&buffer[..n]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Failure::io(
                        format_args!("cannot read `{}`", path.display()),
                        &error,
                    ));
                }
            }
        }
    }
}

fn open(path: &Path) -> io::Result<(Stat, File)> {
    // A pipe without a writer must not hold the call.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    Ok((rustix::fs::fstat(&file)?, file))
}

/// Refuses what is no regular file.
///
/// # Errors
/// `conflict`, with what it is.
pub(super) fn require_regular(path: &Path, meta: &Meta) -> Result<(), Failure> {
    if meta.is_file() {
        return Ok(());
    }
    let found = if meta.is_dir() {
        "a directory"
    } else {
        "not a regular file"
    };
    Err(Failure::new(
        Kind::Conflict,
        format!("`{}` is {found}", path.display()),
    ))
}

impl Writer<'_> {
    /// Sets the time of change of what is at a path to now.
    ///
    /// # Errors
    /// Where that may not be done.
    pub fn touch(&self, path: &Path) -> Result<(), Failure> {
        if self.model().is_some() {
            return Ok(());
        }
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: rustix::fs::UTIME_NOW,
        };
        let times = Timestamps {
            last_access: now,
            last_modification: now,
        };
        rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(|errno| {
            Failure::io(
                format_args!("cannot touch `{}`", path.display()),
                &io::Error::from(errno),
            )
        })
    }
}
