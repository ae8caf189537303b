//! Files on a Debian.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::law::on;
use crate::support::Lab;

#[test]
fn a_path_below_a_home_directory_is_that_of_the_account_that_the_call_runs_as() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let alice = on(&machine).logged_in_as("alice");
    // Whoever has never logged in gets an agent first.
    alice.run(&["exec.command: ['true']"], &[]).code(0);
    let (_, result) = alice.keeps_the_laws("fs.write: { path: ~/notes/a, content: a, parents: true }");
    assert_eq!(result["path"], "/home/alice/notes/a");
    let root = on(&machine);
    let (_, result) = root.keeps_the_laws("fs.touch: { path: ~alice/b, owner: alice }");
    assert_eq!(result["path"], "/home/alice/b");
    let (_, result) = alice.keeps_the_laws("fs.copy: { host_src: ~/notes, dest: ~/kept/, parents: true }");
    assert_eq!(result["path"], "/home/alice/kept/notes");
    let copied = fs::metadata(machine.path("/home/alice/kept/notes/a")).unwrap();
    let home = fs::metadata(machine.path("/home/alice")).unwrap();
    assert_eq!(copied.uid(), home.uid());
    assert_eq!(
        root.fails("fs.stat: ~nobody-here/x"),
        "not_found: there is no user `nobody-here` on this host"
    );
    // A home that an earlier call of the run would make is known in check mode.
    let made = [
        "user.present: { name: zed, create_home: true }",
        "id: it\nfs.write: { path: ~zed/x, content: x }",
    ];
    let checked = root.run(&made, &["-C"]);
    assert_eq!(checked.outcome("m", "it"), "changed", "{checked}");
    let ran = root.run(&made, &[]);
    assert_eq!(ran.end("m", "it")["result"]["path"], "/home/zed/x", "{ran}");
}

#[test]
fn what_is_temporary_is_gone_when_the_run_has_ended() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let ran = on(&machine).run(
        &[
            "id: it\nfs.temp: { prefix: build- }",
            "exec.command: [touch, '{{ results.it.path }}/file']",
            "id: seen\nfs.stat: '{{ results.it.path }}/file'",
        ],
        &[],
    );
    let path = ran.end("m", "it")["result"]["path"].as_str().unwrap().to_owned();
    assert_eq!(ran.outcome("m", "it"), "ok");
    assert_eq!(ran.end("m", "seen")["result"]["exists"], true, "{ran}");
    assert!(!machine.path(&path).exists());
}
