//! What would stand in the way of a change, looked for before anything is changed.

use std::fmt::Display;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, FileType, Stat, StatxAttributes, StatxFlags};
use rustix::io::Errno;
use rustix::thread::CapabilitySet;

use crate::failure::{Failure, Kind};
use crate::system::meta::Meta;
use crate::system::predicted::Predicted;
use crate::system::{Attributes, Enter, Follow, Location, Mounts, Reader, Unreadable};

/// What is known of a thing next to its mode and owner.
struct Marks {
    /// Another file system, or another part of this one, is mounted there; nothing where the kernel does not say it.
    is_mount: Option<bool>,
    /// Nobody may change it, or nobody may but add to it.
    is_fixed: bool,
}

fn marks(at: &Location) -> Result<Marks, Errno> {
    let Some(at) = at.on_disk() else {
        return Ok(Marks {
            is_mount: Some(false),
            is_fixed: false,
        });
    };
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    let found = match rustix::fs::statx(at.folder(), at.name(), flags, StatxFlags::TYPE) {
        Err(Errno::NOSYS) => {
            return Ok(Marks {
                is_mount: None,
                is_fixed: false,
            });
        }
        other => other?,
    };
    let says = found.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT);
    Ok(Marks {
        is_mount: says.then(|| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)),
        is_fixed: found.stx_attributes.intersects(FIXED),
    })
}

/// Whether something is mounted at a path of this machine; `false` where the kernel does not say it.
pub fn is_mount_point(path: &Path) -> bool {
    has(path, StatxAttributes::MOUNT_ROOT)
}

/// Whether what is at a path of this machine is marked so that nobody may change it; `false` where the kernel does not say
/// it.
pub fn is_fixed(path: &Path) -> bool {
    has(path, FIXED)
}

/// Whether names in a directory of this machine cannot be made and taken away.
pub fn is_closed(folder: &Path) -> bool {
    let wanted = Access::WRITE_OK | Access::EXEC_OK;
    let open = rustix::fs::accessat(CWD, folder, wanted, AtFlags::EACCESS);
    matches!(open, Err(Errno::ACCESS | Errno::PERM | Errno::ROFS))
}

const FIXED: StatxAttributes = StatxAttributes::IMMUTABLE.union(StatxAttributes::APPEND);

fn has(path: &Path, attribute: StatxAttributes) -> bool {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    let found = rustix::fs::statx(CWD, path, flags, StatxFlags::TYPE);
    found.is_ok_and(|it| it.stx_attributes.intersects(attribute))
}

impl Location {
    /// Whether something is mounted here, over what the directory above holds. Where the kernel does not say it, another
    /// device is taken for a sign.
    ///
    /// # Errors
    /// Where that may not be known.
    pub(super) fn is_mounted(&self, stat: &Stat) -> Result<bool, Failure> {
        let failed = |errno| self.failure("cannot look at", errno);
        match marks(self) {
            Ok(Marks {
                is_mount: Some(is_mount),
                ..
            }) => Ok(is_mount),
            Ok(_) => {
                let at = self.on_disk().ok_or_else(|| failed(Errno::NOENT))?;
                let above = rustix::fs::fstat(at.folder()).map_err(failed)?;
                Ok(above.st_dev != stat.st_dev)
            }
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(failed(errno)),
        }
    }
}

impl Location {
    /// The device of the directory.
    fn device_above(&self) -> Result<u64, Failure> {
        if let Some(model) = self.model() {
            return model.device_above(self);
        }
        let stat = rustix::fs::fstat(self.folder());
        stat.map(|it| Meta(it).dev())
            .map_err(|errno| self.failure("cannot look at", errno))
    }

    /// Whether a rename leads from here to there.
    ///
    /// # Errors
    /// Where that may not be known.
    pub(super) fn is_on_same_mount(&self, other: &Self) -> Result<bool, Failure> {
        if self.model().is_some_and(Predicted::differs) {
            return Ok(self.device_above()? == other.device_above()?);
        }
        let mount = |at: &Self| {
            let at = at.on_disk()?;
            let found =
                rustix::fs::statx(at.folder(), ".", AtFlags::NO_AUTOMOUNT, StatxFlags::MNT_ID).ok()?;
            let is_known = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::MNT_ID);
            is_known.then_some(found.stx_mnt_id)
        };
        match (mount(self), mount(other)) {
            (Some(here), Some(there)) => Ok(here == there),
            _ => Ok(self.device_above()? == other.device_above()?),
        }
    }
}

impl Reader<'_> {
    /// Whether what is at a place could be removed, or replaced by something else, as far as that can be known; what is in
    /// a directory there is not looked at.
    ///
    /// # Errors
    /// `conflict` for what is mounted there, `permission_denied` for what may not be changed.
    pub fn check_removable(&self, at: &Location, stat: &Stat) -> Result<(), Failure> {
        let path = at.path();
        let path = path.display();
        if at.is_mounted(stat)? {
            let message = format!("`{path}` cannot be removed: something is mounted there");
            return Err(Failure::new(Kind::Conflict, message));
        }
        self.check_fixed(at, "removed")?;
        check_open(at)
    }

    /// Whether something could be put at a place, in the place of what is there.
    ///
    /// # Errors
    /// `permission_denied` where the directory, or what is there, may not be changed.
    pub fn check_placeable(&self, at: &Location) -> Result<(), Failure> {
        if at.stat()?.is_some() {
            self.check_fixed(at, "changed")?;
        }
        check_open(at)
    }

    /// The same of a path whose directory may not be there yet: of the first one above it that is.
    ///
    /// # Errors
    /// As [`Reader::check_placeable`].
    pub fn check_makeable(&self, path: &Path) -> Result<(), Failure> {
        for path in path.ancestors() {
            if let Some(at) = self.locate(path, Follow::Yes)? {
                return self.check_placeable(&at);
            }
        }
        Ok(())
    }

    /// Whether something that this account makes or has could be given the owner and group that it is to have.
    ///
    /// # Errors
    /// `permission_denied` where only root may do that.
    pub fn check_giveable(&self, path: &dyn Display, wanted: &Attributes) -> Result<(), Failure> {
        let own = rustix::process::geteuid().as_raw();
        let is_other = |uid: &u32| *uid != own;
        let is_foreign = |gid: &u32| *gid != rustix::process::getegid().as_raw() && !is_member_of(*gid);
        let (owner, group) = (wanted.uid.filter(is_other), wanted.gid.filter(is_foreign));
        if owner.is_none() && group.is_none() || may(CapabilitySet::CHOWN) {
            return Ok(());
        }
        let whom = match (owner, group) {
            (Some(uid), _) => format!("the user `{}`", self.user_name(uid)),
            (None, gid) => format!("the group `{}`", self.group_name(gid.unwrap_or_default())),
        };
        let message = format!("cannot give `{path}` to {whom}: only root may do that");
        Err(Failure::new(Kind::PermissionDenied, message))
    }

    /// Whether the call acts as root.
    pub fn is_root(&self) -> bool {
        rustix::process::geteuid().is_root()
    }

    /// Whether this account may do what only root may.
    ///
    /// # Errors
    /// `permission_denied`; `what` says what is asked for.
    pub fn check_root(&self, what: &str) -> Result<(), Failure> {
        if self.is_root() {
            return Ok(());
        }
        let name = self.user_name(rustix::process::geteuid().as_raw());
        let message = format!("{what}: only root may do that, and the call acts as `{name}`");
        Err(Failure::new(Kind::PermissionDenied, message))
    }

    /// Whether mode and owner of something could be changed, as far as that can be known.
    ///
    /// # Errors
    /// `permission_denied` where they may not be changed.
    pub fn check_changeable(&self, at: &Location, stat: &Stat, wanted: &Attributes) -> Result<(), Failure> {
        self.check_fixed(at, "changed")?;
        self.check_giveable(&at.path().display(), wanted)?;
        let user = rustix::process::geteuid();
        if !user.is_root() && stat.st_uid != user.as_raw() {
            let path = at.path();
            let message = format!("cannot change `{}`: it belongs to another user", path.display());
            return Err(Failure::new(Kind::PermissionDenied, message));
        }
        // Asks whether the file system may be written at all.
        let Some(at) = at.on_disk() else { return Ok(()) };
        let folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        let name = if folder { at.name() } else { ".".as_ref() };
        match rustix::fs::accessat(at.folder(), name, Access::WRITE_OK, AtFlags::EACCESS) {
            Err(errno @ Errno::ROFS) => Err(at.failure("cannot change", errno)),
            _ => Ok(()),
        }
    }

    /// Whether a file could get another name at a place.
    ///
    /// # Errors
    /// `unsupported` in another file system, `permission_denied` where this account may not.
    pub fn check_linkable(&self, first: &Location, stat: &Stat, at: &Location) -> Result<(), Failure> {
        if !first.is_on_same_mount(at)? {
            let message = format!(
                "`{}` and `{}` are in two file systems, and a hard link leads from none to another",
                first.path().display(),
                at.path().display()
            );
            return Err(Failure::new(Kind::Unsupported, message));
        }
        self.check_fixed(first, "given another name")?;
        let user = rustix::process::geteuid();
        if user.is_root() || stat.st_uid == user.as_raw() {
            return Ok(());
        }
        let is_protected = self
            .read(Path::new("/proc/sys/fs/protected_hardlinks"), 16)
            .is_ok_and(|it| !it.starts_with(b"0"));
        let Some(disk) = first.on_disk().filter(|_| is_protected) else {
            return Ok(());
        };
        let wanted = Access::READ_OK | Access::WRITE_OK;
        let is_plain =
            FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_mode & 0o6000 == 0;
        if is_plain && rustix::fs::accessat(disk.folder(), disk.name(), wanted, AtFlags::EACCESS).is_ok() {
            return Ok(());
        }
        let message = format!(
            "cannot give `{}` another name: it belongs to another user (`fs.protected_hardlinks` is set)",
            first.path().display()
        );
        Err(Failure::new(Kind::PermissionDenied, message))
    }

    fn check_fixed(&self, at: &Location, what: &str) -> Result<(), Failure> {
        self.check_canceled()?;
        let is_fixed = marks(at).is_ok_and(|it| it.is_fixed);
        if !is_fixed {
            return Ok(());
        }
        let path = at.path();
        let message = format!(
            "`{}` cannot be {what}: it is marked immutable or append-only (see chattr(1))",
            path.display()
        );
        Err(Failure::new(Kind::PermissionDenied, message))
    }

    /// The same for all that is in a directory, and the directory. Gives how many things there are.
    ///
    /// # Errors
    /// As [`Reader::check_removable`], and where a directory cannot be read or is nested too deep.
    pub fn check_all_removable(&self, at: &Location, stat: &Stat) -> Result<u64, Failure> {
        self.check_removable(at, stat)?;
        let mut count = 1;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            self.walk_over(at, Unreadable::Fail, Mounts::Refuse, &mut |seen| {
                self.check_removable(&seen.at, &seen.stat)?;
                count += 1;
                Ok(Enter::Yes)
            })?;
        }
        Ok(count)
    }
}

fn is_member_of(gid: u32) -> bool {
    let groups = rustix::process::getgroups().unwrap_or_default();
    groups.iter().any(|it| it.as_raw() == gid)
}

/// Whether this thread has a power of root; where the kernel does not say it, root is taken to have it.
fn may(power: CapabilitySet) -> bool {
    rustix::thread::capabilities(None).map_or_else(
        |_| rustix::process::geteuid().is_root(),
        |it| it.effective.contains(power),
    )
}

/// Whether names in the directory of a place may be made and taken away.
fn check_open(at: &Location) -> Result<(), Failure> {
    if let Some(model) = at.model().filter(|model| model.differs()) {
        return model.check_open(at);
    }
    let Some(at) = at.on_disk() else { return Ok(()) };
    let wanted = Access::WRITE_OK | Access::EXEC_OK;
    match rustix::fs::accessat(at.folder(), ".", wanted, AtFlags::EACCESS) {
        // A kernel or a sandbox that knows less says nothing.
        Err(errno @ (Errno::ACCESS | Errno::PERM | Errno::ROFS)) => Err(Failure::io(
            format_args!("cannot change `{}` in its directory", at.path().display()),
            &std::io::Error::from(errno),
        )),
        _ => Ok(()),
    }
}
