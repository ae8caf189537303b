//! Content from the controller.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU64;

use rustix::fs::Advice;

use crate::blob::{Blob, Hash};
use crate::failure::{Failure, Kind};
use crate::system::{Location, Reader, Writer};

const PIECE: usize = 256 << 10;
/// The kernel begins to write to the disk after each of these many bytes, so that the final sync finds little to do.
const WRITE_BACK: u64 = 8 << 20;

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
        self.pull(blob, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    fn pull(&self, blob: &Blob, take: &mut dyn FnMut(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut source = self.link().open(blob)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; PIECE.min(usize::try_from(blob.size).unwrap_or(PIECE).max(1))];
        while hasher.count() < blob.size {
            self.check_canceled()?;
            let wanted = buffer
                .len()
                .min(usize::try_from(blob.size - hasher.count()).unwrap_or(PIECE));
            let read = match source.read(&mut buffer[..wanted]) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.check_canceled()?;
                    return Err(Failure::io("cannot get content from the controller", &error));
                }
            };
            hasher.update(&buffer[..read]);
            take(&buffer[..read])?;
        }
        if hasher.count() != blob.size || Hash(*hasher.finalize().as_bytes()) != blob.hash {
            let message = "the content on the controller was changed while it was being sent";
            return Err(Failure::new(Kind::Conflict, message));
        }
        Ok(())
    }
}

impl Writer<'_> {
    /// Fills a new file with a blob, hashed as it passes.
    ///
    /// # Errors
    /// Where the disk is full, or the controller no longer has the content as it was.
    pub fn fill(&self, at: &Location, file: &mut File, blob: &Blob) -> Result<(), Failure> {
        let (mut written, mut started) = (0_u64, 0_u64);
        self.pull(blob, &mut |piece| {
            write(at, file, piece)?;
            written += piece.len() as u64;
            if let Some(length) = NonZeroU64::new(written - started).filter(|it| it.get() >= WRITE_BACK) {
                // Only a hint: it makes the kernel start.
                let _ = rustix::fs::fadvise(&*file, started, Some(length), Advice::DontNeed);
                started = written;
            }
            Ok(())
        })
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

fn write(at: &Location, file: &mut File, bytes: &[u8]) -> Result<(), Failure> {
    file.write_all(bytes)
        .map_err(|error| Failure::io(format_args!("cannot write `{}`", at.path().display()), &error))
}
