//! Folders and links.

use rustix::fs::{AtFlags, Mode};
use rustix::io::Errno;

use crate::argument::Text;
use crate::failure::Failure;
use crate::system::temporary::name_beside;
use crate::system::{Attributes, Location, Writer};

impl Writer<'_> {
    /// Makes a folder; one that is there already is fine.
    ///
    /// # Errors
    /// Where that may not be done.
    pub fn make_folder(&self, at: &Location, wanted: &Attributes) -> Result<(), Failure> {
        let mode = if wanted.mode.is_some() { 0o700 } else { 0o755 };
        match rustix::fs::mkdirat(at.folder(), at.name(), Mode::from_raw_mode(mode)) {
            Ok(()) | Err(Errno::EXIST) => self.set_attributes(at, wanted),
            Err(errno) => Err(at.failure("cannot create the folder", errno)),
        }
    }

    /// Makes another name of a file, in the place of a file or link.
    ///
    /// # Errors
    /// Where that may not be done.
    pub fn make_same(&self, first: &Location, at: &Location) -> Result<(), Failure> {
        let failed = |errno| at.failure("cannot create the hard link", errno);
        let name = name_beside(at.name(), "rmote-play-link");
        let make = || rustix::fs::linkat(first.folder(), first.name(), at.folder(), &name, AtFlags::empty());
        match make() {
            Err(Errno::EXIST) => {
                rustix::fs::unlinkat(at.folder(), &name, AtFlags::empty()).map_err(failed)?;
                make()
            }
            other => other,
        }
        .map_err(failed)?;
        let renamed = rustix::fs::renameat(at.folder(), &name, at.folder(), at.name());
        // Where both are one file already, a rename does nothing and leaves the other name.
        let _ = rustix::fs::unlinkat(at.folder(), &name, AtFlags::empty());
        renamed.map_err(failed)
    }

    /// Makes a symbolic link, in the place of whatever a rename can replace.
    ///
    /// # Errors
    /// Where that may not be done.
    pub fn make_link(&self, at: &Location, target: &Text, wanted: &Attributes) -> Result<(), Failure> {
        let failed = |errno| at.failure("cannot create the link", errno);
        let name = name_beside(at.name(), "rmote-play-link");
        let make = || rustix::fs::symlinkat(target.as_os_str(), at.folder(), &name);
        match make() {
            Err(Errno::EXIST) => {
                // What a run that was killed has left.
                rustix::fs::unlinkat(at.folder(), &name, AtFlags::empty()).map_err(failed)?;
                make()
            }
            other => other,
        }
        .map_err(failed)?;
        let renamed = rustix::fs::renameat(at.folder(), &name, at.folder(), at.name());
        if renamed.is_err() {
            // The rename's own error is the one that matters.
            let _ = rustix::fs::unlinkat(at.folder(), &name, AtFlags::empty());
        }
        renamed.map_err(failed)?;
        self.set_attributes(
            at,
            &Attributes {
                mode: None,
                ..*wanted
            },
        )
    }
}
