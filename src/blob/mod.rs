//! Content that stays on the controller until a host asks for it.

mod file;
mod parts;

use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::blob::file::{FileKey, opened, reopened, unreadable};
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
    /// Its number in the run's [`Blobs`]; to know it is to have the right to its content.
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

/// The parts of a large content: a list of [`Part`]s that is made when it is first asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    id: u64,
    /// Whether there are stretches of zeroes that take no room.
    pub has_holes: bool,
}

impl Layout {
    /// How many bytes the list has: eight of them, the highest first.
    pub const fn head(&self) -> Range {
        Range {
            blob: self.id,
            offset: 0,
            size: 8,
        }
    }

    /// The list.
    pub const fn list(&self, size: u64) -> Range {
        Range {
            blob: self.id,
            offset: 8,
            size,
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
    /// The list of a file's parts, made when it is first asked for.
    Parts {
        key: FileKey,
        use_of: UseOf,
        listed: Mutex<Option<Listed>>,
    },
}

/// What a list of parts is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UseOf {
    /// A host says which of them it wants.
    Sending,
    /// A host says which of them it need not send.
    Receiving,
}

#[derive(Debug)]
struct Listed {
    /// Behind its length.
    list: Vec<u8>,
    /// What was listed, where that is to be read once more: by then something else may be in its place.
    file: Option<File>,
}

/// All content of a run that hosts may ask for. Shared by every session: a host asks by numbers that nobody guesses, and
/// is told only those of what is meant for it.
#[derive(Debug, Default)]
pub struct Blobs {
    inner: Mutex<Inner>,
    sent: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Inner {
    contents: HashMap<u64, Arc<Content>>,
    /// Makes numbers, with keys of its own that the system's randomness gave.
    numbers: RandomState,
    files: HashMap<FileKey, Blob>,
    bytes: HashMap<Hash, Blob>,
}

impl Inner {
    fn offer(&mut self, content: Content) -> u64 {
        let mut count = self.contents.len() as u64;
        let id = loop {
            let id = self.numbers.hash_one(count);
            if !self.contents.contains_key(&id) {
                break id;
            }
            count += 1;
        };
        self.contents.insert(id, Arc::new(content));
        id
    }

    fn keep(&mut self, content: Content, size: u64, hash: Hash) -> Blob {
        Blob {
            id: self.offer(content),
            size,
            hash,
            layout: None,
            inline: None,
        }
    }

    /// Offers the parts of a file, where it is large.
    fn layout(&mut self, key: &FileKey, use_of: UseOf, size: u64, has_holes: bool) -> Option<Layout> {
        let content = || Content::Parts {
            key: key.clone(),
            use_of,
            listed: Mutex::default(),
        };
        (size > LARGE).then(|| Layout {
            id: self.offer(content()),
            has_holes,
        })
    }
}

/// The list of a file's parts, behind its length.
fn list_of(file: &File) -> io::Result<Vec<u8>> {
    let mut list = Vec::new();
    each_part(file, |size, bytes| {
        let hash = bytes.map(Hash::of);
        list.push(Part { size, hash });
        Ok(())
    })?;
    let list = rmp_serde::to_vec(&list).map_err(io::Error::other)?;
    let mut bytes = (list.len() as u64).to_be_bytes().to_vec();
    bytes.extend(list);
    Ok(bytes)
}

/// What is from some place on in bytes; short at their end.
fn slice(bytes: &[u8], offset: u64, length: usize) -> Vec<u8> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    bytes[start..start.saturating_add(length).min(bytes.len())].to_vec()
}

impl Blobs {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
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
        let (file, key) = opened(path)?;
        if let Some(blob) = self.lock().files.get(&key) {
            return Ok(blob.clone());
        }
        let (size, hash, has_holes) = parts::hash(&file).map_err(|error| unreadable(path, &error))?;
        let mut inner = self.lock();
        let mut blob = inner.keep(Content::File(key.clone()), size, hash);
        blob.layout = inner.layout(&key, UseOf::Sending, size, has_holes);
        inner.files.insert(key, blob.clone());
        Ok(blob)
    }

    /// Looks at a file that is to be replaced by one of a host: its size and hash and, where it is large, a list of its parts.
    /// Its content is not offered.
    ///
    /// # Errors
    /// Where it cannot be read, or is no regular file.
    pub fn old_file(&self, path: &Path) -> Result<(u64, Hash, Option<Layout>), Failure> {
        let (file, key) = opened(path)?;
        let (size, hash, has_holes) = parts::hash(&file).map_err(|error| unreadable(path, &error))?;
        let layout = self.lock().layout(&key, UseOf::Receiving, size, has_holes);
        Ok((size, hash, layout))
    }

    /// The file of which a host was given the parts, whatever is in its place by now; once for each time that they were
    /// listed. Nothing where they were not, or of a file at another path.
    pub fn take_listed(&self, layout: &Layout, path: &Path) -> Option<File> {
        let content = self.lock().contents.get(&layout.id).cloned();
        match &*content? {
            Content::Parts { key, listed, .. } if key.0 == path => {
                let mut listed = listed.lock().unwrap_or_else(PoisonError::into_inner);
                listed.take_if(|it| it.file.is_some())?.file
            }
            _ => None,
        }
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
        let bytes = self.part(id, offset, length)?;
        self.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }

    /// How many bytes hosts were given so far, over all of them.
    pub fn sent(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.sent)
    }

    fn part(&self, id: u64, offset: u64, length: usize) -> Result<Vec<u8>, Failure> {
        let unknown = || Failure::new(Kind::Invalid, format!("no content was offered as blob {id}"));
        let content = self.lock().contents.get(&id).cloned().ok_or_else(unknown)?;
        match &*content {
            Content::Bytes(bytes) => Ok(slice(bytes, offset, length)),
            Content::Parts { key, use_of, listed } => {
                let mut listed = listed.lock().unwrap_or_else(PoisonError::into_inner);
                let listed = match &mut *listed {
                    Some(listed) => listed,
                    none => {
                        let file = reopened(key)?;
                        let list = list_of(&file).map_err(|error| unreadable(&key.0, &error))?;
                        let file = (*use_of == UseOf::Receiving).then_some(file);
                        none.insert(Listed { list, file })
                    }
                };
                Ok(slice(&listed.list, offset, length))
            }
            Content::File(key) => {
                let file = reopened(key)?;
                let mut buffer = vec![0; length];
                let mut filled = 0;
                while filled < length {
                    match file.read_at(&mut buffer[filled..], offset + filled as u64) {
                        Ok(0) => break,
                        Ok(n) => filled += n,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(unreadable(&key.0, &error)),
                    }
                }
                buffer.truncate(filled);
                Ok(buffer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_told_the_number_has_the_content() {
        let blobs = Blobs::default();
        let content = |it: u8| vec![it; INLINE_LIMIT + 1];
        let offered: Vec<Blob> = (0..100).map(|it| blobs.bytes(content(it))).collect();
        for (blob, it) in offered.iter().zip(0..) {
            assert_eq!(blobs.read(blob.id, 0, usize::MAX).unwrap(), content(it));
            // Neither the small numbers nor the neighbours of one that is known.
            for guess in [
                u64::from(it),
                blob.id.wrapping_add(1),
                blob.id.wrapping_sub(1),
                u64::MAX,
            ] {
                let failure = blobs.read(guess, 0, 1).unwrap_err();
                assert_eq!(failure.kind, Kind::Invalid);
            }
        }
        let other = Blobs::default().bytes(content(0));
        assert_ne!(other.id, offered[0].id, "numbers differ from run to run");
    }
}
