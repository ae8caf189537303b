//! Where a master listens: a private directory, a name that stands for all that decides the connection, a lock.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, io};

use rustix::fs::{FlockOperation, flock};
use rustix::process::getuid;
use tokio::time;

use crate::cause::{Cause, Unreachable};
use crate::transport::ssh::options::Target;

/// ssh adds 17 characters while it binds, and the system allows 108.
const PATH_LIMIT: usize = 85;
/// How often a lock that another controller holds is tried.
const TRY: Duration = Duration::from_millis(10);

/// The path of the socket for a target, in a directory that is ours alone. `private`: not to be found by other runs.
pub(super) fn path(target: &Target, config: Option<&Path>, private: bool) -> Result<PathBuf, Unreachable> {
    let name = key(target, config, private);
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join("rmote-play"));
    let common = PathBuf::from(format!("/tmp/rmote-play-{}", getuid().as_raw()));
    // Where somebody else has taken the name in `/tmp`, the home directory, if it is not too deep down.
    let caches = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let caches = caches.filter(|dir| dir.is_absolute());
    let homes = env::var_os("HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute());
    let caches = caches.into_iter().chain(homes.map(|home| home.join(".cache")));
    let own = caches.map(|dir| {
        // Where it cannot be made, neither can what is in it.
        drop(DirBuilder::new().mode(0o700).recursive(true).create(&dir));
        dir.join("rmote-play-ssh")
    });
    let mut refused = None;
    for dir in runtime.into_iter().chain([common]).chain(own) {
        let path = dir.join(&name);
        if path.as_os_str().len() > PATH_LIMIT {
            continue;
        }
        match make_ours(&dir) {
            Ok(()) => return Ok(path),
            Err(error) => drop(refused.get_or_insert_with(|| format!("`{}`: {error}", dir.display()))),
        }
    }
    let why = refused.unwrap_or_else(|| "every path is too long".into());
    let message = format!("there is no directory for the sockets of ssh: {why}");
    Err(Unreachable::new(Cause::Local, message))
}

fn make_ours(dir: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let meta = fs::symlink_metadata(dir)?;
    if !meta.is_dir() || meta.uid() != getuid().as_raw() || meta.mode() & 0o077 != 0 {
        return Err(io::Error::other("it is not a directory that is ours alone"));
    }
    Ok(())
}

/// 16 hex digits over everything that decides which connection it is.
fn key(target: &Target, config: Option<&Path>, private: bool) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for option in &target.options {
        add(option.as_bytes());
    }
    add(target.destination.as_bytes());
    for name in ["PATH", "SSH_AUTH_SOCK"] {
        add(env::var_os(name).unwrap_or_default().as_bytes());
    }
    let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
    let configs = match config {
        Some(file) => vec![file.to_path_buf()],
        None => vec![home.join(".ssh/config"), "/etc/ssh/ssh_config".into()],
    };
    for file in configs {
        let meta = fs::metadata(file).map(|it| (it.size(), it.mtime(), it.mtime_nsec()));
        add(format!("{meta:?}", meta = meta.ok()).as_bytes());
    }
    if private {
        add(format!("{} {:?}", std::process::id(), std::time::SystemTime::now()).as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// A lock that other controllers respect; free once it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock of a socket.
    pub(super) async fn of(socket: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(lock_path(socket))?;
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => time::sleep(TRY).await,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The lock next to a socket.
pub(super) fn lock_path(socket: &Path) -> PathBuf {
    socket.with_extension("lock")
}

/// Where what ssh asks is answered while a master comes to be.
pub(super) fn asked_path(socket: &Path) -> PathBuf {
    socket.with_extension("ask")
}

/// The log next to a socket.
pub(super) fn log_path(socket: &Path) -> PathBuf {
    socket.with_extension("log")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str) -> Target {
        Target {
            options: Vec::new(),
            destination: name.into(),
            forwards: false,
            way: String::new(),
        }
    }

    #[test]
    fn equal_targets_share_a_name_and_private_ones_do_not() {
        assert_eq!(key(&target("a"), None, false), key(&target("a"), None, false));
        assert_ne!(key(&target("a"), None, false), key(&target("b"), None, false));
        assert_ne!(key(&target("a"), None, true), key(&target("a"), None, true));
    }

    #[test]
    fn a_directory_that_others_may_enter_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let open = root.path().join("open");
        DirBuilder::new().mode(0o755).create(&open).unwrap();
        assert!(make_ours(&open).is_err());
        let link = root.path().join("link");
        std::os::unix::fs::symlink(root.path(), &link).unwrap();
        assert!(make_ours(&link).is_err());
        assert!(make_ours(&root.path().join("new")).is_ok());
    }
}
