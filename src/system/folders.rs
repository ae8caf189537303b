//! Directories and links.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, FileType, Mode, Stat};
use rustix::io::Errno;

use crate::argument::Text;
use crate::failure::Failure;
use crate::system::temporary::{name_beside, random_beside};
use crate::system::{Attributes, Follow, Location, Writer};

impl Writer<'_> {
    /// Makes a directory; one that is there already gets what is wanted. Where that cannot be had, a new one is taken away.
    ///
    /// # Errors
    /// Where that may not be done, and `conflict` where something else is there.
    pub fn make_folder(&self, at: &Location, wanted: &Attributes) -> Result<(), Failure> {
        if let Some(model) = at.model() {
            return model.make_folder(at, wanted);
        }
        let mode = if wanted.mode.is_some() { 0o700 } else { 0o755 };
        let failed = |errno| at.failure("cannot create the directory", errno);
        match rustix::fs::mkdirat(at.folder(), at.name(), Mode::from_raw_mode(mode)) {
            Ok(()) => self.set_attributes(at, wanted).inspect_err(|_| take_back(at)),
            Err(Errno::EXIST) => {
                let is_folder = |stat: &Stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
                if !at.stat()?.as_ref().is_some_and(is_folder) {
                    return Err(failed(Errno::EXIST));
                }
                self.set_attributes(at, wanted)
            }
            Err(errno) => Err(failed(errno)),
        }
    }

    /// Makes the directories above a path that are missing, each with what is wanted. Gives those that it made, the uppermost
    /// first.
    ///
    /// # Errors
    /// As [`Writer::make_folder`]; then none of them is left.
    pub fn make_folders_above(&self, path: &Path, wanted: &Attributes) -> Result<Vec<Location>, Failure> {
        let mut missing = Vec::new();
        for above in path.ancestors().skip(1) {
            if self.metadata(above, Follow::Yes)?.is_some() {
                break;
            }
            missing.push(above);
        }
        let mut made = Vec::new();
        for path in missing.into_iter().rev() {
            let at = self.make_place(path, Follow::Yes);
            match at.and_then(|at| self.make_folder(&at, wanted).map(|()| at)) {
                Ok(at) => made.push(at),
                Err(failure) => {
                    self.take_back(&made);
                    return Err(failure);
                }
            }
        }
        Ok(made)
    }

    /// Takes directories away that were made for something that did not come about; what holds anything stays.
    pub fn take_back(&self, made: &[Location]) {
        made.iter().rev().for_each(take_back);
    }

    /// Makes another name of a file, in the place of a file or link.
    ///
    /// # Errors
    /// Where that may not be done.
    pub fn make_same(&self, first: &Location, at: &Location) -> Result<(), Failure> {
        if let Some(model) = at.model() {
            return model.make_same(first, at);
        }
        let failed = |errno| at.failure("cannot create the hard link", errno);
        let name = named(at, |name| {
            rustix::fs::linkat(first.folder(), first.name(), at.folder(), name, AtFlags::empty())
        })
        .map_err(failed)?;
        let renamed = rustix::fs::renameat(at.folder(), &name, at.folder(), at.name());
        // Where both are one file already, a rename does nothing and leaves the other name.
        let _ = rustix::fs::unlinkat(at.folder(), &name, AtFlags::empty());
        renamed.map_err(failed)
    }

    /// Makes a symbolic link, in the place of whatever a rename can replace, or of an empty directory.
    ///
    /// # Errors
    /// Where that may not be done; what was there is there then.
    pub fn make_link(&self, at: &Location, target: &Text, wanted: &Attributes) -> Result<(), Failure> {
        if let Some(model) = at.model() {
            return model.make_link(at, target, wanted);
        }
        let failed = |errno| at.failure("cannot create the link", errno);
        let name = named(at, |name| {
            rustix::fs::symlinkat(target.as_os_str(), at.folder(), name)
        })
        .map_err(failed)?;
        let own = Attributes {
            mode: None,
            ..*wanted
        };
        let link = at.other(name.clone());
        let rename = || rustix::fs::renameat(at.folder(), &name, at.folder(), at.name());
        let done = self.set_attributes(&link, &own).and_then(|()| {
            match rename() {
                Err(Errno::ISDIR | Errno::EXIST | Errno::NOTEMPTY) => {
                    rustix::fs::unlinkat(at.folder(), at.name(), AtFlags::REMOVEDIR).and_then(|()| rename())
                }
                other => other,
            }
            .map_err(failed)
        });
        if done.is_err() {
            take_back(&link);
        }
        done
    }
}

/// Removes a file, link or empty directory that is not wanted any more. Nothing more can be done about one that stays.
fn take_back(at: &Location) {
    if let Some(model) = at.model() {
        return model.take_back(at);
    }
    if rustix::fs::unlinkat(at.folder(), at.name(), AtFlags::empty()).is_err() {
        let _ = rustix::fs::unlinkat(at.folder(), at.name(), AtFlags::REMOVEDIR);
    }
}

/// What nobody has touched for so long was left by a run that was killed.
const LEFT: i64 = 60;

/// Makes something under a name next to its place that nobody else uses.
fn named(at: &Location, make: impl Fn(&OsStr) -> Result<(), Errno>) -> Result<OsString, Errno> {
    let usual = name_beside(at.name(), "rmote-play-link");
    match make(&usual) {
        Err(Errno::EXIST) => {}
        other => return other.map(|()| usual),
    }
    // Another agent is about to put it in its place, or none is any more.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let stat = rustix::fs::statat(at.folder(), &usual, AtFlags::SYMLINK_NOFOLLOW);
    if stat.is_ok_and(|stat| now.saturating_sub(stat.st_ctime) > LEFT) {
        let _ = rustix::fs::unlinkat(at.folder(), &usual, AtFlags::empty());
        if make(&usual).is_ok() {
            return Ok(usual);
        }
    }
    let other = random_beside(at.name());
    make(&other).map(|()| other)
}
