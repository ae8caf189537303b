//! What was edited is put back only over what the edit began with: nobody else's change is lost.

use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FileType, FlockOperation, Mode, OFlags, flock, openat};
use rustix::io::Errno;

use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::system::{Location, Writer};

/// How long a directory may be held by others. Agents need a moment each; others who hold it are not waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same for a file that is written whatever was there.
const SHORT: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(2);

/// As long as this is kept, no other agent puts an edited file into the directory.
pub(super) struct Claim {
    _folder: Option<OwnedFd>,
}

impl Writer<'_> {
    /// Makes sure that a file still holds what an edit of it began with; one that is not there holds nothing.
    ///
    /// # Errors
    /// `raced` where it does not.
    pub(super) fn claim(&self, at: &Location, began_with: Hash) -> Result<Claim, Failure> {
        let claim = Claim {
            _folder: self.hold(at, PATIENCE)?,
        };
        let holds = match at.stat()? {
            None => Some(Hash::of(b"")),
            Some(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
                Some(self.hash(&at.path(), &at.open()?)?)
            }
            Some(_) => None,
        };
        if holds == Some(began_with) {
            return Ok(claim);
        }
        Err(raced(at))
    }

    /// Keeps others from putting an edited file into the directory, so that none of them replaces what it has not seen.
    ///
    /// # Errors
    /// `canceled` and `timeout`.
    pub(super) fn keep_off(&self, at: &Location) -> Result<Claim, Failure> {
        Ok(Claim {
            _folder: self.hold(at, SHORT)?,
        })
    }

    /// Locks the directory of a place; nothing where that cannot be done there.
    fn hold(&self, at: &Location, patience: Duration) -> Result<Option<OwnedFd>, Failure> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(folder) = openat(at.folder(), ".", flags, Mode::empty()) else {
            return Ok(None);
        };
        let deadline = Instant::now() + patience;
        loop {
            match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Some(folder)),
                Err(Errno::WOULDBLOCK) if Instant::now() < deadline => {
                    self.check_canceled()?;
                    thread::sleep(PAUSE);
                }
                Err(_) => return Ok(None),
            }
        }
    }
}

/// The failure of putting back an edit of what is not there any more.
pub(super) fn raced(at: &Location) -> Failure {
    let path = at.path();
    let message = format!(
        "`{}` was changed by somebody else while it was edited",
        path.display()
    );
    Failure::new(Kind::Raced, message)
}
