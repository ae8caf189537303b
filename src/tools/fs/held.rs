//! What the controller has at the target of what is fetched, and what of it is in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::blob::{Blobs, Hash, Layout};
use crate::failure::{Failure, Kind};
use crate::system::{is_closed, is_fixed, is_mount_point};
use crate::tools::fs::fetched::Wanted;

/// Deeper than this is a loop, or as good as one.
const DEEPEST: usize = 128;

/// Something that the controller has below its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Have {
    path: Text,
    what: Kept,
    /// It is mounted there.
    is_mount: bool,
    /// It may not be changed: a directory, what is in it.
    is_closed: bool,
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kept {
    Folder,
    File(Held),
    /// A link, a pipe, a device.
    Other,
    /// There is nothing yet; what is above it is meant.
    Nothing,
}

/// What a file of the controller holds: bytes, their hash and, where it is large, its parts.
pub(super) type Held = (u64, Hash, Option<Layout>);

/// What the controller has at its target.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn have(target: &Path, blobs: &Blobs) -> Result<Vec<Have>, Failure> {
    let mut list = Vec::new();
    let root = |what, is_closed| Have {
        path: Text::default(),
        what,
        is_mount: false,
        is_closed,
    };
    match target.metadata() {
        Ok(meta) if meta.is_file() => {
            let held = blobs.old_file(target)?;
            let is_closed = is_fixed(target) || target.parent().is_some_and(is_closed);
            list.push(root(Kept::File(held), is_closed));
        }
        Ok(meta) if meta.is_dir() => {
            list.push(root(Kept::Folder, is_closed(target)));
            below(target, Path::new(""), blobs, &mut list, 0)?;
        }
        Ok(_) => {
            let message = format!("`{}` is neither a file nor a directory", target.display());
            return Err(Failure::new(Kind::Conflict, message));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let above = target.ancestors().skip(1).find(|it| it.exists());
            list.push(root(Kept::Nothing, above.is_some_and(is_closed)));
        }
        Err(error) => return Err(cannot_read(target, &error)),
    }
    Ok(list)
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure::io(format_args!("cannot read `{}`", path.display()), error)
}

fn below(
    folder: &Path,
    inner: &Path,
    blobs: &Blobs,
    list: &mut Vec<Have>,
    depth: usize,
) -> Result<(), Failure> {
    if depth > DEEPEST {
        let message = format!("`{}` is too deep", folder.display());
        return Err(Failure::new(Kind::Invalid, message));
    }
    for entry in fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))? {
        let entry = entry.map_err(|error| cannot_read(folder, &error))?;
        let path = entry.path();
        let sort = entry.file_type().map_err(|error| cannot_read(&path, &error))?;
        let inner = inner.join(entry.file_name());
        let what = if sort.is_file() {
            Kept::File(blobs.old_file(&path)?)
        } else if sort.is_dir() {
            Kept::Folder
        } else {
            Kept::Other
        };
        list.push(Have {
            path: Text(inner.clone().into_os_string().into_vec()),
            what,
            is_mount: is_mount_point(&path),
            is_closed: if sort.is_dir() {
                is_closed(&path)
            } else {
                is_fixed(&path)
            },
        });
        if sort.is_dir() {
            below(&path, &inner, blobs, list, depth + 1)?;
        }
    }
    Ok(())
}

/// What the controller has, and what of it has to go.
pub(super) struct There<'a> {
    all: BTreeMap<Text, Kept>,
    mounts: BTreeSet<Text>,
    closed: BTreeSet<Text>,
    /// In its place there is to be something of another sort.
    replaced: BTreeSet<Text>,
    wanted: &'a Wanted<'a>,
}

impl<'a> There<'a> {
    pub(super) fn new(wanted: &'a Wanted<'a>) -> Self {
        let paths = |is: fn(&Have) -> bool| {
            let found = wanted.have.iter().filter(|have| is(have));
            found.map(|have| have.path.clone()).collect()
        };
        let all = wanted.have.iter().filter(|have| have.what != Kept::Nothing);
        Self {
            all: all.map(|have| (have.path.clone(), have.what.clone())).collect(),
            mounts: paths(|have| have.is_mount),
            closed: paths(|have| have.is_closed),
            replaced: BTreeSet::new(),
            wanted,
        }
    }

    /// Whether something can be put at a path, or removed there.
    ///
    /// # Errors
    /// `permission_denied` where it, or the directory that it is in, may not be changed.
    pub(super) fn check_open(&self, path: &Text) -> Result<(), Failure> {
        let path = Path::new(path.as_os_str());
        let is_closed = |it: &Path| self.closed.contains(&Text::from(it.as_os_str().to_owned()));
        // A directory that is there is not changed by what is put next to it.
        let above = path.ancestors().skip(1).find(|it| {
            let it = Text::from(it.as_os_str().to_owned());
            it.0.is_empty() || self.all.contains_key(&it)
        });
        if !is_closed(path) && !above.is_some_and(is_closed) {
            return Ok(());
        }
        let message = format!(
            "`{}` on the controller may not be changed",
            self.wanted.shown.join(path).display()
        );
        Err(Failure::new(Kind::PermissionDenied, message))
    }

    fn title(&self, path: &Text) -> String {
        let path = self.wanted.shown.join(path.as_os_str());
        path.to_string_lossy().into_owned()
    }

    /// What is there of the same sort as on the host, once it is known to be in nobody's way.
    pub(super) fn take(&mut self, path: &Text, is_folder: bool) -> Result<Option<Kept>, Failure> {
        match self.all.get(path) {
            None => return Ok(None),
            Some(Kept::Folder) if is_folder => {}
            Some(Kept::File(_)) if !is_folder => {}
            Some(_) if self.wanted.delete && !path.0.is_empty() => {
                self.replaced.insert(path.clone());
                return Ok(None);
            }
            Some(kept) => {
                let here = match kept {
                    Kept::Folder => "a directory",
                    Kept::File(_) => "a file",
                    Kept::Other | Kept::Nothing => "a link or special file",
                };
                let there = if is_folder { "a directory" } else { "a file" };
                let message = format!(
                    "`{}` on the controller is {here}, and the host has {there} in its place",
                    self.title(path)
                );
                return Err(Failure::new(Kind::Conflict, message));
            }
        }
        Ok(self.all.remove(path))
    }

    /// What has to go, what is in a directory before it.
    pub(super) fn gone(&self) -> Result<Vec<Text>, Failure> {
        let excludes = self.wanted.excludes;
        let is_excluded = |path: &Text| {
            let mut names = Path::new(path.as_os_str()).iter();
            names.any(|name| excludes.is_match(name))
        };
        let above = |path: &Text| {
            let path = Path::new(path.as_os_str());
            let above = path
                .ancestors()
                .skip(1)
                .map(|it| Text::from(it.as_os_str().to_owned()));
            above.collect::<Vec<_>>()
        };
        let kept: BTreeSet<Text> = self
            .all
            .keys()
            .filter(|it| is_excluded(it))
            .flat_map(above)
            .collect();
        let mut steps = Vec::new();
        for path in self
            .all
            .keys()
            .rev()
            .filter(|it| !it.0.is_empty() && !is_excluded(it))
        {
            let cannot = |why: &str| {
                let message = format!(
                    "`{}` on the controller cannot be removed: {why}",
                    self.title(path)
                );
                Err(Failure::new(Kind::Conflict, message))
            };
            if kept.contains(path) {
                if self.replaced.contains(path) {
                    return cannot("it is a directory that holds what `excludes` protects");
                }
                continue;
            }
            if self.mounts.contains(path) {
                return cannot("something is mounted there");
            }
            if !self.wanted.other_file_systems && above(path).iter().any(|it| self.mounts.contains(it)) {
                return cannot("it is in another file system, and `other_file_systems` is not set");
            }
            self.check_open(path)?;
            steps.push(path.clone());
        }
        Ok(steps)
    }
}
