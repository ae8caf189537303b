//! The playbooks and units of directories, known by their shape.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::cli::error::CliError;

/// How much of a file is looked at.
const LOOKED_AT: u64 = 1 << 20;
/// How deep directories are searched.
const DEPTH: usize = 32;

/// The files that are meant: each file that is named, and from each directory those that are playbooks or units, in the
/// order of their paths. None twice.
///
/// # Errors
/// Where a directory cannot be read, or holds none.
pub(super) fn find(named: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut found = Vec::new();
    for path in named {
        if path.is_dir() {
            let before = found.len();
            search(path, 0, &mut found)?;
            if found.len() == before {
                let message = format!("`{}` holds no playbook", path.display());
                return Err(CliError::invalid(message).help(
                    "A playbook or unit is a .yml or .yaml file with `rounds` or `calls` at its top.",
                ));
            }
        } else {
            found.push(path.clone());
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    Ok(found)
}

fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let unreadable = |error: std::io::Error| {
        CliError::invalid(format!(
            "the directory `{}` cannot be read: {error}",
            folder.display()
        ))
    };
    let mut entries: Vec<_> = fs::read_dir(folder)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            if !is_hidden && depth < DEPTH {
                search(&path, depth + 1, found)?;
            }
        } else if is_yaml(&path) && path.is_file() && has_key(&path, &[b"rounds", b"calls"]) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "yml" || it == "yaml")
}

/// Whether a file is a playbook, by its shape.
pub(in crate::cli::commands) fn is_playbook(path: &Path) -> bool {
    is_yaml(path) && path.is_file() && has_key(path, &[b"rounds"])
}

/// Whether one of these keys is at the top of a file, which may be broken elsewhere.
fn has_key(path: &Path, keys: &[&[u8]]) -> bool {
    let mut text = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut text));
    let is_key = |line: &[u8]| {
        let rest = keys.iter().find_map(|key| line.strip_prefix(*key));
        rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"))
    };
    read.is_ok() && text.split(|it| *it == b'\n').any(is_key)
}
