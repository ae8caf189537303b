//! Many paths one after another, of which most lie next to the one before: their directory is opened once.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::failure::Failure;
use crate::system::location::{Follow, Found, Location, in_folder, open_folder};
use crate::system::{Reader, Writer};

/// Finds places, and keeps the directory of the last one open. What it gives is right as long as nobody replaces that directory
/// meanwhile; then it is a place in the old one.
#[derive(Debug, Default)]
pub struct Neighbours {
    folder: Option<(PathBuf, Arc<OwnedFd>)>,
    /// A directory that is not there.
    missing: Option<PathBuf>,
}

impl Neighbours {
    /// The place of a path, as [`Reader::locate`] finds it, and what is there.
    ///
    /// # Errors
    /// As [`Reader::locate`].
    pub fn locate(
        &mut self,
        path: &Path,
        follow: Follow,
        host: &Reader<'_>,
    ) -> Result<Option<Found>, Failure> {
        if path
            .parent()
            .is_some_and(|above| self.missing.as_deref() == Some(above))
            && host.differing().is_none()
        {
            return Ok(None);
        }
        if let Some(found) = self.beside(path, follow, host) {
            return Ok(Some(found));
        }
        let at = host.locate(path, follow)?;
        if at.is_none() {
            self.missing = path.parent().map(Path::to_path_buf);
        }
        at.map(Found::at).transpose()
    }

    /// The place of a path, as [`Writer::make_place`] makes it, and what is there.
    ///
    /// # Errors
    /// As [`Writer::make_place`].
    pub fn make_place(&mut self, path: &Path, follow: Follow, host: &Writer<'_>) -> Result<Found, Failure> {
        match self.beside(path, follow, host) {
            Some(found) => Ok(found),
            None => Found::at(host.make_place(path, follow)?),
        }
    }

    /// The place of a path below a directory, as [`Reader::locate_beneath`] finds it, and what is there.
    ///
    /// # Errors
    /// As [`Reader::locate_beneath`].
    pub fn locate_beneath(
        &mut self,
        root: &Location,
        below: &Path,
        host: &Reader<'_>,
    ) -> Result<Option<Found>, Failure> {
        match self.beside(&root.path().join(below), Follow::No, host) {
            Some(found) => Ok(Some(found)),
            None => host.locate_beneath(root, below)?.map(Found::at).transpose(),
        }
    }

    /// The place of a path below a directory, as [`Writer::make_place_beneath`] makes it, and what is there.
    ///
    /// # Errors
    /// As [`Writer::make_place_beneath`].
    pub fn make_place_beneath(
        &mut self,
        root: &Location,
        below: &Path,
        host: &Writer<'_>,
    ) -> Result<Found, Failure> {
        match self.beside(&root.path().join(below), Follow::No, host) {
            Some(found) => Ok(found),
            None => Found::at(host.make_place_beneath(root, below)?),
        }
    }

    fn beside(&mut self, path: &Path, follow: Follow, host: &Reader<'_>) -> Option<Found> {
        if host.differing().is_some() {
            return None;
        }
        let above = path.parent()?;
        let folder = match &self.folder {
            Some((known, folder)) if known == above => folder,
            _ => {
                self.folder = None;
                &self.folder.insert((above.to_path_buf(), open_folder(above)?)).1
            }
        };
        let found = in_folder(folder, path, follow)?;
        Some(Found {
            at: host.place(found.at),
            ..found
        })
    }
}
