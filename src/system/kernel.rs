//! What the running kernel is told, and what names its start.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD};

use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};

/// Differs after each start of the kernel.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The running host's name.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

impl Reader<'_> {
    /// The running host's name, or what it would be.
    ///
    /// # Errors
    /// Where, in check mode, that cannot be known.
    pub fn host_name(&self) -> Result<String, Failure> {
        if self.differing().is_some() {
            let name = self.read(Path::new(HOST_NAME), 4096)?;
            return Ok(String::from_utf8_lossy(&name).trim().to_owned());
        }
        Ok(rustix::system::uname().nodename().to_string_lossy().into_owned())
    }

    /// What names this start of the kernel. No call changes it but by a restart, so that in check mode it is known whatever
    /// calls before might have written.
    ///
    /// # Errors
    /// Where `/proc` is not there.
    pub fn boot_id(&self) -> Result<String, Failure> {
        self.check_canceled()?;
        let text = std::fs::read_to_string(BOOT_ID)
            .map_err(|error| Failure::io(format_args!("cannot read `{BOOT_ID}`"), &error))?;
        Ok(text.trim().to_owned())
    }

    /// Whether a setting below `/proc/sys` could be given a value.
    ///
    /// # Errors
    /// `permission_denied` where it may not be written.
    pub fn check_kernel(&self, path: &Path) -> Result<(), Failure> {
        self.check_canceled()?;
        rustix::fs::accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).map_err(|errno| {
            let what = format_args!("cannot set `{}`", path.display());
            Failure::io(what, &std::io::Error::from(errno))
        })
    }
}

impl Writer<'_> {
    /// Gives a setting below `/proc/sys` its value.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn set_kernel(&self, path: &Path, value: &str) -> Result<(), Failure> {
        if let Some(model) = self.model() {
            return model.set_kernel(path, value);
        }
        let failed = |error: std::io::Error| {
            Failure::io(
                format_args!("the kernel refuses `{value}` for `{}`", path.display()),
                &error,
            )
        };
        // In one piece: the kernel takes each write for a whole value.
        let mut file = OpenOptions::new().write(true).open(path).map_err(failed)?;
        file.write_all(format!("{value}\n").as_bytes()).map_err(failed)
    }

    /// Gives the running host its name.
    ///
    /// # Errors
    /// `permission_denied` for anybody but root.
    pub fn set_host_name(&self, name: &str) -> Result<(), Failure> {
        if let Some(model) = self.model() {
            return model.set_kernel(Path::new(HOST_NAME), name);
        }
        rustix::system::sethostname(name.as_bytes()).map_err(|errno| {
            let error = std::io::Error::from(errno);
            match errno {
                rustix::io::Errno::PERM => Failure::new(Kind::PermissionDenied, "only root can name a host"),
                _ => Failure::io("cannot name the host", &error),
            }
        })
    }
}
