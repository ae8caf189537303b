//! Places of files: names in open directories.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::system::predicted::{Opened, Predicted};
use crate::system::way::{Missing, Walk};
use crate::system::{Reader, Writer};

pub(super) const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

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
    folder: Folder,
    above: PathBuf,
    name: OsString,
}

/// Where the name of a place is.
#[derive(Debug, Clone)]
enum Folder {
    Open(Arc<OwnedFd>),
    /// In a directory of the host as it would be, which is found by its path. It was open on the host when the place was found.
    Predicted(Predicted, Option<Arc<OwnedFd>>),
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
    /// The directory. Of a place on the host as it would be: something that is no directory, so that nothing can be done there.
    pub fn folder(&self) -> BorrowedFd<'_> {
        match &self.folder {
            Folder::Open(folder) => folder.as_fd(),
            Folder::Predicted(..) => rustix::stdio::stdin(),
        }
    }

    /// A place on the host as it would be.
    pub(super) fn predicted(model: Predicted, above: PathBuf, name: OsString) -> Self {
        Self {
            folder: Folder::Predicted(model, None),
            above,
            name,
        }
    }

    /// A name in an open directory, whose path that is.
    pub(super) fn open_in(folder: Arc<OwnedFd>, above: PathBuf, name: OsString) -> Self {
        Self {
            folder: Folder::Open(folder),
            above,
            name,
        }
    }

    /// In check mode: the host as it would be, where this place is.
    pub(super) fn model(&self) -> Option<&Predicted> {
        match &self.folder {
            Folder::Open(_) => None,
            Folder::Predicted(model, _) => Some(model),
        }
    }

    /// The same place on the host, as far as nothing of it differs there.
    pub(super) fn on_disk(&self) -> Option<Cow<'_, Self>> {
        let Folder::Predicted(model, open) = &self.folder else {
            return Some(Cow::Borrowed(self));
        };
        let opened = |folder, name: &OsStr| {
            Cow::Owned(Self {
                folder: Folder::Open(folder),
                above: self.above.clone(),
                name: name.to_owned(),
            })
        };
        if let Some(open) = open
            && !model.differs()
        {
            return Some(opened(Arc::clone(open), &self.name));
        }
        let path = model.on_disk(self)?;
        let Some((above, name)) = path.parent().zip(path.file_name()) else {
            return Some(opened(open_folder(Path::new("/"))?, ".".as_ref()));
        };
        Some(opened(open_folder(above)?, name))
    }

    /// Whether nothing differs from the host, and the directory is open there.
    fn as_on_host(&self) -> Option<BorrowedFd<'_>> {
        match &self.folder {
            Folder::Open(folder) => Some(folder.as_fd()),
            Folder::Predicted(model, folder) if !model.differs() => folder.as_ref().map(AsFd::as_fd),
            Folder::Predicted(..) => None,
        }
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

    /// Whether both are one name in one directory, whatever way led there.
    ///
    /// # Errors
    /// Where the directories may not be looked at.
    pub fn is_same_as(&self, other: &Self) -> Result<bool, Failure> {
        if self.name != other.name {
            return Ok(false);
        }
        let (Some(one), Some(two)) = (self.as_on_host(), other.as_on_host()) else {
            return Ok(self.path() == other.path());
        };
        let number = |folder| {
            let stat = rustix::fs::fstat(folder).map_err(|errno| self.failure("cannot look at", errno))?;
            Ok::<_, Failure>((stat.st_dev, stat.st_ino))
        };
        Ok(number(one)? == number(two)?)
    }

    /// Whether both hold the same directory open.
    pub(super) fn shares_folder(&self, other: &Self) -> bool {
        match (&self.folder, &other.folder) {
            (Folder::Open(one), Folder::Open(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// A name in the directory that is there, which was opened as `folder`.
    pub(super) fn child(&self, folder: Arc<OwnedFd>, name: OsString) -> Self {
        Self {
            folder: Folder::Open(folder),
            above: self.path(),
            name,
        }
    }

    /// A name in the directory that is at this place of the host as it would be.
    pub(super) fn inner(&self, model: &Predicted, name: OsString) -> Self {
        Self::predicted(model.clone(), self.path(), name)
    }

    /// Another name in the same directory.
    pub(super) fn other(&self, name: OsString) -> Self {
        Self {
            folder: self.folder.clone(),
            above: self.above.clone(),
            name,
        }
    }

    /// What is there, a link as itself.
    ///
    /// # Errors
    /// Where that may not be known.
    pub fn stat(&self) -> Result<Option<Stat>, Failure> {
        let Some(folder) = self.as_on_host() else {
            return self.model().map_or(Ok(None), |model| model.stat(self));
        };
        match rustix::fs::statat(folder, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
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
        let Some(folder) = self.as_on_host() else {
            return self.open_predicted();
        };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::openat(folder, &self.name, flags, Mode::empty())
            .map(File::from)
            .map_err(|errno| self.failure("cannot read", errno))
    }

    fn open_predicted(&self) -> Result<File, Failure> {
        let failed = |errno| self.failure("cannot read", errno);
        let model = self.model().ok_or_else(|| failed(Errno::NOENT))?;
        match model.open(self)? {
            Opened::File(file) => Ok(file),
            Opened::Blob(_) => Err(model.only_by_reference(self)),
        }
    }

    /// Whether the directory that is there holds nothing.
    ///
    /// # Errors
    /// Where it is no directory or may not be read.
    pub fn is_empty_folder(&self) -> Result<bool, Failure> {
        let Some(folder) = self.as_on_host() else {
            return self
                .model()
                .map_or(Ok(false), |model| model.is_empty_folder(self));
        };
        let failed = |errno| self.failure("cannot list", errno);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(folder, &self.name, flags, Mode::empty()).map_err(failed)?;
        let mut entries = Dir::read_from(folder).map_err(failed)?;
        Ok(!entries.any(|entry| entry.is_ok_and(|it| !matches!(it.file_name().to_bytes(), b"." | b".."))))
    }

    /// What is in the link that is there.
    ///
    /// # Errors
    /// Where it is no link.
    pub fn link_target(&self) -> Result<Text, Failure> {
        let Some(folder) = self.as_on_host() else {
            let nothing = || Err(self.failure("cannot read the link", Errno::NOENT));
            return self.model().map_or_else(nothing, |model| model.link_target(self));
        };
        rustix::fs::readlinkat(folder, &self.name, Vec::new())
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

impl Reader<'_> {
    /// The place of a path; nothing where a directory above it does not exist.
    ///
    /// # Errors
    /// `permission_denied` for a link that is not to be trusted, `conflict` where something above is no directory.
    pub fn locate(&self, path: &Path, follow: Follow) -> Result<Option<Location>, Failure> {
        if let Some(model) = self.differing() {
            return model.locate(path, follow, &Missing::Stop);
        }
        let found = match quickly(path, follow) {
            Some(location) => Some(location),
            None => Walk::new(path)?.run(follow, &Missing::Stop)?,
        };
        Ok(found.map(|at| self.place(at)))
    }

    /// A place on the host as one on the host as it would be, where that is what is looked at.
    pub(super) fn place(&self, at: Location) -> Location {
        match (self.model(), at.folder) {
            (Some(model), Folder::Open(folder)) => Location {
                folder: Folder::Predicted(model.clone(), Some(folder)),
                ..at
            },
            (_, folder) => Location { folder, ..at },
        }
    }
}

impl Writer<'_> {
    /// The place of a path, the directories above it created where they are missing.
    ///
    /// # Errors
    /// As [`Reader::locate`], and where a directory cannot be created.
    pub fn make_place(&self, path: &Path, follow: Follow) -> Result<Location, Failure> {
        let place = match self.model() {
            Some(model) => model.locate(path, follow, &Missing::Create)?,
            None => match quickly(path, follow) {
                Some(location) => Some(location),
                None => Walk::new(path)?.run(follow, &Missing::Create)?,
            },
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
        at: Location::open_in(Arc::clone(folder), above.to_path_buf(), name.to_os_string()),
        stat,
    })
}

pub(super) fn sort(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}
