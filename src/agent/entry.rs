//! `rmote-play agent`: the process around the serve loop.

use std::ffi::OsString;
use std::io::Write;
use std::panic;
use std::sync::Arc;

use rustix::process::{self, DumpableBehavior};

use crate::agent::channel::{self, Channel};
use crate::agent::facts;
use crate::agent::serve::serve;
use crate::protocol::{Hello, VERSION};
use crate::system::kill_running;
use crate::tools;

/// Runs the agent: `agent BUILD` serves on standard input and output, `agent --probe` only shows that the binary runs
/// here. Gives the exit code.
pub fn main(args: &[OsString]) -> i32 {
    let build = match args {
        [one] if one == "--probe" => return 0,
        [build] => build.to_string_lossy().into_owned(),
        _ => return 64,
    };
    let Ok(Channel {
        input,
        output,
        mut complaints,
    }) = channel::take()
    else {
        return 1;
    };
    // Arguments of calls may be secret: no core dumps, and no other process of this account looks into this one.
    let _ = process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    panic::set_hook(Box::new(|_| {}));
    let hello = Hello {
        version: VERSION,
        build,
        pid: std::process::id(),
        facts: facts::gather(),
    };
    let ended = serve(Arc::new(tools::registry()), hello, input, output);
    // Nobody waits for them any more.
    kill_running();
    ended.unwrap_or_else(|error| {
        // The controller quotes it, if it still listens.
        drop(writeln!(complaints, "the agent ends: {error}"));
        1
    })
}
