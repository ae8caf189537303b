//! The agent alone: what is sent to hosts.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    // As the whole program does, so that a host starts either in the same way.
    let args = words.get(2..).filter(|_| words[1] == "agent");
    let code = rmote_play::agent::main(args.unwrap_or_default());
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
