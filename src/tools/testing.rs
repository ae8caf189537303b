//! A controller for tests: it keeps what it is told.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Mutex;

use crate::blob::{Blobs, Range};
use crate::failure::Failure;
use crate::system::{Cancel, Level, Link, PredictedHost, Push, Stream, Writer};
use crate::tool::{Apply, Controller, Served};
use crate::tools::registry;
use crate::value::Value;

/// Keeps what it is told, and has the content of its blobs.
#[derive(Debug, Default)]
pub(crate) struct TestLink {
    pub(crate) blobs: Blobs,
    pub(crate) cancel: Cancel,
    pub(crate) output: Mutex<Vec<(Stream, Vec<u8>)>>,
    pub(crate) logs: Mutex<Vec<(Level, String)>>,
    pub(crate) warnings: Mutex<Vec<String>>,
    pub(crate) level: Mutex<Option<Level>>,
    pub(crate) quit: Mutex<Option<i32>>,
    pub(crate) pulled: Mutex<u64>,
    pub(crate) pushed: Mutex<VecDeque<Push>>,
}

struct Pull<'a> {
    link: &'a TestLink,
    /// What is to come.
    ranges: VecDeque<Range>,
}

impl Read for Pull<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.ranges.front().is_some_and(|it| it.size == 0) {
            self.ranges.pop_front();
        }
        let Some(range) = self.ranges.front_mut() else {
            return Ok(0);
        };
        let rest = usize::try_from(range.size).unwrap();
        let read = self
            .link
            .blobs
            .read(range.blob, range.offset, buffer.len().min(64 << 10).min(rest));
        let bytes = read.map_err(std::io::Error::other)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        range.offset += bytes.len() as u64;
        range.size -= bytes.len() as u64;
        *self.link.pulled.lock().unwrap() += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl Link for TestLink {
    fn open(&self, ranges: &[Range]) -> Box<dyn Read + '_> {
        Box::new(Pull {
            link: self,
            ranges: ranges.iter().copied().collect(),
        })
    }
    fn push(&self, push: Push) {
        self.pushed.lock().unwrap().push_back(push);
    }
    fn output(&self, stream: Stream, bytes: &[u8]) {
        self.output.lock().unwrap().push((stream, bytes.to_vec()));
    }
    fn log(&self, level: Level, message: &str) {
        self.logs.lock().unwrap().push((level, message.to_owned()));
    }
    fn set_log_level(&self, level: Level) {
        *self.level.lock().unwrap() = Some(level);
    }
    fn warn(&self, message: String) {
        self.warnings.lock().unwrap().push(message);
    }
    fn cancel(&self) -> &Cancel {
        &self.cancel
    }
    fn quit(&self, code: i32) {
        *self.quit.lock().unwrap() = Some(code);
    }
}

impl TestLink {
    /// Calls a tool as a run would.
    pub(crate) fn serve(&self, tool: &str, args: &Value, apply: Apply) -> Result<Served, Failure> {
        let registry = registry();
        let entry = registry.get(tool).expect("the tool is registered");
        let prepared = entry.prepare(args.clone().into(), Controller { blobs: &self.blobs })?;
        let served = entry.serve(&prepared, apply, true, &Writer::new(self))?;
        if let Some(target) = prepared.target.filter(|_| apply == Apply::Yes) {
            Writer::new(self).collect(&target, &self.blobs, &mut || {
                self.pushed.lock().unwrap().pop_front()
            })?;
        }
        Ok(served)
    }

    /// Calls a tool as check mode does: on the host as it would be after earlier calls.
    pub(crate) fn foresee(
        &self,
        tool: &str,
        args: &Value,
        host: &PredictedHost,
        id: u64,
    ) -> Result<Served, Failure> {
        let registry = registry();
        let entry = registry.get(tool).expect("the tool is registered");
        let prepared = entry.prepare(args.clone().into(), Controller { blobs: &self.blobs })?;
        entry.serve(
            &prepared,
            Apply::No,
            true,
            &Writer::predicting(self, host, id, None),
        )
    }

    /// Calls a tool with arguments in JSON, and applies.
    pub(crate) fn call(&self, tool: &str, args: serde_json::Value) -> Result<Served, Failure> {
        self.serve(tool, &value(args), Apply::Yes)
    }

    /// Calls a tool with arguments in JSON, and only looks.
    pub(crate) fn check(&self, tool: &str, args: serde_json::Value) -> Result<Served, Failure> {
        self.serve(tool, &value(args), Apply::No)
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.warnings.lock().unwrap())
    }
}

/// Data from JSON.
pub(crate) fn value(json: serde_json::Value) -> Value {
    serde_json::from_value(json).expect("JSON is data")
}

/// Runs something on a thread that has mounts of its own; `false` where nothing can be mounted.
pub(crate) fn in_own_mounts(run: impl FnOnce() + Send) -> bool {
    std::thread::scope(|scope| {
        let own = scope.spawn(|| {
            #[expect(
                unsafe_code,
                reason = "only this thread's view of mounts is another one afterwards"
            )]
            // SAFETY: no descriptor table is shared any less, so that no descriptor dangles.
            let own = unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNS) };
            let private = ["--make-rprivate", "/"];
            let mount = || std::process::Command::new("mount").args(private).status();
            let is_own = own.is_ok() && mount().is_ok_and(|status| status.success());
            if is_own {
                run();
            }
            is_own
        });
        own.join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Makes this thread that of a user who owns nothing.
pub(crate) fn become_nobody() {
    use rustix::process::{Gid, Uid};
    let (uid, gid) = (Uid::from_raw(65_534), Gid::from_raw(65_534));
    rustix::thread::set_thread_groups(&[]).unwrap();
    rustix::thread::set_thread_res_gid(gid, gid, gid).unwrap();
    rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
}

/// Says what a test cannot do here.
pub(crate) fn left_out(what: &str) {
    eprintln!("left out: {what}");
}
