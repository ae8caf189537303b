//! What is there as long as the agent, and goes with it.

use std::ffi::OsString;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::system::{Follow, Link, Location, Writer};

struct Kept {
    path: PathBuf,
    device: u64,
    inode: u64,
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
    });
}

/// Removes all of it, where it is still there: something else in its place stays.
pub fn remove_kept(link: &dyn Link) {
    let kept = std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner));
    let host = Writer::new(link);
    for Kept { path, device, inode } in kept {
        let Ok(Some(at)) = host.locate(&path, Follow::No) else {
            continue;
        };
        let Ok(Some(stat)) = at.stat() else { continue };
        if (stat.st_dev, stat.st_ino) != (device, inode) {
            continue;
        }
        let is_folder = rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Directory;
        // Nobody is left who could be told.
        drop(if is_folder {
            host.remove_all(&at)
        } else {
            host.remove(&at)
        });
    }
}
