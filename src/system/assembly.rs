//! A large file as it comes to be: of new bytes, of what an old file holds, and of holes; hashed as it grows.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;

use crate::blob::Hash;
use crate::failure::Failure;
use crate::system::content::{PIECE, put};
use crate::system::{Location, Reader};

/// A new file that is being put together.
pub(super) struct Assembly<'a> {
    host: &'a Reader<'a>,
    at: &'a Location,
    file: &'a mut File,
    old: Option<&'a File>,
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
    /// Nothing was written there: it must be made by the file's length.
    ends_in_hole: bool,
}

impl<'a> Assembly<'a> {
    /// Of a new, empty file that is to be at this place.
    pub(super) fn new(
        host: &'a Reader<'a>,
        at: &'a Location,
        file: &'a mut File,
        old: Option<&'a File>,
    ) -> Self {
        Self {
            host,
            at,
            file,
            old,
            hasher: blake3::Hasher::new(),
            buffer: Vec::new(),
            ends_in_hole: false,
        }
    }

    /// Bytes so far.
    pub(super) fn size(&self) -> u64 {
        self.hasher.count()
    }

    /// New bytes follow.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if !bytes.is_empty() {
            self.hasher.update(bytes);
            self.ends_in_hole = put(self.at, self.file, bytes)?;
        }
        Ok(())
    }

    /// Bytes of the old file follow; whether it has so many there.
    pub(super) fn reuse(&mut self, mut offset: u64, mut size: u64) -> Result<bool, Failure> {
        let Some(old) = self.old else { return Ok(false) };
        self.buffer.resize(PIECE, 0);
        while size > 0 {
            self.host.check_canceled()?;
            let length = usize::try_from(size).map_or(PIECE, |it| it.min(PIECE));
            let read = old.read_at(&mut self.buffer[..length], offset).unwrap_or(0);
            if read == 0 {
                return Ok(false);
            }
            self.hasher.update(&self.buffer[..read]);
            self.ends_in_hole = put(self.at, self.file, &self.buffer[..read])?;
            offset += read as u64;
            size -= read as u64;
        }
        Ok(true)
    }

    /// Zeroes follow that take no room.
    pub(super) fn skip(&mut self, size: u64) -> Result<(), Failure> {
        self.buffer.clear();
        self.buffer.resize(PIECE, 0);
        let mut left = size;
        while left > 0 {
            self.host.check_canceled()?;
            let length = usize::try_from(left).map_or(PIECE, |it| it.min(PIECE));
            self.hasher.update(&self.buffer[..length]);
            left -= length as u64;
        }
        self.ends_in_hole |= size > 0;
        let hole = i64::try_from(size).unwrap_or(i64::MAX);
        self.file
            .seek(SeekFrom::Current(hole))
            .map(|_| ())
            .map_err(|error| self.failed(&error))
    }

    /// The hash of what came of it.
    pub(super) fn end(self) -> Result<Hash, Failure> {
        if self.ends_in_hole {
            let size = self.size();
            self.file.set_len(size).map_err(|error| self.failed(&error))?;
        }
        Ok(Hash(*self.hasher.finalize().as_bytes()))
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::io(format_args!("cannot write `{}`", self.at.path().display()), error)
    }
}
