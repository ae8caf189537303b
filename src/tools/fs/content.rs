//! What a file is to hold, and whether it is held in memory.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use crate::blob::{Blob, Hash};
use crate::failure::{Failure, Kind};
use crate::system::{Location, Reader};

/// Contents up to this many bytes are compared as text and held in memory.
pub(super) const TEXT_LIMIT: u64 = 1 << 20;

/// Whether old and new text are held in memory to be compared line by line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tools) enum Texts {
    /// They are, where they are small.
    Kept,
    /// They are not: there may be thousands.
    Dropped,
}

/// What it is to hold.
#[derive(Debug, Clone)]
pub(in crate::tools) enum Content {
    Blob(Blob),
    Bytes(Vec<u8>),
    /// What another file of the host holds.
    Here(Box<Here>),
}

/// A file of the host, at or below a place: that is held open, and not each directory on the way.
#[derive(Debug, Clone)]
pub(in crate::tools) struct Here {
    pub(in crate::tools) root: Location,
    /// Its path below it; empty: the place itself.
    pub(in crate::tools) below: PathBuf,
    pub(in crate::tools) size: u64,
}

impl Here {
    fn at(&self, host: &Reader<'_>) -> Result<Location, Failure> {
        if self.below.as_os_str().is_empty() {
            return Ok(self.root.clone());
        }
        let found = host.locate_beneath(&self.root, &self.below)?;
        found.ok_or_else(|| {
            let path = self.root.path().join(&self.below);
            Failure::new(
                Kind::NotFound,
                format!("`{}` does not exist any more", path.display()),
            )
        })
    }

    pub(in crate::tools) fn open(&self, host: &Reader<'_>) -> Result<File, Failure> {
        host.open_at(&self.at(host)?)
    }

    pub(in crate::tools) fn hash(&self, host: &Reader<'_>) -> Result<Hash, Failure> {
        host.hash_at(&self.at(host)?)
    }
}

impl Content {
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Blob(blob) => blob.size,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Here(file) => file.size,
        }
    }

    /// In memory, where it is small enough for that.
    pub(super) fn load(self, texts: Texts, host: &Reader<'_>) -> Result<Self, Failure> {
        match self {
            Self::Blob(blob) if blob.size <= TEXT_LIMIT && texts == Texts::Kept => {
                host.fetch(&blob).map(Self::Bytes)
            }
            Self::Here(file) if file.size <= TEXT_LIMIT && texts == Texts::Kept => {
                let mut bytes = Vec::new();
                let opened = file.open(host)?.take(TEXT_LIMIT + 1).read_to_end(&mut bytes);
                opened.map_err(|error| Failure::io("cannot read what is to be copied", &error))?;
                if bytes.len() as u64 > TEXT_LIMIT {
                    return Ok(Self::Here(file));
                }
                Ok(Self::Bytes(bytes))
            }
            other => Ok(other),
        }
    }
}
