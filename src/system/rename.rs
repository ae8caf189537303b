//! Moves what is at one place to another.

use rustix::fs::{FileType, RenameFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Caution, Location, Reader, Writer};

impl Writer<'_> {
    /// Moves what is at a place; whatever is at the other one is replaced only if that is wanted. Between two file systems
    /// a file is copied with what belongs to it, and then removed.
    ///
    /// # Errors
    /// `conflict` where something has come to be there, `unsupported` for a directory on its way to another file system.
    pub fn rename(&self, from: &Location, to: &Location, replace: bool) -> Result<(), Failure> {
        self.check_canceled()?;
        let (old, new) = (from.stat()?, to.stat()?);
        if let Some(model) = from.model() {
            if let Some(stat) = &old
                && !from.is_on_same_mount(to)?
            {
                require_movable(stat, from, to)?;
            }
            return model.rename(from, to, replace);
        }
        match rename(from, to, replace) {
            Err(Errno::XDEV) => return self.carry(from, to),
            other => other.map_err(|errno| {
                let doing = format!("cannot move `{}` to", from.path().display());
                to.failure(&doing, errno)
            })?,
        }
        // Where both are names of one file, a rename does nothing.
        if let (Some(old), Some(new)) = (old, new)
            && (old.st_dev, old.st_ino) == (new.st_dev, new.st_ino)
            && !is_folder(&old)
        {
            self.remove(from)?;
        }
        Ok(())
    }

    /// Copies a file or link with all that belongs to it, and then removes it.
    fn carry(&self, from: &Location, to: &Location) -> Result<(), Failure> {
        let stat = from.stat()?;
        let stat = stat.ok_or_else(|| from.failure("cannot move", Errno::NOENT))?;
        require_movable(&stat, from, to)?;
        let wanted = Attributes::found_in(&stat);
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            self.make_link(to, &from.link_target()?, &wanted)?;
            return self.remove(from);
        }
        let mut old = from.open()?;
        let failed = |error| Failure::io(format_args!("cannot copy `{}`", from.path().display()), &error);
        let times = Timestamps {
            last_access: Timespec {
                tv_sec: 0,
                tv_nsec: rustix::fs::UTIME_OMIT,
            },
            last_modification: Timespec {
                tv_sec: stat.st_mtime,
                tv_nsec: i64::try_from(stat.st_mtime_nsec).unwrap_or(0),
            },
        };
        // What is there is replaced, and leaves nothing of its own behind.
        let new = self.begin(to, None, &wanted, &Caution::default(), &mut |new| {
            self.pour(to, new, &mut old)?;
            self.copy_attributes(from, new, to)?;
            rustix::fs::futimens(&*new, &times).map_err(|errno| failed(errno.into()))
        })?;
        new.sync()?;
        self.finish(new, &Caution::default())?;
        self.remove(from)
    }
}

impl Reader<'_> {
    /// Whether what is at a place could be moved to another one, as far as that can be known.
    ///
    /// # Errors
    /// `unsupported` for a directory on its way to another file system; as [`Reader::check_removable`].
    pub fn check_movable(&self, from: &Location, stat: &Stat, to: &Location) -> Result<(), Failure> {
        self.check_removable(from, stat)?;
        self.check_placeable(to)?;
        if let Some(new) = to.stat()? {
            self.check_removable(to, &new)?;
        }
        if is_folder(stat) && !from.is_on_same_mount(to)? {
            require_movable(stat, from, to)?;
        }
        Ok(())
    }
}

fn is_folder(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

fn require_movable(stat: &Stat, from: &Location, to: &Location) -> Result<(), Failure> {
    let sort = FileType::from_raw_mode(stat.st_mode);
    if matches!(sort, FileType::RegularFile | FileType::Symlink) {
        return Ok(());
    }
    let message = format!(
        "`{}` and `{}` are on different file systems, between which only files and links are moved",
        from.path().display(),
        to.path().display()
    );
    Err(Failure::new(Kind::Unsupported, message))
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
