//! Small files of the system that are asked about again and again: read once, and again when they have changed.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Times of files go in steps of some milliseconds: what was written twice in one step looks the same. So only a file that
/// has been as it is for a while is kept.
const STEADY: Duration = Duration::from_secs(1);

/// Which file it is, how long, and when it was written and changed: in seconds and nanoseconds.
type Stamp = (u64, u64, u64, (i64, i64), (i64, i64));

type Kept = Mutex<HashMap<&'static str, (Stamp, Arc<str>)>>;

/// The text of a file as it is now; bytes that are not UTF-8 as U+FFFD.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn text(path: &'static str) -> io::Result<Arc<str>> {
    static KEPT: OnceLock<Kept> = OnceLock::new();
    let kept = KEPT.get_or_init(Mutex::default);
    // Before it is read: a file that changes meanwhile has another stamp the next time.
    let meta = fs::metadata(path)?;
    let stamp = stamp(&meta);
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, text)) = kept.get(path)
        && *of == stamp
    {
        return Ok(Arc::clone(text));
    }
    let text: Arc<str> = String::from_utf8_lossy(&fs::read(path)?).into();
    if is_steady(&meta) {
        kept.insert(path, (stamp, Arc::clone(&text)));
    } else {
        kept.remove(path);
    }
    Ok(text)
}

fn stamp(meta: &Metadata) -> Stamp {
    let written = (meta.mtime(), meta.mtime_nsec());
    let changed = (meta.ctime(), meta.ctime_nsec());
    (meta.dev(), meta.ino(), meta.len(), written, changed)
}

fn is_steady(meta: &Metadata) -> bool {
    let changed = u64::try_from(meta.ctime()).unwrap_or(u64::MAX);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.checked_sub(Duration::from_secs(changed))
        .is_some_and(|age| age > STEADY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_last_is_what_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path: &'static str = folder.path().join("table").to_str().unwrap().to_owned().leak();
        assert!(text(path).is_err());
        // Of one length, and many of them in one step of the clock.
        for turn in 0..500 {
            let new = format!("{turn:03}");
            if turn % 3 == 0 {
                fs::remove_file(path).ok();
            }
            fs::write(path, &new).unwrap();
            assert_eq!(&*text(path).unwrap(), new);
            assert_eq!(&*text(path).unwrap(), new);
        }
        fs::remove_file(path).unwrap();
        assert!(text(path).is_err());
    }
}
