//! Mounted filesystems.

use std::path::Path;

use serde::Serialize;

use crate::failure::Failure;
use crate::system::Reader;

/// A mounted filesystem.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Mount {
    /// Where it is.
    pub(super) path: String,
    /// What it is: a device, a share.
    pub(super) source: String,
    /// Its type, such as `ext4`.
    pub(super) r#type: String,
    /// Its options.
    pub(super) options: Vec<String>,
    /// How large it is, in bytes; not there for those on other hosts, which may not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    /// How much of it can still be used, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) free: Option<u64>,
}

pub(super) fn read(host: &Reader<'_>) -> Result<Vec<Mount>, Failure> {
    let text = host.read(Path::new("/proc/self/mounts"), 16 << 20)?;
    let mut mounts: Vec<Mount> = String::from_utf8_lossy(&text).lines().filter_map(mount).collect();
    for mount in &mut mounts {
        let is_remote =
            mount.source.contains(':') || mount.r#type.starts_with("fuse") || mount.r#type == "cifs";
        let Some(stat) = (!is_remote)
            .then(|| rustix::fs::statvfs(&mount.path).ok())
            .flatten()
        else {
            continue;
        };
        mount.size = Some(stat.f_blocks * stat.f_frsize);
        mount.free = Some(stat.f_bavail * stat.f_frsize);
    }
    Ok(mounts)
}

fn mount(line: &str) -> Option<Mount> {
    let [source, path, kind, options, ..] = line.split(' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    // The kernel writes blanks in octal.
    let plain = |it: &str| {
        it.replace("\\040", " ")
            .replace("\\011", "\t")
            .replace("\\134", "\\")
    };
    Some(Mount {
        path: plain(path),
        source: plain(source),
        r#type: kind.to_owned(),
        options: options.split(',').map(str::to_owned).collect(),
        size: None,
        free: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_a_mount() {
        let found = mount("/dev/sda1 /srv/my\\040data ext4 rw,noatime 0 0").unwrap();
        assert_eq!(
            (&*found.path, &*found.r#type, found.options.len()),
            ("/srv/my data", "ext4", 2)
        );
        assert!(mount("nonsense").is_none());
    }
}
