//! A private OpenSSH server on the loopback interface: own port, host key, client key and home.
//!
//! It is an accept loop that gives each connection an `sshd -i`, so that the kernel chooses the port and every process
//! is known.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{descendants, is_root, peak_memory, program, skip};

/// What the client knows of the server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust {
    /// The server's key.
    Right,
    /// Nothing.
    Unknown,
    /// Another key.
    Changed,
}

/// How a server differs from an ordinary one.
#[derive(Debug, Default)]
pub(crate) struct Setup {
    login: Option<String>,
    env: Vec<(String, String)>,
    fresh: bool,
    alone: bool,
    lines: String,
}

impl Setup {
    /// Every login runs this shell script, whatever was asked for, as a login shell's own files would.
    pub(crate) fn login(mut self, script: &str) -> Self {
        self.login = Some(script.to_owned());
        self
    }

    /// Sets a variable for every login.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.env
            .push((name.to_owned(), value.as_ref().display().to_string()));
        self
    }

    /// Adds a line to its configuration.
    pub(crate) fn line(mut self, line: &str) -> Self {
        self.lines = self.lines + line + "\n";
        self
    }

    /// No agent was ever here: its cache is empty, and where this machine allows it, it has folders for temporary files
    /// of its own, since agents lie there, too, when they find no better place.
    pub(crate) fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// The same, and without those folders it does not start.
    pub(crate) fn alone(mut self) -> Self {
        self.alone = true;
        self.fresh()
    }

    /// Starts it; `None`, with the reason printed, where this machine cannot.
    pub(crate) fn start(self) -> Option<Sshd> {
        let (Some(sshd), Some(_)) = (program("sshd"), program("ssh")) else {
            skip("OpenSSH's client and server are not installed");
            return None;
        };
        if is_root() {
            fs::create_dir_all("/run/sshd").expect("root can make sshd's own directory");
        }
        let keeper = if self.fresh { keeper() } else { None };
        if self.alone && keeper.is_none() {
            skip(
                "only root, where namespaces are allowed, can give a server empty folders for temporary files",
            );
            return None;
        }
        Some(Sshd::new(&sshd, &self, keeper))
    }
}

#[derive(Debug, Default)]
struct Shared {
    stopped: AtomicBool,
    connections: Mutex<Vec<Child>>,
}

/// A running server. It ends with all that it started when it is dropped.
#[derive(Debug)]
pub(crate) struct Sshd {
    dir: TempDir,
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
    keeper: Option<Child>,
}

impl Sshd {
    /// An ordinary server.
    pub(crate) fn start() -> Option<Self> {
        Setup::default().start()
    }

    /// A server that is to differ.
    pub(crate) fn setup() -> Setup {
        Setup::default()
    }

    fn new(program: &Path, setup: &Setup, keeper: Option<Child>) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("sshd")
            .tempdir()
            .expect("a temporary directory");
        let path = dir.path();
        fs::create_dir(path.join("home")).unwrap();
        for key in ["host_key", "other_host_key", "client_key", "other_client_key"] {
            make_key(&path.join(key));
        }
        fs::copy(path.join("client_key.pub"), path.join("authorized_keys")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().unwrap();
        let port = address.port();
        for (file, key) in [
            ("known_hosts", "host_key.pub"),
            ("changed_hosts", "other_host_key.pub"),
        ] {
            let key = fs::read_to_string(path.join(key)).unwrap();
            fs::write(path.join(file), format!("[127.0.0.1]:{port} {key}")).unwrap();
        }
        fs::write(path.join("no_hosts"), "").unwrap();
        write_configuration(path, setup);

        let shared = Arc::new(Shared::default());
        let mut command = match &keeper {
            Some(keeper) => {
                let mut command = Command::new("nsenter");
                command
                    .arg(format!("--mount=/proc/{}/ns/mnt", keeper.id()))
                    .arg(program);
                command
            }
            None => Command::new(program),
        };
        command.arg("-i").arg("-f").arg(path.join("sshd_config"));
        command.arg("-E").arg(path.join("log")).stderr(Stdio::null());
        let acceptor = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || accept(&listener, command, &shared))
        };
        Self {
            dir,
            address,
            shared,
            acceptor: Some(acceptor),
            keeper,
        }
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where logins find themselves.
    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// The block of an ssh configuration by which `alias` is this server.
    pub(crate) fn block(&self, alias: &str) -> String {
        self.block_with(alias, self.port(), Trust::Right, "client_key")
    }

    /// The same for clients that know it less well, or come over another port.
    pub(crate) fn block_with(&self, alias: &str, port: u16, trust: Trust, key: &str) -> String {
        let known = match trust {
            Trust::Right => "known_hosts",
            Trust::Unknown => "no_hosts",
            Trust::Changed => "changed_hosts",
        };
        let dir = self.dir.path().display();
        format!(
            "Host {alias}\n  HostName 127.0.0.1\n  Port {port}\n  HostKeyAlias [127.0.0.1]:{own}\n  \
             IdentityFile {dir}/{key}\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
             UserKnownHostsFile {dir}/{known}\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  \
             KexAlgorithms curve25519-sha256\n",
            own = self.port(),
        )
    }

    /// Gives the key of its clients a passphrase. The directory of its files.
    pub(crate) fn encrypt(&self, passphrase: &str) -> String {
        let dir = self.dir.path().display().to_string();
        let changed = Command::new("ssh-keygen")
            .args(["-q", "-p", "-P", "", "-N", passphrase, "-f"])
            .arg(format!("{dir}/client_key"))
            .status()
            .expect("ssh-keygen starts");
        assert!(changed.success());
        dir
    }

    /// How many logins it has accepted.
    pub(crate) fn logins(&self) -> usize {
        let log = fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        log.lines()
            .filter(|line| line.contains("Accepted publickey"))
            .count()
    }

    /// Every process of every connection, the servers themselves included.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let connections = self.shared.connections.lock().unwrap();
        let heads = connections.iter().map(Child::id);
        heads
            .flat_map(|pid| std::iter::once(pid).chain(descendants(pid)))
            .collect()
    }

    /// The most memory that one of its processes has had so far, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.processes().into_iter().map(peak_memory).max().unwrap_or(0)
    }

    /// Kills the servers of all connections; what they started lives on.
    pub(crate) fn kill_connections(&self) {
        signal(&self.servers(), Signal::KILL);
    }

    /// What runs on all connections, but not their servers.
    pub(crate) fn agents(&self) -> Vec<u32> {
        let mut all = self.processes();
        all.retain(|pid| !is_server(*pid));
        all
    }

    /// Stops the servers of all connections in their tracks: they stand, and say nothing any more.
    pub(crate) fn freeze_connections(&self) {
        signal(&self.servers(), Signal::STOP);
    }

    fn servers(&self) -> Vec<u32> {
        let mut all = self.processes();
        all.retain(|pid| is_server(*pid));
        all
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
        signal(&self.processes(), Signal::KILL);
        for mut connection in self.shared.connections.lock().unwrap().drain(..) {
            drop(connection.wait());
        }
        if let Some(mut keeper) = self.keeper.take() {
            keeper.kill().ok();
            keeper.wait().ok();
        }
    }
}

fn accept(listener: &TcpListener, mut command: Command, shared: &Shared) {
    while let Ok((stream, _)) = listener.accept() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let input = OwnedFd::from(stream);
        let output = input.try_clone().expect("a descriptor can be had twice");
        let child = command.stdin(input).stdout(output).spawn().expect("sshd starts");
        let mut connections = shared.connections.lock().unwrap();
        connections.retain_mut(|old| !matches!(old.try_wait(), Ok(Some(_))));
        connections.push(child);
        drop(connections);
        // The command would keep the connection open as long as it keeps its descriptors.
        command.stdin(Stdio::null()).stdout(Stdio::null());
    }
}

fn write_configuration(path: &Path, setup: &Setup) {
    let dir = path.display();
    let cache = if setup.fresh {
        path.join("home/.cache")
    } else {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("host-cache")
    };
    if !setup.fresh {
        fs::create_dir_all(&cache).unwrap();
    }
    let mut env = String::new();
    let usual = [("HOME", path.join("home")), ("XDG_CACHE_HOME", cache)];
    let usual = usual.map(|(name, value)| (name.to_owned(), value.display().to_string()));
    // Of two values of one variable the server takes the first.
    for (name, value) in setup.env.iter().chain(&usual) {
        write!(env, " \"{name}={value}\"").unwrap();
    }
    let mut text = format!(
        "HostKey {dir}/host_key\nAuthorizedKeysFile {dir}/authorized_keys\nPidFile none\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nUseDNS no\n\
         LogLevel VERBOSE\nSetEnv{env}\n"
    );
    text.push_str(&setup.lines);
    if let Some(script) = &setup.login {
        let file = path.join("login");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        writeln!(text, "ForceCommand {}", file.display()).unwrap();
    }
    fs::write(path.join("sshd_config"), text).unwrap();
}

/// Starts a process for which `/var/tmp` and `/dev/shm` are empty, and which does nothing but keep that so; `None` where
/// this machine does not allow it.
fn keeper() -> Option<Child> {
    let script =
        "mount -t tmpfs tmpfs /var/tmp && mount -t tmpfs tmpfs /dev/shm && echo && exec sleep infinity";
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", script])
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().ok()?;
    let mut ready = [0];
    let output = child.stdout.as_mut().expect("it is piped");
    if is_root() && output.read_exact(&mut ready).is_ok() {
        return Some(child);
    }
    child.kill().ok();
    child.wait().ok();
    None
}

fn make_key(path: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"])
        .arg(path)
        .status()
        .expect("ssh-keygen starts");
    assert!(made.success(), "ssh-keygen makes {}", path.display());
}

fn is_server(pid: u32) -> bool {
    let command = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    command.starts_with("sshd")
}

fn signal(pids: &[u32], signal: Signal) {
    for pid in pids {
        if let Some(pid) = i32::try_from(*pid).ok().and_then(Pid::from_raw) {
            // It may have ended by itself in the meantime.
            kill_process(pid, signal).ok();
        }
    }
}
