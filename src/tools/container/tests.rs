//! Containers of the real Podman, from a root file system of one program.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::failure::Kind;
use crate::tools::testing::{TestLink, left_out};

/// Ends at once when it is asked to, and says that in a file.
const POLITE: &str = "trap 'echo >/bye; exit 0' TERM; : >/up; while :; do /busybox sleep 0.05; done";

struct Containers {
    root: tempfile::TempDir,
    prefix: String,
}

impl Containers {
    /// Nothing where no container can be made.
    fn new(test: &str) -> Option<Self> {
        let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok();
        let busybox = ["/bin/busybox", "/usr/bin/busybox"]
            .map(Path::new)
            .into_iter()
            .find(|it| it.exists());
        let is_root = rustix::process::geteuid().is_root();
        let (Some(busybox), true) = (busybox, is_there("podman") && is_there("runc") && is_root) else {
            left_out("containers: it takes root, podman, runc and busybox");
            return None;
        };
        let root = tempfile::tempdir().unwrap();
        for name in ["proc", "sys", "dev", "etc", "run", "tmp"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        fs::copy(busybox, root.path().join("busybox")).unwrap();
        let prefix = format!("rmote-play-{test}-{}", std::process::id());
        Some(Self { root, prefix })
    }

    fn name(&self, tail: &str) -> String {
        format!("{}{tail}", self.prefix)
    }

    /// Starts one, and waits until it is up.
    fn start(&self, tail: &str, more: &[&str]) -> String {
        let name = self.name(tail);
        let up = self.root.path().join("up");
        drop(fs::remove_file(&up));
        let root = self.root.path().to_str().unwrap();
        let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
        let mut words = vec![
            "--runtime",
            "runc",
            "run",
            "-d",
            "--name",
            &name,
            "--network",
            "none",
        ];
        words.extend(limits);
        words.extend(more);
        words.extend(["--rootfs", root, "/busybox", "sh", "-c", POLITE]);
        podman(&words);
        for _ in 0..600 {
            if up.exists() {
                return name;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{name} does not come up");
    }

    /// The names and states of all that are here.
    fn all(&self) -> Vec<String> {
        let filter = format!("name={}", self.prefix);
        let said = podman(&[
            "ps",
            "-a",
            "--filter",
            &filter,
            "--format",
            "{{.Names}} {{.State}}",
        ]);
        let mut all: Vec<String> = said
            .lines()
            .map(|it| {
                let mut words = it.split_whitespace();
                let tail = words.next().unwrap().replacen(&self.prefix, "", 1);
                format!("{tail} {}", words.next().unwrap())
            })
            .collect();
        all.sort();
        all
    }

    fn said_bye(&self) -> bool {
        self.root.path().join("bye").exists()
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        for line in self.all() {
            let tail = line.split_once(' ').map_or("", |(tail, _)| tail);
            drop(
                Command::new("podman")
                    .args(["rm", "-f", "-t", "0", &self.name(tail)])
                    .output(),
            );
        }
    }
}

fn podman(words: &[&str]) -> String {
    let ended = Command::new("podman").args(words).output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{words:?}: {stderr}");
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn a_container_is_stopped_and_removed_in_good_order_and_only_once() {
    let Some(containers) = Containers::new("order") else {
        return;
    };
    let name = containers.start(".a", &[]);
    containers.start(".a-old", &[]);
    let link = TestLink::default();
    for (tool, done) in [
        ("container.stopped", vec![".a Exited", ".a-old Up"]),
        ("container.absent", vec![".a-old Up"]),
    ] {
        let args = || json!({ "name": name, "cli": "podman", "stop_timeout": "20s" });
        let before = containers.all();
        let checked = link.check(tool, args()).unwrap();
        assert!(checked.changed && !checked.diff.is_empty(), "{tool}");
        assert_eq!(containers.all(), before, "{tool}: check mode did something");
        let made = link.call(tool, args()).unwrap();
        assert_eq!(made.diff, checked.diff, "{tool}");
        assert_eq!(containers.all(), done, "{tool}");
        assert!(containers.said_bye(), "{tool}: it was not asked to end");
        assert!(!link.call(tool, args()).unwrap().changed, "{tool}: a second run");
        assert!(
            !link.check(tool, args()).unwrap().changed,
            "{tool}: a second look"
        );
    }
    let failure = link
        .call("container.stopped", json!({ "name": name, "cli": "podman" }))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::NotFound, "{failure}");
    assert!(failure.message.contains(&name), "{failure}");
}

#[test]
fn a_container_that_runs_or_is_paused_or_removes_itself_is_absent_afterwards() {
    let Some(containers) = Containers::new("gone") else {
        return;
    };
    let link = TestLink::default();
    let paused = containers.start(".paused", &[]);
    podman(&["pause", &paused]);
    let own = containers.start(".own", &["--rm"]);
    let running = containers.start(".running", &[]);
    for name in [running, own, paused] {
        let args = || json!({ "name": name, "stop_timeout": "5s", "cli": "podman" });
        let made = link.call("container.absent", args());
        assert!(made.unwrap().changed, "{name}");
        assert!(!link.call("container.absent", args()).unwrap().changed, "{name}");
    }
    assert_eq!(containers.all(), Vec::<String>::new());
}
