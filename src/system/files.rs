//! Looking at files.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, OFlags, Timespec, Timestamps};

use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};

impl Reader<'_> {
    /// What is at a path; nothing where it, or a directory above it, does not exist.
    ///
    /// # Errors
    /// Where that may not be known.
    pub fn metadata(&self, path: &Path, follow: Follow) -> Result<Option<Metadata>, Failure> {
        let found = match follow {
            Follow::Yes => path.metadata(),
            Follow::No => path.symlink_metadata(),
        };
        match found {
            Ok(meta) => Ok(Some(meta)),
            Err(error) if is_missing(&error) => Ok(None),
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
        // A pipe without a writer must not hold the call.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(path)
            .map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        require_regular(path, &meta)?;
        let too_large = |size: u64| {
            let shown = path.display();
            Failure::new(
                Kind::Invalid,
                format!("`{shown}` is too large: {size} bytes, and at most {limit} are read"),
            )
        };
        if meta.len() > limit {
            return Err(too_large(meta.len()));
        }
        // Files of /proc say that they are empty; a log may grow meanwhile.
        let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > limit {
            return Err(too_large(bytes.len() as u64));
        }
        Ok(bytes)
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

/// Whether an error says that there is nothing.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Refuses what is no regular file.
///
/// # Errors
/// `conflict`, with what it is.
pub(super) fn require_regular(path: &Path, meta: &Metadata) -> Result<(), Failure> {
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
