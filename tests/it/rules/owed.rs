//! Owed handlers: what a failure, an interrupt or a selection kept from running runs next time, once.

use rustix::process::Signal;

use super::{NOTHING, here, log, round, rounds};
use crate::support::{Fixture, Ran, Scene};

/// A source that changes once, what may fail behind it, and the handler.
fn site(between: &str) -> Fixture {
    here(&format!(
        "
- {{ id: conf, fs.write: {{ path: '{{DIR}}/conf', content: x }} }}
{between}
- {{ id: restart, on_change: [conf], exec.shell: sh {{DIR}}/say restart }}"
    ))
}

/// Fails as long as there is no file `t/ok`.
const FAILING: &str = "- exec.shell: test -e {DIR}/t/ok";

fn mend(scene: &Scene) {
    scene.write("t/ok", b"");
}

#[track_caller]
fn owes(ran: &Ran, host: &str, wanted: &[&str]) {
    let owed = ran.recap(host)["owed"].as_array().cloned().unwrap_or_default();
    assert_eq!(owed, wanted, "{ran}");
}

#[test]
fn the_handler_behind_a_failed_call_runs_in_the_next_run_and_not_again() {
    let scene = site(FAILING).build();
    let first = scene.events(&[]).code(2);
    owes(&first, "here", &["one/restart"]);
    assert_eq!(log(&scene), NOTHING, "{first}");
    // Once more: it is still owed.
    owes(&scene.events(&[]).code(2), "here", &["one/restart"]);
    mend(&scene);
    let paid = scene.events(&[]).code(0);
    owes(&paid, "here", &[]);
    assert_eq!(log(&scene), ["restart"], "{paid}");
    let because = paid.end("here", "restart")["because"]
        .as_str()
        .unwrap_or_default();
    assert!(because.contains("owed since run"), "{paid}");
    assert_eq!(paid.outcome("here", "conf"), "ok", "{paid}");
    let again = scene.events(&[]).code(0);
    assert_eq!(again.outcome("here", "restart"), "skipped", "{again}");
    assert_eq!(log(&scene), ["restart"], "{again}");
}

#[test]
fn people_are_told_what_is_owed_in_both_runs() {
    let scene = site(FAILING).build();
    scene
        .run(&[])
        .code(2)
        .says("owed: one/restart on here: its source changed, and it did not run.");
    let told = scene.rmote_play(&["report", "last"]);
    told.says("owed: one/restart on here");
    mend(&scene);
    scene
        .run(&[])
        .code(0)
        .says("`one/restart` is owed on `here`: its source changed in run ")
        .never_says("owed: ");
}

#[test]
fn handlers_of_rounds_that_a_host_did_not_come_to_are_owed() {
    let scene = rounds(
        &["a", "b"],
        &[
            round(
                "conf",
                "a,b",
                "",
                "- { id: conf, fs.write: { path: '{DIR}/{{ host.name }}', content: x } }\n\
                 - exec.shell: test -e {DIR}/t/ok || test {{ host.name }} = b",
            ),
            round(
                "run",
                "a,b",
                "",
                "- calls: [{ id: restart, on_change: [conf], exec.shell: 'sh {DIR}/say {{ host.name }}' }]",
            ),
        ]
        .concat(),
    )
    .build();
    let first = scene.events(&[]).code(2);
    owes(&first, "a", &["run/restart"]);
    owes(&first, "b", &[]);
    assert_eq!(log(&scene), ["b"], "{first}");
    mend(&scene);
    // A host that the run is not for keeps what it owes.
    owes(&scene.events(&["--limit", "b"]).code(0), "b", &[]);
    let paid = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["b", "a"], "{paid}");
}

#[test]
fn a_handler_that_fails_is_owed_unless_its_failure_is_handled() {
    let scene = here(
        "
- { id: conf, fs.write: { path: '{DIR}/conf', content: x } }
- { id: careless, on_change: [conf], ignore_errors: true, exec.shell: 'false' }
- { id: restart, on_change: [conf], exec.shell: 'test -e {DIR}/t/ok && sh {DIR}/say restart' }",
    )
    .build();
    owes(&scene.events(&[]).code(2), "here", &["one/restart"]);
    mend(&scene);
    let paid = scene.events(&[]).code(0);
    assert_eq!(paid.outcome("here", "careless"), "skipped", "{paid}");
    assert_eq!(log(&scene), ["restart"], "{paid}");
}

#[test]
fn a_handler_that_its_conditions_leave_out_is_not_owed() {
    let scene = here(
        "
- { id: conf, fs.write: { path: '{DIR}/conf', content: x } }
- { id: itself, on_change: [conf], when: false, exec.shell: sh {DIR}/say itself }
- { when: false, calls: [{ id: inside, on_change: [conf], exec.shell: sh {DIR}/say inside }] }
- { loop: [1], when: item == 2, calls: [{ id: looped, on_change: [conf], exec.shell: sh {DIR}/say looped }] }
- exec.shell: 'false'",
    )
    .build();
    owes(&scene.events(&[]).code(2), "here", &[]);
}

#[test]
fn a_handler_that_tags_left_out_runs_when_it_is_chosen() {
    let scene = here(
        "
- { id: conf, tags: [conf], fs.write: { path: '{DIR}/conf', content: x } }
- { id: restart, tags: [restart], on_change: [conf], exec.shell: sh {DIR}/say restart }",
    )
    .build();
    owes(
        &scene.events(&["--skip-tags", "restart"]).code(0),
        "here",
        &["one/restart"],
    );
    assert_eq!(log(&scene), NOTHING);
    let paid = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["restart"], "{paid}");
}

#[test]
fn check_mode_neither_makes_debts_nor_pays_them() {
    let scene = site(FAILING).build();
    owes(&scene.events(&["-C"]).code(0), "here", &[]);
    owes(&scene.events(&[]).code(2), "here", &["one/restart"]);
    mend(&scene);
    let check = scene.events(&["-C"]).code(0);
    assert_eq!(check.outcome("here", "restart"), "changed", "{check}");
    owes(&check, "here", &["one/restart"]);
    assert_eq!(log(&scene), NOTHING, "{check}");
    scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["restart"]);
}

#[test]
fn the_handler_of_an_interrupted_run_is_owed() {
    let scene = site("- exec.shell: test -e {DIR}/t/ok || sh {DIR}/gate long").build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("begun long"));
    running.signal(Signal::INT);
    running.await_event("interrupted");
    scene.write("t/go", b"");
    let ran = running.wait();
    owes(&ran, "here", &["one/restart"]);
    mend(&scene);
    let paid = scene.events(&[]).code(0);
    assert!(log(&scene).contains(&"restart".to_owned()), "{paid}");
}

#[test]
fn what_is_owed_is_forgotten_where_that_is_asked_for() {
    let scene = site(FAILING).build();
    scene.events(&[]).code(2);
    mend(&scene);
    // Check mode forgets nothing.
    scene
        .run(&["-C", "--forget-owed"])
        .code(0)
        .says("`one/restart`, which is owed on here (this machine), would be forgotten");
    scene
        .run(&["--forget-owed"])
        .code(0)
        .says("`one/restart`, which is owed on here (this machine), is forgotten, and not run");
    let next = scene.events(&[]).code(0);
    assert_eq!(log(&scene), NOTHING, "{next}");
}

#[test]
fn a_handler_that_the_playbook_lost_is_said_once() {
    let scene = site(FAILING).build();
    scene.events(&[]).code(2);
    mend(&scene);
    let text = scene.read("site.yml").replace("id: restart", "id: reload");
    scene.write("site.yml", text.as_bytes());
    let warning = "`one/restart` is owed on here, but the playbook has no such handler for it any more";
    scene.run(&[]).code(0).says(warning);
    scene.run(&[]).code(0).never_says(warning);
    assert_eq!(log(&scene), NOTHING);
}

/// In another inventory, the same name is another machine.
#[test]
fn a_host_of_the_same_name_elsewhere_owes_nothing() {
    let scene = site(FAILING).build();
    scene.events(&[]).code(2);
    mend(&scene);
    let text = scene.read("site.yml");
    let other = text.replace("transport: local", "transport: { command: [/bin/sh] }");
    scene.write("site.yml", other.as_bytes());
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), NOTHING, "{ran}");
    scene.write("site.yml", text.as_bytes());
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["restart"], "{ran}");
}

#[test]
fn without_a_journal_nothing_is_kept() {
    let scene = site(FAILING).build();
    owes(&scene.events(&["--no-journal"]).code(2), "here", &["one/restart"]);
    assert!(!scene.path("home/state").exists());
    let ran = scene.run(&["--no-journal", "--forget-owed"]);
    ran.says("cannot be used with");
}

#[test]
fn what_is_owed_and_cannot_be_read_is_a_warning_and_stays() {
    let scene = site(FAILING).build();
    scene.events(&[]).code(2);
    mend(&scene);
    let owed = scene.path("home/state/rmote-play/owed");
    let files = || std::fs::read_dir(&owed).unwrap().map(|it| it.unwrap().path());
    let file = files().find(|it| it.extension().is_some_and(|it| it == "json"));
    let file = file.expect("something is owed");
    for (text, why) in [
        ("garbage", "is damaged; remove it"),
        (
            r#"{"owed":9,"playbook":"/","hosts":{}}"#,
            "was written by a newer version",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        scene.run(&[]).code(0).says(why);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
}
