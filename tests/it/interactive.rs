//! What needs a terminal: a shell on a host, the console, and questions before something is done. Each is used at a
//! pseudo-terminal, by somebody who reads and types.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::support::{Fixture, Scene, Sshd, program, skip};

/// What is not shown by then never will be.
const PATIENCE: Timespec = Timespec {
    tv_sec: 30,
    tv_nsec: 0,
};

/// Somebody at a terminal.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    shown: Vec<u8>,
    read: usize,
}

impl Terminal {
    /// Starts the binary at a terminal of 24 rows and 90 columns; `None` where there is no program that makes one.
    fn start(scene: &Scene, args: &str) -> Option<Self> {
        let Some(script) = program("script") else {
            skip("util-linux's script is not installed");
            return None;
        };
        let command = format!(
            "stty rows 24 cols 90; exec {} {args}",
            env!("CARGO_BIN_EXE_rmote-play")
        );
        let mut child = Command::new(script)
            .args(["-q", "-e", "-c", &command, "/dev/null"])
            .current_dir(scene.dir())
            .env("HOME", scene.path("home"))
            .env("XDG_RUNTIME_DIR", scene.path("run"))
            .env("XDG_STATE_HOME", scene.path("home/state"))
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .env_remove("CI")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (keys, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Some(Self {
            child,
            keys,
            screen,
            shown: Vec::new(),
            read: 0,
        })
    }

    /// Reads until this is shown, after all that was waited for before.
    #[track_caller]
    fn sees(&mut self, text: &str) -> &mut Self {
        loop {
            let rest = String::from_utf8_lossy(&self.shown[self.read..]).into_owned();
            if let Some(at) = rest.find(text) {
                self.read += at + text.len();
                return self;
            }
            let mut bytes = [0; 4096];
            let mut ready = [PollFd::new(&self.screen, PollFlags::IN)];
            let is_ready = poll(&mut ready, Some(&PATIENCE)).unwrap() > 0;
            assert!(is_ready, "no `{text}` in: {rest:?}");
            let count = self.screen.read(&mut bytes).unwrap();
            assert!(count > 0, "no `{text}` in: {rest:?}");
            self.shown.extend(&bytes[..count]);
        }
    }

    fn types(&mut self, text: &str) -> &mut Self {
        self.keys.write_all(text.as_bytes()).unwrap();
        self
    }

    /// The exit code, and all that was shown.
    fn ends(mut self) -> (Option<i32>, String) {
        self.screen.read_to_end(&mut self.shown).unwrap();
        let status = self.child.wait().unwrap();
        (
            status.code(),
            String::from_utf8_lossy(&self.shown).replace('\r', ""),
        )
    }
}

const TWO: &str = "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: first, fs.write: { path: '{DIR}/t/{{ host.name }}.first', content: x } }
      - { id: second, fs.write: { path: '{DIR}/t/{{ host.name }}.second', content: x } }
      - { id: third, fs.write: { path: '{DIR}/t/{{ host.name }}.third', content: x } }
";

fn written(scene: &Scene) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(scene.path("t"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_step_is_asked_for_once_for_all_hosts_and_done_left_out_or_the_last() {
    let scene = Fixture::new(TWO).build();
    let Some(mut it) = Terminal::start(&scene, "--step site.yml") else {
        return;
    };
    it.sees("Run `first`? [Y/n/c/q] ").types("x\r");
    it.sees("Run `second`? ").types("n");
    it.sees("Run `third`? ").types("y");
    let (code, shown) = it.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(written(&scene), ["a.first", "a.third", "b.first", "b.third"]);

    let scene = Fixture::new(TWO).build();
    let mut it = Terminal::start(&scene, "--step site.yml").unwrap();
    it.sees("Run `first`? ").types("c");
    assert_eq!(it.ends().0, Some(0));
    assert_eq!(written(&scene).len(), 6);

    let scene = Fixture::new(TWO).build();
    for last in ["q", "\u{3}"] {
        let mut it = Terminal::start(&scene, "--step site.yml").unwrap();
        it.sees("Run `first`? ").types("y");
        it.sees("Run `second`? ").types(last);
        let (code, shown) = it.ends();
        assert_eq!(code, Some(130), "{shown}");
        assert_eq!(written(&scene), ["a.first", "b.first"]);
    }
    scene
        .rmote_play(&["--step", "site.yml"])
        .code(64)
        .says("`--step` asks, and there is no terminal");
}

#[test]
fn what_is_confirmed_was_shown_as_a_dry_run_and_is_done_only_then() {
    let scene = Fixture::new(TWO).build();
    for refused in ["n", "\r", "\u{3}"] {
        let Some(mut it) = Terminal::start(&scene, "--confirm site.yml") else {
            return;
        };
        it.sees("would change").sees("Do this? [y/N] ").types(refused);
        let (code, shown) = it.ends();
        assert_eq!(code, Some(130), "{shown}");
        assert!(shown.contains("nothing was changed"), "{shown}");
        assert_eq!(written(&scene), [""; 0]);
    }
    let mut it = Terminal::start(&scene, "--confirm site.yml").unwrap();
    it.sees("Do this? [y/N] ").types("y");
    let (code, shown) = it.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(written(&scene).len(), 6);
    scene
        .rmote_play(&["--confirm", "site.yml"])
        .code(64)
        .says("`--confirm` asks, and there is no terminal");
}

#[test]
fn a_shell_is_one_on_the_host_at_this_terminal_over_the_connection_that_is_there() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new("hosts: [web]\nrounds: [{ name: one, hosts: all, calls: [{ log.log: hi }] }]\n")
        .host("web", &sshd)
        .persist()
        .build();
    let common = "--ssh-config ssh_config -i site.yml";
    let Some(mut it) = Terminal::start(&scene, &format!("shell {common} web")) else {
        return;
    };
    it.types("PS1=; stty -echo\r");
    it.types("echo begin-$(tty)-$(stty size)-end\r")
        .sees("begin-/dev/pts/")
        .sees("-24 90-end");
    // An interrupt is for what runs there.
    it.types("trap 'echo heard-it' INT; echo rea''dy\r")
        .sees("ready")
        .types("\u{3}")
        .sees("heard-it");
    it.types("exit 7\r");
    let (code, shown) = it.ends();
    assert_eq!(code, Some(7), "{shown}");
    let mut it = Terminal::start(&scene, &format!("shell {common} web -- 'echo one; exit 3'")).unwrap();
    it.sees("one");
    assert_eq!(it.ends().0, Some(3));
    assert_eq!(sshd.logins(), 1, "both are on one connection");
    let wrong = scene.rmote_play(&["shell", "--ssh-config", "ssh_config", "-i", "site.yml", "wbe"]);
    wrong.code(1).says("web");
    let both = Fixture::new(TWO).build();
    both.rmote_play(&["shell", "-i", "site.yml", "all"])
        .code(64)
        .says("`all` is more than one host");
    drop(
        Command::new("ssh")
            .args(["-F", "ssh_config", "-O", "exit", "web"])
            .current_dir(scene.dir())
            .output(),
    );
}

#[test]
fn the_console_calls_one_after_the_other_on_one_connection() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new("hosts: [web]\nvars: { greeting: hello }\nrounds: []\n")
        .host("web", &sshd)
        .build();
    let Some(mut it) = Terminal::start(&scene, "console --ssh-config ssh_config -i site.yml web") else {
        return;
    };
    it.sees("web> ").types("!echo tty-$((1+1))\r").sees("tty-2");
    it.sees("web> ")
        .types("= greeting + ' ' + host.name\r")
        .sees("hello web");
    // A tab completes tools and arguments.
    it.sees("web> ")
        .types("fs.sta\tpa\t/etc/hosts\r")
        .sees("/etc/hosts")
        .sees("size: ");
    it.sees("web> ")
        .types(":nonsense\r")
        .sees("there is no `:nonsense`");
    it.sees("web> ")
        .types("fs.nothing\r")
        .sees("there is no tool `fs.nothing`");
    it.sees("web> ").types(":check\r");
    it.sees("web (check)> ")
        .types("fs.write path=/tmp/never-made-by-console content=x\r")
        .sees("path: /tmp/never-made-by-console");
    it.sees("web (check)> ").types("\u{4}");
    let (code, shown) = it.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!std::path::Path::new("/tmp/never-made-by-console").exists());
    assert_eq!(sshd.logins(), 1, "{shown}");
    // The lines are there the next time.
    let mut it = Terminal::start(&scene, "console --ssh-config ssh_config -i site.yml web").unwrap();
    it.sees("web> ")
        .types("\u{1b}[A\u{1b}[A\u{1b}[A\u{1b}[A\u{1b}[A\r")
        .sees("/etc/hosts")
        .sees("size");
    it.sees("web> ").types(":quit\r");
    assert_eq!(it.ends().0, Some(0));
}

#[test]
fn passwords_are_asked_for_once_before_anything_is_connected_and_never_shown() {
    let Some(sshd) = Sshd::start() else { return };
    let block = sshd.block("web");
    let key = block
        .lines()
        .find_map(|line| line.trim().strip_prefix("IdentityFile "))
        .unwrap();
    let changed = Command::new("ssh-keygen")
        .args(["-q", "-p", "-P", "", "-N", "typed canary 42", "-f", key])
        .status()
        .unwrap();
    assert!(changed.success());
    let site = "hosts: [web]\nrounds: [{ name: one, hosts: all, calls: [{ log.log: hi }] }]\n";
    let scene = Fixture::new(site).ssh(&block).file("second.yml", site).build();
    let words = "--ssh-config ssh_config --persist 0s -k --ask-passphrase site.yml second.yml";
    let Some(mut it) = Terminal::start(&scene, words) else {
        return;
    };
    it.sees("SSH password: ").types("other-canary\r");
    it.sees("Passphrase of private keys: ").types("typed canary 42\r");
    let (code, shown) = it.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(shown.matches("SSH password").count(), 1, "{shown}");
    assert_eq!(sshd.logins(), 2, "{shown}");
    let ran = scene.rmote_play(&["-k", "site.yml"]).code(64);
    ran.says("`-k` cannot ask").says("--connection-password-file");
}
