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
