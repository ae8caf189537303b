//! Whether what is mounted is what a line names.

use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use crate::failure::Failure;
use crate::system::{Follow, Meta, Reader};
use crate::tools::mount::table::{Mount, Table};

/// What a line names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) source: &'a str,
    pub(super) kind: &'a str,
    pub(super) is_bind: bool,
}

impl Named<'_> {
    /// What is mounted instead of what is named, in words; nothing where it is that, or nobody can tell.
    pub(super) fn other(
        &self,
        found: &Mount,
        table: &Table,
        host: &Reader<'_>,
    ) -> Result<Option<String>, Failure> {
        if self.is_bind {
            let Ok(Some(source)) = host.real_path(Path::new(self.source)) else {
                // What is not there cannot be what is mounted, unless it was removed since.
                let is_gone = found.root.to_string_lossy().ends_with("//deleted");
                return Ok((!is_gone).then(|| shown(found)));
            };
            let is_same = table
                .holder(&source, Some(found))
                .is_none_or(|(holder, inside)| holder.device == found.device && inside == found.root);
            return Ok((!is_same).then(|| shown(found)));
        }
        let is_same = is_whole(found) && self.has_type_of(found) && self.has_source_of(found, host)?;
        Ok((!is_same).then(|| shown(found)))
    }

    fn has_type_of(&self, found: &Mount) -> bool {
        let is_helpers = found.kind.starts_with("fuse");
        is_helpers
            || self
                .kind
                .split(',')
                .any(|it| it == "auto" || family(it) == family(&found.kind))
    }

    fn has_source_of(&self, found: &Mount, host: &Reader<'_>) -> Result<bool, Failure> {
        let path = match self.source.split_once('=') {
            Some((tag, value)) if !tag.contains('/') => match tag_path(tag, value) {
                Some(path) => path,
                None => return Ok(true),
            },
            _ if self.source.starts_with("//") || self.source.contains(":/") => {
                let plain = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
                return Ok(plain(self.source) == plain(&found.source));
            }
            _ if self.source.starts_with('/') => PathBuf::from(self.source),
            // A name that means nothing, as that of a `tmpfs`.
            _ => return Ok(true),
        };
        let Some(meta) = host.metadata(&path, Follow::Yes)? else {
            // Without udev the links are not there; a device that is not there is not mounted.
            return Ok(path.starts_with("/dev/disk") || !Path::new(&found.source).is_absolute());
        };
        if meta.is_file() {
            // It is shown by a loop device, which knows its file.
            let backing = format!("/sys/dev/block/{}/loop/backing_file", found.device);
            let Ok(backing) = host.read(Path::new(&backing), 8192) else {
                return Ok(true);
            };
            let backing = PathBuf::from(String::from_utf8_lossy(&backing).trim_end());
            let same = |one: Meta, other: Meta| (one.dev(), one.ino()) == (other.dev(), other.ino());
            return Ok(host
                .metadata(&backing, Follow::Yes)?
                .is_none_or(|it| same(it, meta)));
        }
        if meta.sort() != FileType::BlockDevice {
            return Ok(true);
        }
        let device = |number: u64| format!("{}:{}", rustix::fs::major(number), rustix::fs::minor(number));
        if device(meta.rdev()) == found.device {
            return Ok(true);
        }
        // Some file systems have a number of their own, and may lie on several devices.
        if !found.device.starts_with("0:") {
            return Ok(false);
        }
        let listed = host.metadata(Path::new(&found.source), Follow::Yes)?;
        Ok(found.kind == "btrfs" || listed.is_none_or(|it| it.rdev() == meta.rdev()))
    }
}

/// Whether a file system is mounted and not a directory of it, which some types do by themselves.
fn is_whole(found: &Mount) -> bool {
    let is_partly =
        ["btrfs", "bcachefs", "nfs", "nfs4", "cifs", "smb3", "ceph", "9p"].contains(&&*found.kind);
    found.root == Path::new("/") || is_partly || found.kind.starts_with("fuse")
}

/// Types that one and the same file system may be listed under.
fn family(kind: &str) -> &str {
    match kind {
        "nfs4" => "nfs",
        "smb3" => "cifs",
        "ext2" | "ext3" => "ext4",
        "ntfs" | "ntfs-3g" => "ntfs3",
        "msdos" => "vfat",
        other => other,
    }
}

/// Where the link to the device of a tag is.
fn tag_path(tag: &str, value: &str) -> Option<PathBuf> {
    let by = match tag {
        "UUID" => "by-uuid",
        "LABEL" => "by-label",
        "PARTUUID" => "by-partuuid",
        "PARTLABEL" => "by-partlabel",
        "ID" => "by-id",
        _ => return None,
    };
    Some(Path::new("/dev/disk").join(by).join(value.trim_matches('"')))
}

fn shown(found: &Mount) -> String {
    let Mount { kind, source, .. } = found;
    let root = found.root.display();
    if found.root == Path::new("/") {
        format!("`{source}` of the type {kind}")
    } else {
        format!("the directory `{root}` of `{source}`, of the type {kind},")
    }
}
