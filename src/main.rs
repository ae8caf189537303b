//! The program: the agent at the far end of a connection, or the command line,
//! or what ssh asks its questions by.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::ExitCode;

use rmote_play::cli::answer_ssh;
use rmote_play::transport::ASKPASS;

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    if let (Some(socket), [_, question]) = (env::var_os(ASKPASS), &words[..]) {
        let is_answered = answer_ssh(Path::new(&socket), question.as_bytes());
        return ExitCode::from(u8::from(!is_answered));
    }
    match words.get(1) {
        // Before anything else, so that an agent is there at once.
        Some(first) if first == "agent" => {
            let code = rmote_play::agent::main(&words[2..]);
            ExitCode::from(u8::try_from(code).unwrap_or(1))
        }
        _ => rmote_play::cli::run(words).into(),
    }
}
