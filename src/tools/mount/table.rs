//! What is mounted, from `/proc/self/mountinfo`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::system::Reader;
use crate::tools::mount::escape::unescaped;

/// The list of a host with thousands of containers.
const LIMIT: u64 = 16 << 20;

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    id: u64,
    parent: u64,
    /// The device, as `major:minor`: the same for all mounts of one file system.
    pub(super) device: String,
    /// Which directory of the file system is mounted.
    pub(super) root: PathBuf,
    /// Where.
    pub(super) path: PathBuf,
    /// Its own options, which may differ from those of other mounts of the file system.
    pub(super) options: String,
    pub(super) kind: String,
    pub(super) source: String,
    /// The options of the file system as a whole.
    pub(super) whole: String,
}

/// All mounts that the agent can see.
#[derive(Debug)]
pub(super) struct Table(Vec<Mount>);

impl Table {
    pub(super) fn read(host: &Reader<'_>) -> Result<Self, Failure> {
        Ok(Self::parse(&host.read(Path::new("/proc/self/mountinfo"), LIMIT)?))
    }

    pub(super) fn parse(text: &[u8]) -> Self {
        Self(text.split(|byte| *byte == b'\n').filter_map(parse).collect())
    }

    /// The mounts at a path, the one that is seen last; none where nothing is mounted there, or it is hidden.
    pub(super) fn at(&self, path: &Path) -> Vec<&Mount> {
        let mut way = self.way(path);
        way.retain(|it| it.path == path);
        way
    }

    /// The mount in which a path is, and where in its file system that is; `but`: as if this one were not there.
    pub(super) fn holder(&self, path: &Path, but: Option<&Mount>) -> Option<(&Mount, PathBuf)> {
        let way = self.way(path);
        let holder = way.into_iter().rfind(|it| Some(*it) != but)?;
        let rest = path.strip_prefix(&holder.path).ok()?;
        let inside = if rest.as_os_str().is_empty() {
            holder.root.clone()
        } else {
            holder.root.join(rest)
        };
        Some((holder, inside))
    }

    /// What can be seen of mounts below a path.
    pub(super) fn below(&self, path: &Path) -> Vec<&Mount> {
        let is_below = |it: &&Mount| it.path != path && it.path.starts_with(path);
        let is_seen = |it: &&Mount| self.at(&it.path).contains(it);
        self.0.iter().filter(is_below).filter(is_seen).collect()
    }

    /// Other mounts of the same file system.
    pub(super) fn others(&self, mount: &Mount) -> impl Iterator<Item = &Mount> {
        self.0
            .iter()
            .filter(move |it| it.device == mount.device && it.id != mount.id)
    }

    /// The mounts that a look at a path passes, each in or over the one before.
    fn way(&self, path: &Path) -> Vec<&Mount> {
        let mut way: Vec<&Mount> = Vec::new();
        let mut prefixes: Vec<&Path> = path.ancestors().collect();
        prefixes.reverse();
        for prefix in prefixes {
            while let Some(next) = self.next(way.last().copied(), prefix) {
                way.push(next);
            }
        }
        way
    }

    /// What is mounted at a path on top of, or in, a mount; without one: in what is not in the list, such as the file
    /// system around a changed root.
    fn next(&self, from: Option<&Mount>, path: &Path) -> Option<&Mount> {
        self.0.iter().rfind(|it| {
            let is_there = match from {
                Some(from) => it.parent == from.id && it.id != from.id,
                None => self
                    .0
                    .iter()
                    .all(|other| other.id != it.parent || other.id == it.id),
            };
            is_there && it.path == path
        })
    }
}

/// `36 35 98:0 /root /mnt/it rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn parse(line: &[u8]) -> Option<Mount> {
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    // Some optional words come before the hyphen.
    let end = words.iter().skip(6).position(|it| *it == b"-")? + 6;
    let text = |at: usize| Some(String::from_utf8_lossy(&unescaped(words.get(at)?)).into_owned());
    let path = |at: usize| Some(PathBuf::from(OsString::from_vec(unescaped(words.get(at)?))));
    Some(Mount {
        id: text(0)?.parse().ok()?,
        parent: text(1)?.parse().ok()?,
        device: text(2)?,
        root: path(3)?,
        path: path(4)?,
        options: text(5)?,
        kind: text(end + 1)?,
        source: text(end + 2)?,
        whole: text(end + 3).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n\
        30 22 0:40 / /mnt/a rw - tmpfs tmpfs rw,size=1024k\n\
        31 30 0:41 / /mnt/a/sub\\040dir ro - tmpfs tmpfs rw\n\
        32 30 8:1 /srv/x /mnt/a ro,nosuid master:1 propagate_from:2 - ext4 /dev/sda1 rw\n\
        33 32 0:42 / /mnt/a/seen rw - tmpfs none rw\n";

    fn ids(mounts: &[&Mount]) -> Vec<u64> {
        mounts.iter().map(|it| it.id).collect()
    }

    #[test]
    fn the_mount_that_is_seen_is_the_last_of_a_stack_and_hides_what_lies_below() {
        let table = Table::parse(TEXT);
        let at = |path: &str| ids(&table.at(Path::new(path)));
        assert_eq!(at("/mnt/a"), [30, 32]);
        assert_eq!(at("/"), [22]);
        assert_eq!(at("/mnt"), [] as [u64; 0]);
        // The other one in the directory below was hidden by the second mount.
        assert_eq!(at("/mnt/a/sub dir"), [] as [u64; 0]);
        assert_eq!(ids(&table.below(Path::new("/mnt"))), [30, 32, 33]);
        assert_eq!(ids(&table.below(Path::new("/mnt/a"))), [33]);
        assert_eq!(ids(&table.below(Path::new("/mnt/a/seen"))), [] as [u64; 0]);
    }

    #[test]
    fn a_path_lies_in_a_directory_of_a_file_system() {
        let table = Table::parse(TEXT);
        let holder = |path: &str| table.holder(Path::new(path), None).unwrap();
        assert_eq!(holder("/mnt/a/x/y").1, Path::new("/srv/x/x/y"));
        assert_eq!(holder("/srv/x").0.id, 22);
        assert_eq!(holder("/srv/x").1, Path::new("/srv/x"));
        let top = table.at(Path::new("/mnt/a"))[1];
        assert_eq!(table.holder(Path::new("/mnt/a"), Some(top)).unwrap().0.id, 30);
        assert_eq!(table.others(top).count(), 1);
    }

    #[test]
    fn a_changed_root_need_not_be_in_the_list() {
        let table = Table::parse(
            b"30 22 0:40 / /mnt/a rw - tmpfs tmpfs rw\n31 30 0:41 / /mnt/a/b rw - tmpfs tmpfs rw\n",
        );
        assert_eq!(ids(&table.at(Path::new("/mnt/a/b"))), [31]);
    }
}
