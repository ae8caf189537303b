//! `rmote-play agent`: the process around the serve loop.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
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
    for child in children().unwrap_or_else(|_| search_children()) {
        // One that leads no group of its own was not started for a call. Any may have ended by itself.
        if process::getpgid(Some(child)).is_ok_and(|group| group == child) {
            let _ = process::kill_process_group(child, Signal::KILL);
        }
    }
}

/// This process's children, thread by thread, as the kernel lists them where it was built to.
fn children() -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for thread in fs::read_dir("/proc/self/task")? {
        let list = fs::read_to_string(thread?.path().join("children"))?;
        found.extend(list.split_whitespace().filter_map(pid));
    }
    Ok(found)
}

/// The same by looking at every process, which takes longer the more there are.
fn search_children() -> Vec<Pid> {
    let own = std::process::id().cast_signed();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_ours = |process: &fs::DirEntry| {
        let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        // After the name in parentheses, which may itself hold spaces and parentheses: state, then parent.
        let parent = stat.rsplit(") ").next().unwrap_or_default().split(' ').nth(1);
        parent.and_then(|word| word.parse().ok()) == Some(own)
    };
    processes
        .filter(|process| process.file_name().to_str().and_then(pid).is_some())
        .filter(is_ours)
        .filter_map(|process| process.file_name().to_str().and_then(pid))
        .collect()
}

fn pid(text: &str) -> Option<Pid> {
    text.parse().ok().and_then(Pid::from_raw)
}
