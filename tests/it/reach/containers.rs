//! In containers.

use std::fs;
use std::process::Command;

use crate::support::{Fixture, Lab, program, skip};

/// A container that runs, from the root filesystem of a test machine.
struct Container<'a>(&'a str);

impl<'a> Container<'a> {
    fn start(name: &'a str, root: &str) -> Self {
        let started = Command::new("podman")
            .args(["--runtime", "runc", "run", "-d", "--name", name])
            .args([
                "--ulimit",
                "nofile=1024:1024",
                "--ulimit",
                "nproc=1024:1024",
                "--network",
                "none",
            ])
            .args(["--rootfs", root, "sleep", "600"])
            .output()
            .unwrap();
        assert!(
            started.status.success(),
            "{}",
            String::from_utf8_lossy(&started.stderr)
        );
        Self(name)
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let removed = Command::new("podman")
            .args(["rm", "-f", "-t", "0", self.0])
            .output();
        drop(removed);
    }
}

#[test]
fn a_container_of_podman_is_a_host() {
    if program("podman").is_none() || program("runc").is_none() {
        skip("podman and runc are not installed");
        return;
    }
    let Some(lab) = Lab::start() else { return };
    // Its own files, over the root that machines are layered over.
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    for name in ["up", "work", "root"] {
        fs::create_dir(at(name)).unwrap();
    }
    let options = format!(
        "lowerdir={},upperdir={},workdir={},volatile",
        lab.root("debian").display(),
        at("up"),
        at("work")
    );
    let mounted = Command::new("mount")
        .args(["-t", "overlay", "overlay", "-o", &options, &at("root")])
        .status()
        .unwrap();
    assert!(mounted.success());
    let name = format!("rmote-play-test-{}", std::process::id());
    let container = Container::start(&name, &at("root"));
    let playbook = format!(
        "
hosts:
  named: {{ transport: {{ podman: {name} }} }}
  {name}: {{ transport: podman, user: bob }}
  missing: {{ transport: podman, connect_timeout: 5s }}
rounds:
  - name: one
    hosts: named,{name}
    calls:
      - {{ id: who, exec.shell: id -un }}
      - {{ id: root, exec.shell: id -un, become: true }}
      - fs.write: {{ path: '/tmp/{{{{ host.name }}}}', content: x }}
  - {{ name: two, hosts: missing, calls: [{{ exec.shell: id }}] }}
"
    );
    // A usual user is one of logins.
    let ran = Fixture::new(playbook)
        .file("rmote-play.toml", "[connection]\nuser = \"no-such-user\"\n")
        .events(&[]);
    drop(container);
    assert!(
        Command::new("umount")
            .args(["-l", &at("root")])
            .status()
            .unwrap()
            .success()
    );
    let ran = ran.code(4);
    assert_eq!(ran.end("named", "who")["result"]["stdout"], "root", "{ran}");
    assert_eq!(ran.end(&name, "who")["result"]["stdout"], "bob", "{ran}");
    assert_eq!(ran.end(&name, "root")["result"]["stdout"], "root", "{ran}");
    assert!(folder.path().join("up/tmp/named").exists());
    let said = ran.all("unreachable")[0]["message"].to_string();
    assert!(
        said.contains("no such container") || said.contains("no container with name"),
        "{said}"
    );
}
