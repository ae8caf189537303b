//! Files on their way from a host to the controller: of a large one only what the controller does not have.

use std::fs::File;
use std::io::{self, Read as _};

use crate::blob::{Hash, LARGE, each_part};
use crate::failure::{Failure, Kind};
use crate::system::push::LONGEST;
use crate::system::{Known, Location, Push, Writer};

/// Bytes travel in pieces of so many.
const PIECE: usize = 64 << 10;

impl Writer<'_> {
    /// Sends what a file of this many bytes holds, but what is known to be in the old file of the controller; gives how many
    /// bytes were sent.
    ///
    /// # Errors
    /// `conflict` where its size is another one by now, and where it cannot be read.
    pub fn send(&self, at: &Location, size: u64, known: &Known) -> Result<u64, Failure> {
        if let Some(model) = self.model() {
            return Err(model.unforeseen());
        }
        let file = at.open()?;
        let mut stream = Stream {
            host: self,
            at,
            known,
            waiting: None,
            left: size,
            sent: 0,
        };
        if size > LARGE {
            let mut outcome = Ok(());
            let read = each_part(&file, |size, bytes| {
                outcome = stream.part(size, bytes);
                outcome
                    .as_ref()
                    .map_or_else(|_| Err(io::ErrorKind::Other.into()), |()| Ok(()))
            });
            outcome?;
            read.map_err(|error| Failure::io(format_args!("cannot read `{}`", at.path().display()), &error))?;
        } else {
            stream.all(&file)?;
        }
        stream.end()
    }
}

/// What is sent of one file.
struct Stream<'a> {
    host: &'a Writer<'a>,
    at: &'a Location,
    known: &'a Known,
    /// What more may be joined to.
    waiting: Option<Push>,
    /// Bytes that it still is to have.
    left: u64,
    sent: u64,
}

impl Stream<'_> {
    fn part(&mut self, size: u64, bytes: Option<&[u8]>) -> Result<(), Failure> {
        self.host.check_canceled()?;
        self.left = self.left.checked_sub(size).ok_or_else(|| self.changed())?;
        let Some(bytes) = bytes else {
            self.hole(size);
            return Ok(());
        };
        let known = self.known;
        let old = (!known.is_empty()).then(|| known.get(&(size, Hash::of(bytes))));
        if let Some(offset) = old.flatten() {
            self.push(Push::Old {
                offset: *offset,
                size,
            });
            return Ok(());
        }
        for piece in bytes.chunks(PIECE) {
            self.push(Push::Bytes(piece.to_vec()));
        }
        self.sent += size;
        Ok(())
    }

    fn hole(&mut self, mut size: u64) {
        while size > 0 {
            let length = size.min(LONGEST);
            self.push(Push::Hole { size: length });
            size -= length;
        }
    }

    fn all(&mut self, mut file: &File) -> Result<(), Failure> {
        while self.left > 0 {
            self.host.check_canceled()?;
            let mut piece = vec![0; usize::try_from(self.left).map_or(PIECE, |it| it.min(PIECE))];
            file.read_exact(&mut piece).map_err(|_| self.changed())?;
            self.left -= piece.len() as u64;
            self.sent += piece.len() as u64;
            self.push(Push::Bytes(piece));
        }
        Ok(())
    }

    /// Stretches of the old file that follow one another are one.
    fn push(&mut self, next: Push) {
        if let (
            Some(Push::Old { offset, size }),
            Push::Old {
                offset: at,
                size: more,
            },
        ) = (&mut self.waiting, &next)
            && *offset + *size == *at
            && *size + more <= LONGEST
        {
            *size += more;
            return;
        }
        if let Some(ready) = self.waiting.replace(next) {
            self.host.link().push(ready);
        }
    }

    fn end(mut self) -> Result<u64, Failure> {
        if self.left > 0 {
            return Err(self.changed());
        }
        if let Some(last) = self.waiting.take() {
            self.host.link().push(last);
        }
        Ok(self.sent)
    }

    fn changed(&self) -> Failure {
        let path = self.at.path();
        let message = format!("`{}` was changed while it was sent", path.display());
        Failure::new(Kind::Conflict, message)
    }
}
