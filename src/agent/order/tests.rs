//! The order of calls, one case at a time.

use super::*;
use crate::protocol::{After, Mode};

fn call(id: u64, after: &[(u64, Need)]) -> Box<Request> {
    Box::new(Request {
        id,
        tool: "a.b".into(),
        account: None,
        args: Vec::new(),
        mode: Mode::Apply,
        diff: false,
        stream: false,
        read_only: false,
        timeout_ms: None,
        after: after.iter().map(|&(id, need)| After { id, need }).collect(),
        if_changed: None,
        changed_before: false,
        touches: None,
        behind: None,
        settled: 0,
    })
}

fn check(id: u64, after: &[(u64, Need)]) -> Box<Request> {
    let mut request = call(id, after);
    request.mode = Mode::Check;
    request
}

fn started(steps: &[Step]) -> Vec<u64> {
    let run = |step: &Step| match step {
        Step::Run(request) => Some(request.id),
        Step::Answer(..) | Step::Maybe(..) => None,
    };
    steps.iter().filter_map(run).collect()
}

fn answered(steps: &[Step]) -> Vec<(u64, Outcome)> {
    let answer = |step: &Step| match step {
        Step::Answer(id, outcome) => Some((*id, *outcome)),
        Step::Maybe(request, because) => Some((request.id, Outcome::Unknown { because: *because })),
        Step::Run(..) => None,
    };
    steps.iter().filter_map(answer).collect()
}

#[test]
fn a_call_starts_when_all_before_it_have_ended() {
    let mut order = Order::default();
    assert_eq!(started(&order.add(call(1, &[])).unwrap()), [1]);
    assert_eq!(started(&order.add(call(2, &[])).unwrap()), [2]);
    let both = [(1, Need::Succeeded), (2, Need::Ended)];
    assert!(order.add(call(3, &both)).unwrap().is_empty());
    assert!(order.ended(1, Outcome::Ok).is_empty());
    assert_eq!(started(&order.ended(2, Outcome::Failed)), [3]);
}

#[test]
fn a_failure_drops_the_whole_chain_behind_it_at_once() {
    let mut order = Order::default();
    order.add(call(1, &[])).unwrap();
    order.add(call(2, &[(1, Need::Succeeded)])).unwrap();
    order.add(call(3, &[(2, Need::Succeeded)])).unwrap();
    order.add(call(4, &[(3, Need::Ended)])).unwrap();
    let steps = order.ended(1, Outcome::Failed);
    assert_eq!(answered(&steps), [(2, Outcome::Dropped), (3, Outcome::Dropped)]);
    assert_eq!(started(&steps), [4]);
}

#[test]
fn a_failure_that_is_handled_drops_nothing_and_a_skip_counts_as_success() {
    let mut order = Order::default();
    order.add(call(1, &[])).unwrap();
    let mut handler = call(2, &[]);
    handler.if_changed = Some(vec![1]);
    order.add(handler).unwrap();
    order
        .add(call(3, &[(1, Need::NotDropped), (2, Need::Succeeded)]))
        .unwrap();
    let steps = order.ended(1, Outcome::Failed);
    assert_eq!(answered(&steps), [(2, Outcome::Skipped)]);
    assert_eq!(started(&steps), [3]);
}

#[test]
fn what_comes_after_a_dropped_call_is_dropped_though_a_failure_of_it_would_be_handled() {
    let mut order = Order::default();
    order.add(call(1, &[])).unwrap();
    order.add(call(2, &[(1, Need::Succeeded)])).unwrap();
    order.add(call(3, &[(2, Need::NotDropped)])).unwrap();
    let steps = order.ended(1, Outcome::Failed);
    assert_eq!(answered(&steps), [(2, Outcome::Dropped), (3, Outcome::Dropped)]);
}

#[test]
fn a_handler_runs_if_a_source_changed_now_or_before() {
    let mut order = Order::default();
    order.add(call(1, &[])).unwrap();
    let mut handler = call(2, &[]);
    handler.if_changed = Some(vec![1]);
    order.add(handler).unwrap();
    assert_eq!(started(&order.ended(1, Outcome::Changed)), [2]);
    let mut owed = call(3, &[]);
    owed.if_changed = Some(Vec::new());
    owed.changed_before = true;
    assert_eq!(started(&order.add(owed).unwrap()), [3]);
}

#[test]
fn in_check_mode_a_handler_follows_its_source() {
    let mut order = Order::default();
    order.add(check(1, &[])).unwrap();
    let mut handler = check(2, &[]);
    handler.if_changed = Some(vec![1]);
    order.add(handler).unwrap();
    assert_eq!(started(&order.ended(1, Outcome::Changed)), [2]);
    order.add(check(3, &[])).unwrap();
    let mut handler = check(4, &[]);
    handler.if_changed = Some(vec![3]);
    order.add(handler).unwrap();
    let unknown = Outcome::Unknown { because: 9 };
    assert_eq!(answered(&order.ended(3, unknown)), [(4, unknown)]);
}

#[test]
fn a_call_may_be_forgotten_while_a_handler_of_it_waits() {
    let mut order = Order::default();
    order.add(call(1, &[])).unwrap();
    order.add(call(2, &[])).unwrap();
    let mut handler = call(3, &[(1, Need::Succeeded), (2, Need::Succeeded)]);
    handler.if_changed = Some(vec![1]);
    order.add(handler).unwrap();
    order.ended(1, Outcome::Changed);
    let mut later = call(4, &[(3, Need::Ended)]);
    later.settled = 2;
    order.add(later).unwrap();
    assert_eq!(started(&order.ended(2, Outcome::Ok)), [3]);
}

#[test]
fn a_failure_is_not_forgotten_by_what_waits_for_it() {
    let mut order = Order::default();
    order.add(call(1, &[])).unwrap();
    order.add(call(2, &[])).unwrap();
    order
        .add(call(3, &[(1, Need::Succeeded), (2, Need::Ended)]))
        .unwrap();
    order.ended(1, Outcome::Failed);
    let mut later = call(4, &[(3, Need::Ended)]);
    later.settled = 2;
    order.add(later).unwrap();
    assert_eq!(answered(&order.ended(2, Outcome::Ok)), [(3, Outcome::Dropped)]);
}

#[test]
fn what_was_answered_long_ago_is_forgotten_and_counts_as_success() {
    let mut order = Order::default();
    order.add(call(1, &[])).unwrap();
    order.ended(1, Outcome::Ok);
    let mut later = call(5, &[(1, Need::Succeeded)]);
    later.settled = 2;
    assert_eq!(started(&order.add(later).unwrap()), [5]);
    assert_eq!(order.calls.len(), 1);
    assert_eq!(order.add(call(5, &[])), Err(5));
}

#[test]
fn a_waiting_call_can_be_withdrawn_and_a_running_one_cannot() {
    let mut order = Order::default();
    order.add(call(1, &[])).unwrap();
    order.add(call(2, &[(1, Need::Ended)])).unwrap();
    order.add(call(3, &[(2, Need::Succeeded)])).unwrap();
    assert!(!order.withdraw(1));
    assert!(order.withdraw(2));
    assert!(!order.withdraw(2), "it is answered once");
    assert_eq!(answered(&order.ended(1, Outcome::Ok)), [(3, Outcome::Dropped)]);
    assert!(order.is_idle());
}

#[test]
fn what_waits_for_the_end_of_a_withdrawn_call_waits_for_those_before_it() {
    let mut order = Order::default();
    order.add(call(1, &[])).unwrap();
    order.add(call(2, &[(1, Need::Ended)])).unwrap();
    order.add(call(3, &[(2, Need::Ended)])).unwrap();
    assert!(order.withdraw(2));
    assert!(!order.is_idle());
    assert_eq!(started(&order.ended(1, Outcome::Ok)), [3]);
}
