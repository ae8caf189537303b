//! One ssh process per connection, started by us with a deadline, then spoken to through its socket.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Once};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::Command;
use tokio::time::{self, Instant};

use crate::cause::{Cause, Unreachable};
use crate::inventory::Connection;
use crate::name::HostName;
use crate::transport::credentials::Credentials;
use crate::transport::pipes::{Pipes, Process, Tail};
use crate::transport::ssh::askpass::Desk;
use crate::transport::ssh::cause;
use crate::transport::ssh::options::{self, Target};
use crate::transport::ssh::refusal;
use crate::transport::ssh::socket::{self, Lock};

/// How long a socket may take to say that its master is there.
const ALIVE: Duration = Duration::from_secs(1);
/// How long a master outlives a run that does not want it to stay and could not end it: longer than an installation may
/// take, during which no session holds it.
const BRIEF: Duration = Duration::from_secs(70);
/// At most this much of a log is read.
const LOG_LIMIT: usize = 256 << 10;

/// A master that was there and answered, or that has just been started.
#[derive(Debug, Clone)]
pub(in crate::transport) struct Master {
    session: Arc<openssh::Session>,
    socket: PathBuf,
    /// How ssh is called for a session of its own.
    args: Arc<Vec<OsString>>,
    /// Whether the ssh-agent of this machine can be asked from its sessions.
    forwards: bool,
    /// Whether it was there already.
    pub(in crate::transport) reused: bool,
}

/// Finds the master for a host, or starts one. `stale`: one that is there does not work any more.
pub(in crate::transport) async fn acquire(
    host: &HostName,
    connection: &Connection,
    credentials: &Credentials,
    config: Option<&Path>,
    persist: Duration,
    stale: bool,
    deadline: Instant,
) -> Result<Master, Unreachable> {
    let target = options::target(host, connection, credentials, config, deadline).await?;
    let path = socket::path(&target, config, persist.is_zero())?;
    if let Some(dir) = path.parent() {
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| socket::sweep(dir));
    }
    let locked = time::timeout_at(deadline, Lock::of(&path)).await;
    let _lock = match locked {
        Ok(Ok(lock)) => lock,
        Ok(Err(error)) => return Err(local(&format!("cannot lock `{}`: {error}", path.display()))),
        Err(_) => {
            let message = "another run is still connecting to this host";
            return Err(Unreachable::new(Cause::Timeout, message));
        }
    };
    let args = Arc::new(options::session(&target, &path));
    let forwards = target.forwards;
    let at = |master| Master {
        args,
        forwards,
        ..master
    };
    if let Some(master) = alive(&path).await {
        if !stale {
            return Ok(at(master));
        }
        master.end().await;
    }
    launch(&target, &path, credentials, persist, deadline).await?;
    // It listened before it went to the background, or does without: whether it answers is seen when it is asked.
    if !path.exists() {
        let log = read_log(&path);
        end_strays(&path);
        return Err(cause::of(&log, &target, false));
    }
    Ok(at(Master::at(&path, false)))
}

/// Whether the master of a socket is there.
pub(in crate::transport) async fn is_alive(socket: &Path) -> bool {
    alive(socket).await.is_some()
}

async fn alive(path: &Path) -> Option<Master> {
    if !path.exists() {
        return None;
    }
    let master = Master::at(path, true);
    let answer = time::timeout(ALIVE, master.session.check()).await;
    matches!(answer, Ok(Ok(()))).then_some(master)
}

/// Starts ssh and waits until it has gone to the background.
async fn launch(
    target: &Target,
    socket: &Path,
    credentials: &Credentials,
    persist: Duration,
    deadline: Instant,
) -> Result<(), Unreachable> {
    let log = socket::log_path(socket);
    // Over a socket that is there, even a dead one, ssh would run unshared and for ever.
    drop(fs::remove_file(socket));
    drop(fs::remove_file(&log));
    let log_file = OpenOptions::new()
        .create_new(true)
        .append(true)
        .mode(0o600)
        .open(&log)
        .map_err(|error| local(&format!("cannot write `{}`: {error}", log.display())))?;
    let persist = if persist.is_zero() { BRIEF } else { persist };
    let mut desk = Desk::open(socket::asked_path(socket), credentials)?;
    let environment = desk.iter().flat_map(Desk::environment);
    let mut child = Command::new("ssh")
        .args(options::master(target, socket, &log, persist))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // Jump hosts and proxy commands write there: their words belong to the cause.
        .stderr(log_file)
        // It runs the command that goes through jump hosts, which is written for this one.
        .env("SHELL", "/bin/sh")
        .envs(environment)
        .process_group(0)
        .spawn()
        .map_err(|error| local(&format!("cannot start `ssh`: {error}")))?;
    if let (Some(desk), Some(id)) = (&mut desk, child.id()) {
        desk.answer(id);
    }
    let mut group = Group::of(&child);
    let status = time::timeout_at(deadline, child.wait()).await;
    let failed = |hurried| {
        let log = read_log(socket);
        let asked = desk.as_ref().map(Desk::asked);
        let cause = cause::of(&log, target, hurried);
        let cause = refusal::explained(cause, &log, asked.as_ref());
        drop(fs::remove_file(socket::log_path(socket)));
        drop(fs::remove_file(socket));
        cause
    };
    match status {
        Ok(Ok(status)) if status.success() => {
            group.release();
            Ok(())
        }
        Ok(Ok(_)) => Err(failed(false)),
        Ok(Err(error)) => Err(local(&format!("cannot wait for `ssh`: {error}"))),
        Err(_) => {
            group.kill();
            drop(child.wait().await);
            Err(failed(true))
        }
    }
}

/// The process group of an ssh that is on its way; killed with everything in it unless it is released.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &tokio::process::Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(id.cast_signed())))
    }

    fn release(&mut self) {
        self.0 = None;
    }

    fn kill(&mut self) {
        if let Some(group) = self.0.take() {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ends processes that were launched with this socket's log and do not serve the socket: ssh goes on unshared where
/// it cannot listen. A master that listens has renamed itself and is not found by this.
fn end_strays(socket: &Path) {
    let log = socket::log_path(socket);
    let Some(log) = log.to_str() else { return };
    let Ok(processes) = fs::read_dir("/proc") else {
        return;
    };
    for process in processes.flatten() {
        let pid = process.file_name().to_str().and_then(|it| it.parse().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else {
            continue;
        };
        let Ok(line) = fs::read(process.path().join("cmdline")) else {
            continue;
        };
        let mut words = line.split(|byte| *byte == 0);
        if words.any(|word| word == b"-E") && words.next() == Some(log.as_bytes()) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn read_log(socket: &Path) -> Vec<u8> {
    let mut log = fs::read(socket::log_path(socket)).unwrap_or_default();
    let excess = log.len().saturating_sub(LOG_LIMIT);
    log.drain(..excess);
    log
}

/// A session by an ssh of its own, which asks the master for it, and for what only ssh can ask for.
fn forwarding(args: &[OsString], command: &str) -> Result<Pipes, Unreachable> {
    let mut ssh = Command::new("ssh");
    Pipes::start(ssh.args(args).arg(command).kill_on_drop(true))
        .map_err(|error| local(&format!("cannot start `ssh`: {error}")))
}

fn local(message: &str) -> Unreachable {
    Unreachable::new(Cause::Local, message)
}

impl Master {
    fn at(socket: &Path, reused: bool) -> Self {
        Self {
            session: Arc::new(openssh::Session::resume_mux(socket.into(), None)),
            socket: socket.to_path_buf(),
            args: Arc::default(),
            forwards: false,
            reused,
        }
    }

    /// The command line of ssh for a session of its own, at a terminal.
    pub(in crate::transport) fn terminal(&self) -> Vec<OsString> {
        let at_terminal = |arg: &OsString| if arg == "-T" { "-tt".into() } else { arg.clone() };
        let args = self.args.iter().map(at_terminal);
        std::iter::once("ssh".into()).chain(args).collect()
    }

    /// Has the login's own shell run something.
    pub(in crate::transport) async fn shell(&self, command: &str) -> Result<Pipes, Unreachable> {
        if self.forwards {
            return forwarding(&self.args, command);
        }
        let mut command = Arc::clone(&self.session).arc_raw_command(command);
        command
            .stdin(openssh::Stdio::piped())
            .stdout(openssh::Stdio::piped())
            .stderr(openssh::Stdio::piped());
        let mut child = command.spawn().await.map_err(|error| {
            let mut message = format!("the SSH server opened no session: {error}");
            let mut source = std::error::Error::source(&error);
            while let Some(inner) = source {
                message = format!("{message}: {inner}");
                source = inner.source();
            }
            Unreachable::new(Cause::Other, message)
        })?;
        let (input, output, stderr) = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let (Some(input), Some(output), Some(stderr)) = (input, output, stderr) else {
            return Err(local("a session without pipes"));
        };
        Ok(Pipes {
            input: Box::new(input),
            output: Box::new(output),
            stderr: Tail::of(stderr),
            process: Process::Channel {
                channel: child,
                socket: self.socket.clone(),
            },
        })
    }

    /// Asks the master to end once its sessions have, and takes its files away.
    pub(in crate::transport) async fn end(&self) {
        let session = openssh::Session::resume_mux(self.socket.as_path().into(), None);
        drop(time::timeout(ALIVE, session.close()).await);
        for file in [self.socket.clone(), socket::log_path(&self.socket)] {
            drop(fs::remove_file(file));
        }
    }
}
