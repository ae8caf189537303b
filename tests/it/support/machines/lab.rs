//! A network for machines, and the process namespace in which all of them live and end.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use rustix::fs::FlockOperation;

use super::group;
use super::machine::{Kind, Machine};
use super::roots::{cache, roots};
use crate::support::{descendants, skip};

/// What its first process does: it makes the network, says so, and ends when whoever started it has ended.
const SETUP: &str = "set -e
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
ip link set lo up
ip link add lab type bridge
ip addr add 10.0.0.1/24 dev lab
ip link set lab up
echo ready
exec cat";

/// A lab with its machines. It ends with them when the last handle is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Lab(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) roots: PathBuf,
    pub(super) folder: PathBuf,
    /// The process that holds its namespaces.
    pub(super) pid: u32,
    last: AtomicU8,
    keeper: Child,
    input: Option<ChildStdin>,
    /// Locked as long as this process lives; whoever finds it unlocked may clean up.
    _lock: File,
}

impl Lab {
    /// A new lab; `None`, with the reason printed, where this computer cannot have one.
    pub(crate) fn start() -> Option<Self> {
        match Self::try_start() {
            Ok(lab) => Some(lab),
            Err(reason) => {
                skip(&reason);
                None
            }
        }
    }

    fn try_start() -> Result<Self, String> {
        let roots = roots()?;
        let (folder, lock) = claim();
        let mut keeper = Command::new("unshare")
            .args([
                "--mount",
                "--net",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
            ])
            .args(["sh", "-c", SETUP])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("unshare does not start: {error}"))?;
        let mut ready = [0];
        let output = keeper.stdout.as_mut().expect("it is piped");
        if output.read_exact(&mut ready).is_err() {
            let mut said = String::new();
            let mut errors = keeper.stderr.take().expect("it is piped");
            errors.read_to_string(&mut said).ok();
            keeper.wait().ok();
            fs::remove_dir_all(&folder).ok();
            return Err(format!("this computer allows no namespaces: {}", said.trim_end()));
        }
        let first = *descendants(keeper.id())
            .first()
            .expect("it has just said that it is ready");
        Ok(Self(Arc::new(Inner {
            roots,
            folder,
            pid: first,
            last: AtomicU8::new(10),
            input: keeper.stdin.take(),
            keeper,
            _lock: lock,
        })))
    }

    /// Starts a machine of this kind and waits until its server listens.
    pub(crate) fn machine(&self, name: &str, kind: Kind) -> Machine {
        let number = self.0.last.fetch_add(1, Ordering::SeqCst) + 1;
        Machine::start(self, name, kind, number)
    }

    /// A Debian whose process 1 is a shell: apt, sudo, doas, init scripts, no service manager.
    pub(crate) fn debian(&self, name: &str) -> Machine {
        self.machine(name, Kind::Debian)
    }

    /// A root filesystem that machines are layered over; never to be written to.
    pub(crate) fn root(&self, name: &str) -> PathBuf {
        self.0.roots.join(name)
    }

    /// Where the files of its machines are.
    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The network namespace, as a path that `nsenter --net` takes.
    pub(crate) fn network(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/ns/net", self.0.pid))
    }

    /// A command that runs in the lab's network and with its mounts, but sees the files of this computer.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(self.0.pid.to_string());
        command.args(["--mount", "--net", "--pid", program]);
        command
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.input.take());
        self.keeper.wait().ok();
        clean(&self.folder);
    }
}

/// A folder of this lab's own, after what earlier ones of dead processes left is gone.
fn claim() -> (PathBuf, File) {
    let labs = cache().join("labs");
    fs::create_dir_all(&labs).expect("root can make folders");
    let gate = File::create(cache().join("labs.lock")).expect("root can make files");
    rustix::fs::flock(&gate, FlockOperation::LockExclusive).expect("the lock is only held shortly");
    for entry in fs::read_dir(&labs).expect("it was just made").flatten() {
        let is_free = File::open(entry.path().join("lock"))
            .is_ok_and(|lock| rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok());
        if is_free {
            clean(&entry.path());
        }
    }
    sweep_agents();
    let folder = (0..10_000)
        .map(|number| labs.join(format!("{}-{number}", std::process::id())))
        .find(|folder| fs::create_dir(folder).is_ok())
        .expect("some number is free");
    let mut lock = File::create(folder.join("lock")).expect("root can make files");
    rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).expect("nobody else knows it");
    writeln!(lock, "{}", std::process::id()).ok();
    (folder, lock)
}

/// Agents of builds that are an hour old are not asked for any more.
fn sweep_agents() {
    for entry in fs::read_dir(cache().join("agents/rmote-play"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let age = entry
            .metadata()
            .and_then(|it| it.modified())
            .map(|it| it.elapsed().unwrap_or_default());
        if age.is_ok_and(|age| age > Duration::from_hours(1)) {
            fs::remove_file(entry.path()).ok();
        }
    }
}

/// Removes what a lab leaves when all its processes are gone: files and control groups. What names a group stays as long as
/// the group does, for the next one who cleans.
fn clean(folder: &Path) {
    let mut is_clean = true;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if let Ok(group) = fs::read_to_string(entry.path().join("cgroup")) {
            is_clean &= group::remove(Path::new(group.trim_end()));
        }
    }
    if is_clean {
        fs::remove_dir_all(folder).ok();
    }
}
