//! A new file on its way to its place. Until it gets there it has no name, so that nothing is left of it whenever the agent
//! ends; where the file system knows no such files it has one, and what is left of it is removed by the next run.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::OnceLock;

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::system::Location;
use crate::system::attributes::own_path;

/// A name longer than this is not made longer still.
const LONGEST: usize = 200;

#[derive(Debug)]
pub(super) struct Temporary {
    pub(super) at: Location,
    /// Its name until it is in its place; nothing while it has none, and afterwards.
    name: Option<OsString>,
    pub(super) file: File,
}

/// Whether a new file must be found by others before it is in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Yes,
    No,
}

impl Temporary {
    /// A new, empty file next to its place; `is_replacing`: something is there already. What a run that was killed has left
    /// is removed.
    pub(super) fn create(
        at: &Location,
        mode: Mode,
        named: Named,
        is_replacing: bool,
    ) -> Result<Self, Failure> {
        if named == Named::No && can_be_linked() {
            let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
            if let Ok(file) = rustix::fs::openat(at.folder(), ".", flags, mode) {
                // Before it has a name: nobody ever finds it there without its lock.
                hold(&file);
                if is_replacing {
                    remove_leftover(at, &usual(at));
                }
                return Ok(Self {
                    at: at.clone(),
                    name: None,
                    file: file.into(),
                });
            }
        }
        for name in names(at) {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match rustix::fs::openat(at.folder(), &name, flags, mode) {
                Ok(file) => {
                    // Between the two, another agent may have taken it for a leftover: then it has the lock, and takes the
                    // name away, or has done so already.
                    if hold(&file) && is_named(at, &name, &file) {
                        return Ok(Self {
                            at: at.clone(),
                            name: Some(name),
                            file: file.into(),
                        });
                    }
                }
                Err(Errno::EXIST) => remove_leftover(at, &name),
                Err(errno) => return Err(at.failure("cannot write", errno)),
            }
        }
        Err(being_written(at))
    }

    /// Where it is found meanwhile.
    pub(super) fn path(&self) -> std::path::PathBuf {
        self.at.beside(self.name.as_deref().unwrap_or(OsStr::new(".")))
    }

    /// Takes its place; `replace`: something is there already.
    pub(super) fn publish(&mut self, replace: bool) -> Result<(), Errno> {
        if self.name.is_none() {
            if !replace {
                match self.link(self.at.name()) {
                    Err(Errno::EXIST) => {}
                    other => return other,
                }
            }
            for name in names(&self.at) {
                match self.link(&name) {
                    Ok(()) => {
                        self.name = Some(name);
                        break;
                    }
                    Err(Errno::EXIST) => remove_leftover(&self.at, &name),
                    Err(errno) => return Err(errno),
                }
            }
        }
        let name = self.name.as_ref().ok_or(Errno::EXIST)?;
        rustix::fs::renameat(self.at.folder(), name, self.at.folder(), self.at.name())?;
        self.name = None;
        Ok(())
    }

    fn link(&self, name: &OsStr) -> Result<(), Errno> {
        rustix::fs::linkat(
            CWD,
            own_path(&self.file),
            self.at.folder(),
            name,
            AtFlags::SYMLINK_FOLLOW,
        )
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Nothing more can be done about a file that does not go away.
            let _ = rustix::fs::unlinkat(self.at.folder(), name, AtFlags::empty());
        }
    }
}

/// Whether a file without a name can be given one.
fn can_be_linked() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| Path::new("/proc/self/fd").exists())
}

fn being_written(at: &Location) -> Failure {
    let message = format!("`{}` is being written by others", at.path().display());
    Failure::new(Kind::Conflict, message)
}

fn usual(at: &Location) -> OsString {
    name_beside(at.name(), "rmote-play")
}

/// The usual name first, so that a leftover is found; if another run is writing there right now, others.
fn names(at: &Location) -> [OsString; 4] {
    let random = || random_beside(at.name());
    [usual(at), usual(at), random(), random()]
}

/// A name that nobody else thinks of.
pub(super) fn random_beside(name: &OsStr) -> OsString {
    let number = RandomState::new().build_hasher().finish();
    name_beside(name, &format!("{number:016x}"))
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

/// Says that a file is on its way, for as long as it is open; false where another one holds it. Where locks do not work, no
/// agent removes leftovers either.
fn hold(file: impl AsFd) -> bool {
    let held = rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive);
    held != Err(Errno::WOULDBLOCK)
}

/// Whether this file has this name.
fn is_named(at: &Location, name: &OsStr, file: impl AsFd) -> bool {
    let there = rustix::fs::statat(at.folder(), name, AtFlags::SYMLINK_NOFOLLOW);
    let (Ok(there), Ok(held)) = (there, rustix::fs::fstat(file)) else {
        return false;
    };
    (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)
}

/// Removes a file that we once made and that nobody holds any more.
fn remove_leftover(at: &Location, name: &OsStr) {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::openat(at.folder(), name, flags, Mode::empty()) else {
        return;
    };
    let is_ours =
        rustix::fs::fstat(&file).is_ok_and(|stat| stat.st_uid == rustix::process::geteuid().as_raw());
    let is_left = is_ours && rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
    // The name may be that of a newer file by now. While its file is locked, nobody else takes a name away.
    if is_left && is_named(at, name, &file) {
        // If it does not go away, another name is taken.
        let _ = rustix::fs::unlinkat(at.folder(), name, AtFlags::empty());
    }
}

/// A file that never has a name, on the file system of a place.
pub(super) fn scratch(at: &Location) -> Result<File, Failure> {
    let mut temporary = Temporary::create(at, Mode::from_raw_mode(0o600), Named::No, false)?;
    if let Some(name) = temporary.name.take() {
        rustix::fs::unlinkat(at.folder(), &name, AtFlags::empty())
            .map_err(|errno| at.failure("cannot write next to", errno))?;
    }
    temporary.file.try_clone().map_err(|error| {
        Failure::io(
            format_args!("cannot write next to `{}`", at.path().display()),
            &error,
        )
    })
}
