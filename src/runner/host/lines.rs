//! What a tool of the playbook writes to its standard error, as log records: one for each line, and never too many.

use std::time::{Duration, Instant};

/// At most so many lines pass in [`PERIOD`]; what is more is counted.
const BUDGET: usize = 500;
const PERIOD: Duration = Duration::from_secs(1);
/// A line is cut after so many bytes.
const LONGEST: usize = 8 << 10;

/// The lines of one stream on their way.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// A line that is not whole.
    begun: Vec<u8>,
    period: Option<Instant>,
    spent: usize,
    left_out: usize,
}

impl Lines {
    /// The records that are whole once this has come.
    pub(super) fn push(&mut self, bytes: &[u8], now: Instant) -> Vec<String> {
        if self.period.is_none_or(|at| now.duration_since(at) >= PERIOD) {
            self.period = Some(now);
            self.spent = 0;
        }
        let mut records = Vec::new();
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            self.begin(&rest[..at]);
            rest = &rest[at + 1..];
            self.end(&mut records);
        }
        self.begin(rest);
        records
    }

    /// What is left when nothing more comes.
    pub(super) fn finish(&mut self) -> Vec<String> {
        let mut records = Vec::new();
        if !self.begun.is_empty() {
            self.end(&mut records);
        }
        records.extend(self.gap());
        records
    }

    fn begin(&mut self, bytes: &[u8]) {
        let room = (LONGEST + 1).saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end(&mut self, records: &mut Vec<String>) {
        let line = std::mem::take(&mut self.begun);
        if self.spent == BUDGET {
            self.left_out += 1;
            return;
        }
        self.spent += 1;
        records.extend(self.gap());
        let cut = &line[..line.len().min(LONGEST)];
        let mut text = String::from_utf8_lossy(cut).trim_end().to_owned();
        if cut.len() < line.len() {
            text.push('…');
        }
        if !text.is_empty() {
            records.push(text);
        }
    }

    fn gap(&mut self) -> Option<String> {
        let count = std::mem::take(&mut self.left_out);
        (count > 0).then(|| format!("[{count} lines not shown]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_whatever_the_pieces_are() {
        let mut lines = Lines::default();
        let now = Instant::now();
        assert!(lines.push(b"on", now).is_empty());
        assert_eq!(lines.push(b"e\r\n\ntwo\nthr", now), ["one", "two"]);
        assert_eq!(lines.finish(), ["thr"]);
        assert!(lines.finish().is_empty());
    }

    #[test]
    fn more_than_can_be_read_is_counted() {
        let mut lines = Lines::default();
        let now = Instant::now();
        let shown = lines.push("line\n".repeat(10_000).as_bytes(), now);
        assert_eq!(shown.len(), BUDGET);
        let shown = lines.push(b"later\n", now + PERIOD);
        assert_eq!(shown, ["[9500 lines not shown]", "later"]);
    }

    #[test]
    fn a_line_that_never_ends_stays_small() {
        let mut lines = Lines::default();
        let now = Instant::now();
        for _ in 0..1000 {
            lines.push(&[b'x'; 10_000], now);
        }
        assert!(lines.begun.len() <= LONGEST + 1);
        let shown = lines.push(b"\nnext\n", now);
        assert!(shown[0].ends_with("x…") && shown[0].len() < LONGEST + 10);
        assert_eq!(shown[1], "next");
    }
}
