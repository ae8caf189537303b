//! Check mode changes nothing and does not lie; diffs show what differs.

use crate::support::{Fixture, Sshd, fingerprint};

const SITE: &str = "
hosts: [web]
rounds:
  - name: one
    hosts: web
    calls:
      - { id: folder, fs.directory: { path: '{DIR}/t/app', mode: 0750 } }
      - { id: file, fs.write: { path: '{DIR}/t/app/motd', content: \"hello\\nworld\\n\" } }
      - { id: line, fs.line_in_file: { path: '{DIR}/t/env', line: A=2, regexp: '^A=' } }
      - { id: link, fs.symlink: { path: '{DIR}/t/current', target: '{DIR}/t/app' } }
      - { id: copy, fs.copy: { src: files/, dest: '{DIR}/t/copied' } }
      - { id: template, template.file: { src: motd.j2, dest: '{DIR}/t/banner' } }
      - { id: gone, fs.remove: '{DIR}/t/old' }
      - { id: command, exec.shell: touch {DIR}/t/touched }
      - { id: look, writes: [], exec.shell: ls /proc/self }
";

fn site(sshd: &Sshd) -> Fixture {
    Fixture::new(SITE)
        .host("web", sshd)
        .file("t/env", "A=1\nB=1\n")
        .file("t/old", "old")
        .file("files/a", "1")
        .file("files/deep/b", "2")
        .file("motd.j2", "banner of {{ host.name }}\n")
}

const CHANGES: [(&str, &str); 6] = [
    ("folder", "changed"),
    ("line", "changed"),
    ("link", "changed"),
    ("copy", "changed"),
    ("template", "changed"),
    ("gone", "changed"),
];

#[test]
fn check_mode_touches_nothing_and_then_apply_does_what_it_said() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = site(&sshd).build();
    let before = fingerprint(&scene.path("t"));
    let check = scene.events(&["-C"]).code(0).outcomes("web", &CHANGES);
    assert_eq!(fingerprint(&scene.path("t")), before, "{check}");
    assert_eq!(check.events[0]["mode"], "check", "{check}");
    let apply = scene.events(&[]).code(0).outcomes("web", &CHANGES);
    assert_eq!(apply.outcome("web", "file"), "changed", "{apply}");
    assert_eq!(scene.read("t/env"), "A=2\nB=1\n");
    assert_eq!(scene.read("t/copied/deep/b"), "2");
    assert_eq!(scene.read("t/banner"), "banner of web\n");
}

#[test]
fn a_second_run_changes_nothing_and_touches_no_file() {
    let Some(sshd) = Sshd::start() else { return };
    let playbook = SITE.replace("      - { id: command, exec.shell: touch {DIR}/t/touched }\n", "");
    let scene = site(&sshd).build();
    scene.write("site.yml", playbook.as_bytes());
    scene.run(&[]).code(0);
    let before = fingerprint(&scene.path("t"));
    let again = scene.events(&[]).code(0);
    assert_eq!(again.recap("web")["changed"], 0, "{again}");
    assert_eq!(fingerprint(&scene.path("t")), before, "{again}");
    let check = scene.events(&["-C"]).code(0);
    assert_eq!(check.recap("web")["changed"], 0, "{check}");
    assert_eq!(
        check.recap("web")["unknown"],
        0,
        "a converged host gets a full dry run\n{check}"
    );
}

#[test]
fn what_depends_on_a_change_that_was_not_made_is_unknown() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: make, exec.shell: 'echo value > {DIR}/t/made' }
      - { id: read, fs.read_str: '{DIR}/t/made' }
      - id: use
        when: results.make.stdout == 'value'
        exec.shell: 'true'
      - id: guard
        assert.that: results.read.content == 'value'
      - id: reload
        on_change: [make]
        exec.shell: 'true'
",
    )
    .events(&["-C"])
    .code(0)
    .outcomes(
        "here",
        &[("read", "unknown"), ("use", "unknown"), ("guard", "unknown")],
    );
    assert!(
        ran.end("here", "read")["because"]
            .as_str()
            .unwrap()
            .contains("make"),
        "{ran}"
    );
    assert_ne!(
        ran.outcome("here", "reload"),
        "skipped",
        "its source would change\n{ran}"
    );
    assert_eq!(ran.host("here"), "ok", "{ran}");
}

#[test]
fn a_read_before_any_change_is_known_in_check_mode() {
    Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: read, fs.read_str: '{DIR}/t/there' }
      - { id: look, writes: [], exec.shell: 'cat {DIR}/t/there' }
      - { id: guard, assert.that: results.read.content == 'value' and results.look.stdout == 'value' }
",
    )
    .file("t/there", "value")
    .events(&["-C"])
    .code(0)
    .outcomes("here", &[("read", "ok"), ("look", "ok"), ("guard", "ok")]);
}

#[test]
fn a_real_failure_in_check_mode_is_a_failure() {
    Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: bad, fs.line_in_file: { path: '{DIR}/t/missing', line: x } }
",
    )
    .events(&["-C"])
    .code(2)
    .outcomes("here", &[("bad", "failed")]);
}

#[test]
fn diffs_show_the_lines_that_differ() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: file, fs.write: { path: '{DIR}/t/file', content: \"one\\ntwo\\nthree\\n\" } }
",
    )
    .file("t/file", "one\n2\nthree\n")
    .build();
    scene
        .run(&["-C", "-D"])
        .code(0)
        .says("-2")
        .says("+two")
        .says("t/file");
    let ran = scene.events(&["-D"]).code(0);
    let diff = ran.end("here", "file")["change"]["diff"].to_string();
    assert!(diff.contains("-2") && diff.contains("+two"), "{diff}");
    scene.run(&["-D"]).code(0).never_says("+two");
}

#[test]
fn without_the_option_no_diff_is_made() {
    Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls: [{ fs.write: { path: '{DIR}/t/file', content: 'a-content-of-its-own' } }]
",
    )
    .run(&[])
    .code(0)
    .never_says("a-content-of-its-own");
}
