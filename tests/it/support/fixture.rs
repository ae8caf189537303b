//! A sealed scene for the real binary: a folder with a playbook, files, an ssh configuration and an environment of its
//! own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::{Machine, Ran, Running, Sshd};

const BINARY: &str = env!("CARGO_BIN_EXE_rmote-play");
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Describes a scene. `{DIR}` in the playbook and in files stands for the scene's folder.
#[derive(Debug)]
#[must_use]
pub(crate) struct Fixture {
    playbook: String,
    files: Vec<(String, Vec<u8>)>,
    ssh_config: String,
    env: Vec<(String, String)>,
    limit: Duration,
    persist: bool,
    network: Option<PathBuf>,
    beside: Option<Vec<u8>>,
}

impl Fixture {
    /// With this text as `site.yml`.
    pub(crate) fn new(playbook: impl Into<String>) -> Self {
        Self {
            playbook: playbook.into(),
            files: Vec::new(),
            ssh_config: String::new(),
            env: Vec::new(),
            limit: Duration::from_mins(1),
            persist: false,
            network: None,
            beside: None,
        }
    }

    /// With a copy of the binary, beside which this lies as its agent.
    pub(crate) fn beside(mut self, agent: impl Into<Vec<u8>>) -> Self {
        self.beside = Some(agent.into());
        self
    }

    /// With another file.
    pub(crate) fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.to_owned(), content.into()));
        self
    }

    /// With a host that is this server.
    pub(crate) fn host(mut self, alias: &str, sshd: &Sshd) -> Self {
        self.ssh_config.push_str(&sshd.block(alias));
        self
    }

    /// With a host that is this machine; the run then happens in the network of its lab.
    pub(crate) fn machine(mut self, alias: &str, machine: &Machine) -> Self {
        self.ssh_config.push_str(&machine.block(alias));
        self.network = Some(machine.lab().network());
        self
    }

    /// With a block of the ssh configuration.
    pub(crate) fn ssh(mut self, block: &str) -> Self {
        self.ssh_config.push_str(block);
        self
    }

    /// With a variable of the environment; `{DIR}` in it is replaced, too.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// A run that takes longer is killed, and the test fails. Otherwise a minute.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Connections stay after a run, as they do for users.
    pub(crate) fn persist(mut self) -> Self {
        self.persist = true;
        self
    }

    /// Lays the scene out.
    pub(crate) fn build(self) -> Scene {
        // The sockets of connections lie below it, and the paths of sockets are short.
        let dir = tempfile::Builder::new()
            .prefix("play")
            .tempdir()
            .expect("a temporary directory");
        for (folder, mode) in [("home", 0o755), ("run", 0o700), ("t", 0o755)] {
            fs::create_dir(dir.path().join(folder)).unwrap();
            fs::set_permissions(dir.path().join(folder), fs::Permissions::from_mode(mode)).unwrap();
        }
        let scene = Scene {
            dir,
            env: self.env,
            limit: self.limit,
            persist: self.persist,
            network: self.network,
            binary: self
                .beside
                .as_ref()
                .map_or_else(|| BINARY.into(), |_| "copied/rmote-play".to_owned()),
        };
        if let Some(agent) = self.beside {
            scene.write("copied/rmote-play-agent", &agent);
            // By another process: a child that a test beside this one forks would hold what is open for writing here, and
            // what is open for writing cannot be run.
            let mut copy = Command::new("cp");
            copy.arg(BINARY).arg(scene.path("copied/rmote-play"));
            assert!(copy.status().unwrap().success());
        }
        scene.write("site.yml", self.playbook.as_bytes());
        scene.write("ssh_config", self.ssh_config.as_bytes());
        for (path, content) in self.files {
            scene.write(&path, &content);
        }
        scene
    }

    /// Lays the scene out and runs its playbook there.
    pub(crate) fn run(self, args: &[&str]) -> Ran {
        self.build().run(args)
    }

    /// The same, with the events of the run.
    pub(crate) fn events(self, args: &[&str]) -> Ran {
        self.build().events(args)
    }
}

/// A scene that is laid out. What happens in it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Scene {
    dir: TempDir,
    env: Vec<(String, String)>,
    limit: Duration,
    persist: bool,
    network: Option<PathBuf>,
    binary: String,
}

impl Scene {
    /// A path in it.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// Its folder.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The text of a file in it.
    pub(crate) fn read(&self, relative: &str) -> String {
        let path = self.path(relative);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
    }

    /// Writes a file in it; `{DIR}` in text is replaced.
    pub(crate) fn write(&self, relative: &str, content: &[u8]) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().expect("it is below the scene")).unwrap();
        let content = match std::str::from_utf8(content) {
            Ok(text) => text
                .replace("{DIR}", &self.dir.path().display().to_string())
                .into_bytes(),
            Err(_) => content.to_vec(),
        };
        fs::write(path, content).unwrap();
    }

    /// Runs the playbook.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.start(args).wait()
    }

    /// Runs the playbook and reads its events.
    pub(crate) fn events(&self, args: &[&str]) -> Ran {
        self.run(&[args, &["--output", "json"]].concat())
    }

    /// Starts the playbook.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        let persist: &[&str] = if self.persist { &[] } else { &["--persist", "0s"] };
        let args = [&["--ssh-config", "ssh_config"], persist, args, &["site.yml"]].concat();
        self.spawn(&args)
    }

    /// Runs the binary with exactly these arguments.
    pub(crate) fn rmote_play(&self, args: &[&str]) -> Ran {
        self.spawn(args).wait()
    }

    fn spawn(&self, args: &[&str]) -> Running {
        let binary = self.dir.path().join(&self.binary);
        let mut command = match &self.network {
            None => Command::new(binary),
            Some(network) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net={}", network.display())).arg(binary);
                command
            }
        };
        command
            .args(args)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .process_group(0);
        command
            .env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C.UTF-8")
            .env("TMPDIR", self.dir.path());
        command
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"));
        command.env("XDG_STATE_HOME", self.path("home/state"));
        command.env("XDG_CACHE_HOME", shared_cache());
        let dir = self.dir.path().display().to_string();
        command.envs(
            self.env
                .iter()
                .map(|(name, value)| (name, value.replace("{DIR}", &dir))),
        );
        Running::new(command, self.limit)
    }
}

/// One cache for all tests: what is in it is named after its content.
fn shared_cache() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("controller-cache");
    fs::create_dir_all(&path).unwrap();
    path
}
