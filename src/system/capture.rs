//! The beginning and the end of what a program writes, in bounded memory.

/// How much of the beginning, and how much of the end, is kept.
const KEPT: usize = 512 << 10;
/// How long an answer may be.
const ANSWER: usize = 16 << 20;

/// How much of an end is in messages.
const END: usize = 4 << 10;

/// What is kept of a stream while it goes by.
#[derive(Debug)]
pub(super) struct Capture {
    kept: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
    dropped: u64,
}

/// What was kept of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// All of it; or beginning, a line that says how much is missing, and end.
    pub bytes: Vec<u8>,
    /// Whether the middle is missing.
    pub truncated: bool,
}

impl Default for Capture {
    /// Of a stream that may be cut.
    fn default() -> Self {
        Self {
            kept: KEPT,
            head: Vec::new(),
            tail: Vec::new(),
            dropped: 0,
        }
    }
}

impl Capture {
    /// Of a stream that is wanted whole.
    pub(super) fn whole() -> Self {
        Self {
            kept: ANSWER,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(self.kept - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend_from_slice(rest);
        if self.tail.len() > 2 * self.kept {
            self.trim();
        }
    }

    /// Whether it was wanted whole and is too long for that.
    pub(super) const fn is_too_long(&self) -> bool {
        self.kept == ANSWER && !self.tail.is_empty()
    }

    fn trim(&mut self) {
        let excess = self.tail.len().saturating_sub(self.kept);
        self.tail.drain(..excess);
        self.dropped += excess as u64;
    }

    /// The end of it, for messages.
    pub(super) fn end(&self) -> String {
        end(if self.tail.is_empty() {
            &self.head
        } else {
            &self.tail
        })
    }

    pub(super) fn finish(mut self) -> Captured {
        self.trim();
        if self.dropped == 0 {
            self.head.append(&mut self.tail);
            return Captured {
                bytes: self.head,
                truncated: false,
            };
        }
        // Text must not become something else only because it was cut within a character.
        let head = &self.head[..self.head.len() - torn_end(&self.head)];
        let tail = &self.tail[torn_start(&self.tail)..];
        let dropped = self.dropped + (self.head.len() - head.len() + self.tail.len() - tail.len()) as u64;
        let gap = format!("\n[{dropped} bytes left out]\n");
        Captured {
            bytes: [head, gap.as_bytes(), tail].concat(),
            truncated: true,
        }
    }
}

/// The end of what a program wrote, for messages, without line ends after it. Where it is cut, a line says so: whoever
/// masks it must know that something may have been cut in two.
pub(super) fn end(bytes: &[u8]) -> String {
    let start = bytes.len().saturating_sub(END);
    let rest = &bytes[start..];
    let dropped = start + if start > 0 { torn_start(rest) } else { 0 };
    let text = String::from_utf8_lossy(&bytes[dropped..]);
    let text = text.trim_end();
    match dropped {
        0 => text.to_owned(),
        _ => format!("[{dropped} bytes left out]\n{text}"),
    }
}

/// The last line of what a program wrote; `None` where there is none, or it would have to be cut.
pub(super) fn last_line(bytes: &[u8]) -> Option<String> {
    let line = bytes.trim_ascii_end().rsplit(|byte| *byte == b'\n').next()?;
    let is_fine = !line.is_empty() && line.len() <= END;
    is_fine.then(|| String::from_utf8_lossy(line).into_owned())
}

fn torn_end(bytes: &[u8]) -> usize {
    let end = &bytes[bytes.len().saturating_sub(4)..];
    (1..=end.len().min(3))
        .find(|n| {
            let part = &end[end.len() - n..];
            part[0] >= 0xC0 && std::str::from_utf8(part).is_err_and(|error| error.error_len().is_none())
        })
        .unwrap_or(0)
}

fn torn_start(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take(3)
        .take_while(|byte| **byte & 0xC0 == 0x80)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_any_length_keeps_its_ends_in_little_memory() {
        let mut capture = Capture::default();
        for n in 0..200_000_u32 {
            capture.push(format!("line {n:>20}\n").as_bytes());
        }
        assert!(capture.head.capacity() + capture.tail.capacity() <= 4 << 20);
        let captured = capture.finish();
        assert!(captured.truncated);
        assert!(captured.bytes.len() <= (1 << 20) + 64);
        let text = String::from_utf8(captured.bytes).unwrap();
        assert!(text.starts_with("line                    0\n"));
        assert!(text.ends_with("line               199999\n"));
        assert!(text.contains(" bytes left out]\n"));
    }

    #[test]
    fn a_cut_within_a_character_leaves_text() {
        for shift in 0..3 {
            let mut capture = Capture::default();
            capture.push("x".repeat(shift).as_bytes());
            capture.push("漢".repeat(1 << 20).as_bytes());
            capture.push("x".repeat(2 - shift).as_bytes());
            let captured = capture.finish();
            assert!(captured.truncated && std::str::from_utf8(&captured.bytes).is_ok());
        }
    }

    #[test]
    fn what_fits_is_whole() {
        let mut capture = Capture::default();
        let text = vec![b'x'; 2 * KEPT];
        for part in text.chunks(1000) {
            capture.push(part);
        }
        assert_eq!(
            capture.finish(),
            Captured {
                bytes: text,
                truncated: false
            }
        );
    }
}
