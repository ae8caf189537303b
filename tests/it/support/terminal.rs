//! A pseudo-terminal at which the binary is used, by somebody who reads and types.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::{Scene, descendants, program, skip};

/// What is not shown by then never will be.
const PATIENCE: Timespec = Timespec {
    tv_sec: 30,
    tv_nsec: 0,
};

/// Somebody at a terminal.
#[derive(Debug)]
pub(crate) struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    shown: Vec<u8>,
    read: usize,
}

impl Terminal {
    /// Starts the binary at a terminal of 24 rows and 90 columns; `None` where there is no program that makes one.
    pub(crate) fn start(scene: &Scene, args: &str) -> Option<Self> {
        let Some(script) = program("script") else {
            skip("util-linux's script is not installed");
            return None;
        };
        let command = format!(
            "stty rows 24 cols 90; exec {} {args}",
            env!("CARGO_BIN_EXE_rmote-play")
        );
        let mut child = Command::new(script)
            .args(["-q", "-e", "-c", &command, "/dev/null"])
            .current_dir(scene.dir())
            .env("HOME", scene.path("home"))
            .env("XDG_RUNTIME_DIR", scene.path("run"))
            .env("XDG_STATE_HOME", scene.path("home/state"))
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .env_remove("CI")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (keys, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Some(Self {
            child,
            keys,
            screen,
            shown: Vec::new(),
            read: 0,
        })
    }

    /// Reads until this is shown, after all that was waited for before.
    #[track_caller]
    pub(crate) fn sees(&mut self, text: &str) -> &mut Self {
        loop {
            let rest = String::from_utf8_lossy(&self.shown[self.read..]).into_owned();
            if let Some(at) = rest.find(text) {
                self.read += at + text.len();
                return self;
            }
            assert!(self.reads(), "no `{text}` in: {rest:?}");
        }
    }

    /// Waits for more; `false`: there will be none.
    #[track_caller]
    fn reads(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let mut ready = [PollFd::new(&self.screen, PollFlags::IN)];
        let is_ready = poll(&mut ready, Some(&PATIENCE)).unwrap() > 0;
        let shown = String::from_utf8_lossy(&self.shown);
        assert!(is_ready, "nothing comes after: {shown:?}");
        let count = self.screen.read(&mut bytes).unwrap();
        self.shown.extend(&bytes[..count]);
        count > 0
    }

    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        self.keys.write_all(text.as_bytes()).unwrap();
        self
    }

    /// Sends a signal to the binary.
    pub(crate) fn is_sent(&mut self, signal: Signal) {
        let is_it = |pid: &u32| {
            std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|it| it == "rmote-play\n")
        };
        let pid = descendants(self.child.id()).into_iter().find(is_it).unwrap();
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// The exit code, and all that was shown.
    #[track_caller]
    pub(crate) fn ends(mut self) -> (Option<i32>, String) {
        while self.reads() {}
        let status = self.child.wait().unwrap();
        (
            status.code(),
            String::from_utf8_lossy(&self.shown).replace('\r', ""),
        )
    }
}

impl Drop for Terminal {
    /// Where a test fails, its terminal hangs up on what runs there.
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
