//! `rmote-play agent`: the process around the serve loop.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::panic;
use std::path::Path;
use std::sync::Arc;

use rustix::process::{self, DumpableBehavior};

use crate::agent::channel::{self, Channel};
use crate::agent::facts;
use crate::agent::serve::serve;
use crate::agent::straight::{AfterScript, Answering};
use crate::bootstrap;
use crate::protocol::{Hello, MARK, VERSION};
use crate::system::{guarded_by, kill_running, stand_guard};
use crate::tools;

/// What starts the process that ends the children of an agent which was killed.
const GUARD: [&str; 2] = ["agent", "--guard"];

/// Runs the agent: `agent BUILD` serves on standard input and output, `agent BUILD NONCE` does so in the place of a shell
/// that would have started it, `agent BUILD deputy` for another agent; `agent --probe` only shows that the binary runs
/// here. Gives the exit code.
pub fn main(args: &[OsString]) -> i32 {
    let mut nonce = None;
    let build = match args {
        [one] if one == "--probe" => return 0,
        [one] if one == GUARD[1] => {
            outlive_hangup();
            return i32::from(stand_guard(io::stdin()).is_err());
        }
        [build] => build,
        [build, word] if word == "deputy" => {
            outlive_hangup();
            build
        }
        [build, word] if word.to_str().is_some_and(bootstrap::is_nonce) => {
            nonce = word.to_str();
            build
        }
        _ => {
            // Who starts it by hand is told what it is; a closed standard error is nobody's loss.
            drop(writeln!(io::stderr(), "{MARK}: rmote-play starts it on hosts"));
            return 64;
        }
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
        build: build.to_string_lossy().into_owned(),
        pid: std::process::id(),
        boot_id: facts::boot_id(),
        facts: facts::gather(),
    };
    guarded_by(&GUARD);
    if nonce.is_some() && lies_open() {
        // It is looked for elsewhere, then.
        drop(writeln!(
            complaints,
            "the directory of the agent can be written by others"
        ));
        return 1;
    }
    let servers = Arc::new(tools::servers());
    let ended = match nonce {
        None => serve(servers, hello, input, output),
        Some(nonce) => serve(
            servers,
            hello,
            AfterScript::of(input),
            Answering::on(output, nonce),
        ),
    };
    // Nobody waits for them any more.
    kill_running();
    ended.unwrap_or_else(|error| {
        // The controller quotes it, if it still listens.
        drop(writeln!(complaints, "the agent ends: {error}"));
        1
    })
}

/// Whether others may write the directory that this program is in, so that it may be anybody's tomorrow. The shell that has
/// started it could not see that.
fn lies_open() -> bool {
    let own = fs::read_link("/proc/self/exe").ok();
    let folder = own.as_deref().and_then(Path::parent);
    let meta = folder.and_then(|it| it.metadata().ok());
    meta.is_some_and(|it| it.mode() & 0o022 != 0)
}

/// A terminal that is hung up on ends what runs at it, by one signal or by the two that `sudo` makes of it. A deputy ends
/// when its input does, and first ends its children.
#[expect(unsafe_code, reason = "the standard library sets no signal handlers")]
fn outlive_hangup() {
    extern "C" fn nothing(_: libc::c_int) {}
    let handler = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
    for signal in [libc::SIGHUP, libc::SIGTERM] {
        // SAFETY: the handler does nothing at all, so it may run at any time; and programs that are started later do not
        // have it.
        unsafe { libc::signal(signal, handler) };
    }
}
