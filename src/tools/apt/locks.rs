//! Waiting for others that work on packages.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Level, Reader};

/// The locks of an installation.
pub(super) const DPKG: [&str; 2] = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"];
/// The lock of the lists.
pub(super) const LISTS: [&str; 1] = ["/var/lib/apt/lists/lock"];

/// Waits until nobody holds one of the locks, and says for whom.
///
/// # Errors
/// `timeout` with the holder's name.
pub(super) fn wait(host: &Reader<'_>, locks: &[&str], limit: Duration) -> Result<(), Failure> {
    let start = Instant::now();
    let mut is_said = false;
    while let Some((lock, holder)) = held(host, locks)? {
        if start.elapsed() >= limit {
            let message = format!(
                "`{lock}` is held by {holder}, and was so for {} s",
                limit.as_secs()
            );
            return Err(Failure::new(Kind::Timeout, message));
        }
        if !is_said {
            host.link().log(
                Level::Warning,
                &format!("waiting for {holder}, which holds `{lock}`"),
            );
            is_said = true;
        }
        host.link().cancel().sleep(Duration::from_millis(100))?;
    }
    Ok(())
}

fn held(host: &Reader<'_>, locks: &[&str]) -> Result<Option<(String, String)>, Failure> {
    let mut list = None;
    for lock in locks {
        let Some(meta) = host.metadata(Path::new(lock), Follow::Yes)? else {
            continue;
        };
        let list = match &mut list {
            Some(list) => list,
            None => list.insert(host.read(Path::new("/proc/locks"), 1 << 20).unwrap_or_default()),
        };
        if let Some(pid) = holder(&String::from_utf8_lossy(list), meta.ino()) {
            let name = host
                .read(Path::new(&format!("/proc/{pid}/comm")), 4096)
                .unwrap_or_default();
            let name = String::from_utf8_lossy(&name).trim().to_owned();
            return Ok(Some(((*lock).to_owned(), format!("`{name}` (process {pid})"))));
        }
    }
    Ok(None)
}

/// The process that has locked a file, from `/proc/locks`.
fn holder(locks: &str, inode: u64) -> Option<u32> {
    let end = format!(":{inode}");
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // Those that wait have an arrow in the second place.
        let is_it = words.get(1) == Some(&"POSIX") && words.get(5)?.ends_with(&end);
        is_it.then(|| words[4].parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_lock_is_found_by_the_files_number() {
        let locks = "1: POSIX  ADVISORY  WRITE 4711 fe:00:1573 0 EOF\n1: -> POSIX  ADVISORY  WRITE 12 fe:00:1573 0 EOF\n\
            2: FLOCK  ADVISORY  WRITE 99 fe:00:573 0 EOF\n";
        assert_eq!(holder(locks, 1573), Some(4711));
        assert_eq!(holder(locks, 573), None);
    }
}
