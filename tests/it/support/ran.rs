//! A run of the binary under way, and what came of it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

use super::peak_memory;

/// A run under way. It is killed with all that it started when it takes too long, or is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pid: u32,
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
    stderr: Option<JoinHandle<String>>,
    ended: mpsc::Receiver<ExitStatus>,
    peak: Arc<AtomicU64>,
    deadline: Instant,
    finished: bool,
}

impl Running {
    /// Starts a command.
    pub(crate) fn new(mut command: Command, limit: Duration) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let pid = child.id();
        let (send, lines) = mpsc::channel();
        let stdout = child.stdout.take().expect("it is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                if send.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        let mut stderr = child.stderr.take().expect("it is piped");
        let stderr = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            drop(stderr.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let peak = Arc::new(AtomicU64::new(0));
        let ended = watch(child, Arc::clone(&peak));
        Self {
            pid,
            lines,
            seen: Vec::new(),
            stderr: Some(stderr),
            ended,
            peak,
            deadline: Instant::now() + limit,
            finished: false,
        }
    }

    /// Waits for a line of standard output for which this holds, and gives it.
    pub(crate) fn await_line(&mut self, holds: impl Fn(&str) -> bool) -> String {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("the line never came; what came:\n{}", self.seen.join("\n"));
            };
            self.seen.push(line);
            let line = self.seen.last().expect("it was just pushed");
            if holds(line) {
                return line.clone();
            }
        }
    }

    /// Waits for an event of this kind.
    pub(crate) fn await_event(&mut self, kind: &str) -> Value {
        let line = self.await_line(|line| line.contains(&format!("\"event\":\"{kind}\"")));
        serde_json::from_str(&line).expect("an event is JSON")
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(pid(self.pid), signal).expect("it runs");
    }

    /// Waits for its end, and gives it back if that does not come so soon.
    pub(crate) fn ends_within(mut self, time: Duration) -> Result<Ran, Self> {
        assert!(Instant::now() < self.deadline, "the run does not end");
        match self.ended.recv_timeout(time) {
            Ok(status) => {
                self.finished = true;
                let (send, ended) = mpsc::channel();
                send.send(status).expect("the other end is here");
                self.ended = ended;
                Ok(self.wait())
            }
            Err(_) => Err(self),
        }
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ran {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let status = self.ended.recv_timeout(left);
        self.finished = status.is_ok();
        if !self.finished {
            kill_process_group(pid(self.pid), Signal::KILL).ok();
        }
        while let Ok(line) = self.lines.recv() {
            self.seen.push(line);
        }
        let stderr = self
            .stderr
            .take()
            .and_then(|reader| reader.join().ok())
            .unwrap_or_default();
        let stdout = self.seen.join("\n");
        let Ok(status) = status else {
            panic!("the run took too long and was killed\nstdout:\n{stdout}\nstderr:\n{stderr}");
        };
        Ran::new(status, stdout, stderr, self.peak.load(Ordering::SeqCst))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.finished {
            kill_process_group(pid(self.pid), Signal::KILL).ok();
        }
    }
}

/// Notes how much memory a process needs until it ends.
fn watch(mut child: Child, peak: Arc<AtomicU64>) -> mpsc::Receiver<ExitStatus> {
    let (send, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let status = loop {
            peak.fetch_max(peak_memory(child.id()), Ordering::SeqCst);
            match child.try_wait().expect("it is our child") {
                Some(status) => break status,
                // Whatever waits for the end without a pause cannot look at the memory meanwhile.
                None => std::thread::sleep(Duration::from_millis(3)),
            }
        };
        send.send(status).ok();
    });
    ended
}

fn pid(pid: u32) -> Pid {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .expect("a process id")
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code.
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) stdout: String,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
    /// Its events, where standard output is JSON Lines.
    pub(crate) events: Vec<Value>,
    /// The most memory that the controller had resident, in bytes.
    pub(crate) peak_memory: u64,
}

impl Ran {
    fn new(status: ExitStatus, stdout: String, stderr: String, peak_memory: u64) -> Self {
        let events = if stdout.starts_with("{\"seq\"") {
            let parse = |line: &str| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("no event ({error}): {line}"))
            };
            stdout.lines().map(parse).collect()
        } else {
            Vec::new()
        };
        Self {
            code: status.code(),
            stdout,
            stderr,
            events,
            peak_memory,
        }
    }

    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, Some(wanted), "{self}");
        self
    }

    /// Checks that a text stands in what people read.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let all = format!("{}\n{}", self.stdout, self.stderr);
        assert!(all.contains(text), "`{text}` is not said:\n{self}");
        self
    }

    /// Checks that a text does not stand in what people read.
    #[track_caller]
    pub(crate) fn never_says(self, text: &str) -> Self {
        let all = format!("{}\n{}", self.stdout, self.stderr);
        assert!(!all.contains(text), "`{text}` is said:\n{self}");
        self
    }

    /// All events of a kind.
    pub(crate) fn all(&self, kind: &str) -> Vec<&Value> {
        self.events
            .iter()
            .filter(|event| event["event"] == kind)
            .collect()
    }

    /// All ends of calls, groups, and iterations of groups.
    pub(crate) fn ends(&self) -> impl Iterator<Item = &Value> {
        let is_end = |event: &&Value| {
            ["call_ended", "iteration_ended", "group_ended"]
                .map(Value::from)
                .contains(&event["event"])
        };
        self.events.iter().filter(is_end)
    }

    /// The end of a call or group (by its label) on a host, items of loops left out.
    #[track_caller]
    pub(crate) fn end(&self, host: &str, label: &str) -> &Value {
        let mut fitting = self.ends().filter(|event| {
            event["event"] != "iteration_ended"
                && event["host"] == host
                && event["call"]["label"] == label
                && event["item"].is_null()
        });
        fitting
            .next()
            .unwrap_or_else(|| panic!("`{label}` has no end on {host}:\n{self}"))
    }

    /// The ends of the items of a looped call or group on a host.
    pub(crate) fn items(&self, host: &str, label: &str) -> Vec<&Value> {
        let fits = |event: &&Value| {
            event["host"] == host && event["call"]["label"] == label && !event["item"].is_null()
        };
        self.ends().filter(fits).collect()
    }

    /// How a call ended on a host.
    #[track_caller]
    pub(crate) fn outcome(&self, host: &str, label: &str) -> &str {
        self.end(host, label)["outcome"]
            .as_str()
            .expect("an outcome is text")
    }

    /// Checks how calls ended on a host.
    #[track_caller]
    pub(crate) fn outcomes(self, host: &str, wanted: &[(&str, &str)]) -> Self {
        for (label, outcome) in wanted {
            assert_eq!(
                self.outcome(host, label),
                *outcome,
                "`{label}` on {host}:\n{self}"
            );
        }
        self
    }

    /// The message with which a call failed on a host.
    #[track_caller]
    pub(crate) fn failure(&self, host: &str, label: &str) -> &str {
        let message = self.end(host, label)["error"]["message"].as_str();
        message.unwrap_or_else(|| panic!("`{label}` did not fail on {host}:\n{self}"))
    }

    /// The recap of a host.
    #[track_caller]
    pub(crate) fn recap(&self, host: &str) -> &Value {
        let end = self.events.last().unwrap_or_else(|| panic!("no events:\n{self}"));
        let hosts = end["hosts"]
            .as_array()
            .unwrap_or_else(|| panic!("no recap:\n{self}"));
        let recap = hosts.iter().find(|recap| recap["host"] == host);
        recap.unwrap_or_else(|| panic!("{host} is not in the recap:\n{self}"))
    }

    /// How a host came out.
    #[track_caller]
    pub(crate) fn host(&self, host: &str) -> &str {
        self.recap(host)["outcome"].as_str().expect("an outcome is text")
    }

    /// Why a host was not reached: the cause and the words.
    #[track_caller]
    pub(crate) fn unreachable(&self, host: &str) -> (&str, &str) {
        let events = self.all("unreachable");
        let event = events.into_iter().find(|event| event["host"] == host);
        let event = event.unwrap_or_else(|| panic!("{host} was reached:\n{self}"));
        let text = |key: &str| event[key].as_str().expect("text");
        (text("cause"), text("message"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = |text: &str| text.chars().take(20_000).collect::<String>();
        writeln!(f, "exit code {:?}\nstderr:\n{}", self.code, short(&self.stderr))?;
        if self.events.is_empty() {
            return write!(f, "stdout:\n{}", short(&self.stdout));
        }
        for event in &self.events {
            write!(
                f,
                "{} {}",
                event["at"],
                event["event"].as_str().unwrap_or_default()
            )?;
            for (key, value) in event.as_object().into_iter().flatten() {
                match key.as_str() {
                    "call" => write!(f, " {}", value["path"])?,
                    "seq" | "at" | "event" | "facts" | "rounds" | "took" => {}
                    _ => write!(f, " {key}={}", short(&value.to_string()))?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
