//! The program: the agent at the far end of a connection, or the command line.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    match words.get(1) {
        // Before anything else, so that an agent is there at once.
        Some(first) if first == "agent" => {
            let code = rmote_play::agent::main(&words[2..]);
            ExitCode::from(u8::try_from(code).unwrap_or(1))
        }
        _ => rmote_play::cli::run(words).into(),
    }
}
