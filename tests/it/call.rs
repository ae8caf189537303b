//! One call without a playbook.

use crate::support::{Fixture, Scene};

fn scene() -> Scene {
    Fixture::new(
        "
hosts:
  web[1:2]: { transport: local, vars: { port: 80 } }
  db1: { transport: local }
vars: { unused: 1 }
rounds:
  - name: never
    hosts: all
    calls: [{ fail: this is not run }]
",
    )
    .file("motd", "hello")
    .build()
}

#[test]
fn a_call_runs_on_the_hosts_of_a_playbook_and_not_its_rounds() {
    let scene = scene();
    let ran = scene
        .rmote_play(
            &[
                "call",
                "web*",
                "fs.read_str",
                "path={DIR}/motd",
                "-i",
                "site.yml",
                "--persist",
                "0s",
                "--output",
                "json",
            ]
            .map(|word| word.replace("{DIR}", &scene.dir().display().to_string()))
            .each_ref()
            .map(String::as_str),
        )
        .code(0);
    assert_eq!(ran.all("call_ended").len(), 2, "{ran}");
    assert_eq!(ran.end("web2", "fs.read_str")["result"]["content"], "hello");
    assert_eq!(ran.host("web1"), "ok");
}

#[test]
fn arguments_are_checked_as_those_of_a_playbook_are() {
    let scene = scene();
    let call = |words: &[&str]| scene.rmote_play(&[&["call"], words, &["-i", "site.yml"]].concat());
    call(&["web*", "fs.wriet", "path=/x"])
        .code(64)
        .says("Did you mean `fs.write`?");
    call(&["web*", "fs.write", "path=/x", "contnet=y"])
        .code(64)
        .says("`fs.write` has no argument `contnet`");
    call(&["web*", "fs.write", "content=y"])
        .code(1)
        .says("`fs.write` needs `path`");
    call(&["web*", "fs.write", "path=/x", "backup=maybe"])
        .code(1)
        .says("`backup` of `fs.write` takes boolean");
    call(&["wbe*", "fs.stat", "/x"]).code(1).says("empty-pattern");
    call(&["web*", "log.log", "{{ prot }}"])
        .code(1)
        .says("Did you mean `port`?");
    call(&["web*"]).code(64).says("a host pattern and a tool");
}

#[test]
fn a_dry_call_changes_nothing_and_localhost_needs_no_inventory() {
    let scene = scene();
    let path = scene.path("made");
    let path = format!("path={}", path.display());
    let call = [
        "call",
        "localhost",
        "fs.write",
        &path,
        "content={{ host.name }}",
        "--persist",
        "0s",
    ];
    scene
        .rmote_play(&[&call[..], &["-C", "-D"]].concat())
        .code(0)
        .says("+localhost");
    scene
        .rmote_play(&[&call[..], &["-C"]].concat())
        .code(0)
        .says("localhost would change");
    assert!(!scene.path("made").exists());
    scene.rmote_play(&call).code(0).never_says("warning");
    assert_eq!(scene.read("made"), "localhost");
}

#[test]
fn files_of_the_controller_count_from_the_working_directory() {
    let scene = scene();
    let dest = format!("dest={}", scene.path("copied").display());
    scene
        .rmote_play(&[
            "call",
            "localhost",
            "fs.copy",
            "src=motd",
            &dest,
            "-i",
            "site.yml",
            "--persist",
            "0s",
        ])
        .code(0);
    assert_eq!(scene.read("copied"), "hello");
}

#[test]
fn a_call_shows_what_it_got() {
    let scene = scene();
    let call =
        |words: &[&str]| scene.rmote_play(&[&["call", "-i", "site.yml", "--persist", "0s"], words].concat());
    let ran = call(&["web1", "exec.shell", r"printf 'a\001b\n\nc'; echo beside >&2"]).code(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("a\u{1}b\n\nc", "beside\n")
    );
    let ran = call(&[
        "all",
        "exec.shell",
        "test {{ host.name }} = web2 && echo other || echo same",
    ])
    .code(0);
    assert!(
        ran.stdout
            .starts_with("web1, db1 (2 hosts)  changed\n  same\nweb2  changed\n  other\n\n3 hosts ok in "),
        "{ran}"
    );
    let ran = call(&["all", "-o", "exec.shell", "echo {{ host.name }}; echo two"]).code(0);
    assert_eq!(
        ran.stdout,
        "web1 | changed | exit_code=0 | web1\\ntwo\nweb2 | changed | exit_code=0 | web2\\ntwo\n\
         db1 | changed | exit_code=0 | db1\\ntwo"
    );
    let ran = call(&["web1", "fs.stat", "/"]).code(0);
    assert!(ran.stdout.contains("\nmode: "), "fields are lines: {ran}");
    let ran = call(&[
        "web*",
        "exec.shell",
        "echo it is {{ host.name }} that fails; exit 3",
    ])
    .code(2);
    for part in [
        "web1  FAILED",
        "exit code 3",
        "  it is web1 that fails",
        "2 failed of 2 hosts",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {ran}");
    }
    scene
        .run(&["-o"])
        .code(64)
        .says("`--one-line` is for `rmote-play call`");
}
