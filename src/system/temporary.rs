//! A new file on its way to its place, which removes itself unless it gets there.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::system::Location;

/// A name longer than this is not made longer still.
const LONGEST: usize = 200;

pub(super) struct Temporary<'a> {
    at: &'a Location,
    name: OsString,
    pub(super) file: File,
    in_place: bool,
}

impl<'a> Temporary<'a> {
    /// A new, locked, empty file beside its place. What a run that was killed has left there is removed.
    pub(super) fn create(at: &'a Location, mode: Mode) -> Result<Self, Failure> {
        let usual = name_beside(at.name(), "rmote-play");
        let random = || {
            let number = RandomState::new().build_hasher().finish();
            name_beside(at.name(), &format!("{number:016x}"))
        };
        // The usual name first, so that a leftover is found; if another run is writing there right now, others.
        for name in [usual.clone(), usual, random(), random()] {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match rustix::fs::openat(at.folder(), &name, flags, mode) {
                Ok(file) => {
                    // Where locks do not work, a leftover of ours may be taken for one: no harm in a crash only.
                    let _ = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
                    return Ok(Self {
                        at,
                        name,
                        file: file.into(),
                        in_place: false,
                    });
                }
                Err(Errno::EXIST) => remove_leftover(at, &name),
                Err(errno) => return Err(at.failure("cannot write", errno)),
            }
        }
        let message = format!("`{}` is being written by others", at.path().display());
        Err(Failure::new(Kind::Conflict, message))
    }

    pub(super) fn path(&self) -> std::path::PathBuf {
        self.at.beside(&self.name)
    }

    /// Takes its place.
    pub(super) fn rename(&mut self) -> Result<(), Errno> {
        rustix::fs::renameat(self.at.folder(), &self.name, self.at.folder(), self.at.name())?;
        self.in_place = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.in_place {
            // Nothing more can be done about a file that does not go away.
            let _ = rustix::fs::unlinkat(self.at.folder(), &self.name, AtFlags::empty());
        }
    }
}

/// Begins with a dot, so that no `conf.d` takes it for its own.
pub(super) fn name_beside(name: &OsStr, suffix: &str) -> OsString {
    let mut new = OsString::from(".");
    if name.len() > LONGEST {
        new.push(&Hash::of(name.as_bytes()).to_string()[..32]);
    } else {
        new.push(name);
    }
    new.push(".");
    new.push(suffix);
    new
}

/// Removes a file that we once made and that nobody holds any more.
fn remove_leftover(at: &Location, name: &OsStr) {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::openat(at.folder(), name, flags, Mode::empty()) else {
        return;
    };
    let is_ours =
        rustix::fs::fstat(&file).is_ok_and(|stat| stat.st_uid == rustix::process::geteuid().as_raw());
    if is_ours && rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
        // If it does not go away, another name is taken.
        let _ = rustix::fs::unlinkat(at.folder(), name, AtFlags::empty());
    }
}
