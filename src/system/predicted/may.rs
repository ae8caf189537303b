//! What an account may do on the host as it would be.

use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, Stat};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid, getgroups};

use crate::failure::Failure;
use crate::system::Location;
use crate::system::meta::Meta;
use crate::system::predicted::tree::Look;
use crate::system::predicted::{Fault, Predicted};

fn is_member(gid: u32) -> bool {
    getegid().as_raw() == gid || getgroups().is_ok_and(|all| all.iter().any(|it| it.as_raw() == gid))
}

/// Whether the mode of something gives these bits of three to the agent's account.
fn gives(stat: &Stat, bits: u32) -> bool {
    let user = geteuid();
    if user.is_root() {
        return true;
    }
    let shift = if stat.st_uid == user.as_raw() {
        6
    } else if is_member(stat.st_gid) {
        3
    } else {
        0
    };
    stat.st_mode >> shift & bits == bits
}

pub(super) fn may_read(stat: &Stat) -> bool {
    gives(stat, 0o4)
}

pub(super) fn may_write(stat: &Stat) -> bool {
    gives(stat, 0o2)
}

/// Whether something may be given to another user or group.
pub(super) fn may_give(stat: &Stat, uid: Option<u32>, gid: Option<u32>) -> bool {
    let user = geteuid();
    let is_own = stat.st_uid == user.as_raw();
    let uid_is_fine = uid.is_none_or(|uid| is_own && uid == stat.st_uid);
    let gid_is_fine = gid.is_none_or(|gid| is_own && (gid == stat.st_gid || is_member(gid)));
    user.is_root() || uid_is_fine && gid_is_fine
}

impl Predicted {
    /// Whether a directory may be passed.
    pub(super) fn may_enter(&self, path: &Path, stat: &Stat) -> bool {
        geteuid().is_root()
            || match self.tree().look(path) {
                Ok(Look::Node(node)) if node.stat.is_some() => gives(stat, 0o1),
                // What is below it on the host cannot be looked at then.
                _ => true,
            }
    }

    /// Whether names in a directory may be made and taken away.
    pub(in crate::system) fn may_change_in(&self, folder: &Path) -> Result<(), Fault> {
        let look = self.tree().look(folder)?;
        let disk = match &look {
            Look::Nothing => return Err(Errno::NOENT.into()),
            Look::Disk(path) => Some(path.as_path()),
            Look::Node(node) => match &node.stat {
                Some(stat) if !gives(stat, 0o3) => return Err(Errno::ACCESS.into()),
                Some(_) => None,
                None => node.disk(),
            },
        };
        let Some(path) = disk else { return Ok(()) };
        match rustix::fs::accessat(CWD, path, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
            Err(errno @ (Errno::ACCESS | Errno::PERM | Errno::ROFS)) => Err(errno.into()),
            _ => Ok(()),
        }
    }

    /// The device of the directory of a place.
    pub(in crate::system) fn device_above(&self, at: &Location) -> Result<u64, Failure> {
        let path = at.path();
        let stat = self.stat_of(path.parent().unwrap_or(&path));
        match stat {
            Ok(Some(stat)) => Ok(Meta(stat).dev()),
            Ok(None) => Err(at.failure("cannot look at", Errno::NOENT)),
            Err(fault) => Err(self.failure(fault, at, "cannot look at")),
        }
    }

    /// As it is found on the host: what has another error says nothing.
    pub(in crate::system) fn check_open(&self, at: &Location) -> Result<(), Failure> {
        let path = at.path();
        let folder = if at.name() == "." {
            &path
        } else {
            path.parent().unwrap_or(&path)
        };
        match self.may_change_in(folder) {
            Err(Fault::System(errno @ (Errno::ACCESS | Errno::PERM | Errno::ROFS))) => Err(Failure::io(
                format_args!("cannot change `{}` in its directory", path.display()),
                &std::io::Error::from(errno),
            )),
            Err(fault @ Fault::Unknown(_)) => Err(self.failure(fault, at, "cannot look at")),
            _ => Ok(()),
        }
    }

    /// Whether a name may be taken away: from a sticky directory only by its owner, or by that of what it names.
    pub(super) fn may_remove(&self, folder: &Path, what: &Stat) -> Result<(), Fault> {
        self.may_change_in(folder)?;
        let user = geteuid();
        let Some(above) = self.stat_of(folder)? else {
            return Err(Errno::NOENT.into());
        };
        let is_sticky = above.st_mode & 0o1000 != 0;
        let is_own = user.is_root() || [above.st_uid, what.st_uid].contains(&user.as_raw());
        if is_sticky && !is_own {
            return Err(Errno::PERM.into());
        }
        Ok(())
    }
}
