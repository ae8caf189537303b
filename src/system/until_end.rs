//! What is there as long as the agent, and goes with it.

use std::ffi::OsString;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rustix::fs::FileType;

use crate::system::{Follow, Link, Location, Writer};

struct Kept {
    path: PathBuf,
    device: u64,
    inode: u64,
    sort: FileType,
}

static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// A name that nobody else thinks of.
pub fn temporary_name(prefix: &str, suffix: &str) -> OsString {
    let number = RandomState::new().build_hasher().finish();
    format!("{prefix}{number:016x}{suffix}").into()
}

/// Has what is at a place removed when the agent ends.
pub fn keep_until_end(at: &Location) {
    let Ok(Some(stat)) = at.stat() else { return };
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.push(Kept {
        path: at.path(),
        device: stat.st_dev,
        inode: stat.st_ino,
        sort: FileType::from_raw_mode(stat.st_mode),
    });
}

/// Removes all of it, where it is still there: something else in its place stays.
pub fn remove_kept(link: &dyn Link) {
    let kept = std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner));
    let host = Writer::new(link);
    for it in kept {
        let Ok(Some(at)) = host.locate(&it.path, Follow::No) else {
            continue;
        };
        let Ok(Some(stat)) = at.stat() else { continue };
        // A number may be given again to something of another sort.
        let sort = FileType::from_raw_mode(stat.st_mode);
        if (stat.st_dev, stat.st_ino, sort) != (it.device, it.inode, it.sort) {
            continue;
        }
        // Nobody is left who could be told.
        drop(if sort == FileType::Directory {
            host.remove_all(&at)
        } else {
            host.remove(&at)
        });
    }
}
