//! A real SSH server of our own: its keys, its port, its log, in a directory of its own.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rmote_play::inventory::{Connection, Transport};

/// Which key the client is told of.
#[derive(Clone, Copy)]
pub(super) enum Known {
    Right,
    Wrong,
    Nothing,
}

pub(super) struct Sshd {
    dir: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Sshd {
    /// Starts one; `None` where OpenSSH's server is not installed, which is a failure with `CI` set.
    pub(super) fn start(extra: &str) -> Option<Self> {
        let program = ["/usr/sbin/sshd", "/usr/bin/sshd"]
            .into_iter()
            .find(|it| Path::new(it).exists());
        let Some(program) = program else {
            assert!(
                std::env::var_os("CI").is_none(),
                "openssh-server is not installed"
            );
            eprintln!("skipped: openssh-server is not installed");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        for name in ["host", "user", "other"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(dir.path().join(name))
                .status()
                .unwrap();
            assert!(made.success());
        }
        fs::copy(dir.path().join("user.pub"), dir.path().join("authorized")).unwrap();
        drop(fs::create_dir_all("/run/sshd"));
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nPidFile none\n\
             UsePAM no\nPermitRootLogin yes\nLogLevel VERBOSE\n{extra}\n",
            at("host"),
            at("authorized")
        );
        fs::write(dir.path().join("config"), config).unwrap();
        let child = Command::new(program)
            .args(["-D", "-e", "-f"])
            .arg(dir.path().join("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.path().join("log")).unwrap())
            .process_group(0)
            .spawn()
            .unwrap();
        let sshd = Self { dir, port, child };
        sshd.wait_until_it_listens();
        Some(sshd)
    }

    fn wait_until_it_listens(&self) {
        for _ in 0..500 {
            if self.log().contains("Server listening") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("sshd does not listen: {}", self.log());
    }

    /// What the server wrote.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A client's configuration that knows the host's key, another one or none.
    pub(super) fn config(&self, known: Known) -> PathBuf {
        let key = match known {
            Known::Right => fs::read_to_string(self.path("host.pub")).unwrap(),
            Known::Wrong => fs::read_to_string(self.path("other.pub")).unwrap(),
            Known::Nothing => String::new(),
        };
        let hosts = if key.is_empty() {
            String::new()
        } else {
            format!("[127.0.0.1]:{} {key}", self.port)
        };
        fs::write(self.path("known"), hosts).unwrap();
        let config = self.path("client");
        let text = format!(
            "Host *\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n  IdentitiesOnly yes\n",
            self.path("known").display()
        );
        fs::write(&config, text).unwrap();
        config
    }

    /// Kills the processes that serve connections; the one that listens stays.
    pub(super) fn cut(&self) {
        let own = self.child.id().to_string();
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
            let rest = stat.rsplit(") ").next().unwrap_or_default();
            if rest.split(' ').nth(1) == Some(&*own) {
                let pid = process.file_name().into_string().unwrap().parse().unwrap();
                let pid = rustix::process::Pid::from_raw(pid).unwrap();
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            }
        }
    }

    pub(super) fn connection(&self) -> Connection {
        Connection {
            transport: Transport::Ssh,
            address: Some("127.0.0.1".into()),
            port: Some(self.port),
            identity: Some(self.path("user").display().to_string()),
            ..Connection::default()
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
