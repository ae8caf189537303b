//! What there is to copy: paths and hashes, without any content.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use globset::GlobSet;
use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::blob::{Blob, Blobs};
use crate::failure::{Failure, Kind};

/// Deeper than this is a loop, or as good as one.
const DEEPEST: usize = 128;

/// One thing to copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Item {
    /// Where, below the destination; empty: the destination itself.
    pub(super) path: Text,
    pub(super) what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum What {
    Folder,
    File { blob: Blob, mode: u32 },
    Link { target: Text },
}

/// What a file or directory holds: directories before what is in them, in the order of names.
pub(super) fn gather(src: &str, blobs: &Blobs) -> Result<Vec<Item>, Failure> {
    gather_any(src, &GlobSet::empty(), blobs)
}

/// What a directory holds, without names that these patterns match.
pub(super) fn gather_without(src: &str, excludes: &GlobSet, blobs: &Blobs) -> Result<Vec<Item>, Failure> {
    if !Path::new(src).is_dir() {
        let message = format!("`{src}` is not a directory on the controller");
        return Err(Failure::new(Kind::NotFound, message));
    }
    gather_any(src, excludes, blobs)
}

fn gather_any(src: &str, excludes: &GlobSet, blobs: &Blobs) -> Result<Vec<Item>, Failure> {
    let path = Path::new(src);
    let meta = path.metadata().map_err(|error| cannot_read(path, &error))?;
    let mut items = Vec::new();
    if meta.is_file() {
        items.push(Item {
            path: Text::default(),
            what: What::File {
                blob: blobs.file(path)?,
                mode: meta.permissions().mode() & 0o777,
            },
        });
        return Ok(items);
    }
    if !meta.is_dir() {
        let message = format!("`{src}` is neither a file nor a directory");
        return Err(Failure::new(Kind::Invalid, message));
    }
    items.push(Item {
        path: Text::default(),
        what: What::Folder,
    });
    walk(path, Path::new(""), excludes, blobs, &mut items, 0)?;
    Ok(items)
}

fn walk(
    folder: &Path,
    below: &Path,
    excludes: &GlobSet,
    blobs: &Blobs,
    items: &mut Vec<Item>,
    depth: usize,
) -> Result<(), Failure> {
    if depth > DEEPEST {
        let message = format!("`{}` is too deep to be copied", folder.display());
        return Err(Failure::new(Kind::Invalid, message));
    }
    let entries = fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|it| it.path()))
        .collect::<Result<_, _>>()
        .map_err(|error| cannot_read(folder, &error))?;
    paths.retain(|path| !path.file_name().is_some_and(|name| excludes.is_match(name)));
    paths.sort();
    for path in paths {
        let below = below.join(path.file_name().unwrap_or_default());
        let meta = path
            .symlink_metadata()
            .map_err(|error| cannot_read(&path, &error))?;
        let what = if meta.is_symlink() {
            let target = path.read_link().map_err(|error| cannot_read(&path, &error))?;
            What::Link {
                target: target.into_os_string().into(),
            }
        } else if meta.is_dir() {
            What::Folder
        } else if meta.is_file() {
            What::File {
                blob: blobs.file_by_reference(&path)?,
                mode: meta.permissions().mode() & 0o777,
            }
        } else {
            let message = format!(
                "`{}` is not a file, a directory or a link, and cannot be copied",
                path.display()
            );
            return Err(Failure::new(Kind::Invalid, message));
        };
        let is_folder = matches!(what, What::Folder);
        items.push(Item {
            path: below.clone().into_os_string().into(),
            what,
        });
        if is_folder {
            walk(&path, &below, excludes, blobs, items, depth + 1)?;
        }
    }
    Ok(())
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    Failure::io(format_args!("cannot read `{}`", path.display()), error)
}

/// The name of a path's last part, for a destination that is a directory.
pub(super) fn base_name(src: &str) -> Option<&OsStr> {
    Path::new(src)
        .file_name()
        .filter(|name| !name.as_bytes().is_empty())
}
