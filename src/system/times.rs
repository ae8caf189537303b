//! When things were last changed and read.

use rustix::fs::{AtFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

use crate::failure::Failure;
use crate::system::{Location, Writer};

/// A time that a thing is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// That of the host's clock.
    Now,
    /// So many seconds since 1970.
    At(i64),
}

/// Times that a thing is to have; nothing: as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// When it was last changed.
    pub modified: Option<Moment>,
    /// When it was last read.
    pub accessed: Option<Moment>,
}

impl Writer<'_> {
    /// Gives what is at a place its times, a link as itself.
    ///
    /// # Errors
    /// Where that may not be done.
    pub fn set_times(&self, at: &Location, times: Times) -> Result<(), Failure> {
        if times == Times::default() {
            return Ok(());
        }
        if let Some(model) = at.model() {
            return model.set_times(at, times);
        }
        let spec = |moment| match moment {
            None => Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_OMIT,
            },
            Some(Moment::Now) => Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_NOW,
            },
            Some(Moment::At(seconds)) => Timespec {
                tv_sec: seconds,
                tv_nsec: 0,
            },
        };
        let stamps = Timestamps {
            last_access: spec(times.accessed),
            last_modification: spec(times.modified),
        };
        rustix::fs::utimensat(at.folder(), at.name(), &stamps, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| at.failure("cannot change the times of", errno))
    }
}
