//! Looking at the host as it would be.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, FileType, MemfdFlags, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use crate::argument::Text;
use crate::blob::{Blob, Hash};
use crate::failure::Failure;
use crate::system::meta::Meta;
use crate::system::predicted::may::may_read;
use crate::system::predicted::tree::{Content, Folder, Look, Node, Rest, Slot, Sort, sort};
use crate::system::predicted::{Fault, Predicted};
use crate::system::{Follow, Location};

/// What a file holds, where it can be had.
pub(in crate::system) enum Opened {
    File(File),
    /// It is on the controller.
    Blob(Box<Blob>),
}

/// What a thing is known by.
fn number(stat: &Stat) -> (u64, u64) {
    let meta = Meta(*stat);
    (meta.dev(), meta.ino())
}

fn lstat(path: &Path) -> Result<Option<Stat>, Errno> {
    match rustix::fs::lstat(path) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Opens what is at a path of the host on which there must be no links.
fn open_disk(path: &Path, flags: OFlags) -> Result<File, Errno> {
    let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let links = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(CWD, path, flags, Mode::empty(), links) {
        Err(Errno::NOSYS | Errno::PERM) => {
            rustix::fs::open(path, flags | OFlags::NOFOLLOW, Mode::empty()).map(File::from)
        }
        opened => opened.map(File::from),
    }
}

impl Predicted {
    /// What is at a path on which there are no links.
    pub(super) fn stat_of(&self, path: &Path) -> Result<Option<Stat>, Fault> {
        let (look, coming) = {
            let tree = self.tree();
            (tree.look(path)?, tree.coming(path))
        };
        let found = match look {
            Look::Nothing => return Ok(None),
            Look::Disk(path) => lstat(&path)?,
            Look::Node(node) => match (node.stat, node.disk()) {
                (Some(stat), _) => return self.of_one_name(path, stat).map(Some),
                (None, Some(path)) => lstat(path)?,
                (None, None) => return Err(Fault::Unknown(node_why(&node))),
            },
        };
        match (found, coming) {
            (None, Some(why)) => Err(Fault::Unknown(why)),
            (None, None) => Ok(None),
            (Some(stat), _) => self
                .of_one_name(path, stat)
                .map(|stat| Some(self.without_names(stat))),
        }
    }

    /// What is known under one name of a file, unless it would be changed under another one.
    fn of_one_name(&self, path: &Path, stat: Stat) -> Result<Stat, Fault> {
        let tree = self.tree();
        match tree.shared.get(&number(&stat)) {
            Some((changed, why)) if stat.st_nlink > 1 && changed != path => Err(Fault::Unknown(*why)),
            _ => Ok(stat),
        }
    }

    /// Takes note that a file was changed under one of its names.
    pub(super) fn share(&self, path: &Path, stat: &Stat) {
        if stat.st_nlink > 1 && sort(stat) == FileType::RegularFile {
            let by = self.id();
            let mut tree = self.tree_to_change();
            tree.shared
                .entry(number(stat))
                .or_insert_with(|| (path.to_owned(), by));
        }
    }

    /// What is on the host, without the names that it would lose.
    fn without_names(&self, mut stat: Stat) -> Stat {
        let lost = self.tree().unlinked.get(&number(&stat)).copied();
        if let Some(lost) = lost {
            let left = Meta(stat).nlink().saturating_sub(lost);
            stat = Meta(stat).with_nlink(left);
        }
        stat
    }

    /// Takes note that something loses a name.
    pub(super) fn unlinked(&self, stat: &Stat) {
        if stat.st_nlink > 1 && sort(stat) == FileType::RegularFile {
            *self.tree_to_change().unlinked.entry(number(stat)).or_default() += 1;
        }
    }

    pub(super) fn target_of(&self, path: &Path) -> Result<Text, Fault> {
        let look = self.tree().look(path)?;
        match look {
            Look::Disk(path) => Ok(read_link(&path)?),
            Look::Node(node) => match &node.kind {
                Sort::Link(target) => Ok(target.clone()),
                _ => Err(Errno::INVAL.into()),
            },
            Look::Nothing => Err(Errno::NOENT.into()),
        }
    }

    /// What is at a path of the host as something that can be changed, moved or given a second name.
    pub(super) fn adopt(&self, path: &Path) -> Result<Option<(Stat, Node)>, Fault> {
        let Some(stat) = self.stat_of(path)? else {
            return Ok(None);
        };
        let look = self.tree().look(path)?;
        let node = match look {
            Look::Nothing => return Ok(None),
            Look::Node(node) => (*node).clone(),
            Look::Disk(path) => Node {
                stat: None,
                by: self.id(),
                kind: match sort(&stat) {
                    FileType::RegularFile => Sort::File(Content::Disk(path)),
                    FileType::Directory => Sort::Folder(Folder {
                        names: std::collections::BTreeMap::new(),
                        rest: Rest::Disk(path),
                    }),
                    FileType::Symlink => Sort::Link(read_link(&path)?),
                    _ => Sort::Other,
                },
            },
        };
        Ok(Some((stat, node)))
    }

    /// The same thing on the host, where it is or was there.
    pub(in crate::system) fn on_disk(&self, at: &Location) -> Option<PathBuf> {
        let look = self.tree().look(&at.path());
        match look {
            Ok(Look::Disk(path)) => Some(path),
            Ok(Look::Node(node)) => node.disk().map(Path::to_path_buf),
            _ => None,
        }
    }

    pub(in crate::system) fn stat(&self, at: &Location) -> Result<Option<Stat>, Failure> {
        self.stat_of(&at.path())
            .map_err(|fault| self.failure(fault, at, "cannot look at"))
    }

    /// What is at a path, whoever placed the links on the way; nothing where something above it is no directory.
    pub(in crate::system) fn metadata(&self, path: &Path, follow: Follow) -> Result<Option<Stat>, Failure> {
        match self.find(path, follow) {
            Ok(found) => Ok(found.map(|(_, stat)| stat)),
            Err(Fault::System(Errno::NOTDIR)) => Ok(None),
            Err(fault) => Err(self.path_failure(fault, path, "cannot look at")),
        }
    }

    pub(in crate::system) fn link_target(&self, at: &Location) -> Result<Text, Failure> {
        self.target_of(&at.path())
            .map_err(|fault| self.failure(fault, at, "cannot read the link"))
    }

    /// Opens a file for reading, whoever placed the links on the way.
    pub(in crate::system) fn open_path(&self, path: &Path) -> Result<(Stat, Opened), Failure> {
        let found = self.find(path, Follow::Yes);
        let opened = found.and_then(|found| {
            let (path, stat) = found.ok_or(Errno::NOENT)?;
            if sort(&stat) == FileType::Directory {
                let folder = open_disk(Path::new("/"), OFlags::RDONLY)?;
                return Ok((stat, Opened::File(folder)));
            }
            Ok((stat, self.open_at(&path)?))
        });
        opened.map_err(|fault| self.path_failure(fault, path, "cannot read"))
    }

    pub(in crate::system) fn open(&self, at: &Location) -> Result<Opened, Failure> {
        self.open_at(&at.path())
            .map_err(|fault| self.failure(fault, at, "cannot read"))
    }

    fn open_at(&self, path: &Path) -> Result<Opened, Fault> {
        let look = self.tree().look(path)?;
        let node = match look {
            Look::Nothing => return Err(Errno::NOENT.into()),
            Look::Disk(disk) => return Ok(Opened::File(open_disk(&disk, OFlags::RDONLY)?)),
            Look::Node(node) => node,
        };
        let content = match &node.kind {
            Sort::File(content) => content,
            Sort::Link(_) => return Err(Errno::LOOP.into()),
            Sort::Folder(_) | Sort::Other => return Err(Errno::NXIO.into()),
        };
        if let Some(stat) = &node.stat
            && !may_read(stat)
        {
            return Err(Errno::ACCESS.into());
        }
        match content {
            Content::Disk(path) => Ok(Opened::File(open_disk(path, OFlags::RDONLY)?)),
            Content::Bytes(bytes) => Ok(Opened::File(in_memory(bytes)?)),
            Content::Blob(blob) => Ok(Opened::Blob(blob.clone())),
            Content::Made(_) => Err(Fault::Unknown(node.by)),
        }
    }

    /// The hash of a file that need not be read for it.
    pub(in crate::system) fn known_hash(&self, at: &Location) -> Option<Hash> {
        let look = self.tree().look(&at.path()).ok()?;
        let Look::Node(node) = look else { return None };
        match &node.kind {
            Sort::File(Content::Bytes(bytes)) => Some(Hash::of(bytes)),
            Sort::File(Content::Blob(blob)) => Some(blob.hash),
            Sort::File(Content::Made(hash)) => Some(*hash),
            _ => None,
        }
    }

    /// The names in a directory, in their order.
    pub(in crate::system) fn list(&self, at: &Location) -> Result<Vec<OsString>, Fault> {
        let path = at.path();
        let (look, coming) = {
            let tree = self.tree();
            (tree.look(&path)?, tree.coming(&path))
        };
        if let Some(why) = coming {
            return Err(Fault::Unknown(why));
        }
        let node = match look {
            Look::Nothing => return Err(Errno::NOENT.into()),
            Look::Disk(path) => return Ok(list_disk(&path)?),
            Look::Node(node) => node,
        };
        let Sort::Folder(folder) = &node.kind else {
            return Err(Errno::NOTDIR.into());
        };
        if let Some(stat) = &node.stat
            && !may_read(stat)
        {
            return Err(Errno::ACCESS.into());
        }
        let mut names = match &folder.rest {
            Rest::Disk(path) => list_disk(path)?,
            Rest::Nothing => Vec::new(),
            Rest::Unknown(why) => return Err(Fault::Unknown(*why)),
        };
        names.retain(|name| !folder.names.contains_key(name));
        for (name, slot) in &folder.names {
            match slot {
                Slot::Is(node) if is_gone_by_itself(node) => {}
                Slot::Is(_) => names.push(name.clone()),
                Slot::Gone(_) => {}
                Slot::Unknown(why) => return Err(Fault::Unknown(*why)),
            }
        }
        names.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        Ok(names)
    }

    pub(in crate::system) fn is_empty_folder(&self, at: &Location) -> Result<bool, Failure> {
        self.list(at)
            .map(|names| names.is_empty())
            .map_err(|fault| self.failure(fault, at, "cannot list"))
    }
}

/// A directory of the host that was only passed, and that somebody else has removed.
fn is_gone_by_itself(node: &Node) -> bool {
    node.stat.is_none() && node.disk().is_some_and(|path| matches!(lstat(path), Ok(None)))
}

fn node_why(node: &Node) -> u64 {
    match &node.kind {
        Sort::Folder(Folder {
            rest: Rest::Unknown(why),
            ..
        }) => *why,
        _ => node.by,
    }
}

fn read_link(path: &Path) -> Result<Text, Errno> {
    rustix::fs::readlink(path, Vec::new()).map(|target| Text(target.into_bytes()))
}

fn list_disk(path: &Path) -> Result<Vec<OsString>, Errno> {
    let folder = open_disk(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
    let mut names = Vec::new();
    for entry in Dir::new(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") {
            names.push(OsString::from_vec(name.to_vec()));
        }
    }
    names.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    Ok(names)
}

/// A file that holds these bytes and has no name.
pub(in crate::system) fn in_memory(bytes: &[u8]) -> Result<File, Errno> {
    let failed = |error: io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let mut file: File = rustix::fs::memfd_create("predicted", MemfdFlags::CLOEXEC)?.into();
    file.write_all(bytes).map_err(failed)?;
    file.rewind().map_err(failed)?;
    Ok(file)
}
