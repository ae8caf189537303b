//! The way out: frames of all threads, gathered into as few writes as possible.

use std::io::Write;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::protocol::{self, CHUNK, FrameError, FromAgent, Outcome};

/// Above this many bytes that wait to be written, whoever has more to say waits.
const HIGH_WATER: usize = 256 << 10;

/// Where frames go. There is no thread of its own: whoever finds nobody writing writes, and takes along what others
/// add meanwhile. Waiting for room is what slows a child that prints faster than the connection carries.
pub(super) struct Outlet {
    queue: Mutex<Queue>,
    room: Condvar,
    /// Held by whoever sends an answer in parts: those of one answer come one after another, so that no more than one is
    /// put together at a time.
    parts: Mutex<()>,
}

struct Queue {
    waiting: Vec<u8>,
    /// `None` while somebody writes.
    output: Option<Box<dyn Write + Send>>,
    spare: Vec<u8>,
    closed: bool,
    /// How many wait for room, or for the end of what is written.
    waiters: usize,
}

impl Outlet {
    pub(super) fn new(output: Box<dyn Write + Send>) -> Self {
        Self {
            queue: Mutex::new(Queue {
                waiting: Vec::new(),
                output: Some(output),
                spare: Vec::new(),
                closed: false,
                waiters: 0,
            }),
            room: Condvar::new(),
            parts: Mutex::new(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message, waiting for room. Once the channel is closed, messages are dropped.
    ///
    /// # Errors
    /// Where the message does not fit a frame; nothing was sent then.
    pub(super) fn send(&self, message: &FromAgent) -> Result<(), FrameError> {
        let mut queue = self.lock();
        while queue.waiting.len() > HIGH_WATER && !queue.closed {
            queue = self.wait(queue);
        }
        if queue.closed {
            return Ok(());
        }
        protocol::encode(message, &mut queue.waiting)?;
        let Some(mut output) = queue.output.take() else {
            return Ok(());
        };
        while !queue.waiting.is_empty() && !queue.closed {
            let spare = std::mem::take(&mut queue.spare);
            let mut batch = std::mem::replace(&mut queue.waiting, spare);
            self.unlock(queue);
            let written = output.write_all(&batch);
            queue = self.lock();
            if written.is_err() {
                queue.closed = true;
                queue.waiting = Vec::new();
            }
            if batch.capacity() <= HIGH_WATER {
                batch.clear();
                queue.spare = batch;
            }
        }
        queue.output = Some(output);
        self.unlock(queue);
        Ok(())
    }

    /// Sends the encoding of an answer in parts.
    pub(super) fn send_parts(&self, id: u64, answer: &[u8], outcome: Outcome) {
        let _turn = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in answer.chunks(CHUNK) {
            let bytes = piece.to_vec();
            // A piece fits a frame.
            drop(self.send(&FromAgent::Part { id, bytes }));
        }
        drop(self.send(&FromAgent::PartsEnd { id, outcome }));
    }

    /// Waits until what was sent is written.
    pub(super) fn flush(&self) {
        let mut queue = self.lock();
        while queue.output.is_none() && !queue.closed {
            queue = self.wait(queue);
        }
    }

    /// Drops whatever comes from now on, and frees those who wait.
    pub(super) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.waiting = Vec::new();
        self.unlock(queue);
    }

    fn wait<'a>(&self, mut queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        queue.waiters += 1;
        queue = self.room.wait(queue).unwrap_or_else(PoisonError::into_inner);
        queue.waiters -= 1;
        queue
    }

    /// Lets go of the queue, and tells whoever waits for it to change.
    fn unlock(&self, queue: MutexGuard<'_, Queue>) {
        let is_awaited = queue.waiters > 0;
        drop(queue);
        if is_awaited {
            self.room.notify_all();
        }
    }
}
