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
fn files_that_would_be_brought_to_the_controller_are_unknown_to_those_who_send_them() {
    Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: bring, fs.fetch: { src: '{DIR}/t/there', dest: brought/, flat: true } }
      - { id: other, fs.copy: { src: own/, dest: '{DIR}/t/other' } }
      - { id: send, fs.copy: { src: brought/, dest: '{DIR}/t/sent' } }
",
    )
    .file("t/there", "value")
    .file("brought/old", "old")
    .file("own/file", "own")
    .events(&["-C"])
    .code(0)
    .outcomes(
        "here",
        &[("bring", "changed"), ("other", "changed"), ("send", "unknown")],
    );
}

#[test]
fn what_only_the_run_can_tell_of_a_file_is_unknown_and_the_rest_is_known() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: write, fs.write: { path: '{DIR}/t/new', content: x, parents: true } }
      - { id: look, fs.stat: '{DIR}/t/new' }
      - { id: size, assert.that: results.look.size == 1 }
      - { id: time, assert.that: results.look.mtime > 0 }
",
    )
    .events(&["-C"])
    .code(0)
    .outcomes("here", &[("look", "ok"), ("size", "ok"), ("time", "unknown")]);
    assert_eq!(ran.end("here", "time")["because"], "look", "{ran}");
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

/// What follows a change is known: outcomes, diffs and results are those of the run.
#[test]
fn later_calls_see_the_host_as_the_calls_before_would_leave_it() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: refused, ignore_errors: true, fs.write: { path: '{DIR}/t/bad', content: x, validate: 'grep y %s' } }
      - { id: folder, fs.directory: { path: '{DIR}/t/app', mode: 0750 } }
      - { id: config, fs.write: { path: '{DIR}/t/app/conf', content: \"a\\n\", mode: 0640 } }
      - { id: line, fs.line_in_file: { path: '{DIR}/t/app/conf', line: b } }
      - { id: link, fs.symlink: { path: '{DIR}/t/current', target: app } }
      - { id: linked, fs.line_in_file: { path: '{DIR}/t/current/conf', line: b } }
      - { id: gone, fs.remove: '{DIR}/t/old' }
      - { id: again, fs.write: { path: '{DIR}/t/old', content: \"old\\n\" } }
      - { id: stat, fs.stat: '{DIR}/t/app/conf' }
      - { id: read, fs.read_str: '{DIR}/t/current/conf' }
      - { id: said, assert.that: results.read.content == \"a\\nb\\n\" and results.stat.mode == '0640' }
      - { id: guard, exec.command: { argv: ['false'], creates: '{DIR}/t/app/conf' } }
      - { id: missing, ignore_errors: true, fs.line_in_file: { path: '{DIR}/t/none', line: x } }
",
    )
    .file("t/old", "old\n")
    .build();
    let before = fingerprint(&scene.path("t"));
    let check = scene.events(&["-C", "-D"]).code(0);
    assert_eq!(fingerprint(&scene.path("t")), before, "{check}");
    let apply = scene.events(&["-D"]).code(0);
    for id in [
        "folder", "config", "line", "link", "linked", "gone", "again", "stat", "read", "said", "guard",
        "missing", "refused",
    ] {
        let (said, came) = (check.end("here", id), apply.end("here", id));
        assert_eq!(said["outcome"], came["outcome"], "{id}: {check}{apply}");
        assert_eq!(said["change"], came["change"], "{id}: {check}{apply}");
    }
    assert_eq!(check.outcome("here", "guard"), "ok", "{check}");
    assert_eq!(check.outcome("here", "refused"), "failed", "{check}");
}

/// What a command may write is unknown, and nothing else; what made it so is named at the end.
#[test]
fn a_command_makes_unknown_what_it_says_that_it_writes() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: build, exec.shell: 'true', writes: ['{DIR}/t/built'] }
      - { id: inside, fs.read_str: '{DIR}/t/built/file' }
      - { id: beside, fs.read_str: '{DIR}/t/file' }
      - { id: look, writes: [], reads: ['{DIR}/t/file'], exec.command: [cat, '{DIR}/t/file'] }
      - { id: behind, writes: [], reads: ['{DIR}/t/built'], exec.command: [cat, '{DIR}/t/built/file'] }
",
    )
    .file("t/file", "x")
    .file("t/built/file", "x")
    .build();
    let outcomes = [
        ("build", "changed"),
        ("inside", "unknown"),
        ("beside", "ok"),
        ("look", "ok"),
        ("behind", "unknown"),
    ];
    scene.events(&["-C"]).code(0).outcomes("here", &outcomes);
    let ran = scene.run(&["-C"]).code(0);
    assert!(
        ran.stdout
            .contains("unknown: 2 calls because of `build`. What it writes is known once it has run"),
        "{ran}"
    );
}
