//! What a file is to hold, and whether it is held in memory.

use crate::blob::Blob;
use crate::failure::Failure;
use crate::system::Reader;

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
}

impl Content {
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Blob(blob) => blob.size,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// In memory, where it is small enough for that.
    pub(super) fn load(self, texts: Texts, host: &Reader<'_>) -> Result<Self, Failure> {
        match self {
            Self::Blob(blob) if blob.size <= TEXT_LIMIT && texts == Texts::Kept => {
                host.fetch(&blob).map(Self::Bytes)
            }
            other => Ok(other),
        }
    }
}
