//! Content from the controller.

use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom, Write as _};
use std::num::NonZeroU64;

use rustix::fs::Advice;

use crate::blob::{Blob, Hash, Range};
use crate::failure::{Failure, Kind};
use crate::system::predicted::in_memory;
use crate::system::temporary::scratch;
use crate::system::{Location, Reader, Writer};

pub(super) const PIECE: usize = 256 << 10;
/// The kernel begins to write to the disk after each of these many bytes, so that the final sync finds little to do.
const WRITE_BACK: u64 = 8 << 20;
/// Fewer zeroes than this are no hole.
const HOLE: usize = 4 << 10;

impl Reader<'_> {
    /// A blob in memory, for what is small.
    ///
    /// # Errors
    /// Where the controller no longer has it as it was.
    pub fn fetch(&self, blob: &Blob) -> Result<Vec<u8>, Failure> {
        if let Some(inline) = &blob.inline {
            return Ok(inline.clone());
        }
        let mut bytes = Vec::new();
        self.pull(&mut *self.open(&[blob]), blob, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Contents one after another, asked for ahead. Each is read to its end before the next one begins.
    pub fn open(&self, blobs: &[&Blob]) -> Box<dyn Read + '_> {
        let ranges: Vec<Range> = blobs.iter().map(|it| it.whole()).collect();
        self.open_ranges(&ranges)
    }

    /// Stretches of contents one after another, asked for ahead.
    pub fn open_ranges(&self, ranges: &[Range]) -> Box<dyn Read + '_> {
        self.link().open(ranges)
    }

    fn pull(
        &self,
        source: &mut dyn Read,
        blob: &Blob,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; PIECE.min(usize::try_from(blob.size).unwrap_or(PIECE).max(1))];
        while hasher.count() < blob.size {
            self.check_canceled()?;
            let wanted = buffer
                .len()
                .min(usize::try_from(blob.size - hasher.count()).unwrap_or(PIECE));
            let read = read_some(self, source, &mut buffer[..wanted])?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
            take(&buffer[..read])?;
        }
        if hasher.count() != blob.size || Hash(*hasher.finalize().as_bytes()) != blob.hash {
            return Err(changed());
        }
        Ok(())
    }
}

/// Some bytes of what comes from the controller; none at its end.
pub(super) fn read_some(
    host: &Reader<'_>,
    source: &mut dyn Read,
    buffer: &mut [u8],
) -> Result<usize, Failure> {
    loop {
        match source.read(buffer) {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                host.check_canceled()?;
                return Err(Failure::io("cannot get content from the controller", &error));
            }
        }
    }
}

pub(super) fn changed() -> Failure {
    let message = "the content on the controller was changed while it was being sent";
    Failure::new(Kind::Conflict, message)
}

impl Writer<'_> {
    /// Fills a new file with a blob, read from where contents come one after another, and hashed as it passes.
    ///
    /// # Errors
    /// Where the disk is full, or the controller no longer has the content as it was.
    pub fn fill(
        &self,
        at: &Location,
        file: &mut File,
        blob: &Blob,
        source: &mut dyn Read,
    ) -> Result<(), Failure> {
        if let Some(inline) = &blob.inline {
            return self.fill_bytes(at, file, inline);
        }
        if let Some(model) = self.model() {
            model.fill(blob);
            return Ok(());
        }
        let (mut written, mut started) = (0_u64, 0_u64);
        let mut ends_in_hole = false;
        self.pull(source, blob, &mut |piece| {
            ends_in_hole = put(at, file, piece)?;
            written += piece.len() as u64;
            if let Some(length) = NonZeroU64::new(written - started).filter(|it| it.get() >= WRITE_BACK) {
                // Only a hint: it makes the kernel start.
                let _ = rustix::fs::fadvise(&*file, started, Some(length), Advice::DontNeed);
                started = written;
            }
            Ok(())
        })?;
        if !ends_in_hole {
            return Ok(());
        }
        file.set_len(blob.size)
            .map_err(|error| Failure::io(format_args!("cannot write `{}`", at.path().display()), &error))
    }

    /// Fills a new file with what can be read to its end; zeroes take no room.
    ///
    /// # Errors
    /// Where the disk is full, or it cannot be read.
    pub fn pour(&self, at: &Location, file: &mut File, from: &mut dyn Read) -> Result<(), Failure> {
        let mut buffer = vec![0; 64 << 10];
        let (mut size, mut ends_in_hole) = (0, false);
        loop {
            self.check_canceled()?;
            match from.read(&mut buffer) {
                Ok(0) if ends_in_hole => {
                    return file.set_len(size).map_err(|error| {
                        Failure::io(format_args!("cannot write `{}`", at.path().display()), &error)
                    });
                }
                Ok(0) => return Ok(()),
                Ok(length) => {
                    ends_in_hole = put(at, file, &buffer[..length])?;
                    size += length as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let path = at.path();
                    let what = format_args!("cannot read what `{}` is to hold", path.display());
                    return Err(Failure::io(what, &error));
                }
            }
        }
    }

    /// A file that never has a name, on the file system of a place.
    ///
    /// # Errors
    /// Where there is no room for it.
    pub fn scratch(&self, at: &Location) -> Result<File, Failure> {
        if let Some(model) = at.model() {
            return in_memory(b"").map_err(|errno| model.failure(errno.into(), at, "cannot write next to"));
        }
        scratch(at)
    }

    /// Fills a new file with bytes.
    ///
    /// # Errors
    /// Where the disk is full.
    pub fn fill_bytes(&self, at: &Location, file: &mut File, bytes: &[u8]) -> Result<(), Failure> {
        self.check_canceled()?;
        write(at, file, bytes)
    }
}

/// Whether a piece holds nothing but zeroes, so that no room on the disk is needed for it.
fn is_hole(piece: &[u8]) -> bool {
    piece.len() >= HOLE && piece.iter().all(|byte| *byte == 0)
}

/// Writes a piece, or leaves a hole for it; gives back whether it did. At the end of a file a hole must be made by its length.
pub(super) fn put(at: &Location, file: &mut File, piece: &[u8]) -> Result<bool, Failure> {
    if !is_hole(piece) {
        return write(at, file, piece).map(|()| false);
    }
    let length = i64::try_from(piece.len()).unwrap_or(0);
    file.seek(SeekFrom::Current(length))
        .map(|_| true)
        .map_err(|error| Failure::io(format_args!("cannot write `{}`", at.path().display()), &error))
}

fn write(at: &Location, file: &mut File, bytes: &[u8]) -> Result<(), Failure> {
    file.write_all(bytes)
        .map_err(|error| Failure::io(format_args!("cannot write `{}`", at.path().display()), &error))
}
