//! `rmote-play agent`: the process around the serve loop.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::panic;
use std::sync::Arc;

use rustix::process::{self, DumpableBehavior, Pid, Signal};

use crate::agent::channel::{self, Channel};
use crate::agent::facts;
use crate::agent::serve::serve;
use crate::protocol::{Hello, VERSION};
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
    end_children();
    ended.unwrap_or_else(|error| {
        // The controller quotes it, if it still listens.
        drop(writeln!(complaints, "the agent ends: {error}"));
        1
    })
}

/// Kills the process groups of children that have not ended: nobody waits for them any more.
fn end_children() {
    let own = std::process::id().cast_signed();
    let Ok(processes) = fs::read_dir("/proc") else {
        return;
    };
    for process in processes.flatten() {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(process.path().join("stat")) else {
            continue;
        };
        // After the name in parentheses, which may itself hold spaces and parentheses: state, parent, process group.
        let mut rest = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(1);
        let mut number = || rest.next().and_then(|word| word.parse::<i32>().ok());
        let (Some(parent), Some(group)) = (number(), number()) else {
            continue;
        };
        if parent == own
            && group == pid
            && let Some(group) = Pid::from_raw(group)
        {
            // It may have ended by itself.
            let _ = process::kill_process_group(group, Signal::KILL);
        }
    }
}
