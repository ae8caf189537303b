//! Check mode: what nobody can know is unknown, what can be known is said, and neither depends on when answers came.

use super::{here, round, rounds, told};
use crate::support::Scene;

/// A call that is unknown in check mode.
const PROBE: &str = "\n- { id: probe, exec.shell: echo x }";
/// The same, and what others look at is none of its business.
const PROBE_ASIDE: &str = "\n- { id: probe, exec.shell: echo x, writes: [/nowhere] }";

#[test]
fn a_handler_of_an_entry_inside_an_unknown_group_is_unknown() {
    here(&format!(
        "{PROBE}
- when: results.probe.stdout == ''
  calls:
    - {{ id: inner, exec.shell: 'true' }}
    - calls: [{{ id: deeper, exec.shell: 'true' }}]
- {{ id: handler, on_change: [inner], exec.shell: 'true' }}
- {{ id: deep, on_change: [deeper], exec.shell: 'true' }}
- {{ id: reader, when: results.inner.changed, exec.shell: 'true' }}"
    ))
    .events(&["-C"])
    .code(0)
    .outcomes(
        "here",
        &[("handler", "unknown"), ("deep", "unknown"), ("reader", "unknown")],
    );
}

#[test]
fn a_handler_of_an_entry_inside_an_unknown_unit_or_loop_is_unknown() {
    here(&format!(
        "{PROBE}
- {{ id: unit, when: results.probe.stdout == '', import: unit.yml }}
- {{ id: handler, on_change: [unit.inner], exec.shell: 'true' }}
- loop: '{{{{ [results.probe.stdout] }}}}'
  calls: [{{ id: looped, exec.shell: 'true' }}]
- {{ id: of_loop, on_change: [looped], exec.shell: 'true' }}"
    ))
    .file("unit.yml", "calls: [{ id: inner, exec.shell: 'true' }]")
    .events(&["-C"])
    .code(0)
    .outcomes("here", &[("handler", "unknown"), ("of_loop", "unknown")]);
}

#[test]
fn a_condition_that_does_not_hold_skips_also_after_an_unknown_one() {
    here(&format!(
        "{PROBE}
- {{ id: when, when: [results.probe.stdout == '', 'false'], exec.shell: 'true' }}
- {{ id: group, when: [results.probe.stdout == '', 'false'], calls: [{{ exec.shell: 'true' }}] }}
- {{ id: loop, loop: [1, 2], when: [results.probe.stdout == '', 'false'], exec.shell: 'true' }}
- {{ id: unknown, when: results.probe.stdout == '', exec.shell: 'true' }}
- {{ id: handler, on_change: [unknown], when: 'false', exec.shell: 'true' }}
- {{ id: both, when: ['true', results.probe.stdout == ''], exec.shell: 'true' }}"
    ))
    .events(&["-C"])
    .code(0)
    .outcomes(
        "here",
        &[
            ("when", "skipped"),
            ("group", "skipped"),
            ("loop", "skipped"),
            ("handler", "skipped"),
            ("both", "unknown"),
        ],
    );
}

/// An error behind an unknown condition is one that may never be asked.
#[test]
fn an_error_in_a_condition_fails_only_where_it_is_asked_for_certain() {
    here(&format!(
        "{PROBE}
- {{ id: behind, when: [results.probe.stdout == '', '{{1: true}}[facts.user.uid * 0]'], exec.shell: 'true' }}
- {{ id: before, ignore_errors: true, when: ['{{1: true}}[facts.user.uid * 0]', results.probe.stdout == ''], exec.shell: 'true' }}"
    ))
    .events(&["-C"])
    .code(0)
    .outcomes("here", &[("behind", "unknown"), ("before", "failed")]);
}

#[test]
fn a_rescue_of_a_region_that_may_fail_is_unknown() {
    let ran = here(&format!(
        "{PROBE}
- id: region
  calls: [{{ id: inner, when: results.probe.stdout == '', exec.shell: 'true' }}]
- {{ id: rescue, on_failure: [region], exec.shell: 'true' }}
- {{ id: reader, when: results.region.failed, exec.shell: 'true' }}
- {{ id: call, exec.shell: 'true' }}
- {{ id: mend, on_failure: [call], exec.shell: 'true' }}
- {{ id: fine, exec.shell: 'true' }}
- {{ id: never, on_failure: [fine], exec.shell: 'true' }}"
    ))
    .events(&["-C"])
    .code(0)
    .outcomes(
        "here",
        &[
            ("rescue", "unknown"),
            ("reader", "unknown"),
            ("mend", "skipped"),
            ("never", "skipped"),
        ],
    );
    assert_eq!(ran.recap("here")["failed"], 0, "{ran}");
}

/// A loop that would change in one item, and cannot say in another, would change something.
#[test]
fn a_loop_that_would_change_in_one_item_has_changed_for_all_who_read_it() {
    let ran = here(&format!(
        "{PROBE_ASIDE}
- id: looped
  loop: [1, 2]
  when: item == 1 or results.probe.stdout == ''
  fs.write: {{ path: '{{DIR}}/t/{{{{ item }}}}', content: x }}
- {{ id: reader, when: results.looped.changed, exec.shell: 'true' }}
- {{ id: handler, on_change: [looped], exec.shell: 'true' }}"
    ))
    .events(&["-C"])
    .code(0)
    .outcomes("here", &[("looped", "unknown")]);
    assert_eq!(
        ran.outcome("here", "reader"),
        ran.outcome("here", "handler"),
        "{ran}"
    );
    assert_eq!(ran.outcome("here", "reader"), "changed", "{ran}");
}

/// A `fail` that is begun fails, also where its message is unknown.
#[test]
fn a_fail_that_is_certain_fails_though_its_message_is_unknown() {
    here(&format!(
        "{PROBE}\n- {{ id: stop, fail: 'no: {{{{ results.probe.stdout }}}}' }}"
    ))
    .events(&["-C"])
    .code(2)
    .outcomes("here", &[("stop", "failed")]);
    here(&format!(
        "{PROBE}\n- {{ id: stop, when: results.probe.stdout == '', fail: no }}"
    ))
    .events(&["-C"])
    .code(0)
    .outcomes("here", &[("stop", "unknown")]);
}

/// A round whose condition is unknown is entered by nobody, and each of its top entries is unknown.
#[test]
fn every_entry_of_a_round_whose_condition_is_unknown_is_unknown() {
    let second = "
- { id: call, exec.shell: 'true' }
- { id: loop, loop: [1, 2], exec.shell: 'true' }
- { id: stop, fail: no }
- { calls: [{ id: inner, exec.shell: 'true' }] }";
    let third = "
- { id: handler, on_change: [call], exec.shell: 'true' }
- { id: deep, on_change: [inner], exec.shell: 'true' }
- { id: reader, when: results.loop.changed, exec.shell: 'true' }";
    let ran = rounds(
        &["here"],
        &(round("one", "here", "", PROBE)
            + &round("two", "here", "when: results.probe.stdout == ''", second)
            + &round("three", "here", "", third)),
    )
    .events(&["-C"])
    .code(0);
    for label in ["call", "loop", "stop", "handler", "deep", "reader"] {
        assert_eq!(told(&ran, label), [(None, "unknown")], "`{label}`\n{ran}");
    }
    assert_eq!(told(&ran, "inner"), [], "{ran}");
}

/// A tool that says what it would change, and one that reads; `wait` makes the controller know all answers before.
fn stale(wait: &str) -> String {
    format!(
        "
- {{ id: first, own.write: {{ changed: true }}, reads: [], writes: [/a] }}
- {{ id: between, own.write: {{ changed: false }}, reads: [/a], writes: [/b] }}
{wait}
- {{ id: reader, own.look: , reads: [/b] }}
- {{ id: aside, own.look: , reads: [/c] }}"
    )
}

/// The scene of these entries.
fn with_tool(entries: &str) -> Scene {
    let own = "#!/bin/sh
read line
sleep 0.1
case $1 in look) echo '{}';; *) echo \"$line\";; esac
";
    let tools = "
tools:
  own:
    src: own
    methods:
      write: { args: { changed: boolean }, check: true }
      look: { writes: [] }
";
    let scene = here(entries).file("own", own).build();
    let site = scene.read("site.yml");
    scene.write("site.yml", format!("{tools}{site}").as_bytes());
    scene
}

/// That somebody reads a result takes nothing from a handler here, either.
#[test]
fn a_handler_would_run_though_a_later_entry_reads_a_result() {
    let ran = with_tool(
        "
- { id: config, own.write: { changed: true }, reads: [], writes: [/a] }
- { id: migrate, own.write: { changed: false }, reads: [], writes: [/a] }
- { id: handler, on_change: [config], own.write: { changed: true }, reads: [], writes: [/a] }
- { id: quiet, on_change: [migrate], own.write: { changed: true }, reads: [], writes: [/a] }
- { id: reader, when: results.config.changed, exec.shell: 'true' }",
    )
    .events(&["-C"])
    .code(0);
    for (label, outcome) in [
        ("handler", "changed"),
        ("quiet", "skipped"),
        ("reader", "changed"),
    ] {
        assert_eq!(told(&ran, label), [(None, outcome)], "`{label}`\n{ran}");
    }
}

/// What may be written by a call that is unknown is unknown, whatever was answered when.
#[test]
fn a_read_behind_an_unknown_writer_is_unknown_whether_it_was_sent_ahead_or_not() {
    let waits = [
        "",
        "- { id: wait, own.look: , reads: [/c] }\n- { assert.that: not results.between.changed }\n- { assert.that: results.wait.failed == false }",
    ];
    for wait in waits {
        with_tool(&stale(wait)).events(&["-C"]).code(0).outcomes(
            "here",
            &[
                ("first", "changed"),
                ("between", "unknown"),
                ("reader", "unknown"),
                ("aside", "ok"),
            ],
        );
    }
}

/// The list of a loop that is unknown makes it unknown, calls and groups alike.
#[test]
fn a_loop_whose_list_is_unknown_is_unknown() {
    let ran = here(&format!(
        "{PROBE}
- {{ id: call, loop: '{{{{ results.probe.stdout | split }}}}', exec.shell: 'true' }}
- id: group
  loop: '{{{{ results.probe.stdout | split }}}}'
  calls: [{{ id: inner, exec.shell: 'true' }}]
- {{ id: handler, on_change: [call], exec.shell: 'true' }}
- {{ id: deep, on_change: [inner], exec.shell: 'true' }}"
    ))
    .events(&["-C"])
    .code(0);
    for label in ["call", "handler", "deep"] {
        assert_eq!(told(&ran, label), [(None, "unknown")], "`{label}`\n{ran}");
    }
}

/// An unknown entry leaves its whole footprint stale.
#[test]
fn what_is_read_behind_an_unknown_group_is_unknown() {
    here(&format!(
        "{PROBE}
- when: results.probe.stdout == ''
  calls: [{{ fs.write: {{ path: '{{DIR}}/t/file', content: x }} }}]
- {{ id: read, fs.read_str: '{{DIR}}/t/file' }}"
    ))
    .file("t/file", "x")
    .events(&["-C"])
    .code(0)
    .outcomes("here", &[("read", "unknown")]);
}

/// Nothing unknown on a host as it should be, loops, groups, handlers and rescues included.
#[test]
fn a_host_as_it_should_be_has_no_unknown_entry() {
    let scene = here(
        "
- id: files
  loop: [a, b]
  calls:
    - { id: file, fs.write: { path: '{DIR}/t/{{ item }}', content: x } }
- { id: reload, on_change: [file], exec.shell: 'true' }
- { id: rescue, on_failure: [files], exec.shell: 'true' }
- { id: look, writes: [], exec.shell: 'cat {DIR}/t/a' }
- { id: guard, assert.that: results.look.stdout == 'x' }
- { when: not results.files.changed, calls: [{ id: inner, fs.read_str: '{DIR}/t/b' }] }",
    )
    .build();
    scene.run(&[]).code(0);
    let ran = scene.events(&["-C"]).code(0).outcomes(
        "here",
        &[
            ("reload", "skipped"),
            ("rescue", "skipped"),
            ("guard", "ok"),
            ("inner", "ok"),
        ],
    );
    assert_eq!(ran.recap("here")["unknown"], 0, "{ran}");
    assert_eq!(ran.recap("here")["changed"], 0, "{ran}");
}

/// A failure in check mode stops as anywhere.
#[test]
fn a_failure_in_check_mode_stops_what_follows_and_always_is_looked_at() {
    let ran = here(
        "
- { id: bad, fs.line_in_file: { path: '{DIR}/t/missing', line: x } }
- { id: never, fs.write: { path: '{DIR}/t/new', content: x } }
- { id: clean, always: true, fs.read_str: '{DIR}/t/there' }",
    )
    .file("t/there", "x")
    .events(&["-C"])
    .code(2)
    .outcomes("here", &[("bad", "failed"), ("clean", "ok")]);
    assert_eq!(told(&ran, "never"), [(None, "canceled")], "{ran}");
}
