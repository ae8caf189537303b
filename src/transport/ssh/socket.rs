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
/// How long what was left over stays.
const DAY: Duration = Duration::from_hours(24);

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

/// A lock that other controllers respect; free, and its file gone, once it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Waits for the lock of a socket.
    pub(super) async fn of(socket: &Path) -> io::Result<Self> {
        let path = lock_path(socket);
        loop {
            if let Some(lock) = Self::attempt(&path)? {
                return Ok(lock);
            }
            time::sleep(TRY).await;
        }
    }

    /// Nothing where another one holds it.
    fn attempt(path: &Path) -> io::Result<Option<Self>> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let lock = Self {
            file,
            path: path.to_path_buf(),
        };
        // Who held it before may have taken the file away: then a lock on it holds off nobody.
        Ok(lock.is_named().then_some(lock))
    }

    fn is_named(&self) -> bool {
        let same = |named: fs::Metadata| {
            let own = self.file.metadata()?;
            Ok((own.dev(), own.ino()) == (named.dev(), named.ino()))
        };
        fs::symlink_metadata(&self.path).and_then(same).unwrap_or(false)
    }
}

impl Drop for Lock {
    /// The file goes first: who opens it afterwards sees that it is not the one of that name.
    fn drop(&mut self) {
        if self.is_named() {
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Takes away what controllers that were killed, and masters that ended by themselves, left in a directory: files of
/// sockets that are gone, a day after they were last written.
pub(super) fn sweep(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let extension = path.extension().and_then(|it| it.to_str());
        if !matches!(extension, Some("lock" | "log" | "ask")) || path.with_extension("").exists() {
            continue;
        }
        let written = entry.metadata().and_then(|it| it.modified());
        let age = written.map(|it| it.elapsed().unwrap_or_default());
        if age.is_ok_and(|age| age > DAY) {
            if extension == Some("lock") {
                // Dropped at once, and with it the file, if nobody holds it.
                drop(Lock::attempt(&path));
            } else {
                drop(fs::remove_file(&path));
            }
        }
    }
}

/// The lock next to a socket.
fn lock_path(socket: &Path) -> PathBuf {
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

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn one_at_a_time_holds_a_lock_and_its_file_goes_with_it() {
        let root = tempfile::tempdir().unwrap();
        let socket = root.path().join("socket");
        let held = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (socket, held) = (socket.clone(), std::sync::Arc::clone(&held));
            tasks.spawn(async move {
                for _ in 0..20 {
                    let lock = Lock::of(&socket).await.unwrap();
                    assert_eq!(held.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                    tokio::task::yield_now().await;
                    held.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    drop(lock);
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_left_for_a_day_is_swept_and_what_is_used_stays() {
        let root = tempfile::tempdir().unwrap();
        let make = |name: &str, hours| {
            let path = root.path().join(name);
            let file = File::create(&path).unwrap();
            file.set_modified(std::time::SystemTime::now() - Duration::from_hours(hours))
                .unwrap();
            path
        };
        let (log, lock) = (make("old.log", 25), make("old.lock", 25));
        let kept = [
            make("new.log", 23),
            make("live", 25),
            make("live.log", 25),
            make("other", 25),
        ];
        let held = make("held.lock", 25);
        let holder = Lock::attempt(&held).unwrap();
        sweep(root.path());
        assert!(!log.exists() && !lock.exists());
        assert!(kept.iter().all(|it| it.exists()) && held.exists());
        drop(holder);
        assert!(!held.exists());
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
