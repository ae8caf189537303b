//! Content that a call reads from the controller: asked for ahead, in chunks, under a window.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::agent::outlet::Outlet;
use crate::blob::Range;
use crate::failure::{Failure, Kind};
use crate::protocol::{CHUNK, FromAgent, PIECES, Piece, WINDOW};
use crate::system::Cancel;

/// How often a reader that waits looks whether its call was canceled.
const GLANCE: Duration = Duration::from_millis(50);

type Answer = Result<Vec<u8>, Failure>;

/// The pulls that are under way, of all calls.
#[derive(Default)]
pub(super) struct Pulls {
    inner: Mutex<Table>,
    arrived: Condvar,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Option<Answer>>,
    closed: bool,
}

impl Pulls {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the answer to a pull; one that nobody waits for any more is dropped.
    pub(super) fn answer(&self, pull: u64, answer: Answer) {
        if let Some(slot) = self.lock().open.get_mut(&pull) {
            *slot = Some(answer);
            self.arrived.notify_all();
        }
    }

    /// No answers come any more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    fn begin(&self) -> u64 {
        let mut table = self.lock();
        let pull = table.next;
        table.next += 1;
        table.open.insert(pull, None);
        pull
    }

    fn wait(&self, pull: u64, cancel: &Cancel) -> Answer {
        let mut table = self.lock();
        loop {
            if let Some(Some(_)) = table.open.get(&pull) {
                return table.open.remove(&pull).flatten().unwrap_or_else(|| Err(gone()));
            }
            if table.closed {
                return Err(gone());
            }
            cancel.check()?;
            table = self
                .arrived
                .wait_timeout(table, GLANCE)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

fn gone() -> Failure {
    Failure::new(Kind::Lost, "the controller is gone")
}

/// Reads blobs, one after another.
pub(super) struct Content<'a> {
    pulls: &'a Pulls,
    outlet: &'a Outlet,
    cancel: &'a Cancel,
    /// Where a failure is put, since an I/O error cannot carry it.
    broken: &'a Mutex<Option<Failure>>,
    /// What was not asked for yet: blob, from where on, and how much.
    rest: VecDeque<(u64, u64, u64)>,
    ahead: VecDeque<(u64, usize)>,
    piece: Vec<u8>,
    at: usize,
}

impl<'a> Content<'a> {
    pub(super) fn new(
        ranges: &[Range],
        pulls: &'a Pulls,
        outlet: &'a Outlet,
        cancel: &'a Cancel,
        broken: &'a Mutex<Option<Failure>>,
    ) -> Self {
        Self {
            pulls,
            outlet,
            cancel,
            broken,
            rest: ranges
                .iter()
                .filter(|it| it.size > 0)
                .map(|it| (it.blob, it.offset, it.size))
                .collect(),
            ahead: VecDeque::new(),
            piece: Vec::new(),
            at: 0,
        }
    }

    fn ask_ahead(&mut self) -> Result<(), Failure> {
        while self.ahead.len() < WINDOW / CHUNK && !self.rest.is_empty() {
            let (pieces, length) = self.chunk();
            let pull = self.pulls.begin();
            self.ahead.push_back((pull, length));
            self.outlet
                .send(&FromAgent::Pull { pull, pieces })
                .map_err(|error| Failure::new(Kind::Invalid, error.to_string()))?;
        }
        Ok(())
    }

    /// As much of what is to come as fits a chunk.
    fn chunk(&mut self) -> (Vec<Piece>, usize) {
        let (mut pieces, mut total) = (Vec::new(), 0);
        while let Some((blob, offset, rest)) = self.rest.front_mut()
            && total < CHUNK
            && pieces.len() < PIECES
        {
            let length = usize::try_from(*rest)
                .map_or(CHUNK, |rest| rest.min(CHUNK))
                .min(CHUNK - total);
            pieces.push(Piece {
                blob: *blob,
                offset: *offset,
                length: u32::try_from(length).expect("at most a chunk"),
            });
            total += length;
            *offset += length as u64;
            *rest -= length as u64;
            if *rest == 0 {
                self.rest.pop_front();
            }
        }
        (pieces, total)
    }

    fn next_piece(&mut self) -> Result<(), Failure> {
        self.ask_ahead()?;
        let Some((pull, length)) = self.ahead.pop_front() else {
            return Ok(());
        };
        self.piece = self.pulls.wait(pull, self.cancel)?;
        self.at = 0;
        if self.piece.len() != length {
            return Err(Failure::new(
                Kind::Conflict,
                "the content changed on the controller while it was sent",
            ));
        }
        Ok(())
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            self.piece.clear();
            self.at = 0;
            if let Err(failure) = self.next_piece() {
                let error = io::Error::other(failure.message.clone());
                *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                return Err(error);
            }
        }
        let length = buffer.len().min(self.piece.len() - self.at);
        buffer[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

impl Drop for Content<'_> {
    fn drop(&mut self) {
        let mut table = self.pulls.lock();
        for (pull, _) in &self.ahead {
            table.open.remove(pull);
        }
    }
}
