//! Moves what is at one place to another.

use std::io;

use rustix::fs::{FileType, RenameFlags};
use rustix::io::Errno;

use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Caution, Location, Writer};

impl Writer<'_> {
    /// Moves what is at a place; whatever is at the other one is replaced only if that is wanted. Between two file systems
    /// a file is copied with what belongs to it, and then removed.
    ///
    /// # Errors
    /// `conflict` where something has come to be there, `unsupported` for a folder on its way to another file system.
    pub fn rename(&self, from: &Location, to: &Location, replace: bool) -> Result<(), Failure> {
        self.check_canceled()?;
        match rename(from, to, replace) {
            Err(Errno::XDEV) => self.carry(from, to),
            other => other.map_err(|errno| {
                let doing = format!("cannot move `{}` to", from.path().display());
                to.failure(&doing, errno)
            }),
        }
    }

    fn carry(&self, from: &Location, to: &Location) -> Result<(), Failure> {
        let is_file = from
            .stat()?
            .is_some_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
        if !is_file {
            let message = format!(
                "`{}` and `{}` are on different file systems, between which only files are moved",
                from.path().display(),
                to.path().display()
            );
            return Err(Failure::new(Kind::Unsupported, message));
        }
        let mut old = from.open()?;
        let stat = rustix::fs::fstat(&old).map_err(|errno| from.failure("cannot look at", errno))?;
        let wanted = Attributes {
            mode: Some(stat.st_mode & 0o7777),
            uid: Some(stat.st_uid),
            gid: Some(stat.st_gid),
        };
        self.replace(to, &wanted, &Caution::default(), &mut |new| {
            io::copy(&mut old, new).map_err(|error| {
                Failure::io(format_args!("cannot copy `{}`", from.path().display()), &error)
            })?;
            self.copy_attributes(from, new, to)
        })?;
        self.remove(from)
    }
}

fn rename(from: &Location, to: &Location, replace: bool) -> Result<(), Errno> {
    if !replace {
        let flags = RenameFlags::NOREPLACE;
        match rustix::fs::renameat_with(from.folder(), from.name(), to.folder(), to.name(), flags) {
            // A file system that does not know the flag: what is there was looked at before.
            Err(Errno::INVAL | Errno::NOSYS) => {}
            other => return other,
        }
    }
    rustix::fs::renameat(from.folder(), from.name(), to.folder(), to.name())
}
