//! What this program does where ssh has started it to ask: it prints the answer of the run.

use std::io::{self, Write as _};
use std::path::Path;

use crate::transport::ask;

/// Takes a question of ssh to the run that listens at a socket, and prints its answer; whether there is one.
pub fn answer_ssh(socket: &Path, question: &[u8]) -> bool {
    // A note that a key waits to be touched: there is nothing to answer.
    if std::env::var_os("SSH_ASKPASS_PROMPT").is_some_and(|it| it == "none") {
        return true;
    }
    let Ok(Some(mut answer)) = ask(socket, question) else {
        return false;
    };
    answer.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&answer).and_then(|()| output.flush()).is_ok()
}
