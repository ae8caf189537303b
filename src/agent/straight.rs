//! An agent that the login's own shell has started: it passes over the script that was sent for another shell, and answers
//! in its place.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};

use crate::bootstrap;

/// The script is shorter.
const SCRIPT_LIMIT: u64 = 64 << 10;

/// What comes after the script.
pub(super) struct AfterScript<R> {
    input: BufReader<R>,
    is_past: bool,
}

impl<R: Read> AfterScript<R> {
    pub(super) fn of(input: R) -> Self {
        Self {
            input: BufReader::new(input),
            is_past: false,
        }
    }

    fn pass(&mut self) -> io::Result<()> {
        let mut script = self.input.by_ref().take(SCRIPT_LIMIT);
        let mut line = Vec::new();
        while line != bootstrap::last_line().as_bytes() {
            line.clear();
            script.read_until(b'\n', &mut line)?;
            if line.pop() != Some(b'\n') {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for AfterScript<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.is_past {
            self.pass()?;
            self.is_past = true;
        }
        self.input.read(buffer)
    }
}

/// Says the script's answer together with the first frame: one message instead of two.
pub(super) struct Answering<W> {
    answer: Vec<u8>,
    output: W,
}

impl<W> Answering<W> {
    pub(super) fn on(output: W, nonce: &str) -> Self {
        let answer = format!("{}{}\n", bootstrap::marker(nonce), bootstrap::RUNS);
        Self {
            answer: answer.into_bytes(),
            output,
        }
    }
}

impl<W: Write> Write for Answering<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.answer.is_empty() {
            return self.output.write(buffer);
        }
        let mut first = std::mem::take(&mut self.answer);
        first.extend_from_slice(buffer);
        self.output.write_all(&first)?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootstrap::{Task, script};

    #[test]
    fn the_script_is_passed_over_however_it_comes() {
        let sent = format!("{}frames", script("b", "n", Task::Start));
        let (first, second) = sent.as_bytes().split_at(700);
        let mut rest = String::new();
        let mut input = AfterScript::of(first.chain(second));
        input.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "frames");
    }

    #[test]
    fn what_is_no_script_has_an_end() {
        let line = "x".repeat(1 << 20);
        for sent in ["", "b=", "b=\nc=\n", &line] {
            let mut input = AfterScript::of(sent.as_bytes());
            let error = input.read(&mut [0; 9]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn the_answer_comes_with_the_first_frame_and_once() {
        struct Pieces(Vec<String>);
        impl Write for Pieces {
            fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
                self.0.push(String::from_utf8_lossy(buffer).into_owned());
                Ok(buffer.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut output = Answering::on(Pieces(Vec::new()), "n");
        output.write_all(b"hello").unwrap();
        output.write_all(b"reply").unwrap();
        assert_eq!(output.output.0, ["\nrmote-play-n run\nhello", "reply"]);
    }
}
