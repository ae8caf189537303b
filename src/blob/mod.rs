//! Content that stays on the controller until a host asks for it.

mod parts;

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind};

pub use parts::{LARGE, Part, each as each_part};

/// Content up to this many bytes rides inside the call, so that a chain of small files costs no round trip more.
pub const INLINE_LIMIT: usize = 16 << 10;

/// A BLAKE3 hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hash(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl Hash {
    /// Of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

/// A handle on content: enough to see whether a host has it already, and to ask for it if not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Its number in the run's [`Blobs`].
    pub id: u64,
    /// Bytes.
    pub size: u64,
    /// Of the content.
    pub hash: Hash,
    /// Its parts, where it is large.
    pub layout: Option<Layout>,
    /// The content itself, where it is small.
    #[serde(default, with = "serde_bytes", skip_serializing_if = "Option::is_none")]
    pub inline: Option<Vec<u8>>,
}

impl Blob {
    /// All of it.
    pub const fn whole(&self) -> Range {
        Range {
            blob: self.id,
            offset: 0,
            size: self.size,
        }
    }
}

/// The parts of a large content: a list of [`Part`]s that can be asked for like any content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    id: u64,
    size: u64,
    hash: Hash,
    /// Whether there are stretches of zeroes that take no room.
    pub has_holes: bool,
}

impl Layout {
    /// The list.
    pub const fn blob(&self) -> Blob {
        Blob {
            id: self.id,
            size: self.size,
            hash: self.hash,
            layout: None,
            inline: None,
        }
    }
}

/// A stretch of a content, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Its number in the run's [`Blobs`].
    pub blob: u64,
    /// Where it begins.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
}

#[derive(Debug)]
enum Content {
    /// Opened again for each piece: a run may offer more files than a process may hold open.
    File(FileKey),
    Bytes(Vec<u8>),
}

/// A file as it was when it was hashed.
type FileKey = (PathBuf, u64, u64, i64, i64);

/// All content of a run that hosts may ask for. Shared by every session.
#[derive(Debug, Default)]
pub struct Blobs {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    contents: Vec<Arc<Content>>,
    files: HashMap<FileKey, Blob>,
    bytes: HashMap<Hash, Blob>,
}

fn key_of(path: &Path, meta: &Metadata) -> FileKey {
    (
        path.to_path_buf(),
        meta.ino(),
        meta.len(),
        meta.mtime(),
        meta.mtime_nsec(),
    )
}

impl Inner {
    fn keep(&mut self, content: Content, size: u64, hash: Hash) -> Blob {
        self.contents.push(Arc::new(content));
        Blob {
            id: self.contents.len() as u64 - 1,
            size,
            hash,
            layout: None,
            inline: None,
        }
    }
}

/// The size, hash and parts of a file.
fn read_whole(file: &File) -> io::Result<(u64, Hash, Vec<Part>)> {
    let mut hasher = blake3::Hasher::new();
    let mut list = Vec::new();
    let is_large = file.metadata()?.len() > LARGE;
    if is_large {
        let zeroes = vec![0; 256 << 10];
        each_part(file, |size, bytes| {
            if let Some(bytes) = bytes {
                hasher.update(bytes);
            } else {
                let mut left = size;
                while left > 0 {
                    let length = zeroes.len().min(usize::try_from(left).unwrap_or(zeroes.len()));
                    hasher.update(&zeroes[..length]);
                    left -= length as u64;
                }
            }
            let hash = bytes.map(Hash::of);
            list.push(Part { size, hash });
            Ok(())
        })?;
    } else {
        hasher.update_reader(file)?;
    }
    Ok((hasher.count(), Hash(*hasher.finalize().as_bytes()), list))
}

impl Blobs {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Offers a file. It is hashed once for each path, inode, size and time.
    ///
    /// # Errors
    /// Where it cannot be read, or is no regular file.
    pub fn file(&self, path: &Path) -> Result<Blob, Failure> {
        let blob = self.file_by_reference(path)?;
        if blob.size > INLINE_LIMIT as u64 {
            return Ok(blob);
        }
        let bytes = self.read(blob.id, 0, INLINE_LIMIT)?;
        Ok(Blob {
            inline: Some(bytes),
            ..blob
        })
    }

    /// Offers a file, as [`Blobs::file`] does, without its content even if it is small.
    ///
    /// # Errors
    /// Where it cannot be read, or is no regular file.
    pub fn file_by_reference(&self, path: &Path) -> Result<Blob, Failure> {
        let failed = |error: io::Error| Failure::io(format_args!("cannot read `{}`", path.display()), &error);
        let file = File::open(path).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        if !meta.is_file() {
            return Err(Failure::new(
                Kind::Invalid,
                format!("`{}` is not a regular file", path.display()),
            ));
        }
        let key = key_of(path, &meta);
        if let Some(blob) = self.lock().files.get(&key) {
            return Ok(blob.clone());
        }
        let (size, hash, parts) = read_whole(&file).map_err(failed)?;
        let layout = self.layout(&parts)?;
        let mut inner = self.lock();
        let mut blob = inner.keep(Content::File(key.clone()), size, hash);
        blob.layout = layout;
        inner.files.insert(key, blob.clone());
        Ok(blob)
    }

    /// Offers the list of a file's parts, where it has any.
    fn layout(&self, parts: &[Part]) -> Result<Option<Layout>, Failure> {
        if parts.is_empty() {
            return Ok(None);
        }
        let list = rmp_serde::to_vec(parts).map_err(|error| {
            let message = format!("the list of a file's parts cannot be sent: {error}");
            Failure::new(Kind::Invalid, message)
        })?;
        let (size, hash) = (list.len() as u64, Hash::of(&list));
        let list = self.lock().keep(Content::Bytes(list), size, hash);
        Ok(Some(Layout {
            id: list.id,
            size,
            hash,
            has_holes: parts.iter().any(|it| it.hash.is_none()),
        }))
    }

    /// Offers bytes.
    pub fn bytes(&self, bytes: Vec<u8>) -> Blob {
        let hash = Hash::of(&bytes);
        let size = bytes.len() as u64;
        if bytes.len() <= INLINE_LIMIT {
            return Blob {
                id: u64::MAX,
                size,
                hash,
                layout: None,
                inline: Some(bytes),
            };
        }
        let mut inner = self.lock();
        if let Some(blob) = inner.bytes.get(&hash) {
            return blob.clone();
        }
        let blob = inner.keep(Content::Bytes(bytes), size, hash);
        inner.bytes.insert(hash, blob.clone());
        blob
    }

    /// A part of a blob that was offered, as a host asks for it; short at the end.
    ///
    /// # Errors
    /// Where there is no such blob, or its file cannot be read any more.
    pub fn read(&self, id: u64, offset: u64, length: usize) -> Result<Vec<u8>, Failure> {
        let unknown = || Failure::new(Kind::Invalid, format!("no content was offered as blob {id}"));
        let index = usize::try_from(id).map_err(|_| unknown())?;
        let content = self.lock().contents.get(index).cloned().ok_or_else(unknown)?;
        match &*content {
            Content::Bytes(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes[start..start.saturating_add(length).min(bytes.len())].to_vec())
            }
            Content::File(key) => {
                let path = &key.0;
                let failed =
                    |error: io::Error| Failure::io(format_args!("cannot read `{}`", path.display()), &error);
                let file = File::open(path).map_err(failed)?;
                if key_of(path, &file.metadata().map_err(failed)?) != *key {
                    let message = format!("`{}` was changed while the run was going on", path.display());
                    return Err(Failure::new(Kind::Conflict, message));
                }
                let mut buffer = vec![0; length];
                let mut filled = 0;
                while filled < length {
                    match file.read_at(&mut buffer[filled..], offset + filled as u64) {
                        Ok(0) => break,
                        Ok(n) => filled += n,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(failed(error)),
                    }
                }
                buffer.truncate(filled);
                Ok(buffer)
            }
        }
    }
}
