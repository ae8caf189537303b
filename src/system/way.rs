//! Finding the place of a file for writing, link by link, without being led astray.
//!
//! Where the agent is root, a link is followed only if it is root's, is in a directory that only root writes, or belongs
//! to the owner of what it points to. So whoever can place a link can lead root only to what is his own. Any other user
//! follows links freely: he could write there anyway.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::failure::{Failure, Kind};
use crate::system::location::{FOLDER, sort};
use crate::system::{Follow, Location};

/// More links than this on one way are a loop.
pub(super) const MOST_LINKS: usize = 40;

/// What to do about a directory that is not there.
pub(super) enum Missing {
    Stop,
    Create,
}

/// A link on the way whose target has not been reached.
struct Passed {
    path: PathBuf,
    owner: u32,
    /// How many names are still to go once its target is reached.
    rest: usize,
}

pub(super) struct Walk {
    names: VecDeque<OsString>,
    folder: OwnedFd,
    above: PathBuf,
    passed: Vec<Passed>,
    links: usize,
    is_root: bool,
}

impl Walk {
    pub(super) fn new(path: &Path) -> Result<Self, Failure> {
        let mut walk = Self {
            names: VecDeque::new(),
            folder: root()?,
            above: PathBuf::from("/"),
            passed: Vec::new(),
            links: 0,
            is_root: rustix::process::geteuid().is_root(),
        };
        walk.push(path);
        Ok(walk)
    }

    fn push(&mut self, path: &Path) {
        for component in path.components().rev() {
            match component {
                Component::Normal(name) => self.names.push_front(name.to_os_string()),
                Component::ParentDir => self.names.push_front("..".into()),
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            }
        }
    }

    pub(super) fn run(mut self, follow: Follow, missing: &Missing) -> Result<Option<Location>, Failure> {
        while let Some(name) = self.names.pop_front() {
            let path = self.above.join(&name);
            let is_last = self.names.is_empty() && name != "..";
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let failed = |errno: Errno| {
                Failure::io(
                    format_args!("cannot open `{}`", path.display()),
                    &io::Error::from(errno),
                )
            };
            let opened = match rustix::fs::openat(&self.folder, &name, flags, Mode::empty()) {
                Err(Errno::NOENT) => None,
                other => Some(other.map_err(failed)?),
            };
            let Some(opened) = opened else {
                self.reach(None)?;
                match missing {
                    _ if is_last => return Ok(Some(self.end(name))),
                    Missing::Stop => return Ok(None),
                    Missing::Create => {
                        match rustix::fs::mkdirat(&self.folder, &name, Mode::from_raw_mode(0o755)) {
                            Ok(()) | Err(Errno::EXIST) => self.names.push_front(name),
                            Err(errno) => {
                                return Err(Failure::io(
                                    format_args!("cannot create the directory `{}`", path.display()),
                                    &io::Error::from(errno),
                                ));
                            }
                        }
                        continue;
                    }
                }
            };
            let stat = rustix::fs::fstat(&opened).map_err(failed)?;
            if sort(&stat) == FileType::Symlink {
                if is_last && follow == Follow::No {
                    return Ok(Some(self.end(name)));
                }
                let target = rustix::fs::readlinkat(&opened, "", Vec::new()).map_err(failed)?;
                self.pass(path, &stat, Path::new(&OsString::from_vec(target.into_bytes())))?;
                continue;
            }
            self.reach(Some(stat.st_uid))?;
            if is_last {
                return Ok(Some(self.end(name)));
            }
            if sort(&stat) != FileType::Directory {
                return Err(failed(Errno::NOTDIR));
            }
            self.folder = opened;
            if name == ".." {
                self.above.pop();
            } else {
                self.above = path;
            }
        }
        let owner = rustix::fs::fstat(&self.folder).map(|stat| stat.st_uid).ok();
        self.reach(owner)?;
        Ok(Some(self.end(".".into())))
    }

    fn end(self, name: OsString) -> Location {
        Location::open_in(Arc::new(self.folder), self.above, name)
    }

    fn pass(&mut self, path: PathBuf, stat: &Stat, target: &Path) -> Result<(), Failure> {
        self.links += 1;
        if self.links > MOST_LINKS {
            let message = format!("`{}` is part of a loop of links", path.display());
            return Err(Failure::new(Kind::Invalid, message));
        }
        let placed_by_root = || {
            rustix::fs::fstat(&self.folder)
                .is_ok_and(|folder| folder.st_uid == 0 && folder.st_mode & 0o022 == 0)
        };
        if self.is_root && stat.st_uid != 0 && !placed_by_root() {
            self.passed.push(Passed {
                path,
                owner: stat.st_uid,
                rest: self.names.len(),
            });
        }
        if target.is_absolute() {
            self.folder = root()?;
            self.above = PathBuf::from("/");
        }
        self.push(target);
        Ok(())
    }

    /// Something that is no link, or nothing, was reached: it is what the links that end here point to.
    fn reach(&mut self, owner: Option<u32>) -> Result<(), Failure> {
        let left = self.names.len();
        while let Some(link) = self.passed.pop_if(|link| owner.is_none() || link.rest >= left) {
            if owner != Some(link.owner) {
                return Err(untrusted(&link.path, link.owner));
            }
        }
        Ok(())
    }
}

/// The failure of following a link that may lead astray.
pub(super) fn untrusted(link: &Path, owner: u32) -> Failure {
    let message = format!(
        "the link `{}` is not followed: it belongs to user {owner}, and what it points to does not",
        link.display()
    );
    Failure::new(Kind::PermissionDenied, message)
}

fn root() -> Result<OwnedFd, Failure> {
    rustix::fs::open("/", FOLDER, Mode::empty())
        .map_err(|errno| Failure::io("cannot open `/`", &io::Error::from(errno)))
}
