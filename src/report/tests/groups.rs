//! Groups in the view for people.

use std::sync::Arc;

use super::{Story, broken, host};
use crate::event::{Kind, Outcome};
use crate::failure::{Failure, Kind as FailureKind};
use crate::protocol::Mode;
use crate::report::{Detail, Look};

/// A group and a call in it, on two hosts.
fn group(look: Look) -> Story {
    let calls = [("all", "group"), ("in", "exec.shell"), ("next", "exec.shell")];
    Story::new(Mode::Apply, look, &["a", "b"], &calls)
}

impl Story {
    fn start_group(&mut self, name: &str, iterations: Option<usize>) {
        self.tell(Kind::GroupStarted {
            call: Arc::clone(&self.calls[0]),
            host: host(name),
            iterations,
        });
    }

    fn end_iteration(&mut self, name: &str, item: &str, outcome: Outcome, own: Option<Failure>) {
        self.tell(Kind::IterationEnded {
            call: Arc::clone(&self.calls[0]),
            host: host(name),
            iteration: 1,
            outcome,
            changed: false,
            item: Some(item.to_owned()),
            error: own,
            failed_call: None,
            because: None,
            took: 0.5,
        });
    }

    /// `error`: with the call that failed, or of the group itself.
    fn end_group(
        &mut self,
        name: &str,
        outcome: Outcome,
        error: Option<(Failure, Option<&str>)>,
        because: Option<&str>,
    ) {
        let (error, failed_call) = error.unzip();
        self.tell(Kind::GroupEnded {
            call: Arc::clone(&self.calls[0]),
            host: host(name),
            shared_by: None,
            outcome,
            changed: false,
            error,
            failed_call: failed_call.flatten().map(str::to_owned),
            ignored: false,
            rescued: false,
            because: because.map(str::to_owned),
            took: 1.0,
        });
    }
}

#[test]
fn a_group_does_not_say_again_what_its_calls_said() {
    let mut story = group(Look::default());
    for name in ["a", "b"] {
        story.start_group(name, None);
        story.end_with(1, name, Outcome::Failed, |it| it.error = Some(broken()));
        story.end_group(name, Outcome::Failed, Some((broken(), Some("in"))), None);
    }
    let shown = story.shown();
    assert_eq!(shown.matches("exited with 3").count(), 1, "{shown}");
    assert!(!shown.contains("all"), "{shown}");
}

/// What has ended is shown while the group is still under way.
#[test]
fn calls_of_a_group_are_shown_before_it_has_ended() {
    let mut story = group(Look::default());
    for name in ["a", "b"] {
        story.start_group(name, None);
        story.end(1, name, Outcome::Changed);
    }
    assert!(story.shown().contains("in    2 changed"), "{}", story.shown());
}

/// Its line was passed when it started.
#[test]
fn a_group_whose_time_is_over_is_shown_after_its_calls() {
    let mut story = group(Look::default());
    let late = Failure::new(FailureKind::Timeout, "it took longer than 5s");
    for name in ["a", "b"] {
        story.start_group(name, None);
        story.end(1, name, Outcome::Ok);
    }
    story.end_group("a", Outcome::Failed, Some((late, None)), None);
    let shown = story.shown();
    assert_eq!(shown.matches("it took longer than 5s").count(), 1, "{shown}");
    assert!(shown.find("2 ok") < shown.find("it took longer"), "{shown}");
}

/// A later iteration may fail where the first one did not.
#[test]
fn calls_of_a_looped_group_are_shown_with_all_of_its_iterations() {
    let mut story = group(Look::default());
    let late = Failure::new(FailureKind::Timeout, "it took longer than 5s");
    for name in ["a", "b"] {
        story.start_group(name, Some(3));
        story.end(1, name, Outcome::Ok);
        story.end_iteration(name, "x", Outcome::Ok, None);
        story.end_with(1, name, Outcome::Failed, |it| it.error = Some(broken()));
        story.end_iteration(name, "y", Outcome::Failed, None);
        story.end_iteration(name, "z", Outcome::Failed, Some(late.clone()));
        assert!(!story.shown().contains("1 failed"), "{}", story.shown());
        story.end_group(name, Outcome::Failed, Some((late.clone(), None)), None);
    }
    let shown = story.shown();
    assert!(shown.contains("in    2 ok · 2 failed"), "{shown}");
    assert_eq!(shown.matches("exited with 3").count(), 1, "{shown}");
    assert_eq!(shown.matches("it took longer").count(), 1, "{shown}");
    assert!(shown.contains("failed (z): it took longer than 5s"), "{shown}");
}

#[test]
fn a_group_that_does_not_start_says_why_where_hosts_are_shown() {
    for (detail, wanted) in [(Detail::Entries, false), (Detail::Hosts, true)] {
        let mut story = group(Look {
            detail,
            ..Look::default()
        });
        for name in ["a", "b"] {
            story.end_group(name, Outcome::Skipped, None, Some("`when` is false"));
        }
        let shown = story.shown();
        assert_eq!(shown.contains("skipped: `when` is false"), wanted, "{shown}");
    }
}

#[test]
fn a_condition_of_a_group_that_fails_is_shown() {
    let mut story = group(Look::default());
    let own = Failure::new(FailureKind::Invalid, "`x` is undefined");
    for name in ["a", "b"] {
        story.end_group(name, Outcome::Failed, Some((own.clone(), None)), None);
    }
    assert!(
        story.shown().contains("failed: `x` is undefined"),
        "{}",
        story.shown()
    );
}
