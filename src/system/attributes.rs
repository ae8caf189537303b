//! Mode and owner of what exists.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid};
use rustix::io::Errno;

use crate::argument::{FileMode, Text};
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Location, Reader, Writer};

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

    /// What of it something does not have yet.
    #[must_use]
    pub fn missing_in(&self, stat: &Stat) -> Self {
        let uid = self.uid.filter(|uid| *uid != stat.st_uid);
        let gid = self.gid.filter(|gid| *gid != stat.st_gid);
        // A change of owner clears bits of the mode, so that it must be set again.
        let is_disturbed = uid.is_some() || gid.is_some();
        let mode = self
            .mode
            .filter(|mode| *mode != stat.st_mode & 0o7777 || is_disturbed);
        Self { mode, uid, gid }
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
    /// Gives what is at a place its mode and owner; the owner of a link is its own.
    ///
    /// # Errors
    /// `permission_denied`, mostly.
    pub fn set_attributes(&self, at: &Location, wanted: &Attributes) -> Result<(), Failure> {
        let nofollow = AtFlags::SYMLINK_NOFOLLOW;
        if wanted.uid.is_some() || wanted.gid.is_some() {
            let uid = wanted.uid.map(Uid::from_raw);
            let gid = wanted.gid.map(Gid::from_raw);
            rustix::fs::chownat(at.folder(), at.name(), uid, gid, nofollow)
                .map_err(|errno| at.failure("cannot change the owner of", errno))?;
        }
        let Some(mode) = wanted.mode else {
            return Ok(());
        };
        set_mode(at, Mode::from_raw_mode(mode))
            .map_err(|errno| at.failure("cannot change the mode of", errno))
    }
}

fn set_mode(at: &Location, mode: Mode) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(at.folder(), at.name(), flags, Mode::empty()) {
        Ok(file) => rustix::fs::fchmod(&file, mode),
        // Its owner may change the mode of what he may not read. Root reads everything and never comes here, so what
        // another user might put in its place meanwhile is of no consequence.
        Err(Errno::ACCESS) => {
            let stat = rustix::fs::statat(at.folder(), at.name(), AtFlags::SYMLINK_NOFOLLOW)?;
            if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
                return Err(Errno::LOOP);
            }
            rustix::fs::chmodat(at.folder(), at.name(), mode, AtFlags::empty())
        }
        Err(errno) => Err(errno),
    }
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
