//! A program that must not write: for it, and for what it starts, every file system is read-only.

use std::io;

use rustix::mount::{MountPropagationFlags, mount_change};

/// As the kernel has it (`mount_setattr(2)`).
#[repr(C)]
struct Attributes {
    set: u64,
    clear: u64,
    propagation: u64,
    namespace: u64,
}

/// Gives this process mounts of its own, all of them read-only. To be called between fork and exec, where it allocates
/// nothing and takes no lock.
///
/// # Errors
/// Where that may not be done, or the kernel cannot do it; then nothing has changed that matters.
#[expect(
    unsafe_code,
    reason = "neither the standard library nor rustix has these calls"
)]
pub(super) fn seal() -> io::Result<()> {
    // SAFETY: the process has one thread, and nothing of it depends on its mounts.
    if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let private = MountPropagationFlags::PRIVATE.union(MountPropagationFlags::REC);
    mount_change(c"/", private)?;
    let attributes = Attributes {
        set: libc::MOUNT_ATTR_RDONLY,
        clear: 0,
        propagation: 0,
        namespace: 0,
    };
    // SAFETY: the kernel reads the path and the attributes, which outlive the call, and no more than the size that is said.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            c"/".as_ptr(),
            libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<Attributes>(),
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
