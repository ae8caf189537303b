//! Files and their names in the protocol.

use std::fs;
use std::path::{Path, PathBuf};

/// How many directories and files are looked at for playbooks of a workspace.
const LOOKED_AT: usize = 4_000;
/// The most that a file is read of to see whether it is a playbook.
const SHAPE: u64 = 1 << 20;

/// The path that a URI names; only of files.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
    }
    let path = PathBuf::from(String::from_utf8(bytes).ok()?);
    Some(real(&path))
}

/// The URI of a path.
pub(super) fn uri_of(path: &Path) -> String {
    use std::fmt::Write as _;
    let mut uri = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(*byte));
            }
            _ => _ = write!(uri, "%{byte:02X}"),
        }
    }
    uri
}

/// A path without links; as it is, where it does not exist.
pub(super) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// Whether a text has the shape of a playbook or unit, be it broken elsewhere.
pub(super) fn has_shape(text: &str) -> bool {
    has_key(text, "rounds") || has_key(text, "calls")
}

/// Whether it has that of a unit.
pub(super) fn is_unit(text: &str) -> bool {
    !has_key(text, "rounds") && has_key(text, "calls")
}

/// Whether a key is at the top of a text.
fn has_key(text: &str, key: &str) -> bool {
    let mut rests = text.lines().filter_map(|line| line.strip_prefix(key));
    rests.any(|rest| rest.trim_start().starts_with(':'))
}

/// Whether a file is YAML by its name.
pub(super) fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "yml" || it == "yaml")
}

/// The playbooks and units of a directory, as many as are found in a bounded time.
pub(super) fn playbooks(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    let mut looked = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            looked += 1;
            if looked > LOOKED_AT {
                return found;
            }
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() && !is_hidden {
                folders.push(path);
            } else if kind.is_file() && is_yaml(&path) {
                let is_small = entry.metadata().is_ok_and(|it| it.len() < SHAPE);
                if is_small && fs::read_to_string(&path).is_ok_and(|text| has_shape(&text)) {
                    found.push(real(&path));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_from_their_uris() {
        for path in ["/a/b c.yml", "/é/%20/x#?.yml", "/no/such/file"] {
            assert_eq!(path_of(&uri_of(Path::new(path))), Some(PathBuf::from(path)));
        }
        for uri in [
            "untitled:1",
            "http://x/y",
            "file://",
            "file:///a%",
            "file:///a%zz",
            "",
        ] {
            assert_eq!(path_of(uri), None, "{uri}");
        }
        assert_eq!(path_of("file://host/a"), Some("/a".into()));
    }
}
