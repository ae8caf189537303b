//! Files from hosts, written on the controller. Names, sizes and content come from somebody who is not to be trusted: no way
//! leads out of the target or through a link, links are never made, and nothing gets setuid.

use std::fs::File;
use std::path::Path;

use rustix::fs::Mode;

use crate::argument::Text;
use crate::blob::{Blobs, Hash};
use crate::failure::{Failure, Kind};
use crate::system::assembly::Assembly;
use crate::system::push::LONGEST;
use crate::system::{Attributes, Batch, Caution, Follow, Found, Location, Push, Target, Writer};

/// What was collected.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Collected {
    /// Files that were written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Writer<'_> {
    /// Writes what comes below a target, until nothing comes any more. A file takes its place once it is whole. `blobs` has
    /// the old files of which parts may be named instead of sent.
    ///
    /// # Errors
    /// `invalid` for what does not belong there, `lost` where a file breaks off, `conflict` where its content is not what was
    /// announced; what is whole by then may be there.
    pub fn collect(
        &self,
        target: &Target,
        blobs: &Blobs,
        next: &mut dyn FnMut() -> Option<Push>,
    ) -> Result<Collected, Failure> {
        if !target.path.is_absolute() {
            let message = format!("`{}` is not absolute", target.path.display());
            return Err(Failure::new(Kind::Invalid, message));
        }
        let root = self.make_place(&target.path, Follow::Yes)?;
        if target.is_folder && root.stat()?.is_none() {
            self.make_folder(&root, &Attributes::default())?;
        }
        let mut batch = Batch::new(self, Caution::default());
        let mut collected = Collected::default();
        while let Some(push) = next() {
            match push {
                Push::File {
                    path,
                    size,
                    hash,
                    is_executable,
                    old,
                } => {
                    let at = self.target_of(&root, target, &path)?;
                    let old = old.and_then(|it| blobs.take_listed(&it, &target.below(&path)));
                    let place = Found::at(at)?;
                    batch.add(&place, &Attributes::default(), &mut |file| {
                        self.receive(&place.at, file, size, hash, old.as_ref(), next)?;
                        set_executable(&place.at, file, is_executable)
                    })?;
                    collected.files += 1;
                    collected.bytes += size;
                }
                Push::Folder { path } => {
                    let at = self.target_of(&root, target, &path)?;
                    self.make_folder(&at, &Attributes::default())?;
                }
                Push::Remove { path } if target.may_remove => {
                    let at = self.target_of(&root, target, &path)?;
                    // A directory goes when it is empty: each thing that was in it has been named before.
                    if at.stat()?.is_some() {
                        self.remove(&at)?;
                    }
                }
                Push::Remove { .. } | Push::Bytes(_) | Push::Old { .. } | Push::Hole { .. } => {
                    return Err(unasked());
                }
            }
        }
        batch.commit()?;
        Ok(collected)
    }

    fn target_of(&self, root: &Location, target: &Target, below: &Text) -> Result<Location, Failure> {
        if !target.is_folder {
            return if below.0.is_empty() {
                Ok(root.clone())
            } else {
                Err(unasked())
            };
        }
        let below = Path::new(below.as_os_str());
        if below.as_os_str().is_empty() || below.as_os_str().as_encoded_bytes().contains(&0) {
            return Err(unasked());
        }
        self.make_place_beneath(root, below)
    }

    /// Puts a file together of what comes; what is announced and named is believed only as far as it can be checked.
    fn receive(
        &self,
        at: &Location,
        file: &mut File,
        size: u64,
        hash: Hash,
        old: Option<&File>,
        next: &mut dyn FnMut() -> Option<Push>,
    ) -> Result<(), Failure> {
        let conflict = |message| Err(Failure::new(Kind::Conflict, message));
        let mut is_reused = false;
        let mut new = Assembly::new(self, at, file, old);
        while new.size() < size {
            let left = size - new.size();
            match next() {
                Some(Push::Bytes(bytes)) if bytes.len() as u64 <= left => new.add(&bytes)?,
                Some(Push::Hole { size }) if size <= left.min(LONGEST) => new.skip(size)?,
                Some(Push::Old { offset, size }) if size <= left.min(LONGEST) && old.is_some() => {
                    is_reused = true;
                    if !new.reuse(offset, size)? {
                        break;
                    }
                }
                Some(_) => return Err(unasked()),
                None => {
                    let message = format!("`{}` broke off on its way", at.path().display());
                    return Err(Failure::new(Kind::Lost, message));
                }
            }
        }
        let path = at.path();
        match new.end()? {
            found if found == hash => Ok(()),
            _ if is_reused => conflict(format!(
                "`{}`, or what it is to hold, was changed while it was fetched: run this again",
                path.display()
            )),
            _ => conflict(format!(
                "what `{}` is to hold was changed while it was sent",
                path.display()
            )),
        }
    }
}

fn unasked() -> Failure {
    Failure::new(Kind::Invalid, "the host sent something that it was not asked for")
}

/// Who may read it may execute it, and nobody else.
fn set_executable(at: &Location, file: &File, is_executable: bool) -> Result<(), Failure> {
    if !is_executable {
        return Ok(());
    }
    let failed = |errno| at.failure("cannot change the mode of", errno);
    let stat = rustix::fs::fstat(file).map_err(failed)?;
    let mode = stat.st_mode & 0o777;
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode | (mode & 0o444) >> 2)).map_err(failed)
}
