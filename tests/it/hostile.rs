//! Hosts that answer, but not as hosts should.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use crate::support::{Fixture, Ran, Sshd, is_root, program, skip};

const ONE_CALL: &str = "
hosts: [web]
rounds:
  - name: one
    hosts: web
    calls: [{ id: first, exec.shell: echo hello }]
";

#[test]
fn a_megabyte_of_noise_at_login_does_no_harm() {
    let noise = "head -c 1000000 /dev/zero | tr '\\0' 'n'; echo; echo Welcome; exec /bin/sh";
    let Some(sshd) = Sshd::setup().login(noise).start() else {
        return;
    };
    Fixture::new(ONE_CALL)
        .host("web", &sshd)
        .events(&[])
        .code(0)
        .outcomes("web", &[("first", "changed")]);
}

/// A run on a host whose login ends in no shell.
fn turned_away(login: &str, connect_timeout: &str) -> Option<Ran> {
    let sshd = Sshd::setup().login(login).start()?;
    let host = format!("{{ web: {{ connect_timeout: {connect_timeout} }} }}");
    let scene = Fixture::new(ONE_CALL.replace("[web]", &host)).host("web", &sshd);
    Some(scene.limit(Duration::from_secs(20)).events(&[]).code(4))
}

#[test]
fn a_login_that_only_makes_noise_is_shown_with_its_noise() {
    let noise = "echo This account is not available.; exec cat > /dev/null";
    let Some(ran) = turned_away(noise, "3s") else {
        return;
    };
    let (_, message) = ran.unreachable("web");
    assert!(message.contains("This account is not available."), "{message}");
}

#[test]
fn a_login_that_exits_is_no_hang() {
    let Some(ran) = turned_away("echo go away; exit 7", "10s") else {
        return;
    };
    let (cause, message) = ran.unreachable("web");
    assert_eq!(cause, "shell", "{message}");
    assert!(message.contains("go away"), "{message}");
}

#[test]
fn a_login_that_closes_its_output_is_no_hang() {
    for login in [
        "exec >&- 2>&-; exec sleep 300",
        "exec <&-; exec >&-; exec sleep 300",
    ] {
        let Some(ran) = turned_away(login, "3s") else {
            return;
        };
        assert_eq!(ran.host("web"), "unreachable", "{ran}");
    }
}

#[test]
fn endless_noise_at_login_ends_with_the_timeout_and_bounded_memory() {
    let Some(sshd) = Sshd::setup().login("exec yes noise").start() else {
        return;
    };
    let playbook = ONE_CALL.replace("[web]", "{ web: { connect_timeout: 2s } }");
    let ran = Fixture::new(playbook)
        .host("web", &sshd)
        .limit(Duration::from_secs(30))
        .events(&[])
        .code(4);
    assert!(ran.peak_memory < 200 << 20, "{} bytes\n{ran}", ran.peak_memory);
    assert!(ran.unreachable("web").1.contains("noise"), "{ran}");
}

#[test]
fn a_host_whose_shell_is_busybox() {
    let Some(busybox) = program("busybox") else {
        return skip("busybox is not installed");
    };
    let tools = tempfile::tempdir().unwrap();
    let list = Command::new(&busybox).arg("--list").output().unwrap();
    for name in String::from_utf8(list.stdout).unwrap().lines() {
        symlink(&busybox, tools.path().join(name)).unwrap();
    }
    let login = format!("export PATH={0}; exec {0}/sh", tools.path().display());
    let Some(sshd) = Sshd::setup().login(&login).fresh().start() else {
        return;
    };
    let scene = Fixture::new(ONE_CALL).host("web", &sshd).build();
    let ran = scene.events(&[]).code(0).outcomes("web", &[("first", "changed")]);
    assert_eq!(ran.all("connected")[0]["installed"], true, "{ran}");
    let ran = scene.events(&[]).code(0);
    assert_eq!(ran.all("connected")[0]["installed"], false, "{ran}");
}

#[test]
fn a_server_that_is_killed_in_the_middle_of_a_call() {
    let (Some(dying), Some(healthy)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    let scene = Fixture::new(
        "
hosts: [bad, good]
rounds:
  - name: one
    hosts: all
    calls:
      - id: long
        exec.shell: 'echo begun; touch {DIR}/t/{{ host.name }}; test {{ host.name }} = good || sleep 60'
  - name: two
    hosts: all
    calls: [{ id: second, exec.shell: echo 2 }]
",
    )
    .host("bad", &dying)
    .host("good", &healthy)
    .limit(Duration::from_secs(45))
    .build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("\"call_output\"") && line.contains("\"host\":\"bad\""));
    dying.kill_connections();
    let ran = running
        .wait()
        .outcomes("bad", &[("long", "lost")])
        .outcomes("good", &[("second", "changed")]);
    assert_ne!(ran.code, Some(0), "{ran}");
    assert_ne!(ran.host("bad"), "ok", "{ran}");
    assert_eq!(ran.host("good"), "ok", "{ran}");
}

#[test]
fn a_server_that_falls_silent_in_the_middle_of_a_call_is_given_up() {
    let (Some(dying), Some(healthy)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    let scene = Fixture::new(
        "
hosts: [bad, good]
rounds:
  - name: one
    hosts: all
    calls:
      - id: long
        exec.shell: 'echo begun; test {{ host.name }} = good || sleep 300'
",
    )
    .host("bad", &dying)
    .host("good", &healthy)
    .limit(Duration::from_secs(90))
    .build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("\"call_output\"") && line.contains("\"host\":\"bad\""));
    dying.freeze_connections();
    let ran = running.wait().outcomes("bad", &[("long", "lost")]);
    assert_eq!((ran.host("bad"), ran.host("good")), ("failed", "ok"), "{ran}");
    let took = ran.events.last().unwrap()["took"].as_f64().unwrap();
    assert!(took < 45.0, "a dead peer is found within half a minute: {took}");
}

#[test]
fn a_disk_that_is_full_fails_the_call_and_leaves_the_old_file() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: write
        fs.write: { path: '{DIR}/small/file', content: \"{{ 'x' * 300000 }}\" }
",
    )
    .build();
    let Some(_mounted) = Mount::small(&scene.path("small"), "size=64k") else {
        return;
    };
    fs::write(scene.path("small/file"), "old").unwrap();
    let ran = scene.events(&[]).code(2);
    let message = ran.failure("here", "write");
    assert!(
        message.contains("small/file") && message.to_lowercase().contains("space"),
        "{message}"
    );
    assert_eq!(scene.read("small/file"), "old");
    let left: Vec<_> = fs::read_dir(scene.path("small")).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file stays: {left:?}");
}

#[test]
fn a_host_that_speaks_another_language_is_named() {
    let script = "read line; printf '\\377\\377\\377\\377garbage'; exec cat > /dev/null";
    let Some(sshd) = Sshd::setup().login(script).start() else {
        return;
    };
    let playbook = ONE_CALL.replace("[web]", "{ web: { connect_timeout: 2s } }");
    let ran = Fixture::new(playbook)
        .host("web", &sshd)
        .limit(Duration::from_secs(20))
        .events(&[])
        .code(4);
    assert!(ran.peak_memory < 200 << 20, "{ran}");
    assert_eq!(ran.host("web"), "unreachable", "{ran}");
}

/// A small filesystem that is taken away again.
pub(crate) struct Mount(std::path::PathBuf);

impl Mount {
    /// A file system in memory; `None`, with the reason printed, where this machine does not allow it.
    pub(crate) fn small(path: &std::path::Path, options: &str) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        if !is_root() {
            skip("only root can mount a small file system");
            return None;
        }
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(path)
            .stderr(std::process::Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            skip("this machine does not allow mounting");
            return None;
        }
        Some(Self(path.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
