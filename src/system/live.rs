//! Output on its way to whoever watches, in pieces that are neither too many nor too much.

use std::time::{Duration, Instant};

use crate::system::{Link, Stream};

/// A piece is at most this long.
const PIECE: usize = 32 << 10;
/// A shorter piece waits this long for more.
const PATIENCE: Duration = Duration::from_millis(50);
/// At most this many bytes pass in [`PERIOD`]; what is more is left out of the live view.
const BUDGET: usize = 512 << 10;
const PERIOD: Duration = Duration::from_secs(1);

/// One stream of one program, live.
pub(super) struct Live<'a> {
    link: &'a dyn Link,
    stream: Stream,
    piece: Vec<u8>,
    since: Option<Instant>,
    period: Instant,
    spent: usize,
    left_out: u64,
}

impl<'a> Live<'a> {
    pub(super) fn new(link: &'a dyn Link, stream: Stream) -> Self {
        Self {
            link,
            stream,
            piece: Vec::new(),
            since: None,
            period: Instant::now(),
            spent: 0,
            left_out: 0,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], now: Instant) {
        if now.duration_since(self.period) >= PERIOD {
            self.period = now;
            self.spent = 0;
        }
        let allowed = bytes.len().min(BUDGET - self.spent);
        self.spent += allowed;
        if allowed > 0 && self.left_out > 0 {
            self.note_gap();
        }
        self.left_out += (bytes.len() - allowed) as u64;
        let mut rest = &bytes[..allowed];
        while !rest.is_empty() {
            let (now_part, later) = rest.split_at(rest.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now_part);
            rest = later;
            if self.piece.len() == PIECE {
                self.send();
            }
        }
        if !self.piece.is_empty() {
            self.since.get_or_insert(now);
        }
    }

    /// When the waiting piece should go.
    pub(super) fn due(&self) -> Option<Instant> {
        self.since.map(|since| since + PATIENCE)
    }

    pub(super) fn flush_due(&mut self, now: Instant) {
        if self.due().is_some_and(|due| due <= now) {
            self.send();
        }
    }

    pub(super) fn finish(&mut self) {
        if self.left_out > 0 {
            self.note_gap();
        }
        self.send();
    }

    fn note_gap(&mut self) {
        let gap = format!("\n[{} bytes not shown]\n", self.left_out);
        self.left_out = 0;
        self.piece.extend_from_slice(gap.as_bytes());
        self.send();
    }

    fn send(&mut self) {
        if !self.piece.is_empty() {
            self.link.output(self.stream, &self.piece);
            self.piece.clear();
        }
        self.since = None;
    }
}
