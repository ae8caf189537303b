//! What needs a terminal: a shell on a host, the console, and questions before something is done. Each is used at a
//! pseudo-terminal, by somebody who reads and types.

use std::process::Command;

use rustix::process::Signal;

use crate::support::{Fixture, Scene, Sshd, Terminal, program};

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
        it.sees("Run `second`? ");
        // What was answered holds for all hosts, also for one that comes to it during the next question.
        while written(&scene).len() < 2 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        it.types(last);
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
    // Nor is the dry run asked about, but each entry of what is done.
    let mut it = Terminal::start(&scene, "--confirm --step site.yml").unwrap();
    it.sees("Do this? [y/N] ").types("y");
    it.sees("Run `first`? ").types("c");
    let (code, shown) = it.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches("Run `").count(), 1, "{shown}");
    assert_eq!(written(&scene).len(), 6);
    // Now nothing is left to do, and there is no question.
    let mut it = Terminal::start(&scene, "--confirm --report junit:x.xml site.yml").unwrap();
    it.sees("nothing would change: `site.yml` is not run");
    let (code, shown) = it.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("Do this?"), "{shown}");
    let report = scene.read("x.xml");
    assert!(
        report.contains("tests=\"0\"") && report.contains(" time=\"0.000\""),
        "{report}"
    );
    scene
        .rmote_play(&["--confirm", "site.yml"])
        .code(64)
        .says("`--confirm` asks, and there is no terminal");
    for listing in ["--list-hosts", "--list-calls", "--list-tags"] {
        scene.rmote_play(&["--confirm", listing, "site.yml"]).code(64);
    }
}

#[test]
fn what_was_done_before_something_is_not_confirmed_is_said_and_reported() {
    let second = TWO.replace("/t/", "/t/b-");
    let scene = Fixture::new(TWO).file("b.yml", second).build();
    let line = "--confirm --report junit:x.xml site.yml b.yml";
    let Some(mut it) = Terminal::start(&scene, line) else {
        return;
    };
    it.sees("Do this? ").types("y");
    it.sees("Do this? ").types("n");
    let (code, shown) = it.ends();
    assert_eq!(code, Some(130), "{shown}");
    assert!(shown.contains("not confirmed; `b.yml` was not run"), "{shown}");
    assert!(!shown.contains("nothing was changed"), "{shown}");
    assert_eq!(written(&scene).len(), 6);
    let report = scene.read("x.xml");
    assert!(report.contains("second") && !report.contains("/t/b-"), "{report}");
}

#[test]
fn a_question_is_over_when_the_program_is_to_end() {
    let site = "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: first, fs.write: { path: '{DIR}/t/first', content: x } }
      - { id: last, always: true, fs.write: { path: '{DIR}/t/last', content: x } }
";
    let scene = Fixture::new(site).build();
    let Some(mut it) = Terminal::start(&scene, "--confirm site.yml") else {
        return;
    };
    it.sees("Do this? ").is_sent(Signal::TERM);
    let (code, shown) = it.ends();
    assert_eq!(code, Some(130), "{shown}");
    assert_eq!(written(&scene), [""; 0]);
    let mut it = Terminal::start(&scene, "--step site.yml").unwrap();
    it.sees("Run `first`? ").is_sent(Signal::TERM);
    let (code, shown) = it.ends();
    assert_eq!(code, Some(130), "{shown}");
    assert_eq!(written(&scene), ["last"], "{shown}");
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
fn a_shell_reads_the_passwords_of_its_host_alone_and_tries_as_often_as_a_run() {
    let Some(sshd) = Sshd::start() else { return };
    let dir = sshd.encrypt("phrase of web");
    // The first try meets a server that ends at once.
    let proxy = format!(
        "  ProxyCommand sh -c 'mkdir {{DIR}}/tried 2>/dev/null && exit 1; exec {} -i -f {dir}/sshd_config -E {dir}/log'\n",
        program("sshd").unwrap().display()
    );
    let site = "
inventory: hosts.ini
connection: { connect_retries: 1 }
hosts: { other: { password: asked }, deputy: { become: { password: asked } } }
secrets: { asked: { prompt: Of another host }, phrase: { file: phrase } }
rounds: []
";
    let inventory = "[webs]\nweb ansible_ssh_passphrase='{{ secrets.phrase + \" \" + host.groups[0] | replace(\"s\", \"\") }}'\n";
    let scene = Fixture::new(site)
        .file("hosts.ini", inventory)
        .file("phrase", "phrase of\n")
        .file("ssh_config", sshd.block("web") + &proxy)
        .build();
    let line = "shell --ssh-config ssh_config --persist 0s -i site.yml web -- echo ar''rived";
    let Some(mut it) = Terminal::start(&scene, line) else {
        return;
    };
    it.sees("arrived");
    let (code, shown) = it.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        scene.path("tried").exists() && !shown.contains("Of another host"),
        "{shown}"
    );
}

#[test]
fn interrupts_are_counted_for_each_call_of_the_console() {
    let scene = Fixture::new("hosts: { a: { transport: local } }\nrounds: []\n").build();
    let Some(mut it) = Terminal::start(&scene, "console -i site.yml a") else {
        return;
    };
    for _ in 0..2 {
        it.sees("a> ").types("exec.shell 'echo be''gun; sleep 60'\r");
        it.sees("begun").types("\u{3}");
        it.sees("once more to cancel them").types("\u{3}");
        it.sees("canceled");
    }
    it.sees("a> ").types(":quit\r");
    let (code, shown) = it.ends();
    assert_eq!(code, Some(0), "{shown}");
}

#[test]
fn the_console_says_how_a_call_is_made_again_as_it_was_and_refuses_what_is_for_a_run() {
    let scene = Fixture::new("hosts: { a: { transport: local } }\nrounds: []\n").build();
    let Some(mut it) = Terminal::start(&scene, "console --check -b=nobody -i site.yml a") else {
        return;
    };
    let call = "fs.write path=/nowhere/at/all content=x\r";
    let again = "Re-run failed hosts: rmote-play call --inventory=site.yml";
    it.sees("a (check)> ").types(call);
    it.sees(&format!("{again} --check --become=nobody --limit a a fs.write"));
    it.sees("a (check)> ")
        .types(":check\r")
        .sees("a> ")
        .types(":become\r");
    it.sees("a> ")
        .types(call)
        .sees(&format!("{again} --limit a a fs.write"));
    it.sees("a> ")
        .types(":diff\r")
        .sees("a> ")
        .types(":become root\r");
    it.sees("a> ").types(call);
    it.sees(&format!("{again} --diff --become=root --limit a a fs.write"));
    it.sees("a> ").types(":quit\r");
    assert_eq!(it.ends().0, Some(0));
    scene.write("x.xml", b"of an earlier run");
    for line in [
        &["--list-hosts"][..],
        &["--list-calls"],
        &["--list-tags"],
        &["--start-at", "x"],
        &["--tags", "x"],
        &["--skip-tags", "x"],
        &["--changes-exit", "3", "--check"],
        &["--unknown-exit", "3", "--check"],
        &["--report", "junit:x.xml"],
    ] {
        let ran = scene.rmote_play(&[&["console", "-i", "site.yml"], line].concat());
        ran.code(64)
            .says(&format!("`{}` is not for the console", line[0]));
    }
    assert_eq!(scene.read("x.xml"), "of an earlier run");
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
    sshd.encrypt("typed canary 42");
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
