//! Runs that are gone on with after they ended in the middle: what was done is not done again.

mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::thread;

use rustix::process::Signal;

use crate::support::{Fixture, Ran, Random, Scene};

fn lines(scene: &Scene, name: &str) -> Vec<String> {
    let text = fs::read_to_string(scene.path(&format!("home/{name}"))).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

const SITE: &str = r#"
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - id: first
        exec.shell: echo first >> "$HOME/{{ host.name }}"; echo out
      - id: conf
        fs.write: { path: "{{ home }}/conf.{{ host.name }}", content: x }
      - id: once
        run_once: true
        exec.shell: echo once >> "$HOME/once"
      - id: loop
        loop: [x, y, z]
        exec.shell: echo {{ item }} >> "$HOME/{{ host.name }}"; test {{ item }} != y || test -e "$HOME/ok"
      - loop: [g, h]
        calls:
          - id: inner
            exec.shell: echo {{ item }} {{ results.first.stdout | trim | quote }} >> "$HOME/{{ host.name }}"
      - id: handler
        on_change: [conf]
        exec.shell: echo handler >> "$HOME/{{ host.name }}"
      - always: true
        exec.shell: echo always >> "$HOME/{{ host.name }}"
"#;

fn site() -> Scene {
    Fixture::new(SITE).build()
}

fn home(scene: &Scene) -> String {
    format!("home={}", scene.path("home").display())
}

#[test]
fn a_run_that_failed_goes_on_where_it_failed() {
    let scene = site();
    let home = home(&scene);
    scene.run(&["-e", &home]).code(2);
    assert_eq!(lines(&scene, "a"), ["first", "x", "y", "z", "always"]);
    fs::write(scene.path("home/ok"), "").unwrap();
    let dry = scene.events(&["-e", &home, "--resume", "-C"]).code(0);
    dry.outcomes("a", &[("first", "skipped"), ("once", "skipped")]);
    let ran = scene.events(&["-e", &home, "--resume"]).code(0);
    for host in ["a", "b"] {
        assert_eq!(
            lines(&scene, host),
            [
                "first", "x", "y", "z", "always", "y", "g out", "h out", "handler", "always"
            ]
        );
        let first = ran.end(host, "first");
        assert_eq!(first["outcome"], "skipped");
        assert!(
            first["from_run"].is_string()
                && first["because"].as_str().unwrap().contains("it was done in run")
        );
    }
    assert_eq!(lines(&scene, "once"), ["once"]);
    // Now all is done.
    let again = scene.run(&["-e", &home, "--resume"]).code(1);
    again.says("ended well: there is nothing to resume");
}

#[test]
fn a_run_that_resumed_one_is_resumed_itself() {
    let scene = site();
    let home = home(&scene);
    scene.run(&["-e", &home]).code(2);
    scene.run(&["-e", &home, "--resume"]).code(2);
    fs::write(scene.path("home/ok"), "").unwrap();
    let runs = scene.rmote_play(&["report"]).code(0);
    let ids: Vec<&str> = (runs.stdout.split_whitespace())
        .filter(|it| it.starts_with("20") && it.contains('Z'))
        .collect();
    assert_eq!(ids.len(), 2, "{runs}");
    // The newest comes first.
    let older = format!("--resume={}", ids[1]);
    (scene.run(&["-e", &home, &older]).code(1)).says(&format!("was resumed by run `{}`", ids[0]));
    scene.run(&["-e", &home, "--resume"]).code(0);
    let counted = |wanted: &str| lines(&scene, "a").iter().filter(|it| *it == wanted).count();
    assert_eq!(
        (counted("first"), counted("x"), counted("y"), counted("z")),
        (1, 1, 3, 1)
    );
    assert_eq!(lines(&scene, "once"), ["once"]);
}

#[test]
fn what_is_written_otherwise_now_is_done_again_and_so_is_what_one_wants() {
    let scene = site();
    let home = home(&scene);
    scene.run(&["-e", &home]).code(2);
    fs::write(scene.path("home/ok"), "").unwrap();
    let text = SITE.replace("echo first >>", "echo other >>");
    scene.write("site.yml", format!("# A line more\n{text}").as_bytes());
    scene.run(&["-e", &home, "--resume", "--redo", "loop[1]"]).code(0);
    assert_eq!(
        lines(&scene, "a"),
        [
            "first", "x", "y", "z", "always", "other", "x", "y", "g out", "h out", "handler", "always"
        ]
    );
}

#[test]
fn what_cannot_be_resumed_is_said() {
    let scene = site();
    let home = home(&scene);
    let resume = |more: &[&str]| {
        let args: Vec<&str> = ["-e", &home].into_iter().chain(more.iter().copied()).collect();
        scene.run(&args)
    };
    resume(&["--resume"])
        .code(1)
        .says("no run of this playbook is recorded");
    resume(&["-C"]).code(0);
    resume(&["--resume"])
        .code(1)
        .says("no run of this playbook is recorded");
    resume(&["--resume=last"]).code(1);
    resume(&["--resume=nosuch"])
        .code(1)
        .says("no run `nosuch` is recorded");
    resume(&["--redo", "first"]).code(64).says("--resume");
    resume(&["--resume", "--no-journal"]).code(64);
    resume(&[]).code(2);
    resume(&["--resume", "--redo", "frist"])
        .code(1)
        .says("Did you mean `first`?");
    scene.write("other.yml", SITE.as_bytes());
    let id = scene.rmote_play(&["report"]).stdout;
    let id = id
        .split_whitespace()
        .find(|it| it.starts_with("20") && it.contains('Z'))
        .unwrap();
    let other = scene
        .rmote_play(&["other.yml", "-e", &home, &format!("--resume={id}")])
        .code(1);
    other.says("is one of");
    scene
        .rmote_play(&["site.yml", "other.yml", "-e", &home, "--resume"])
        .code(64);
}

#[test]
fn a_run_that_goes_on_is_not_resumed() {
    let site = "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: a
    calls:
      - exec.shell: 'mkfifo \"$HOME/pipe\"; touch \"$HOME/there\"; cat \"$HOME/pipe\"'
";
    let scene = Fixture::new(site).build();
    let running = scene.start(&["-q"]);
    while !scene.path("home/there").exists() {
        thread::yield_now();
    }
    scene
        .run(&["--resume"])
        .code(1)
        .says("is under way, or is being resumed");
    fs::write(scene.path("home/pipe"), "").unwrap();
    running.wait().code(0);
}

#[test]
fn a_result_that_holds_a_secret_is_not_made_up() {
    let site = r#"
hosts: { a: { transport: local } }
secrets: { key: { env: KEY } }
rounds:
  - name: one
    hosts: a
    calls:
      - id: token
        exec.shell: { script: 'echo "$KEY" | tee -a "$HOME/token"' }
        env: { KEY: "{{ secrets.key }}" }
      - exec.shell: test -e "$HOME/ok"
      - exec.shell: { script: 'echo "$KEY" >> "$HOME/read"' }
        env: { KEY: "{{ results.token.stdout }}" }
"#;
    let scene = Fixture::new(site).env("KEY", "canary-of-the-secret").build();
    scene.run(&[]).code(2);
    fs::write(scene.path("home/ok"), "").unwrap();
    let refused = scene.run(&["--resume"]).code(1);
    let refused = refused.says("`one/token` was done on a, but its result is not recorded");
    assert!(!format!("{refused}").contains("canary-of-the-secret"));
    scene.run(&["--resume", "--redo", "token"]).code(0);
    assert_eq!(lines(&scene, "read"), ["canary-of-the-secret"]);
    assert_eq!(lines(&scene, "token").len(), 2);
}

/// What an operator does who reads the hosts' files: of what nobody knows, what is there was done, and the rest was not.
fn resume_until_done(scene: &Scene, home: &str) -> Ran {
    let mut decided: Vec<String> = Vec::new();
    let open = regex::Regex::new(r"`(\w+)/(\w+)(\[[0-9,-]+\])?`").unwrap();
    loop {
        let mut args = vec!["--resume", "-e", home];
        args.extend(decided.iter().map(String::as_str));
        let ran = scene.run(&args);
        let text = ran.to_string();
        if text.contains("no run of this playbook is recorded") {
            // It was killed before it began.
            return scene.run(&["-e", home]);
        }
        if text.contains("is under way") {
            // It has not quite ended.
            thread::yield_now();
            continue;
        }
        if !text.contains("cannot be resumed yet") {
            return ran;
        }
        assert!(decided.is_empty(), "{text}");
        let done = lines(scene, "a");
        let is_done = |line: &str| done.iter().any(|it| it == line);
        for found in open.captures_iter(&text.split("help:").next().unwrap_or_default().replace('\n', " ")) {
            let (round, id, numbers) = (&found[1], &found[2], found.get(3).map_or("", |it| it.as_str()));
            let range: Vec<usize> = (numbers.trim_matches(['[', ']']).split('-'))
                .filter_map(|it| it.parse().ok())
                .collect();
            match range[..] {
                [] => decided.push(choice(is_done(id), &format!("{round}/{id}"))),
                [first, ..] => {
                    for number in first..=range[range.len() - 1] {
                        let is_done = is_done(&format!("{id}{number}"));
                        decided.push(choice(is_done, &format!("{round}/{id}[{number}]")));
                    }
                }
            }
        }
        assert!(!decided.is_empty(), "{text}");
    }
}

fn choice(is_done: bool, which: &str) -> String {
    format!("{}={which}", if is_done { "--done" } else { "--redo" })
}

/// Kills the controller of a run as soon as something holds.
fn kill_when(scene: &Scene, args: &[&str], holds: impl Fn() -> bool) {
    let running = scene.start(args);
    while !holds() {
        thread::yield_now();
    }
    running.signal(Signal::KILL);
}

/// How many moments are tried; more by `RMOTE_PLAY_MOMENTS`.
fn moments() -> u64 {
    std::env::var("RMOTE_PLAY_MOMENTS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(12)
}

#[test]
fn a_controller_that_is_killed_anywhere_loses_nothing_and_nothing_is_done_twice() {
    let site = r#"
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: a
    calls:
      - id: p
        exec.shell: echo p >> "$HOME/a"
      - id: f
        fs.write: { path: "{{ home }}/f", content: "f\n" }
      - id: q
        when: results.p.changed
        exec.shell: echo q >> "$HOME/a"
      - id: n
        loop: "{{ range(1, 9) }}"
        exec.shell: echo n{{ item }} >> "$HOME/a"
  - name: two
    hosts: a
    needs: [one]
    calls:
      - id: r
        when: results.q.changed
        exec.shell: echo r >> "$HOME/a"
      - loop: [s, t]
        calls:
          - id: w
            exec.shell: echo w{{ loop.index }} >> "$HOME/a"
      - id: h
        on_change: [f]
        exec.shell: echo h >> "$HOME/a"
"#;
    let all = 14;
    let mut random = Random::new();
    for _ in 0..moments() {
        let scene = Fixture::new(site).build();
        let home = home(&scene);
        let after = random.below(all);
        kill_when(&scene, &["-q", "-e", &home], || lines(&scene, "a").len() >= after);
        let ran = resume_until_done(&scene, &home);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in lines(&scene, "a") {
            *counts.entry(line).or_default() += 1;
        }
        assert!(
            counts.values().all(|it| *it == 1) && counts.len() == all,
            "after {after}, seed {}: {counts:?}\n{ran}",
            random.seed
        );
    }
}

#[test]
fn a_run_that_is_killed_leaves_its_handlers_to_the_next_one() {
    let site = r#"
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: a
    calls:
      - id: conf
        fs.write: { path: "{{ home }}/conf", content: x }
      - id: same
        fs.directory: { path: "{{ home }}" }
      - when: results.conf.changed and not results.same.changed
        exec.shell: test ! -p "$HOME/pipe" || { touch "$HOME/there"; cat "$HOME/pipe"; }
      - id: handler
        on_change: [conf]
        exec.shell: echo handler >> "$HOME/handled"
      - id: other
        on_change: [same]
        exec.shell: echo other >> "$HOME/handled"
"#;
    let scene = Fixture::new(site).build();
    let home = home(&scene);
    let args = ["-e", &home];
    std::process::Command::new("mkfifo")
        .arg(scene.path("home/pipe"))
        .status()
        .unwrap();
    kill_when(&scene, &args, || scene.path("home/there").exists());
    fs::remove_file(scene.path("home/pipe")).unwrap();
    assert_eq!(lines(&scene, "handled"), [""; 0]);
    let dry = scene.events(&["-e", &home, "-C"]).code(0);
    assert_eq!(dry.outcome("a", "handler"), "changed", "{dry}");
    scene.run(&args).code(0).says("`one/handler` is owed on `a`");
    assert_eq!(lines(&scene, "handled"), ["handler"]);
    scene.run(&args).code(0).never_says("owed");
    assert_eq!(lines(&scene, "handled"), ["handler"]);
}
