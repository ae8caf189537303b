//! What would differ from the host: names in directories, and what is behind them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;

use crate::argument::Text;
use crate::blob::{Blob, Hash};
use crate::system::predicted::{Domain, Fault, Item, Items, Known};

/// So many bytes of content are held in memory.
const BYTES: usize = 32 << 20;
/// So many things are held.
const NODES: usize = 100_000;

#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) root: Arc<Node>,
    pub(super) items: Items,
    pub(super) domains: BTreeMap<Domain, u64>,
    /// The call after which what is not there may have come, outside of the directories that packages leave alone.
    pub(super) coming: Option<u64>,
    /// How many names would be taken from a file of the host, by its device and number.
    pub(super) unlinked: BTreeMap<(u64, u64), u64>,
    /// Files with several names of which one name would be changed: which one, and by which call.
    pub(super) shared: BTreeMap<(u64, u64), (PathBuf, u64)>,
    bytes: usize,
    nodes: usize,
    inode: u64,
}

/// Something that is not as it is on the host, or holds such a thing.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// What it is; nothing where that is as on the host.
    pub(super) stat: Option<Stat>,
    pub(super) kind: Sort,
    /// The call that made it so.
    pub(super) by: u64,
}

#[derive(Debug, Clone)]
pub(super) enum Sort {
    File(Content),
    Folder(Folder),
    Link(Text),
    Other,
}

#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) names: BTreeMap<OsString, Slot>,
    pub(super) rest: Rest,
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    Is(Arc<Node>),
    Gone(u64),
    Unknown(u64),
}

/// What a directory holds next to its names.
#[derive(Debug, Clone)]
pub(super) enum Rest {
    Disk(PathBuf),
    Nothing,
    Unknown(u64),
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    /// As a file of the host.
    Disk(PathBuf),
    Bytes(Arc<[u8]>),
    /// On the controller.
    Blob(Box<Blob>),
    /// Too much to be held.
    Made(Hash),
}

/// What is at a path.
#[derive(Debug, Clone)]
pub(super) enum Look {
    /// Whatever the host has there.
    Disk(PathBuf),
    Node(Arc<Node>),
    Nothing,
}

impl Default for Tree {
    fn default() -> Self {
        let rest = Rest::Disk(PathBuf::from("/"));
        Self {
            root: Arc::new(Node::of_folder(rest)),
            items: Items::new(),
            domains: BTreeMap::new(),
            coming: None,
            unlinked: BTreeMap::new(),
            shared: BTreeMap::new(),
            bytes: 0,
            nodes: 0,
            inode: 1 << 62,
        }
    }
}

impl Node {
    fn of_folder(rest: Rest) -> Self {
        let names = BTreeMap::new();
        Self {
            stat: None,
            kind: Sort::Folder(Folder { names, rest }),
            by: 0,
        }
    }

    /// Where on the host it was, or still is.
    pub(super) fn disk(&self) -> Option<&Path> {
        match &self.kind {
            Sort::File(Content::Disk(path))
            | Sort::Folder(Folder {
                rest: Rest::Disk(path),
                ..
            }) => Some(path),
            _ => None,
        }
    }

    fn bytes(&self) -> usize {
        match &self.kind {
            Sort::File(Content::Bytes(bytes)) => bytes.len(),
            _ => 0,
        }
    }
}

/// The names of a path, from the root on.
pub(super) fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|it| match it {
        Component::Normal(name) => Some(name.to_owned()),
        _ => None,
    })
}

impl Tree {
    /// What is at a path on which there are no links.
    pub(super) fn look(&self, path: &Path) -> Result<Look, Fault> {
        let mut node = &self.root;
        let mut names = names(path);
        while let Some(name) = names.next() {
            let Sort::Folder(folder) = &node.kind else {
                return Err(Errno::NOTDIR.into());
            };
            match folder.names.get(&name) {
                Some(Slot::Is(inner)) => node = inner,
                Some(Slot::Gone(_)) => return Ok(Look::Nothing),
                Some(Slot::Unknown(why)) => return Err(Fault::Unknown(*why)),
                None => match &folder.rest {
                    Rest::Nothing => return Ok(Look::Nothing),
                    Rest::Unknown(why) => return Err(Fault::Unknown(*why)),
                    Rest::Disk(path) => {
                        let mut path = path.join(name);
                        path.extend(names);
                        return Ok(Look::Disk(path));
                    }
                },
            }
        }
        Ok(Look::Node(Arc::clone(node)))
    }

    /// The directory at a path, to be changed.
    fn folder(&mut self, path: &Path) -> Result<&mut Folder, Fault> {
        let mut node = Arc::make_mut(&mut self.root);
        for name in names(path) {
            let Sort::Folder(folder) = &mut node.kind else {
                return Err(Errno::NOTDIR.into());
            };
            let slot = match &folder.rest {
                Rest::Disk(rest) => {
                    let rest = Rest::Disk(rest.join(&name));
                    let new = || Slot::Is(Arc::new(Node::of_folder(rest)));
                    folder.names.entry(name).or_insert_with(new)
                }
                Rest::Nothing => folder.names.get_mut(&name).ok_or(Errno::NOENT)?,
                Rest::Unknown(why) => folder.names.get_mut(&name).ok_or(Fault::Unknown(*why))?,
            };
            node = match slot {
                Slot::Is(inner) => Arc::make_mut(inner),
                Slot::Gone(_) => return Err(Errno::NOENT.into()),
                Slot::Unknown(why) => return Err(Fault::Unknown(*why)),
            };
        }
        match &mut node.kind {
            Sort::Folder(folder) => Ok(folder),
            _ => Err(Errno::NOTDIR.into()),
        }
    }

    /// Makes something of a name. Past what can be held, that is unknown by the call itself.
    pub(super) fn put(&mut self, path: &Path, slot: Slot, by: u64) -> Result<(), Fault> {
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return self.put_root(slot);
        };
        if self.nodes >= NODES && !matches!(slot, Slot::Gone(_)) {
            return Err(Fault::Unknown(by));
        }
        let more = match &slot {
            Slot::Is(node) => node.bytes(),
            _ => 0,
        };
        let old = self.folder(above)?.names.insert(name.to_owned(), slot);
        let less = match &old {
            Some(Slot::Is(node)) => node.bytes(),
            _ => 0,
        };
        self.nodes += usize::from(old.is_none());
        self.bytes = (self.bytes + more).saturating_sub(less);
        Ok(())
    }

    fn put_root(&mut self, slot: Slot) -> Result<(), Fault> {
        match slot {
            Slot::Is(node) => {
                self.root = node;
                Ok(())
            }
            _ => Err(Errno::BUSY.into()),
        }
    }

    /// Whether so many bytes more can be held.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.bytes.saturating_add(bytes) <= BYTES
    }

    pub(super) fn is_full(&self) -> bool {
        self.nodes >= NODES || self.bytes >= BYTES - (1 << 20)
    }

    pub(super) fn next_inode(&mut self) -> u64 {
        self.inode += 1;
        self.inode
    }

    pub(super) fn spoil(&mut self, path: &Path, why: u64) {
        if path.parent().is_none() {
            self.root = Arc::new(Node::of_folder(Rest::Unknown(why)));
            return;
        }
        // What would have to be made above it may be made as well.
        let mut known = path;
        for above in path.ancestors() {
            match self.look(above) {
                Ok(Look::Disk(at)) if std::fs::symlink_metadata(&at).is_ok() => break,
                Ok(Look::Node(_)) => break,
                Err(Fault::Unknown(_)) => return,
                _ => known = above,
            }
        }
        let known = if self.is_there(path) { path } else { known };
        // A file on the way: nothing can come to be below it.
        if let Err(Fault::Unknown(_)) = self.put(known, Slot::Unknown(why), why) {
            self.spoil(Path::new("/"), why);
        }
    }

    fn is_there(&self, path: &Path) -> bool {
        match self.look(path) {
            Ok(Look::Disk(at)) => std::fs::symlink_metadata(at).is_ok(),
            Ok(Look::Node(_)) => true,
            _ => false,
        }
    }

    pub(super) fn may_come(&mut self, why: u64) {
        self.coming.get_or_insert(why);
    }

    /// The call that may bring something to a path of the host where nothing is.
    pub(super) fn coming(&self, path: &Path) -> Option<u64> {
        self.coming
            .filter(|_| !OWN.iter().any(|own| path.starts_with(own)))
    }

    pub(super) fn item(&self, domain: Domain, key: &str) -> Item {
        match self.items.get(&(domain, key.to_owned())) {
            Some(Known(value, _)) => Item::Is(value.clone()),
            None => match self.domains.get(&domain) {
                Some(why) => Item::Unknown(*why),
                None => Item::AsOnHost,
            },
        }
    }

    pub(super) fn spoil_domain(&mut self, domain: Domain, why: u64) {
        self.items.retain(|(other, _), _| *other != domain);
        self.domains.insert(domain, why);
    }
}

/// Where packages put nothing.
const OWN: [&str; 13] = [
    "/home",
    "/root",
    "/srv",
    "/usr/local",
    "/opt",
    "/tmp",
    "/var/tmp",
    "/mnt",
    "/media",
    "/run/user",
    "/proc",
    "/sys",
    "/dev",
];

/// What sort of thing a mode is of.
pub(super) fn sort(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}
