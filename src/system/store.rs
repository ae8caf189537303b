//! Content of the controller that a host keeps from one run to the next: in a directory that is nobody else's, by its hash.

use std::env;
use std::fs::{DirBuilder, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::blob::{Blob, Hash};
use crate::failure::Failure;
use crate::system::Writer;

/// What names of kept files begin with.
const PREFIX: &str = "tool-";
/// What was not used for so long is removed when something new is kept.
const AGE: Duration = Duration::from_hours(30 * 24);

/// Contents for which no directory has room, for as long as the agent lives. While something is fetched it is locked, so that
/// nothing is fetched twice.
static HELD: Mutex<Vec<(Hash, Vec<u8>)>> = Mutex::new(Vec::new());

impl Writer<'_> {
    /// The content of a blob: as it was kept, or fetched and kept. What was kept is used only if its hash is right.
    ///
    /// # Errors
    /// Where the controller no longer has it as it was. Where it cannot be kept is no error.
    pub fn kept(&self, blob: &Blob) -> Result<Vec<u8>, Failure> {
        let name = format!("{PREFIX}{}", blob.hash);
        let find = || folders().iter().find_map(|path| read(path, &name, blob));
        if let Some(bytes) = find() {
            return Ok(bytes);
        }
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = held.iter().find(|(hash, _)| *hash == blob.hash) {
            return Ok(bytes.clone());
        }
        if let Some(bytes) = find() {
            return Ok(bytes);
        }
        let bytes = self.fetch(blob)?;
        if self.model().is_some() {
            return Ok(bytes);
        }
        if !folders().iter().any(|path| write(path, &name, &bytes).is_ok()) {
            held.push((blob.hash, bytes.clone()));
        }
        Ok(bytes)
    }
}

/// The directories in which the agent itself may lie, the best first.
fn folders() -> Vec<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
    let uid = rustix::process::geteuid().as_raw();
    let own = format!("rmote-play-{uid}");
    [
        absolute("XDG_CACHE_HOME").map(|path| path.join("rmote-play")),
        absolute("HOME").map(|path| path.join(".cache/rmote-play")),
        Some(Path::new("/var/tmp").join(&own)),
        Some(Path::new("/dev/shm").join(&own)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Opens a directory that only this account may write to.
fn open(path: &Path) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&folder)?;
    let is_ours = stat.st_uid == rustix::process::geteuid().as_raw() && stat.st_mode & 0o022 == 0;
    if is_ours {
        Ok(folder.into())
    } else {
        Err(Errno::PERM)
    }
}

fn read(path: &Path, name: &str, blob: &Blob) -> Option<Vec<u8>> {
    let folder = open(path).ok()?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&folder, name, flags, Mode::empty()).ok()?;
    let stat = rustix::fs::fstat(&file).ok()?;
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    if !is_file || u64::try_from(stat.st_size) != Ok(blob.size) {
        return None;
    }
    let file = File::from(file);
    let mut bytes = Vec::new();
    (&file).take(blob.size + 1).read_to_end(&mut bytes).ok()?;
    if Hash::of(&bytes) != blob.hash {
        return None;
    }
    // It is in use; where that cannot be noted it is fetched again some day.
    drop(file.set_modified(SystemTime::now()));
    Some(bytes)
}

fn write(path: &Path, name: &str, bytes: &[u8]) -> Result<(), Errno> {
    let folder = match open(path) {
        Err(Errno::NOENT) => {
            // What is wrong with it is seen when it is opened.
            drop(DirBuilder::new().recursive(true).mode(0o700).create(path));
            open(path)?
        }
        other => other?,
    };
    clean(&folder);
    let new = format!(".new-{name}");
    // Nobody else writes here but another agent of this account, which writes the same.
    let _ = rustix::fs::unlinkat(&folder, &new, AtFlags::empty());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&folder, &new, flags, Mode::from_raw_mode(0o600))?;
    let written = File::from(file).write_all(bytes);
    let kept = match written {
        Ok(()) => rustix::fs::renameat(&folder, &new, &folder, name),
        Err(_) => Err(Errno::NOSPC),
    };
    if kept.is_err() {
        let _ = rustix::fs::unlinkat(&folder, &new, AtFlags::empty());
    }
    kept
}

/// Removes what was not used for long.
fn clean(folder: &File) {
    let oldest = SystemTime::now().checked_sub(AGE);
    let oldest = oldest.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let (Some(oldest), Ok(entries)) = (oldest, Dir::read_from(folder)) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !name.to_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
        if stat.is_ok_and(|stat| u64::try_from(stat.st_mtime).is_ok_and(|at| at < oldest.as_secs())) {
            // If it does not go away, it does no harm.
            let _ = rustix::fs::unlinkat(folder, name, AtFlags::empty());
        }
    }
}
