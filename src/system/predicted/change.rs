//! Changing the host as it would be: what the kernel would do to names, directories, links, owners and modes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use crate::argument::Text;
use crate::failure::Failure;
use crate::system::attributes::umask;
use crate::system::predicted::may::{may_give, may_write};
use crate::system::predicted::tree::{Content, Folder, Look, Node, Rest, Slot, Sort, sort};
use crate::system::predicted::{Fault, Predicted};
use crate::system::{Attributes, Location, Moment, Times};

fn is_folder(stat: &Stat) -> bool {
    sort(stat) == FileType::Directory
}

impl Predicted {
    /// What something new in a directory is.
    pub(super) fn new_stat(&self, path: &Path, kind: FileType, mode: u32) -> Result<Stat, Fault> {
        let above = path.parent().ok_or(Errno::EXIST)?;
        let folder = self.stat_of(above)?.ok_or(Errno::NOENT)?;
        if !is_folder(&folder) {
            return Err(Errno::NOTDIR.into());
        }
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        let mut stat = folder;
        let inherits = folder.st_mode & 0o2000 != 0;
        let inherited = if inherits && kind == FileType::Directory {
            0o2000
        } else {
            0
        };
        stat.st_mode = kind.as_raw_mode() | mode | inherited;
        stat.st_uid = geteuid().as_raw();
        stat.st_gid = if inherits {
            folder.st_gid
        } else {
            getegid().as_raw()
        };
        stat.st_ino = self.tree().next_inode();
        stat.st_size = 0;
        stat.st_nlink = if kind == FileType::Directory { 2 } else { 1 };
        stat.st_rdev = 0;
        stat.st_mtime = now.tv_sec;
        stat.st_mtime_nsec = 0;
        Ok(stat)
    }

    fn set(&self, path: &Path, stat: Option<Stat>, kind: Sort) -> Result<(), Fault> {
        let by = self.id();
        let node = Node { stat, kind, by };
        self.put(path, Slot::Is(Arc::new(node)))
    }

    pub(super) fn put(&self, path: &Path, slot: Slot) -> Result<(), Fault> {
        self.tree_to_change().put(path, slot, self.id())
    }

    pub(super) fn set_file(&self, path: &Path, stat: Stat, content: Content) -> Result<(), Fault> {
        self.set(path, Some(stat), Sort::File(content))
    }

    /// Makes a directory with the usual mode.
    pub(super) fn make_plain_folder(&self, path: &Path) -> Result<(), Fault> {
        self.add_folder(path, 0o755 & !umask())
    }

    fn add_folder(&self, path: &Path, mode: u32) -> Result<(), Fault> {
        let stat = self.new_stat(path, FileType::Directory, mode)?;
        self.may_change_in(path.parent().unwrap_or(path))?;
        let (names, rest) = (BTreeMap::new(), Rest::Nothing);
        self.set(path, Some(stat), Sort::Folder(Folder { names, rest }))
    }

    /// Makes a directory in a directory that is there, or gives one that is there what is wanted.
    pub(in crate::system) fn make_folder(&self, at: &Location, wanted: &Attributes) -> Result<(), Failure> {
        let failed = |fault| self.failure(fault, at, "cannot create the directory");
        let path = at.path();
        match self.stat_of(&path).map_err(failed)? {
            Some(stat) if !is_folder(&stat) => Err(failed(Errno::EXIST.into())),
            Some(_) => self.set_attributes(at, wanted),
            None => {
                let mode = if wanted.mode.is_some() { 0o700 } else { 0o755 };
                self.add_folder(&path, mode & !umask()).map_err(failed)?;
                self.set_attributes(at, wanted)
                    .inspect_err(|_| self.take_back(at))
            }
        }
    }

    /// Makes a directory on a way on which there must be no links.
    pub(in crate::system) fn make_folder_beneath(&self, at: &Location) -> Result<(), Failure> {
        let failed = |fault| self.failure(fault, at, "cannot create the directory");
        self.make_plain_folder(&at.path()).map_err(failed)
    }

    pub(in crate::system) fn take_back(&self, at: &Location) {
        // As on the host: nothing can be done about one that stays.
        let _ = self.take_away(&at.path());
    }

    /// Gives something its times.
    pub(in crate::system) fn set_times(&self, at: &Location, times: Times) -> Result<(), Failure> {
        let path = at.path();
        let set = || {
            let (mut stat, node) = self.adopt(&path)?.ok_or(Errno::NOENT)?;
            let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime).tv_sec;
            let seconds = |moment| match moment {
                Moment::Now => now,
                Moment::At(seconds) => seconds,
            };
            if let Some(moment) = times.modified {
                (stat.st_mtime, stat.st_mtime_nsec) = (seconds(moment), 0);
            }
            if let Some(moment) = times.accessed {
                (stat.st_atime, stat.st_atime_nsec) = (seconds(moment), 0);
            }
            self.share(&path, &stat);
            self.set(&path, Some(stat), node.kind)
        };
        set().map_err(|fault| self.failure(fault, at, "cannot change the times of"))
    }

    pub(in crate::system) fn set_attributes(
        &self,
        at: &Location,
        wanted: &Attributes,
    ) -> Result<(), Failure> {
        if wanted.is_empty() {
            return Ok(());
        }
        let is_given = wanted.uid.is_some() || wanted.gid.is_some();
        let doing = |is_given| {
            if is_given {
                "cannot change the owner of"
            } else {
                "cannot change the mode of"
            }
        };
        let failed = |fault| self.failure(fault, at, doing(is_given));
        let path = at.path();
        let (mut stat, node) = self
            .adopt(&path)
            .map_err(failed)?
            .ok_or_else(|| failed(Errno::NOENT.into()))?;
        self.check_writable(at).map_err(failed)?;
        if is_given && !may_give(&stat, wanted.uid, wanted.gid) {
            return Err(failed(Errno::PERM.into()));
        }
        let user = geteuid();
        if wanted.mode.is_some() {
            let failed = |errno: Errno| self.failure(errno.into(), at, doing(false));
            if sort(&stat) == FileType::Symlink {
                return Err(failed(Errno::LOOP));
            }
            if !user.is_root() && stat.st_uid != user.as_raw() {
                return Err(failed(Errno::PERM));
            }
        }
        stat.st_uid = wanted.uid.unwrap_or(stat.st_uid);
        stat.st_gid = wanted.gid.unwrap_or(stat.st_gid);
        if let Some(mode) = wanted.mode {
            stat.st_mode = stat.st_mode & !0o7777 | mode & 0o7777;
        }
        self.set(&path, Some(stat), node.kind).map_err(failed)?;
        self.share(&path, &stat);
        Ok(())
    }

    /// Whether the file system of something that is on the host may be written at all.
    fn check_writable(&self, at: &Location) -> Result<(), Fault> {
        let Some(path) = self.on_disk(at) else {
            return Ok(());
        };
        match rustix::fs::statvfs(&path) {
            Ok(found) if found.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) => {
                Err(Errno::ROFS.into())
            }
            _ => Ok(()),
        }
    }

    pub(in crate::system) fn remove(&self, at: &Location) -> Result<(), Failure> {
        self.take_away(&at.path())
            .map_err(|fault| self.failure(fault, at, "cannot remove"))
    }

    /// Removes a file, a link, or an empty directory.
    fn take_away(&self, path: &Path) -> Result<(), Fault> {
        let stat = self.stat_of(path)?.ok_or(Errno::NOENT)?;
        let at = self.location(path)?;
        if is_folder(&stat) {
            if at.is_mounted(&stat).unwrap_or(false) {
                return Err(Errno::BUSY.into());
            }
            if !self.list(&at)?.is_empty() {
                return Err(Errno::NOTEMPTY.into());
            }
        }
        self.may_remove(path.parent().unwrap_or(path), &stat)?;
        self.put(path, Slot::Gone(self.id()))?;
        self.unlinked(&stat);
        Ok(())
    }

    fn location(&self, path: &Path) -> Result<Location, Fault> {
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Errno::BUSY.into());
        };
        Ok(Location::predicted(
            self.clone(),
            above.to_path_buf(),
            name.to_owned(),
        ))
    }

    /// Removes a directory with everything in it, once that was found to be possible.
    pub(in crate::system) fn remove_all(&self, at: &Location) -> Result<(), Failure> {
        let path = at.path();
        let removed = self.stat_of(&path).and_then(|stat| {
            let stat = stat.ok_or(Errno::NOENT)?;
            self.may_remove(path.parent().unwrap_or(&path), &stat)?;
            self.put(&path, Slot::Gone(self.id()))
        });
        removed.map_err(|fault| self.failure(fault, at, "cannot remove"))
    }

    /// What a rename does to a place that is to be taken.
    fn check_taken(&self, path: &Path, by_folder: bool) -> Result<(), Fault> {
        let Some(there) = self.stat_of(path)? else {
            return self.may_change_in(path.parent().unwrap_or(path));
        };
        if is_folder(&there) {
            if !by_folder {
                return Err(Errno::ISDIR.into());
            }
            if !self.list(&self.location(path)?)?.is_empty() {
                return Err(Errno::NOTEMPTY.into());
            }
        } else if by_folder {
            return Err(Errno::NOTDIR.into());
        }
        self.may_remove(path.parent().unwrap_or(path), &there)?;
        self.unlinked(&there);
        Ok(())
    }

    pub(in crate::system) fn rename(
        &self,
        from: &Location,
        to: &Location,
        replace: bool,
    ) -> Result<(), Failure> {
        let (old, new) = (from.path(), to.path());
        let moved = || {
            let (stat, node) = self.adopt(&old)?.ok_or(Errno::NOENT)?;
            if !replace && self.stat_of(&new)?.is_some() {
                return Err(Errno::EXIST.into());
            }
            if new.starts_with(&old) && new != old {
                return Err(Errno::INVAL.into());
            }
            if new == old {
                return Ok(());
            }
            self.may_remove(old.parent().unwrap_or(&old), &stat)?;
            // The entry `..` of a directory that comes into another one is changed.
            if is_folder(&stat) && old.parent() != new.parent() && !may_write(&stat) {
                return Err(Errno::ACCESS.into());
            }
            self.check_taken(&new, is_folder(&stat))?;
            let kept = node.stat.or_else(|| (node.disk().is_none()).then_some(stat));
            self.put(&old, Slot::Gone(self.id()))?;
            self.set(&new, kept.or(Some(stat)), node.kind)
        };
        moved().map_err(|fault| {
            let doing = format!("cannot move `{}` to", old.display());
            self.failure(fault, to, &doing)
        })
    }

    pub(in crate::system) fn make_same(&self, first: &Location, at: &Location) -> Result<(), Failure> {
        let made = self.adopt(&first.path()).and_then(|found| {
            let (mut stat, node) = found.ok_or(Errno::NOENT)?;
            self.check_taken(&at.path(), false)?;
            stat.st_nlink += 1;
            self.set(&first.path(), Some(stat), node.kind.clone())?;
            self.set(&at.path(), Some(stat), node.kind)
        });
        made.map_err(|fault| self.failure(fault, at, "cannot create the hard link"))
    }

    pub(in crate::system) fn make_link(
        &self,
        at: &Location,
        target: &Text,
        wanted: &Attributes,
    ) -> Result<(), Failure> {
        let path = at.path();
        let before = self.tree().look(&path);
        let made = || {
            let mut stat = self.new_stat(&path, FileType::Symlink, 0o777)?;
            if !may_give(&stat, wanted.uid, wanted.gid) {
                return Err(Errno::PERM.into());
            }
            stat.st_uid = wanted.uid.unwrap_or(stat.st_uid);
            stat.st_gid = wanted.gid.unwrap_or(stat.st_gid);
            stat.st_size = target.as_bytes().len().try_into().unwrap_or(0);
            match self.check_taken(&path, false) {
                Err(Fault::System(Errno::ISDIR)) => self.take_away(&path)?,
                other => other?,
            }
            self.set(&path, Some(stat), Sort::Link(target.clone()))
        };
        made().map_err(|fault| match (fault, before) {
            (Fault::System(Errno::PERM), Ok(Look::Nothing)) => {
                self.failure(fault, at, "cannot change the owner of")
            }
            _ => self.failure(fault, at, "cannot create the link"),
        })
    }

    /// Gives a setting of the kernel its value.
    pub(in crate::system) fn set_kernel(&self, path: &Path, value: &str) -> Result<(), Failure> {
        let bytes = format!("{value}\n").into_bytes();
        let set = self.adopt(path).and_then(|found| {
            let (stat, _) = found.ok_or(Errno::NOENT)?;
            self.set_file(path, stat, Content::Bytes(Arc::from(bytes)))
        });
        set.map_err(|fault| {
            let doing = format!("the kernel refuses `{value}` for");
            self.path_failure(fault, path, &doing)
        })
    }
}
