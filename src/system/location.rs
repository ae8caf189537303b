//! Finding the place of a file for writing, link by link, without being led astray.
//!
//! Where the agent is root, a link is followed only if it is root's, is in a directory that only root writes, or belongs
//! to the owner of what it points to. So whoever can place a link can lead root only to what is his own. Any other user
//! follows links freely: he could write there anyway.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};

/// More links than this on one way are a loop.
const MOST_LINKS: usize = 40;
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Whether a link at the end of a path stands for what it points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It does.
    Yes,
    /// It stands for itself.
    No,
}

/// A name in an open directory: what is done there cannot be led elsewhere any more.
#[derive(Debug, Clone)]
pub struct Location {
    folder: Arc<OwnedFd>,
    above: PathBuf,
    name: OsString,
}

/// A place, and what was there when it was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The place.
    pub at: Location,
    /// What was there, a link as itself.
    pub stat: Option<Stat>,
}

impl Found {
    /// Looks at what is at a place.
    ///
    /// # Errors
    /// Where that may not be known.
    pub fn at(at: Location) -> Result<Self, Failure> {
        let stat = at.stat()?;
        Ok(Self { at, stat })
    }
}

impl Location {
    /// The directory.
    pub fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// The name in it; `.` for the root directory.
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// The path, links followed.
    pub fn path(&self) -> PathBuf {
        self.beside(&self.name)
    }

    /// The path of another name in the directory.
    pub fn beside(&self, name: &OsStr) -> PathBuf {
        if name == "." {
            self.above.clone()
        } else {
            self.above.join(name)
        }
    }

    /// Whether both hold the same directory open.
    pub(super) fn shares_folder(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.folder, &other.folder)
    }

    /// A name in the directory that is there, which was opened as `folder`.
    pub(super) fn child(&self, folder: Arc<OwnedFd>, name: OsString) -> Self {
        Self {
            folder,
            above: self.path(),
            name,
        }
    }

    /// Another name in the same directory.
    pub(super) fn other(&self, name: OsString) -> Self {
        Self {
            folder: Arc::clone(&self.folder),
            above: self.above.clone(),
            name,
        }
    }

    /// What is there, a link as itself.
    ///
    /// # Errors
    /// Where that may not be known.
    pub fn stat(&self) -> Result<Option<Stat>, Failure> {
        match rustix::fs::statat(self.folder(), &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.failure("cannot look at", errno)),
        }
    }

    /// Opens what is there for reading, never through a link, never waiting for a pipe.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open(&self) -> Result<File, Failure> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::openat(self.folder(), &self.name, flags, Mode::empty())
            .map(File::from)
            .map_err(|errno| self.failure("cannot read", errno))
    }

    /// Whether the directory that is there holds nothing.
    ///
    /// # Errors
    /// Where it is no directory or may not be read.
    pub fn is_empty_folder(&self) -> Result<bool, Failure> {
        let failed = |errno| self.failure("cannot list", errno);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(self.folder(), &self.name, flags, Mode::empty()).map_err(failed)?;
        let mut entries = Dir::read_from(folder).map_err(failed)?;
        Ok(!entries.any(|entry| entry.is_ok_and(|it| !matches!(it.file_name().to_bytes(), b"." | b".."))))
    }

    /// What is in the link that is there.
    ///
    /// # Errors
    /// Where it is no link.
    pub fn link_target(&self) -> Result<Text, Failure> {
        rustix::fs::readlinkat(self.folder(), &self.name, Vec::new())
            .map(|target| Text(target.into_bytes()))
            .map_err(|errno| self.failure("cannot read the link", errno))
    }

    /// A failure of doing something to it.
    pub fn failure(&self, doing: &str, errno: Errno) -> Failure {
        Failure::io(
            format_args!("{doing} `{}`", self.path().display()),
            &io::Error::from(errno),
        )
    }
}

/// What to do about a directory that is not there.
enum Missing {
    Stop,
    Create,
}

impl Reader<'_> {
    /// The place of a path; nothing where a directory above it does not exist.
    ///
    /// # Errors
    /// `permission_denied` for a link that is not to be trusted, `conflict` where something above is no directory.
    pub fn locate(&self, path: &Path, follow: Follow) -> Result<Option<Location>, Failure> {
        match quickly(path, follow) {
            Some(location) => Ok(Some(location)),
            None => Walk::new(path)?.run(follow, &Missing::Stop),
        }
    }
}

impl Writer<'_> {
    /// The place of a path, the directories above it created where they are missing.
    ///
    /// # Errors
    /// As [`Reader::locate`], and where a directory cannot be created.
    pub fn make_place(&self, path: &Path, follow: Follow) -> Result<Location, Failure> {
        let place = match quickly(path, follow) {
            Some(location) => Some(location),
            None => Walk::new(path)?.run(follow, &Missing::Create)?,
        };
        place.ok_or_else(|| {
            Failure::new(
                Kind::Conflict,
                format!("the directory of `{}` vanished", path.display()),
            )
        })
    }
}

/// The usual case in two calls: a path without any link.
fn quickly(path: &Path, follow: Follow) -> Option<Location> {
    let folder = open_folder(path.parent()?)?;
    in_folder(&folder, path, follow).map(|found| found.at)
}

/// A directory to which no link leads.
pub(super) fn open_folder(path: &Path) -> Option<Arc<OwnedFd>> {
    let links = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let folder = rustix::fs::openat2(CWD, path, FOLDER, Mode::empty(), links);
    folder.ok().map(Arc::new)
}

/// The place of a path whose directory is open, unless a link is to be followed from there.
pub(super) fn in_folder(folder: &Arc<OwnedFd>, path: &Path, follow: Follow) -> Option<Found> {
    let (above, name) = (path.parent()?, path.file_name()?);
    let stat = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Some(stat),
        Err(Errno::NOENT) => None,
        Err(_) => return None,
    };
    let is_link = stat.is_some_and(|it| sort(&it) == FileType::Symlink);
    (!is_link || follow == Follow::No).then(|| Found {
        at: Location {
            folder: Arc::clone(folder),
            above: above.to_path_buf(),
            name: name.to_os_string(),
        },
        stat,
    })
}

fn sort(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// A link on the way whose target has not been reached.
struct Passed {
    path: PathBuf,
    owner: u32,
    /// How many names are still to go once its target is reached.
    rest: usize,
}

struct Walk {
    names: VecDeque<OsString>,
    folder: OwnedFd,
    above: PathBuf,
    passed: Vec<Passed>,
    links: usize,
    is_root: bool,
}

impl Walk {
    fn new(path: &Path) -> Result<Self, Failure> {
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

    fn run(mut self, follow: Follow, missing: &Missing) -> Result<Option<Location>, Failure> {
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
        Location {
            folder: Arc::new(self.folder),
            above: self.above,
            name,
        }
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
                let message = format!(
                    "the link `{}` is not followed: it belongs to user {}, and what it points to does not",
                    link.path.display(),
                    link.owner
                );
                return Err(Failure::new(Kind::PermissionDenied, message));
            }
        }
        Ok(())
    }
}

fn root() -> Result<OwnedFd, Failure> {
    rustix::fs::open("/", FOLDER, Mode::empty())
        .map_err(|errno| Failure::io("cannot open `/`", &io::Error::from(errno)))
}
