//! Every entry of a block that was begun ends exactly once and is told once; what was never begun is told by nobody.

use rustix::process::Signal;

use super::interrupt::interrupt;
use super::{here, in_turn, log, told};

const UNIT: &str = "calls: [{ id: inner_of_unit, exec.shell: 'true' }]";

#[test]
fn every_entry_of_a_stopped_block_is_told_once() {
    for keys in ["", "changed_when: result.stdout == 'c', "] {
        let ran = here(&format!(
            "
- {{ id: before, exec.shell: 'true' }}
- {{ id: bad, {keys}exec.shell: 'false' }}
- {{ id: sent, exec.shell: 'true' }}
- {{ id: looped, loop: [a, b], exec.shell: 'true' }}
- {{ id: guarded, when: results.sent.changed, exec.shell: 'true' }}
- {{ id: reader, exec.shell: 'echo {{{{ results.sent.stdout }}}}' }}
- {{ id: handler, on_change: [before], exec.shell: 'true' }}
- {{ id: rescue, on_failure: [sent], exec.shell: 'true' }}
- {{ id: other, delegate_to: localhost, exec.shell: 'true' }}
- {{ id: once, run_once: true, exec.shell: 'true' }}
- {{ id: stop, fail: stop }}
- {{ id: clean, always: true, exec.shell: 'true' }}"
        ))
        .events(&[])
        .code(2);
        for label in ["sent", "looped", "reader", "handler", "other", "once", "stop"] {
            let whole: Vec<_> = told(&ran, label)
                .into_iter()
                .filter(|it| it.0.is_none())
                .collect();
            assert_eq!(whole, [(None, "canceled")], "`{label}`\n{ran}");
        }
        // What its conditions leave out is skipped, as it would have been.
        for label in ["guarded", "rescue"] {
            assert_eq!(told(&ran, label), [(None, "skipped")], "`{label}`\n{ran}");
        }
        for (label, outcome) in [("before", "changed"), ("bad", "failed"), ("clean", "changed")] {
            assert_eq!(told(&ran, label), [(None, outcome)], "`{label}`\n{ran}");
        }
    }
}

#[test]
fn what_is_inside_a_group_that_was_not_begun_is_told_only_if_it_was_sent() {
    for keys in ["", "changed_when: result.stdout == 'c', "] {
        let ran = here(&format!(
            "
- {{ id: bad, {keys}exec.shell: 'false' }}
- calls:
    - {{ id: inner, exec.shell: 'true' }}
    - calls: [{{ id: deeper, exec.shell: 'true' }}]
- {{ loop: [1, 2], calls: [{{ id: looped, exec.shell: 'true' }}] }}
- {{ import: unit.yml }}"
        ))
        .file("unit.yml", UNIT)
        .events(&[])
        .code(2);
        // What was sent ahead has started for those who listen, and so it ends.
        let was_sent = keys.is_empty();
        for label in ["inner", "deeper", "looped", "inner_of_unit"] {
            let told = told(&ran, label);
            let is_told = told.iter().all(|it| was_sent && *it == (None, "canceled"));
            assert!(is_told, "`{label}`: {told:?}\n{ran}");
        }
    }
}

#[test]
fn every_entry_of_a_begun_group_is_told_once_when_the_block_around_it_is_stopped() {
    let ran = here(
        "
- calls:
    - calls:
        - { id: bad, exec.shell: 'false' }
        - { id: inner, exec.shell: 'true' }
    - { id: middle, when: results.inner.changed, exec.shell: 'true' }
- { id: outer, exec.shell: 'true' }",
    )
    .events(&[])
    .code(2);
    for (label, outcome) in [
        ("inner", "canceled"),
        ("middle", "skipped"),
        ("outer", "canceled"),
    ] {
        assert_eq!(told(&ran, label), [(None, outcome)], "`{label}`\n{ran}");
    }
}

/// Each iteration is a block of its own: what failed in one is told for that one.
#[test]
fn every_entry_of_an_iteration_is_told_once() {
    let ran = here(
        "
- loop: [a, b, c]
  ignore_errors: true
  calls:
    - { id: first, exec.shell: 'test {{ item }} != b' }
    - { id: second, when: results.first.changed, exec.shell: 'true' }",
    )
    .events(&[])
    .code(0);
    let mut second = told(&ran, "second");
    second.sort_unstable();
    assert_eq!(
        second,
        [(None, "changed"), (None, "changed"), (None, "skipped")],
        "{ran}"
    );
}

/// An entry before its ended event has started, if it ran; items end before their call.
#[test]
fn a_started_event_comes_before_its_ended_and_items_before_their_call() {
    let ran = here(
        "
- { id: looped, loop: [a, b, c], exec.shell: 'test {{ item }} != b' }
- { id: never, exec.shell: 'true' }",
    )
    .events(&[])
    .code(2);
    let of_loop: Vec<_> = ran
        .events
        .iter()
        .filter(|it| it["call"]["label"] == "looped")
        .filter(|it| it["event"] == "call_started" || it["event"] == "call_ended")
        .map(|it| {
            let item = it["item"].as_str().unwrap_or("whole");
            (item.to_owned(), it["event"].as_str().unwrap().to_owned())
        })
        .collect();
    let at = |item: &str, event: &str| {
        let place = of_loop.iter().position(|it| it.0 == item && it.1 == event);
        place.unwrap_or_else(|| panic!("{item} {event}\n{ran}"))
    };
    for item in ["a", "b", "c"] {
        assert!(at(item, "call_started") < at(item, "call_ended"), "{ran}");
        assert!(at(item, "call_ended") < at("whole", "call_ended"), "{ran}");
    }
    assert_eq!(told(&ran, "never"), [(None, "canceled")], "{ran}");
}

/// Items that were not begun when the block was stopped are canceled, and so is their call; what it changed counts.
#[test]
fn items_that_a_failure_before_them_stops_are_told_and_the_changes_of_the_others_counted() {
    let scene = here(
        "
- { id: bad, writes: [], reads: [], exec.shell: sh {DIR}/await begun; false }
- id: many
  loop: [a, b, c, d, e, f]
  writes: [/w]
  reads: []
  exec.shell: touch {DIR}/t/begun; sh {DIR}/slow {{ item }}; sleep 0.1",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let log = log(&scene);
    let all = in_turn(&["a", "b", "c", "d", "e", "f"]);
    assert!(all.starts_with(&log) && log.len() < all.len(), "{log:?}\n{ran}");
    let told = told(&ran, "many");
    assert_eq!(told.last(), Some(&(None, "canceled")), "{ran}");
    // Nothing of it was begun where calls do not overlap.
    let wanted = if log.is_empty() { (1, 0) } else { (7, 1) };
    assert_eq!(
        (told.len(), ran.recap("here")["changed"].as_u64().unwrap()),
        wanted,
        "{ran}"
    );
}

/// R 21: what its conditions leave out is skipped, as it would have been; a looped group, too, whenever they can be asked.
#[test]
fn a_looped_group_that_its_conditions_leave_out_is_skipped_behind_a_failure() {
    let ran = here(
        "
- id: stopped
  ignore_errors: true
  calls:
    - { id: bad, exec.shell: 'false' }
    - { id: source, when: results.bad.changed, always: true, exec.shell: 'true' }
    - { id: looped, when: results.source.changed, loop: [a, b], calls: [{ id: inner, exec.shell: 'true' }] }
    - { id: wanted, when: not results.source.changed, loop: [a, b], calls: [{ id: other, exec.shell: 'true' }] }
- { id: reader, log.log: '{{ results.looped.status }} {{ results.inner.skipped }} {{ results.other.skipped }}' }",
    )
    .events(&[])
    .code(0);
    assert_eq!(ran.outcome("here", "looped"), "skipped", "{ran}");
    assert_eq!(ran.outcome("here", "wanted"), "canceled", "{ran}");
    assert!(ran.to_string().contains("skipped True False"), "{ran}");
}

/// A handler that was sent ahead and taken back is told, also where the group that it is in was not begun, since its source
/// was killed.
#[test]
fn what_was_sent_ahead_and_taken_back_is_told() {
    let scene = here(
        "
- { id: long, timeout: 1s, exec.shell: echo begun long; sleep 30 }
- calls: [{ id: handler, on_change: [long], exec.shell: sh {DIR}/say never }]",
    )
    .build();
    let ran = interrupt(&scene, "long", Signal::INT).wait().code(130);
    let starts = ran.all("call_started");
    assert_eq!(
        starts.len(),
        told(&ran, "long").len() + told(&ran, "handler").len(),
        "{ran}"
    );
}
