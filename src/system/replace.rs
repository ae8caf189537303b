//! Puts a new file in the place of an old one, whole or not at all.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Seek as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::argument::Argv;
use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::system::attributes::set_owner;
use crate::system::disk::Disk;
use crate::system::temporary::{Named, Temporary};
use crate::system::xattrs::copy_xattrs;
use crate::system::{Attributes, Ended, Location, Program, Writer};

/// What to do before the old file is gone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caution<'a> {
    /// Keeps the old file next to the new one.
    pub backup: bool,
    /// Must accept the new file; `%s` in it is the new file's path.
    pub validate: Option<&'a Argv>,
    /// The new file is an edit of what has this hash; anything else is not replaced.
    pub edit_of: Option<Hash>,
}

/// A new file that is not in its place yet.
#[derive(Debug)]
pub(super) struct New {
    temporary: Temporary,
    old: Option<Stat>,
    wanted: Attributes,
}

impl New {
    pub(super) const fn file(&self) -> &File {
        &self.temporary.file
    }

    /// Whether both hold the same directory open.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.temporary.at.shares_folder(&other.temporary.at)
    }

    /// Waits until it is on the disk.
    pub(super) fn sync(&self) -> Result<(), Failure> {
        self.file().sync_all().map_err(|error| self.unwritten(&error))
    }

    /// Hands its content to the disk, if that is enough there.
    pub(super) fn hand_over(&self, disk: &mut Disk) -> Result<bool, Failure> {
        disk.hand_over(self.file())
            .map_err(|error| self.unwritten(&error))
    }

    fn unwritten(&self, error: &io::Error) -> Failure {
        let path = self.temporary.at.path();
        Failure::io(format_args!("cannot write `{}`", path.display()), error)
    }
}

impl Writer<'_> {
    /// Makes a file of what `fill` writes. It keeps the old file's owner, mode and extended attributes where `wanted` does
    /// not say otherwise. Gives back the path of the backup.
    ///
    /// # Errors
    /// `conflict` where something that is no file is in the way, `command_failed` where `validate` refuses it, `raced` where
    /// there is something else than what was edited. The old file is then as it was.
    pub fn replace(
        &self,
        at: &Location,
        wanted: &Attributes,
        caution: &Caution<'_>,
        fill: &mut dyn FnMut(&mut File) -> Result<(), Failure>,
    ) -> Result<Option<PathBuf>, Failure> {
        if let Some(model) = at.model() {
            return self.replace_predicted(model, at, at.stat()?, wanted, caution, fill);
        }
        let new = self.begin(at, at.stat()?, wanted, caution, fill)?;
        new.sync()?;
        let _turn = match (caution.edit_of, &new.old) {
            (None, Some(_)) => Some(self.keep_off(at)?),
            _ => None,
        };
        self.finish(new, caution)
    }

    /// Writes the new file, with all that belongs to it; `old`: what it will replace.
    pub(super) fn begin(
        &self,
        at: &Location,
        old: Option<Stat>,
        wanted: &Attributes,
        caution: &Caution<'_>,
        fill: &mut dyn FnMut(&mut File) -> Result<(), Failure>,
    ) -> Result<New, Failure> {
        if let Some(old) = &old {
            refuse_others(at, old)?;
        }
        let is_private = old.is_some() || wanted.mode.is_some();
        let mode = Mode::from_raw_mode(if is_private { 0o600 } else { 0o666 });
        let named = match caution.validate {
            Some(_) => Named::Yes,
            None => Named::No,
        };
        let mut temporary = Temporary::create(at, mode, named, old.is_some())?;
        fill(&mut temporary.file)?;
        self.dress(at, &temporary.file, wanted, old.as_ref())?;
        Ok(New {
            temporary,
            old,
            wanted: *wanted,
        })
    }

    /// Puts the new file into its place. Gives back the path of the backup.
    pub(super) fn finish(&self, mut new: New, caution: &Caution<'_>) -> Result<Option<PathBuf>, Failure> {
        let at = new.temporary.at.clone();
        if let Some(validate) = caution.validate {
            self.validate(&at, &new.temporary, validate)?;
        }
        let _claim = match caution.edit_of {
            Some(began_with) => Some(self.claim(&at, began_with)?),
            None => None,
        };
        let backup = match &new.old {
            Some(_) if caution.backup => Some(back_up(&at)?),
            _ => None,
        };
        self.check_canceled()?;
        match new.temporary.publish(new.old.is_some()) {
            Ok(()) => {}
            Err(Errno::BUSY) if new.old.is_some() => {
                self.write_in_place(&at, &mut new.temporary, &new.wanted)?;
            }
            Err(errno) => return Err(at.failure("cannot write", errno)),
        }
        if new.old.is_some_and(|old| old.st_nlink > 1) && !caution.backup {
            self.link().warn(hard_links(&at));
        }
        Ok(backup)
    }

    /// Owner, then attributes, then mode: each would undo parts of the next.
    fn dress(
        &self,
        at: &Location,
        new: &File,
        wanted: &Attributes,
        old: Option<&Stat>,
    ) -> Result<(), Failure> {
        let failed = |errno| at.failure("cannot write", errno);
        let uid = wanted.uid.or(old.map(|it| it.st_uid));
        let gid = wanted.gid.or(old.map(|it| it.st_gid));
        let mut mode = wanted.mode.or(old.map(|it| it.st_mode & 0o7777));
        if !set_owner(new, uid, gid).map_err(failed)? {
            let is_wanted = wanted.uid.is_some() || wanted.gid.is_some();
            if is_wanted {
                return Err(at.failure("cannot change the owner of", Errno::PERM));
            }
            self.link().warn(owner_lost(at));
            mode = mode.map(|mode| mode & 0o1777);
        }
        if old.is_some() {
            self.copy_attributes(at, new, at)?;
        }
        match mode {
            Some(mode) => rustix::fs::fchmod(new, Mode::from_raw_mode(mode)).map_err(failed),
            None => Ok(()),
        }
    }

    /// Gives a new file, which will be at `to`, the extended attributes of an old one; warns of those it cannot have.
    pub(super) fn copy_attributes(&self, old: &Location, new: &File, to: &Location) -> Result<(), Failure> {
        let refused = copy_xattrs(old, new).map_err(|errno| to.failure("cannot write", errno))?;
        if !refused.is_empty() {
            self.link().warn(format!(
                "`{}` cannot keep its attributes {}",
                to.path().display(),
                refused.join(", ")
            ));
        }
        Ok(())
    }

    fn validate(&self, at: &Location, new: &Temporary, validate: &Argv) -> Result<(), Failure> {
        let ended = self.run_now(&Program::of(&substituted(validate, &new.path())?))?;
        if ended.exit_code == 0 {
            return Ok(());
        }
        Err(refused(at, validate, &ended))
    }

    /// For a file that is itself a mount point and cannot be replaced.
    fn write_in_place(&self, at: &Location, new: &mut Temporary, wanted: &Attributes) -> Result<(), Failure> {
        self.link().warn(format!(
            "`{}` is mounted as a file and was written in place, which is not atomic",
            at.path().display()
        ));
        let flags = OFlags::WRONLY | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let failed =
            |error: io::Error| Failure::io(format_args!("cannot write `{}`", at.path().display()), &error);
        let mut file: File = rustix::fs::openat(at.folder(), at.name(), flags, Mode::empty())
            .map_err(|errno| at.failure("cannot write", errno))?
            .into();
        new.file.rewind().map_err(failed)?;
        io::copy(&mut new.file, &mut file).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        self.set_attributes(at, wanted)
    }
}

/// The words of a program that is to accept a file, with the file's path for each `%s`.
pub(super) fn substituted(validate: &Argv, path: &Path) -> Result<Argv, Failure> {
    let path = path.as_os_str().as_bytes();
    let mut argv = validate.clone();
    let mut is_named = false;
    for word in &mut argv.0 {
        // The path itself may hold a `%s`, so that what was put in is not looked at again.
        let mut rest = std::mem::take(&mut word.0);
        while let Some(start) = rest.windows(2).position(|pair| pair == b"%s") {
            word.0.extend(rest.drain(..start));
            word.0.extend_from_slice(path);
            rest.drain(..2);
            is_named = true;
        }
        word.0.append(&mut rest);
    }
    if is_named {
        return Ok(argv);
    }
    let message = format!("`{validate}` does not say with `%s` where the new file goes");
    Err(Failure::new(Kind::Invalid, message))
}

/// The failure of a file that was not accepted.
pub(super) fn refused(at: &Location, validate: &Argv, ended: &Ended) -> Failure {
    let failure = ended.failure(&validate.to_string());
    Failure {
        message: format!("`{}` was not changed: {}", at.path().display(), failure.message),
        ..failure
    }
}

pub(super) fn hard_links(at: &Location) -> String {
    format!(
        "`{}` had other hard links: they keep the old content",
        at.path().display()
    )
}

pub(super) fn owner_lost(at: &Location) -> String {
    format!(
        "`{}` cannot keep its owner or group: only root can give files away",
        at.path().display()
    )
}

pub(super) fn refuse_others(at: &Location, old: &Stat) -> Result<(), Failure> {
    let found = match FileType::from_raw_mode(old.st_mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => "a directory",
        _ => "not a regular file",
    };
    let message = format!("cannot write `{}`: it is {found}", at.path().display());
    Err(Failure::new(Kind::Conflict, message))
}

/// A second name for the old file is its backup: made at once, with everything that belongs to it.
fn back_up(at: &Location) -> Result<PathBuf, Failure> {
    let failed = |errno| at.failure("cannot make a backup of", errno);
    let stamp = stamp(SystemTime::now());
    for number in 0..100 {
        let mut name = OsString::from(at.name());
        name.push(format!(".{stamp}"));
        if number > 0 {
            name.push(format!("-{number}"));
        }
        name.push("~");
        match rustix::fs::linkat(at.folder(), at.name(), at.folder(), &name, AtFlags::empty()) {
            Ok(()) => return Ok(at.beside(&name)),
            Err(Errno::EXIST) => {}
            Err(_) => return copy_to(at, &name).map_err(failed),
        }
    }
    Err(failed(Errno::EXIST))
}

/// Where a file may not have a second name.
fn copy_to(at: &Location, name: &OsStr) -> Result<PathBuf, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut old: File = rustix::fs::openat(at.folder(), at.name(), flags, Mode::empty())?.into();
    let stat = rustix::fs::fstat(&old)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut new: File = rustix::fs::openat(at.folder(), name, flags, Mode::from_raw_mode(0o600))?.into();
    io::copy(&mut old, &mut new).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    set_owner(&new, Some(stat.st_uid), Some(stat.st_gid))?;
    rustix::fs::fchmod(&new, Mode::from_raw_mode(stat.st_mode & 0o1777))?;
    Ok(at.beside(name))
}

/// A time in UTC as `20260131-235959`.
pub(super) fn stamp(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
    let (mut days, rest) = (seconds / 86400, seconds % 86400);
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!(
        "{year:04}{month:02}{:02}-{hour:02}{minute:02}{second:02}",
        days + 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_stamp_is_the_date_in_utc() {
        let at = |seconds| stamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "19700101-000000");
        assert_eq!(at(951_782_399), "20000228-235959");
        assert_eq!(at(951_782_400), "20000229-000000");
        assert_eq!(at(1_767_225_599), "20251231-235959");
        assert_eq!(at(1_767_225_600), "20260101-000000");
    }
}
