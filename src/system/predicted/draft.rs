//! Files of the host as it would be, put in the place of others.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;

use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::system::attributes::umask;
use crate::system::predicted::look::{Opened, in_memory};
use crate::system::predicted::may::may_give;
use crate::system::predicted::tree::{Content, Slot};
use crate::system::predicted::{Fault, Predicted};
use crate::system::replace::{hard_links, refuse_others, stamp, substituted};
use crate::system::{Attributes, Caution, Location, Program, Writer};

/// A file that is larger is not kept in memory.
const HELD: u64 = 1 << 20;

impl Writer<'_> {
    /// As [`Writer::replace`] does it on the host.
    pub(in crate::system) fn replace_predicted(
        &self,
        model: &Predicted,
        at: &Location,
        old: Option<Stat>,
        wanted: &Attributes,
        caution: &Caution<'_>,
        fill: &mut dyn FnMut(&mut File) -> Result<(), Failure>,
    ) -> Result<Option<PathBuf>, Failure> {
        if let Some(old) = &old {
            refuse_others(at, old)?;
        }
        let path = at.path();
        let failed = |fault| model.failure(fault, at, "cannot write");
        model
            .may_change_in(path.parent().unwrap_or(&path))
            .map_err(failed)?;
        let mut draft = in_memory(b"").map_err(|errno| failed(errno.into()))?;
        let content = self.filled(model, at, &mut draft, fill)?;
        let mut stat = model
            .new_stat(&path, FileType::RegularFile, 0o666 & !umask())
            .map_err(failed)?;
        stat.st_size = content.0.try_into().unwrap_or(0);
        self.dress_predicted(at, &mut stat, wanted, old.as_ref())?;
        if let Some(validate) = caution.validate {
            self.validate_predicted(model, at, &content.1, &draft, validate)?;
        }
        if let Some(began_with) = caution.edit_of {
            self.claim_predicted(model, at, began_with)?;
        }
        let backup = match &old {
            Some(_) if caution.backup => {
                // Its name has the time in it.
                model.unsure("backup");
                Some(back_up(model, at).map_err(failed)?)
            }
            _ => None,
        };
        self.check_canceled()?;
        if let Some(old) = &old {
            model
                .may_remove(path.parent().unwrap_or(&path), old)
                .map_err(failed)?;
        }
        model.set_file(&path, stat, content.1).map_err(failed)?;
        if let Some(old) = old.as_ref().filter(|_| backup.is_none()) {
            model.unlinked(old);
        }
        if old.is_some_and(|old| old.st_nlink > 1) && !caution.backup {
            self.link().warn(hard_links(at));
        }
        Ok(backup)
    }

    fn filled(
        &self,
        model: &Predicted,
        at: &Location,
        draft: &mut File,
        fill: &mut dyn FnMut(&mut File) -> Result<(), Failure>,
    ) -> Result<(u64, Content), Failure> {
        let failed = |error: std::io::Error| {
            Failure::io(format_args!("cannot write `{}`", at.path().display()), &error)
        };
        fill(draft)?;
        if let Some(blob) = model.filled() {
            return Ok((blob.size, Content::Blob(Box::new(blob))));
        }
        let size = draft.metadata().map_err(failed)?.len();
        draft.rewind().map_err(failed)?;
        let has_room = usize::try_from(size).is_ok_and(|size| model.tree().has_room(size));
        if size > HELD || !has_room {
            return Ok((size, Content::Made(self.hash(&at.path(), draft)?)));
        }
        let mut bytes = Vec::new();
        draft.read_to_end(&mut bytes).map_err(failed)?;
        Ok((size, Content::Bytes(Arc::from(bytes))))
    }

    fn dress_predicted(
        &self,
        at: &Location,
        new: &mut Stat,
        wanted: &Attributes,
        old: Option<&Stat>,
    ) -> Result<(), Failure> {
        let uid = wanted.uid.or(old.map(|it| it.st_uid));
        let gid = wanted.gid.or(old.map(|it| it.st_gid));
        let mut mode = wanted.mode.or(old.map(|it| it.st_mode & 0o7777));
        let differs = uid.is_some_and(|uid| uid != new.st_uid) || gid.is_some_and(|gid| gid != new.st_gid);
        if differs && !may_give(new, uid, gid) {
            if wanted.uid.is_some() || wanted.gid.is_some() {
                return Err(at.failure("cannot change the owner of", Errno::PERM));
            }
            self.link().warn(crate::system::replace::owner_lost(at));
            mode = mode.map(|mode| mode & 0o1777);
        } else {
            new.st_uid = uid.unwrap_or(new.st_uid);
            new.st_gid = gid.unwrap_or(new.st_gid);
        }
        if let Some(mode) = mode {
            new.st_mode = new.st_mode & !0o7777 | mode & 0o7777;
        }
        Ok(())
    }

    /// Asks the program that is to accept a new file. One that looks at more than this file may say something else once what
    /// earlier calls would do is done.
    fn validate_predicted(
        &self,
        model: &Predicted,
        at: &Location,
        content: &Content,
        draft: &File,
        validate: &crate::argument::Argv,
    ) -> Result<(), Failure> {
        let file = match content {
            Content::Blob(blob) if blob.size <= HELD => {
                in_memory(&self.fetch(blob)?).map_err(|errno| at.failure("cannot write", errno))?
            }
            Content::Blob(_) => {
                model.raise(model.id());
                let message = "what is to be validated is too large for check mode";
                return Err(Failure::new(Kind::Unsupported, message));
            }
            _ => draft
                .try_clone()
                .map_err(|error| Failure::io("cannot validate", &error))?,
        };
        let file = Arc::new(OwnedFd::from(file));
        let path = format!("/dev/fd/{}", file.as_raw_fd());
        let argv = substituted(validate, Path::new(&path))?;
        let program = Program {
            keeps: Some(&file),
            ..Program::of(&argv)
        };
        let why = model.earlier();
        let mut is_hindered = false;
        let judged = self.run_now(&program).and_then(|ended| {
            if ended.exit_code == 0 {
                return Ok(());
            }
            // It may have needed to write.
            let stderr = String::from_utf8_lossy(&ended.stderr.bytes);
            is_hindered = stderr.contains("Read-only file system");
            Err(crate::system::replace::refused(at, validate, &ended))
        });
        if judged.is_err() {
            if is_hindered {
                model.doubt();
            } else if let Some(why) = why {
                model.raise(why);
            }
        }
        judged
    }

    fn claim_predicted(&self, model: &Predicted, at: &Location, began_with: Hash) -> Result<(), Failure> {
        let holds = match at.stat()? {
            None => Some(Hash::of(b"")),
            Some(_) => match model.known_hash(at) {
                Some(hash) => Some(hash),
                None => match model.open(at)? {
                    Opened::File(file) => Some(self.hash(&at.path(), &file)?),
                    Opened::Blob(blob) => Some(blob.hash),
                },
            },
        };
        if holds == Some(began_with) {
            return Ok(());
        }
        Err(crate::system::claim::raced(at))
    }
}

impl Predicted {
    fn filled(&self) -> Option<crate::blob::Blob> {
        super::lock(&self.0.filled).take()
    }

    /// A call before this one that would change something, if there was one.
    pub(in crate::system) fn earlier(&self) -> Option<u64> {
        if !self.differs() {
            return None;
        }
        self.tree().any_but(self.id())
    }
}

/// The old file under the name of its backup.
fn back_up(model: &Predicted, at: &Location) -> Result<PathBuf, Fault> {
    let path = at.path();
    if model.stat_of(&path)?.is_none() {
        return Err(Errno::NOENT.into());
    }
    let mut name = at.name().to_owned();
    name.push(format!(".{}~", stamp(std::time::SystemTime::now())));
    let backup = at.beside(&name);
    // Its name has the time in it: nobody knows what will be called so.
    model.put(&backup, Slot::Unknown(model.id()))?;
    Ok(backup)
}
