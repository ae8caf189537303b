//! What is read when the host starts, and in which order: of several files that set the same, the last one holds.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::system::{Enter, Follow, Reader, Unreadable};
use crate::tools::sysctl::lines::last_value;

/// Directories of such files. One of the same name in an earlier directory is read instead of one in a later.
const FOLDERS: [&str; 5] = [
    "/etc/sysctl.d",
    "/run/sysctl.d",
    "/usr/local/lib/sysctl.d",
    "/usr/lib/sysctl.d",
    "/lib/sysctl.d",
];
/// What `sysctl --system` reads after all others; systemd reads it only through a link.
const LAST: &str = "/etc/sysctl.conf";
const LIMIT: u64 = 4 << 20;

/// A file, and what it holds.
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// Whether a file is read when the host starts, and what is read after it.
pub(super) struct Place {
    pub(super) is_read: bool,
    pub(super) later: Vec<Source>,
}

/// The files that are read when the host starts, one after the other; `path`: one that is yet to be made.
fn order(path: &Path, host: &Reader<'_>) -> Result<Vec<PathBuf>, Failure> {
    let mut files: BTreeMap<OsString, PathBuf> = BTreeMap::new();
    let own_folder = path.parent().unwrap_or(path);
    for folder in FOLDERS.map(Path::new) {
        for name in names(folder, host)? {
            files.entry(name.clone()).or_insert_with(|| folder.join(name));
        }
        // One that is yet to be made.
        if folder == own_folder
            && let Some(name) = path.file_name().filter(|it| is_read(Path::new(it)))
        {
            files.entry(name.to_owned()).or_insert_with(|| path.to_owned());
        }
    }
    let mut order: Vec<PathBuf> = files.into_values().collect();
    if host
        .metadata(Path::new("/run/systemd/system"), Follow::Yes)?
        .is_none()
    {
        order.push(LAST.into());
    }
    Ok(order)
}

/// Looks where a file, which need not be there yet, is in the order.
pub(super) fn place_of(path: &Path, host: &Reader<'_>) -> Result<Place, Failure> {
    let order = order(path, host)?;
    let real = |path: &Path| -> Result<PathBuf, Failure> {
        let at = host.locate(path, Follow::Yes)?;
        Ok(at.map_or_else(|| path.to_owned(), |it| it.path()))
    };
    let own = real(path)?;
    let mut at = None;
    for (index, path) in order.iter().enumerate() {
        if real(path)? == own {
            at = Some(index);
        }
    }
    let mut later = Vec::new();
    for path in order.into_iter().skip(at.map_or(usize::MAX, |it| it + 1)) {
        later.extend(source(path, host)?);
    }
    Ok(Place {
        is_read: at.is_some(),
        later,
    })
}

/// The value that a setting gets when the host starts, once `text` is what the file `path` holds.
pub(super) fn value_at_start(
    name: &str,
    path: &Path,
    text: &str,
    host: &Reader<'_>,
) -> Result<Option<String>, Failure> {
    let mut value = None;
    for file in order(path, host)? {
        let found = if file == path {
            last_value(text, name)
        } else {
            source(file, host)?.and_then(|it| last_value(&it.text, name))
        };
        value = found.or(value);
    }
    Ok(value)
}

/// What a file holds; nothing where it is none.
fn source(path: PathBuf, host: &Reader<'_>) -> Result<Option<Source>, Failure> {
    if !host.metadata(&path, Follow::Yes)?.is_some_and(|it| it.is_file()) {
        return Ok(None);
    }
    let bytes = host.read(&path, LIMIT)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Some(Source { path, text }))
}

fn is_read(name: &Path) -> bool {
    name.extension().is_some_and(|it| it == "conf")
}

fn names(folder: &Path, host: &Reader<'_>) -> Result<Vec<OsString>, Failure> {
    let mut names = Vec::new();
    let Some(at) = host.locate(folder, Follow::Yes)? else {
        return Ok(names);
    };
    if at.stat()?.is_none() {
        return Ok(names);
    }
    host.walk(&at, Unreadable::Warn, &mut |seen| {
        if is_read(Path::new(seen.name())) {
            names.push(seen.name().to_owned());
        }
        Ok(Enter::No)
    })?;
    Ok(names)
}
