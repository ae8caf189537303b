//! Mode and owner of what exists.

use std::os::fd::{AsFd, AsRawFd as _};
use std::sync::OnceLock;

use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, OFlags, Stat, Uid};
use rustix::io::Errno;

use crate::argument::{FileMode, ModeChange, Text};
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Location, Reader, Writer};

/// What something new is, before it is given a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fresh {
    /// A file.
    File,
    /// A file that is to be run.
    Program,
    /// A directory.
    Folder,
}

/// The mode and owner that something is to have; `None`: as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Permission bits.
    pub mode: Option<u32>,
    /// The owner's number.
    pub uid: Option<u32>,
    /// The group's number.
    pub gid: Option<u32>,
}

impl Attributes {
    /// From arguments.
    ///
    /// # Errors
    /// `not_found` for an account that does not exist.
    pub fn of(
        host: &Reader<'_>,
        mode: Option<FileMode>,
        owner: Option<&Text>,
        group: Option<&Text>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            mode: mode.map(|mode| mode.0),
            uid: owner.map(|owner| host.uid_of(owner)).transpose()?,
            gid: group.map(|group| host.gid_of(group)).transpose()?,
        })
    }

    /// The same with a mode: of what is there, or of what is made.
    #[must_use]
    pub fn with_mode(self, mode: Option<&ModeChange>, stat: Option<&Stat>, fresh: Fresh) -> Self {
        let umask = umask();
        let (bits, is_folder) = match (stat, fresh) {
            (Some(stat), _) => {
                let sort = FileType::from_raw_mode(stat.st_mode);
                (stat.st_mode & 0o7777, sort == FileType::Directory)
            }
            (None, Fresh::File) => (0o666 & !umask, false),
            (None, Fresh::Program) => (0o777 & !umask, false),
            (None, Fresh::Folder) => (0o777 & !umask, true),
        };
        let mode = mode.map(|mode| mode.of(bits, is_folder, umask)).or(self.mode);
        Self { mode, ..self }
    }

    /// What of it something does not have yet.
    #[must_use]
    pub fn missing_in(&self, stat: &Stat) -> Self {
        let uid = self.uid.filter(|uid| *uid != stat.st_uid);
        let gid = self.gid.filter(|gid| *gid != stat.st_gid);
        // A change of owner clears bits of the mode, so that it must be set again.
        let is_disturbed = uid.is_some() || gid.is_some();
        let bits = stat.st_mode & 0o7777;
        let mode = match self.mode {
            Some(mode) if mode != bits || is_disturbed => Some(mode),
            None if is_disturbed && is_cleared(stat) => Some(bits),
            _ => None,
        };
        Self { mode, uid, gid }
    }

    /// Those that something has.
    pub fn found_in(stat: &Stat) -> Self {
        Self {
            mode: (!is_link(stat)).then_some(stat.st_mode & 0o7777),
            uid: Some(stat.st_uid),
            gid: Some(stat.st_gid),
        }
    }

    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The lines of a diff for what is missing.
    pub fn diff(&self, host: &Reader<'_>, title: &str, before: Option<&Stat>) -> Vec<Diff> {
        let mut diffs = Vec::new();
        let mut push = |property: &str, old: Option<String>, new: Option<String>| {
            if new.is_some() && old != new {
                diffs.push(Diff::of_property(title, property, old.as_deref(), new.as_deref()));
            }
        };
        let mode = |bits: u32| FileMode(bits & 0o7777).to_string();
        push("mode", before.map(|it| mode(it.st_mode)), self.mode.map(mode));
        let name = |uid| host.user_name(uid);
        push("owner", before.map(|it| name(it.st_uid)), self.uid.map(name));
        let name = |gid| host.group_name(gid);
        push("group", before.map(|it| name(it.st_gid)), self.gid.map(name));
        diffs
    }
}

impl Writer<'_> {
    /// Gives what is at a place its mode and owner; the owner of a link is its own. If one of them cannot be set, the other
    /// is as it was.
    ///
    /// # Errors
    /// `permission_denied`, mostly.
    pub fn set_attributes(&self, at: &Location, wanted: &Attributes) -> Result<(), Failure> {
        if let Some(model) = at.model() {
            return model.set_attributes(at, wanted);
        }
        if wanted.uid.is_none() && wanted.gid.is_none() {
            return match wanted.mode {
                Some(mode) => change_mode(at, mode),
                None => Ok(()),
            };
        }
        let failed = |errno| at.failure("cannot change the owner of", errno);
        let before = at.stat()?.ok_or_else(|| failed(Errno::NOENT))?;
        change_owner(at, wanted.uid, wanted.gid).map_err(failed)?;
        // The kernel takes setuid and setgid away from what it gives to somebody else.
        let kept = is_cleared(&before).then_some(before.st_mode & 0o7777);
        let Some(mode) = wanted.mode.or(kept) else {
            return Ok(());
        };
        change_mode(at, mode).inspect_err(|_| {
            // The failure that is told is the first one.
            let _ = change_owner(at, Some(before.st_uid), Some(before.st_gid));
            if let Some(mode) = kept {
                drop(change_mode(at, mode));
            }
        })
    }
}

fn is_link(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Symlink
}

/// Whether a change of owner takes bits of the mode away.
fn is_cleared(stat: &Stat) -> bool {
    stat.st_mode & 0o6000 != 0 && !is_link(stat)
}

fn change_owner(at: &Location, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
    let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
    rustix::fs::chownat(at.folder(), at.name(), uid, gid, AtFlags::SYMLINK_NOFOLLOW)
}

fn change_mode(at: &Location, mode: u32) -> Result<(), Failure> {
    set_mode(at, Mode::from_raw_mode(mode)).map_err(|errno| at.failure("cannot change the mode of", errno))
}

/// By a descriptor that only names it: to open a device or a pipe may do something, and a socket cannot be opened.
fn set_mode(at: &Location, mode: Mode) -> Result<(), Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let named = rustix::fs::openat(at.folder(), at.name(), flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&named)?;
    if is_link(&stat) {
        return Err(Errno::LOOP);
    }
    match rustix::fs::chmodat(CWD, own_path(&named), mode, AtFlags::empty()) {
        // Without `/proc`.
        Err(Errno::NOENT | Errno::NOTDIR) => {}
        other => return other,
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile | FileType::Directory => {
            let file = rustix::fs::openat(at.folder(), at.name(), flags, Mode::empty())?;
            rustix::fs::fchmod(&file, mode)
        }
        _ => Err(Errno::NOTSUP),
    }
}

/// The bits that new files do not get here.
pub fn umask() -> u32 {
    static UMASK: OnceLock<u32> = OnceLock::new();
    *UMASK.get_or_init(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
        line.and_then(|text| u32::from_str_radix(text.trim(), 8).ok())
            .unwrap_or(0o022)
    })
}

/// The path by which this process reaches what it holds open.
pub(super) fn own_path(file: impl AsFd) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

/// Gives a new file the owner and group that it should have; none: as it is. Gives back whether it has them.
///
/// # Errors
/// Whatever the system says, except that somebody who is not root may not.
pub(super) fn set_owner(file: impl AsFd, uid: Option<u32>, gid: Option<u32>) -> Result<bool, Errno> {
    if uid.is_none() && gid.is_none() {
        return Ok(true);
    }
    let stat = rustix::fs::fstat(&file)?;
    let uid = uid.filter(|uid| *uid != stat.st_uid);
    let gid = gid.filter(|gid| *gid != stat.st_gid);
    if uid.is_none() && gid.is_none() {
        return Ok(true);
    }
    match rustix::fs::fchown(&file, uid.map(Uid::from_raw), gid.map(Gid::from_raw)) {
        Ok(()) => Ok(true),
        Err(Errno::PERM) => Ok(false),
        Err(errno) => Err(errno),
    }
}
