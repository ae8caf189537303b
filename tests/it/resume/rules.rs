//! What holds over several runs: what was done, decided and changed is kept.

use std::fs;

use crate::resume::{home, kill_when, lines};
use crate::support::{Fixture, Scene};

/// What a call writes that is counted.
fn say(word: &str) -> String {
    format!("exec.shell: echo {word} >> \"$HOME/log\"")
}

fn log(scene: &Scene) -> Vec<String> {
    lines(scene, "log")
}

#[test]
fn what_was_done_stays_done_though_a_later_run_did_not_come_to_it() {
    let site = format!(
        "
hosts: {{ a: {{ transport: local }} }}
rounds:
  - name: one
    hosts: a
    calls:
      - {{ id: gate, exec.shell: 'test -e \"$HOME/gate\"' }}
      - {{ id: migrate, {} }}
      - {{ id: check, exec.shell: 'test -e \"$HOME/ok\"' }}
",
        say("migrate")
    );
    let scene = Fixture::new(site).build();
    fs::write(scene.path("home/gate"), "").unwrap();
    scene.run(&[]).code(2);
    fs::remove_file(scene.path("home/gate")).unwrap();
    scene.run(&["--resume", "--redo", "gate"]).code(2);
    fs::write(scene.path("home/gate"), "").unwrap();
    fs::write(scene.path("home/ok"), "").unwrap();
    scene.run(&["--resume"]).code(0);
    assert_eq!(log(&scene), ["migrate"]);
}

#[test]
fn what_one_host_did_for_all_is_done_in_later_batches_and_its_result_is_there() {
    let site = "
hosts: { z: { transport: local }, a: { transport: local } }
rounds:
  - name: one
    hosts: all
    serial: 1
    max_failures: 0
    calls:
      - { id: once, run_once: true, exec.shell: 'echo once >> \"$HOME/log\"; echo token' }
      - { id: check, exec.shell: 'test -e \"$HOME/ok\"' }
      - exec.shell: echo {{ results.once.stdout | trim | quote }} >> \"$HOME/log\"
";
    let scene = Fixture::new(site).build();
    scene.run(&[]).code(2);
    fs::write(scene.path("home/ok"), "").unwrap();
    scene.run(&["--resume"]).code(0);
    assert_eq!(log(&scene), ["once", "token", "token"]);
}

#[test]
fn what_a_rescue_may_have_undone_is_asked_about() {
    let site = "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: a
    calls:
      - id: switch
        calls:
          - { id: deploy, exec.shell: 'echo new > \"$HOME/version\"' }
          - { id: check, exec.shell: 'test -e \"$HOME/ok\"' }
      - on_failure: [switch]
        calls:
          - exec.shell: echo old > \"$HOME/version\"
          - fail: rolled back
";
    let scene = Fixture::new(site).build();
    scene.run(&[]).code(2);
    fs::write(scene.path("home/ok"), "").unwrap();
    let asked = scene.run(&["--resume"]).code(1);
    asked.says("`one/deploy` was done on a, but `on_failure` has handled what it is in");
    scene.run(&["--resume", "--redo", "deploy"]).code(0);
    assert_eq!(lines(&scene, "version"), ["new"]);
}

#[test]
fn a_handler_runs_again_where_a_source_changes_something_now() {
    let site = format!(
        "
hosts: {{ a: {{ transport: local }} }}
rounds:
  - name: one
    hosts: a
    calls:
      - id: sources
        loop: [x, y]
        calls:
          - {{ id: conf, fs.write: {{ path: '{{{{ home }}}}/{{{{ item }}}}', content: a }} }}
      - {{ id: each, on_change: [sources], {} }}
      - {{ id: check, exec.shell: 'test -e \"$HOME/ok\"' }}
      - {{ id: last, on_change: [each], {} }}
",
        say("handler"),
        say("last")
    );
    let scene = Fixture::new(site.clone()).build();
    let home = home(&scene);
    scene.run(&["-e", &home]).code(2);
    fs::write(scene.path("home/ok"), "").unwrap();
    scene.write("site.yml", site.replace("content: a", "content: b").as_bytes());
    scene.run(&["-e", &home, "--resume"]).code(0);
    assert_eq!(log(&scene), ["handler", "handler", "last"]);
}

#[test]
fn what_was_said_is_about_something_and_is_kept() {
    let site = format!(
        "
hosts: {{ a: {{ transport: local }} }}
rounds:
  - name: one
    hosts: a
    calls:
      - {{ id: open, exec.shell: 'touch \"$HOME/there\"; test -e \"$HOME/ok\" || sleep 60' }}
      - {{ id: check, exec.shell: 'test -e \"$HOME/ok\"' }}
      - {{ id: end, {} }}
",
        say("end")
    );
    let scene = Fixture::new(site).build();
    kill_when(&scene, &[], || scene.path("home/there").exists());
    scene.run(&["--resume"]).code(1).says("`one/open`");
    let wrong = scene.run(&["--resume", "--done", "open[3]"]).code(1);
    wrong.says("has begun nothing of it");
    scene
        .run(&["--resume", "--done", "open", "--redo", "check", "--redo", "end"])
        .code(2);
    fs::write(scene.path("home/ok"), "").unwrap();
    // That of what was said to be done is not asked again, and that of what was not come to is.
    scene
        .run(&["--resume"])
        .code(1)
        .says("`one/end`")
        .never_says("`one/open`");
    scene.run(&["--resume", "--redo", "end"]).code(0);
    assert_eq!(log(&scene), ["end"]);
}
