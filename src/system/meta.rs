//! What is known of something at a path.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{FileType, Stat};

/// What is known of something at a path: of what is there, or would be.
#[derive(Debug, Clone, Copy)]
pub struct Meta(pub(super) Stat);

#[expect(
    clippy::useless_conversion,
    reason = "types of the fields differ between machines"
)]
impl Meta {
    /// Its sort and its permission bits.
    pub const fn mode(&self) -> u32 {
        self.0.st_mode
    }

    /// Its sort.
    pub const fn sort(&self) -> FileType {
        FileType::from_raw_mode(self.0.st_mode)
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.sort() == FileType::RegularFile
    }

    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.sort() == FileType::Directory
    }

    /// Its owner.
    pub const fn uid(&self) -> u32 {
        self.0.st_uid
    }

    /// Its group.
    pub const fn gid(&self) -> u32 {
        self.0.st_gid
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.0.st_size.try_into().unwrap_or(0)
    }

    /// When it was changed: seconds since 1970.
    pub fn mtime(&self) -> i64 {
        self.0.st_mtime.try_into().unwrap_or(0)
    }

    /// And nanoseconds.
    pub fn mtime_nsec(&self) -> u32 {
        self.0.st_mtime_nsec.try_into().unwrap_or(0)
    }

    /// When it was changed.
    pub fn modified(&self) -> SystemTime {
        let seconds = u64::try_from(self.mtime()).unwrap_or(0);
        UNIX_EPOCH + Duration::new(seconds, self.mtime_nsec().min(999_999_999))
    }

    /// The device that it is on.
    pub fn dev(&self) -> u64 {
        self.0.st_dev.try_into().unwrap_or(0)
    }

    /// Its number there.
    pub fn ino(&self) -> u64 {
        self.0.st_ino.try_into().unwrap_or(0)
    }

    /// How many names it has.
    pub(super) fn nlink(&self) -> u64 {
        self.0.st_nlink.try_into().unwrap_or(1)
    }

    /// The same with so many names.
    pub(super) fn with_nlink(mut self, names: u64) -> Stat {
        self.0.st_nlink = names.try_into().unwrap_or(1);
        self.0
    }

    /// The device that it is.
    pub fn rdev(&self) -> u64 {
        self.0.st_rdev.try_into().unwrap_or(0)
    }
}
