//! What a host sends to the controller when it was asked for files.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::blob::{Hash, Layout};

/// No reference to an old file and no hole is longer, so that a few bytes from a host keep nobody busy for long.
pub(super) const LONGEST: u64 = 64 << 20;

/// Where on the controller files are collected. A host decides nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The file, or the directory that paths are below.
    pub path: PathBuf,
    /// Whether it is a directory.
    pub is_folder: bool,
    /// Whether what is there may be removed.
    pub may_remove: bool,
}

impl Target {
    /// The path of something below it.
    pub(super) fn below(&self, path: &Text) -> PathBuf {
        if path.0.is_empty() {
            return self.path.clone();
        }
        self.path.join(path.as_os_str())
    }
}

/// A part of what is sent. It is hostile until it was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Push {
    /// A directory is to be there.
    Folder {
        /// Below the target.
        path: Text,
    },
    /// A file follows: bytes, holes and stretches of an old one, from its beginning to its end.
    File {
        /// Below the target; empty: the target itself.
        path: Text,
        /// How many bytes it has.
        size: u64,
        /// Of all of them.
        hash: Hash,
        /// Whether its owner may execute it.
        is_executable: bool,
        /// The list of parts that says what is in the old file, where stretches of that follow.
        old: Option<Layout>,
    },
    /// The next bytes of a file.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The next bytes of a file are in the old one.
    Old {
        /// There, from this byte on.
        offset: u64,
        /// So many bytes.
        size: u64,
    },
    /// The next bytes of a file are zeroes that take no room.
    Hole {
        /// So many.
        size: u64,
    },
    /// Nothing is to be there.
    Remove {
        /// Below the target.
        path: Text,
    },
}
