//! Waiting for many new files to be on the disk.
//!
//! After a crash a file is there whole or not at all if its content was on the disk before it got its name. To wait for each
//! file by itself makes the disk empty its cache once for each. A file system with a journal keeps the order of what is done
//! to it, and empties that cache before it writes on in its journal: there it is enough to hand over the content of each
//! file, since its name comes later in the journal. Elsewhere each is waited for.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use rustix::fs::{FsWord, StatFs, fstat, fstatfs, major, minor};

/// ext2, ext3 and ext4, of which not all have a journal (`EXT4_SUPER_MAGIC` of statfs(2)).
const EXT: FsWord = 0xef53;
/// XFS, which always has one (`XFS_SUPER_MAGIC`).
const XFS: FsWord = 0x5846_5342;

/// Which file systems keep the order; remembers the last one.
#[derive(Debug, Default)]
pub(super) struct Disk {
    known: Option<(u64, bool)>,
}

impl Disk {
    /// Hands the content of a new file over, if that is enough where it is. The file must not have its name yet.
    ///
    /// # Errors
    /// Where the disk is full or broken.
    pub(super) fn hand_over(&mut self, file: &File) -> io::Result<bool> {
        Ok(self.keeps_order(file)? && hand_over(file)?)
    }

    fn keeps_order(&mut self, file: &File) -> io::Result<bool> {
        let device = fstat(file)?.st_dev;
        match self.known {
            Some((known, keeps)) if known == device => Ok(keeps),
            _ => {
                let keeps = has_journal(&fstatfs(file)?, device);
                self.known = Some((device, keeps));
                Ok(keeps)
            }
        }
    }
}

fn has_journal(system: &StatFs, device: u64) -> bool {
    match system.f_type {
        XFS => true,
        EXT => {
            // Linux has this file for those that have a journal. Where `/sys` does not say it, they are taken to have none.
            let device = format!("/sys/dev/block/{}:{}", major(device), minor(device));
            let name = std::fs::canonicalize(device).unwrap_or_default();
            let name = name.file_name().unwrap_or_default();
            Path::new("/sys/fs/ext4").join(name).join("journal_task").exists()
        }
        _ => false,
    }
}

#[expect(unsafe_code, reason = "neither the standard library nor rustix has this call")]
fn hand_over(file: &File) -> io::Result<bool> {
    let flags =
        libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    // SAFETY: the call is given no memory, and the descriptor is open for as long as the file is borrowed.
    let done = unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, flags) };
    if done == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::ENOSYS | libc::EINVAL | libc::ESPIPE) => Ok(false),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_file_system_in_memory_has_no_journal_and_is_asked_once() {
        let mut file = rustix::fs::memfd_create("memory", rustix::fs::MemfdFlags::CLOEXEC)
            .map(File::from)
            .unwrap();
        file.write_all(b"content").unwrap();
        let mut disk = Disk::default();
        assert!(!disk.hand_over(&file).unwrap());
        assert_eq!(disk.known.map(|(_, keeps)| keeps), Some(false));
    }

    #[test]
    fn content_of_an_ordinary_file_can_be_handed_over() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![7; 100_000]).unwrap();
        assert!(hand_over(&file).unwrap());
    }
}
