//! One machine: started, looked at, cut off from its power, started again.

use std::fs;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use super::lab::Lab;
use super::roots::{cache, script};
use crate::support::descendants;

/// A machine that is not up by then never will be.
const BOOT_LIMIT: Timespec = Timespec {
    tv_sec: 60,
    tv_nsec: 0,
};

/// What a machine is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Debian; process 1 is a shell, services are scripts in `/etc/init.d`.
    Debian,
    /// Debian with systemd as process 1.
    Systemd,
    /// Debian with the programs of `OpenRC`.
    OpenRc,
    /// Pacman, and no apt.
    Arch,
    /// Dnf, and no apt.
    Fedora,
    /// Nothing but `BusyBox`; its accounts are `root` and `u`.
    BusyBox,
}

/// A running machine.
#[derive(Debug)]
pub(crate) struct Machine {
    lab: Lab,
    name: String,
    address: String,
    kind: Kind,
    folder: PathBuf,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    first: u32,
}

impl Machine {
    pub(super) fn start(lab: &Lab, name: &str, kind: Kind, number: u8) -> Self {
        assert!(name.len() < 13, "the name of a network device is short: {name}");
        let folder = lab.0.folder.join(name);
        fs::create_dir(&folder).expect("its name is its own in this lab");
        let agents = cache().join("agents");
        fs::create_dir_all(&agents).expect("root can make folders");
        std::os::unix::fs::symlink(agents, folder.join("cache")).expect("the folder is new");
        rustix::fs::mkfifoat(rustix::fs::CWD, folder.join("ready"), Mode::from_raw_mode(0o600))
            .expect("the folder is new");
        if kind == Kind::Systemd {
            let lab = lab.0.folder.file_name().expect("it has a name").display();
            let group = control_groups().join(format!("rmote-play-{lab}-{name}"));
            fs::write(folder.join("cgroup"), group.display().to_string()).expect("the folder is new");
        }
        let mut machine = Self {
            lab: lab.clone(),
            name: name.to_owned(),
            address: format!("10.0.0.{number}"),
            kind,
            folder,
            running: None,
        };
        machine.run("up");
        machine
    }

    fn run(&mut self, verb: &str) {
        let roots = &self.lab.0.roots;
        let layers: &[&str] = match self.kind {
            Kind::Debian | Kind::Systemd => &["debian"],
            Kind::OpenRc => &["openrc", "debian"],
            Kind::Arch => &["arch", "debian"],
            Kind::Fedora => &["fedora", "debian"],
            Kind::BusyBox => &["busybox"],
        };
        let layers: Vec<_> = layers
            .iter()
            .map(|it| roots.join(it).display().to_string())
            .collect();
        let kind = match self.kind {
            Kind::Systemd => "systemd",
            Kind::BusyBox => "busybox",
            _ => "plain",
        };
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let ready = rustix::fs::open(self.folder.join("ready"), flags, Mode::empty()).expect("it is a pipe");
        let log = fs::File::create(self.folder.join("log")).expect("the folder is ours");
        let mut command = self.lab.command("sh");
        command.arg(script("host.sh")).arg(verb).arg(&self.folder);
        command.args([&layers.join(":"), &self.name, &self.address, kind]);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log);
        let child = command.spawn().expect("nsenter starts");
        self.await_ready(&child, &ready);
        // nsenter waits for unshare, which waits for the machine's first process.
        let first = descendants(child.id())[1];
        self.running = Some(Running { child, first });
    }

    fn await_ready(&self, child: &Child, ready: &OwnedFd) {
        let pid = pid(child.id());
        let ended = pidfd_open(pid, PidfdFlags::empty()).expect("it is our child");
        let mut both = [
            PollFd::new(ready, PollFlags::IN),
            PollFd::new(&ended, PollFlags::IN),
        ];
        let found = poll(&mut both, Some(&BOOT_LIMIT)).expect("poll works");
        let is_up = found > 0 && both[0].revents().contains(PollFlags::IN);
        if !is_up {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            panic!("{} does not come up:\n{log}", self.name);
        }
    }

    /// The lab that it is in.
    pub(crate) fn lab(&self) -> &Lab {
        &self.lab
    }

    /// The block of an ssh configuration by which `alias` is this machine. Everybody who has an account there may log in
    /// with its key.
    pub(crate) fn block(&self, alias: &str) -> String {
        let roots = self.lab.0.roots.display();
        format!(
            "Host {alias}\n  HostName {}\n  IdentityFile {roots}/key\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
             UserKnownHostsFile {roots}/known_hosts\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  \
             KexAlgorithms curve25519-sha256\n",
            self.address
        )
    }

    /// A file of it, as this computer sees it while it runs. Links in it that are absolute lead astray.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        Path::new("/proc")
            .join(self.first().to_string())
            .join("root")
            .join(path.trim_start_matches('/'))
    }

    /// Its own layer: what differs from the root that it was made of.
    pub(crate) fn layer(&self) -> PathBuf {
        self.folder.join("up")
    }

    /// The text of a file of it.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path} on {}: {error}", self.name))
    }

    /// Writes a file of it, folders included.
    #[track_caller]
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it is below the root")).expect("root can make folders");
        fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Runs a shell script in it as root, without any server, and gives what came of it.
    pub(crate) fn sh(&self, script: &str) -> Output {
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(self.first().to_string());
        command.args([
            "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd",
        ]);
        command.args(["/bin/sh", "-c", script]);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8");
        command.env("HOME", "/root").stdin(Stdio::null());
        command.output().expect("nsenter starts")
    }

    /// The same for a script that must succeed: what it wrote.
    #[track_caller]
    pub(crate) fn says(&self, script: &str) -> String {
        let output = self.sh(script);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{script}\non {}: {}\n{said}{errors}",
            self.name,
            output.status
        );
        said
    }

    /// Cuts its power: all its processes are gone at once. Its files stay.
    pub(crate) fn power_off(&mut self) {
        if let Some(mut running) = self.running.take() {
            kill_process(pid(running.first), Signal::KILL).ok();
            running.child.wait().ok();
        }
    }

    /// Waits until it has gone down by itself.
    pub(crate) fn await_end(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.child.wait().expect("it is our child");
        }
    }

    /// Starts it again on its files, and waits until its server listens.
    pub(crate) fn boot(&mut self) {
        assert!(self.running.is_none(), "{} runs", self.name);
        self.run("again");
    }

    #[track_caller]
    fn first(&self) -> u32 {
        self.running
            .as_ref()
            .unwrap_or_else(|| panic!("{} does not run", self.name))
            .first
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.power_off();
    }
}

fn pid(pid: u32) -> Pid {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .expect("a process id")
}

/// Where control groups of version 2 are mounted.
fn control_groups() -> PathBuf {
    let mut mounts = String::new();
    fs::File::open("/proc/self/mountinfo")
        .and_then(|mut file| file.read_to_string(&mut mounts))
        .expect("a process sees its mounts");
    let found = mounts.lines().find(|line| line.contains(" - cgroup2 "));
    found
        .and_then(|line| line.split(' ').nth(4))
        .map(PathBuf::from)
        .expect("systemd needs control groups of version 2, and they are mounted nowhere")
}
