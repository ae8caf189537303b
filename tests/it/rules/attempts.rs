//! `until`: a call with its attempts is one call, open from the first to the last.

use super::{here, log, round, rounds};

#[test]
fn items_of_a_loop_with_until_come_true_one_after_the_other() {
    let scene = here(
        "
- { loop: [a, b, c], exec.shell: 'sh {DIR}/nth {{ item }} 2', until: not result.failed, delay: 10ms }
- exec.shell: sh {DIR}/say next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["a", "a", "b", "b", "c", "c", "next"], "{ran}");
}

#[test]
fn items_of_nested_loops_with_until_come_true_one_after_the_other() {
    let scene = here(
        "
- loop: { outer: [a, b] }
  calls:
    - { loop: [x, y], exec.shell: 'sh {DIR}/nth {{ outer }}{{ item }} 2', until: not result.failed, delay: 10ms }
- exec.shell: sh {DIR}/say next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let wanted = ["ax", "ax", "ay", "ay", "bx", "bx", "by", "by", "next"];
    assert_eq!(log(&scene), wanted, "{ran}");
}

#[test]
fn items_of_a_loop_in_a_unit_or_on_a_delegate_come_true_one_after_the_other() {
    let scene = here(
        "
- import: unit.yml
- { delegate_to: localhost, loop: [c, d], exec.shell: 'sh {DIR}/nth {{ item }} 2', until: not result.failed, delay: 10ms }",
    )
    .file(
        "unit.yml",
        "calls: [{ loop: [a, b], exec.shell: 'sh {DIR}/nth {{ item }} 2', until: not result.failed, delay: 10ms }]",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["a", "a", "b", "b", "c", "c", "d", "d"], "{ran}");
}

/// An item that never comes true has failed, and the others run all the same, each in its turn.
#[test]
fn an_item_that_never_comes_true_does_not_let_the_next_one_in_between() {
    let scene = here(
        "
- ignore_errors: true
  loop: [a, b, c]
  exec.shell: sh {DIR}/nth {{ item }} {{ 9 if item == 'b' else 2 }}
  until: not result.failed
  retries: 2
  delay: 10ms
- exec.shell: sh {DIR}/say next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let wanted = ["a", "a", "b", "b", "b", "c", "c", "next"];
    assert_eq!(log(&scene), wanted, "{ran}");
}

#[test]
fn what_conflicts_with_a_call_waits_between_its_attempts() {
    let scene = here(
        "
- { writes: [/a], reads: [], exec.shell: 'sh {DIR}/nth a 3', until: not result.failed, delay: 20ms }
- { writes: [/b], reads: [/a], exec.shell: sh {DIR}/say reader }
- { writes: [/a], reads: [], exec.shell: sh {DIR}/say writer }",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["a", "a", "a", "reader", "writer"], "{ran}");
}

/// Calls of other hosts as well.
#[test]
fn on_a_delegate_the_calls_of_other_hosts_wait_between_attempts() {
    let entries = "
- { delegate_to: lb, exec.shell: 'sh {DIR}/nth {{ host.name }} 3', until: not result.failed, delay: 20ms }";
    let scene = rounds(&["h1", "h2", "h3", "lb"], &round("one", "h*", "", entries)).build();
    let ran = scene.events(&[]).code(0);
    let log = log(&scene);
    let turns: Vec<_> = log.chunk_by(|one, next| one == next).map(<[_]>::len).collect();
    assert_eq!(turns, [3, 3, 3], "{log:?}\n{ran}");
}

/// And the delegate's own, those that come after it.
#[test]
fn a_delegates_own_calls_wait_between_the_attempts_of_others() {
    let drain = "
- { delegate_to: lb, exec.shell: 'echo begun; sh {DIR}/nth drain 3', until: not result.failed, delay: 50ms }";
    let own = "
- { id: begun, writes: [], reads: [], exec.shell: 'until grep -q drain {DIR}/t/log; do sleep 0.01; done' }
- { when: not results.begun.failed, exec.shell: sh {DIR}/say own }";
    let scene = rounds(
        &["h1", "lb"],
        &(round("one", "h1", "", drain) + &round("beside", "lb", "needs: []", own)),
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["drain", "drain", "drain", "own"], "{ran}");
}

/// A change counts in whichever attempt it was made; everything else is that of the last one.
#[test]
fn a_change_in_an_earlier_attempt_is_the_calls_change() {
    let scene = here(
        "
- id: start
  exec.shell: 'test -e {DIR}/t/flag || { touch {DIR}/t/flag; echo new; }'
  until: result.stdout == ''
  changed_when: result.stdout != ''
  delay: 10ms",
    )
    .build();
    let ran = scene.events(&[]).code(0).outcomes("here", &[("start", "ok")]);
    assert_eq!(ran.recap("here")["changed"], 1, "{ran}");
    assert_eq!(ran.end("here", "start")["result"]["stdout"], "", "{ran}");
}

/// An error in `until` of a failed call only means that it does not hold.
#[test]
fn an_until_that_cannot_be_asked_of_a_failed_call_does_not_hold() {
    let ran = here(
        "
- { id: wait, fs.read_str: '{DIR}/t/none', until: result.content == 'x', retries: 2, delay: 10ms }",
    )
    .events(&[])
    .code(2);
    let end = ran.end("here", "wait");
    assert_eq!(
        (&end["attempts"], &end["error"]["kind"]),
        (&3.into(), &"not_found".into()),
        "{ran}"
    );
}

#[test]
fn an_until_that_cannot_be_asked_of_a_call_that_worked_fails_it_at_once() {
    let ran = here(
        "
- { id: wait, exec.shell: echo x, until: '{1: true}[result.exit_code]', retries: 3, delay: 10s }",
    )
    .events(&[])
    .code(2);
    assert_eq!(ran.end("here", "wait")["attempts"], 1, "{ran}");
}

#[test]
fn in_check_mode_there_is_one_attempt_and_until_is_not_asked() {
    let scene = here(
        "
- { id: look, writes: [], exec.shell: sh {DIR}/say look, until: 'false', retries: 3, delay: 10ms }
- { id: next, writes: [], exec.shell: sh {DIR}/say next }",
    )
    .build();
    let ran = scene
        .events(&["-C"])
        .code(0)
        .outcomes("here", &[("look", "ok"), ("next", "ok")]);
    assert_eq!(ran.end("here", "look")["attempts"], 1, "{ran}");
    let mut log = log(&scene);
    log.sort();
    assert_eq!(log, ["look", "next"], "{ran}");
}

/// The start of a call is told once; each further attempt by `call_retried`.
#[test]
fn a_call_with_attempts_is_told_to_start_once() {
    let ran = here(
        "
- { id: wait, exec.shell: 'sh {DIR}/nth wait 3', until: not result.failed, delay: 10ms }
- { loop: [a, b], exec.shell: 'sh {DIR}/nth {{ item }} 2', until: not result.failed, delay: 10ms }",
    )
    .events(&[])
    .code(0);
    assert_eq!(ran.all("call_started").len(), 3, "{ran}");
    assert_eq!(ran.all("call_retried").len(), 4, "{ran}");
    assert_eq!(ran.end("here", "wait")["attempts"], 3, "{ran}");
}

/// A timeout is of one attempt.
#[test]
fn an_attempt_that_takes_too_long_is_followed_by_the_next() {
    let scene = here(
        "
- id: wait
  exec.shell: sh {DIR}/nth wait 2 || sleep 30
  timeout: 1s
  until: not result.failed
  retries: 1
  delay: 10ms
- exec.shell: sh {DIR}/say next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["wait", "wait", "next"], "{ran}");
}

/// Whether a handler runs is asked once, and not for each attempt.
#[test]
fn a_handler_that_was_sent_ahead_is_made_until_it_holds() {
    let scene = here(
        "
- exec.shell: sleep 0.05
- { id: source, exec.shell: 'true' }
- { on_change: [source], exec.shell: 'sh {DIR}/nth handler 3', until: not result.failed, delay: 10ms }",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["handler", "handler", "handler"], "{ran}");
}

/// A handler that waits between the attempts of another call still knows what its source changed.
#[test]
fn a_handler_that_waits_between_attempts_is_not_lost() {
    let own = "
- { id: source, writes: [/a], reads: [], exec.shell: sleep 0.05 }
- { on_change: [source], writes: [/c], reads: [], exec.shell: sh {DIR}/say handler }";
    let beside = "
- { writes: [], reads: [/c], exec.shell: 'sh {DIR}/nth poll 5', until: not result.failed, retries: 9, delay: 30ms }";
    let scene = rounds(
        &["here"],
        &(round("one", "here", "", own) + &round("beside", "here", "needs: []", beside)),
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(
        log(&scene).iter().filter(|line| *line == "handler").count(),
        1,
        "{ran}"
    );
}
