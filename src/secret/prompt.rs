//! Asking at the terminal, without showing what is typed.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Longest answer.
const LONGEST: usize = 64 << 10;

/// Asks for a text. Nothing of it is shown.
///
/// # Errors
/// Where there is no terminal, or the question was not answered.
pub fn ask(question: &str) -> Result<String, String> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal = terminal.map_err(|_| "there is no terminal to ask at".to_owned())?;
    let quiet = Quiet::new(&terminal)?;
    let lost = |error: std::io::Error| format!("the terminal does not answer: {error}");
    let shown: String = question.chars().filter(|c| !c.is_control()).collect();
    terminal
        .write_all(format!("{shown}: ").as_bytes())
        .map_err(lost)?;
    let answer = read(&mut terminal);
    drop(quiet);
    terminal.write_all(b"\r\n").map_err(lost)?;
    String::from_utf8(answer?).map_err(|_| "what was typed is not UTF-8".to_owned())
}

/// A terminal that shows nothing and sends every key, until this is dropped.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn new(terminal: &File) -> Result<Self, String> {
        let cannot = |error: std::io::Error| format!("the terminal cannot be used: {error}");
        let before = tcgetattr(terminal).map_err(|error| cannot(error.into()))?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(terminal, OptionalActions::Flush, &quiet).map_err(|error| cannot(error.into()))?;
        Ok(Self {
            terminal: terminal.try_clone().map_err(cannot)?,
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

fn read(terminal: &mut File) -> Result<Vec<u8>, String> {
    let canceled = || Err("the question was not answered".to_owned());
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match terminal.read(&mut byte) {
            Ok(0) => return canceled(),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(format!("the terminal does not answer: {error}")),
        }
        match byte[0] {
            b'\r' | b'\n' => return Ok(line),
            0x04 if !line.is_empty() => return Ok(line),
            // Ctrl-C, Ctrl-\, and Ctrl-D where nothing was typed.
            0x03 | 0x1c | 0x04 => return canceled(),
            // Backspace takes a whole character.
            0x08 | 0x7f => while line.pop().is_some_and(|it| it & 0xc0 == 0x80) {},
            0x15 => line.clear(),
            _ if line.len() >= LONGEST => return Err("what was typed is too long".to_owned()),
            other => line.push(other),
        }
    }
}
