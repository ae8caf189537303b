//! What a host sends to the controller when it was asked for files.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::blob::Hash;

/// Where on the controller files are collected. A host decides nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The file, or the folder that paths are below.
    pub path: PathBuf,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Whether what is there may be removed.
    pub may_remove: bool,
}

/// A part of what is sent. It is hostile until it was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Push {
    /// A folder is to be there.
    Folder {
        /// Below the target.
        path: Text,
    },
    /// A file follows, as bytes.
    File {
        /// Below the target; empty: the target itself.
        path: Text,
        /// How many bytes follow.
        size: u64,
        /// Of all of them.
        hash: Hash,
        /// Whether its owner may execute it.
        is_executable: bool,
    },
    /// The next bytes of a file.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
    /// Nothing is to be there.
    Remove {
        /// Below the target.
        path: Text,
    },
}
