//! Extended attributes: access lists and `SELinux` labels are among them.

use std::fs::File;

use rustix::fs::XattrFlags;
use rustix::io::Errno;

use crate::system::Location;

/// A file whose attributes are larger than this is odd.
const LARGEST: usize = 64 << 10;

/// Gives a new file the extended attributes of the one whose place it will take. Gives back the names of those that it
/// could not have.
pub(super) fn copy_xattrs(at: &Location, new: &File) -> Result<Vec<String>, Errno> {
    // Its owner may replace a file that he cannot read.
    let Ok(old) = at.open() else {
        return Ok(Vec::new());
    };
    let mut names = vec![0; LARGEST];
    let length = match rustix::fs::flistxattr(&old, &mut names[..]) {
        Err(Errno::NOTSUP) => return Ok(Vec::new()),
        other => other?,
    };
    let mut refused = Vec::new();
    for name in names[..length]
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        // Signatures of the old content.
        if matches!(name, b"security.ima" | b"security.evm") {
            continue;
        }
        let mut value = vec![0; LARGEST];
        let copied = rustix::fs::fgetxattr(&old, name, &mut value[..])
            .and_then(|length| set(new, name, &value[..length]));
        match copied {
            Ok(()) | Err(Errno::NOTSUP | Errno::NODATA) => {}
            Err(Errno::PERM | Errno::ACCESS) => refused.push(String::from_utf8_lossy(name).into_owned()),
            Err(errno) => return Err(errno),
        }
    }
    Ok(refused)
}

fn set(new: &File, name: &[u8], value: &[u8]) -> Result<(), Errno> {
    let mut has = vec![0; value.len() + 1];
    match rustix::fs::fgetxattr(new, name, &mut has[..]) {
        Ok(length) if has[..length] == *value => Ok(()),
        _ => rustix::fs::fsetxattr(new, name, value, XattrFlags::empty()),
    }
}
