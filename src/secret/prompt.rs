//! Asking at the terminal, without showing what is typed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// How often a question that waits looks whether it is over.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};
/// Longest answer.
const LONGEST: usize = 64 << 10;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Nobody can be asked.
    #[error("there is no terminal to ask at")]
    NoTerminal,
    /// Who was asked ended it.
    #[error("the question was not answered")]
    Canceled,
    /// The terminal failed.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
    /// More was typed than can be a secret.
    #[error("what was typed is too long")]
    TooLong,
    /// What was typed is no text.
    #[error("what was typed is not UTF-8")]
    NotText,
}

/// Asks for a text. Nothing of it is shown.
///
/// # Errors
/// Where there is no terminal, or the question was not answered.
pub fn ask(question: &str) -> Result<String, Unanswered> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal = terminal.map_err(|_| Unanswered::NoTerminal)?;
    let quiet = Quiet::new(&terminal)?;
    let shown: String = question.chars().filter(|c| !c.is_control()).collect();
    terminal.write_all(format!("{shown}: ").as_bytes())?;
    let answer = read(&mut terminal);
    drop(quiet);
    terminal.write_all(b"\r\n")?;
    String::from_utf8(answer?).map_err(|_| Unanswered::NotText)
}

/// Asks for one of these letters, which are small; Enter is the first. Anything else is asked again.
///
/// # Errors
/// Where there is no terminal, or the question was not answered: also where `is_over` becomes true meanwhile.
pub fn choose(question: &str, letters: &str, is_over: &AtomicBool) -> Result<char, Unanswered> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal = terminal.map_err(|_| Unanswered::NoTerminal)?;
    let _quiet = Quiet::new(&terminal)?;
    let shown: String = question.chars().filter(|c| !c.is_control()).collect();
    terminal.write_all(format!("{shown} ").as_bytes())?;
    let mut byte = [0];
    loop {
        if is_over.load(Ordering::Relaxed) {
            terminal.write_all(b"\r\n")?;
            return Err(Unanswered::Canceled);
        }
        let mut key = [PollFd::new(&terminal, PollFlags::IN)];
        match poll(&mut key, Some(&LOOK)) {
            Ok(0) | Err(Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
        match terminal.read(&mut byte) {
            Ok(0) => return Err(Unanswered::Canceled),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        }
        let typed = match byte[0] {
            b'\r' | b'\n' => letters.chars().next(),
            0x03 | 0x04 | 0x1c => return Err(Unanswered::Canceled),
            other => Some(char::from(other).to_ascii_lowercase()),
        };
        if let Some(letter) = typed.filter(|letter| letters.contains(*letter)) {
            terminal.write_all(format!("{letter}\r\n").as_bytes())?;
            return Ok(letter);
        }
    }
}

/// Whether somebody sits at a terminal who can be asked.
pub fn can_ask() -> bool {
    OpenOptions::new().read(true).write(true).open("/dev/tty").is_ok()
}

/// A terminal that shows nothing and sends every key, until this is dropped.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn new(terminal: &File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self {
            terminal: terminal.try_clone()?,
            before,
        })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // Where the terminal is gone, there is nothing to put right.
        let _gone = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

fn read(terminal: &mut File) -> Result<Vec<u8>, Unanswered> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match terminal.read(&mut byte) {
            Ok(0) => return Err(Unanswered::Canceled),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        }
        match byte[0] {
            b'\r' | b'\n' => return Ok(line),
            0x04 if !line.is_empty() => return Ok(line),
            // Ctrl-C, Ctrl-\, and Ctrl-D where nothing was typed.
            0x03 | 0x1c | 0x04 => return Err(Unanswered::Canceled),
            // Backspace takes a whole character.
            0x08 | 0x7f => while line.pop().is_some_and(|it| it & 0xc0 == 0x80) {},
            0x15 => line.clear(),
            _ if line.len() >= LONGEST => return Err(Unanswered::TooLong),
            other => line.push(other),
        }
    }
}
