//! The lists of the repositories, and their age.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use crate::argument::Duration;
use crate::blob::Hash;
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Follow, Reader};
use crate::tool::{Describe, Finding, Tool};

/// The lists as they are now.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Lists {
    /// How old they are, in seconds.
    age: u64,
    /// Whether something in them is new.
    #[serde(skip)]
    pub(in crate::tools) is_new: bool,
}

impl Lists {
    /// Lists that were just read.
    pub(in crate::tools) const fn read(is_new: bool) -> Self {
        Self { age: 0, is_new }
    }
}

/// Lists that are to be read again.
#[derive(Debug)]
pub(crate) struct Refresh;

impl Describe for Refresh {
    fn diff(&self) -> Vec<Diff> {
        vec![Diff::of_property(
            "lists of packages",
            "age",
            Some("too old"),
            Some("0s"),
        )]
    }
}

/// The same of lists that only root can read again.
///
/// # Errors
/// `permission_denied`, where they are to be and cannot.
pub(in crate::tools) fn due_for_root<T: Tool<Change = Refresh, Output = Lists>>(
    ttl: Option<Duration>,
    read: Option<SystemTime>,
    host: &Reader<'_>,
) -> Result<Finding<T>, Failure> {
    let found = due(ttl, read);
    if let Finding::Pending(_) = found {
        host.check_root("the lists of packages cannot be read again")?;
    }
    Ok(found)
}

/// Whether lists that were last read at this time are to be read again.
pub(in crate::tools) fn due<T: Tool<Change = Refresh, Output = Lists>>(
    ttl: Option<Duration>,
    read: Option<SystemTime>,
) -> Finding<T> {
    let age = read.map(|it| SystemTime::now().duration_since(it).unwrap_or_default());
    match (ttl, age) {
        (Some(ttl), Some(age)) if age < ttl.0 => Finding::Settled(Lists {
            age: age.as_secs(),
            is_new: false,
        }),
        _ => Finding::Pending(Refresh),
    }
}

/// What the lists in a directory say, and in the directories in it: the hash of each file whose name `is_list`.
pub(in crate::tools) fn picture(
    host: &Reader<'_>,
    folder: &Path,
    is_list: fn(&str) -> bool,
) -> Result<BTreeMap<PathBuf, Hash>, Failure> {
    let mut picture = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // What is not there says nothing.
        for name in host.names_in(&folder)? {
            let path = folder.join(&name);
            if host.metadata(&path, Follow::No)?.is_some_and(|it| it.is_dir()) {
                folders.push(path);
            } else if name.to_str().is_some_and(is_list)
                && host.metadata(&path, Follow::Yes)?.is_some_and(|it| it.is_file())
                && let Some(at) = host.locate(&path, Follow::Yes)?
            {
                picture.insert(path, host.hash_at(&at)?);
            }
        }
    }
    Ok(picture)
}
