//! Flags of mounts.

use std::path::Path;

use rustix::mount::MountFlags;

use crate::failure::{Failure, Kind};
use crate::system::Writer;

impl Writer<'_> {
    /// Gives one mount these flags and no others: neither its file system as a whole nor any other mount of it is touched.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn set_mount_flags(&self, path: &Path, flags: MountFlags) -> Result<(), Failure> {
        if let Some(model) = self.model() {
            return Err(model.unforeseen());
        }
        rustix::mount::mount_remount(path, flags | MountFlags::BIND, c"").map_err(|errno| {
            let error = std::io::Error::from(errno);
            let path = path.display();
            match errno {
                rustix::io::Errno::PERM => Failure::new(
                    Kind::PermissionDenied,
                    format!("cannot change the options of the mount `{path}`: only root may, and not in every container"),
                ),
                rustix::io::Errno::BUSY => Failure::new(
                    Kind::Conflict,
                    format!("cannot make the mount `{path}` read-only: a program has a file open for writing there"),
                ),
                _ => Failure::io(format_args!("cannot change the options of the mount `{path}`"), &error),
            }
        })
    }
}
