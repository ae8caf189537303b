//! The program: the agent at the far end of a connection, or the command line.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    match args.split_first() {
        // Before anything else, so that an agent is there at once.
        Some((first, rest)) if first == "agent" => {
            let code = rmote_play::agent::main(rest);
            ExitCode::from(u8::try_from(code).unwrap_or(1))
        }
        _ => ExitCode::from(64),
    }
}
