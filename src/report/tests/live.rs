//! What commands write, while they run.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::event::{Kind, Outcome};
use crate::protocol::Mode;
use crate::report::look::Look;
use crate::report::tests::{Story, host};
use crate::system::Stream;

fn live(hosts: &[&str]) -> Story {
    let look = Look {
        live: true,
        ..Look::default()
    };
    Story::new(Mode::Apply, look, hosts, &[("build", "exec.shell")])
}

fn writes(story: &mut Story, name: &str, stream: Stream, text: &str) {
    let call = Arc::clone(&story.calls[0]);
    story.tell(Kind::CallOutput {
        call,
        host: host(name),
        delegate: None,
        stream,
        text: text.into(),
    });
}

#[test]
fn lines_of_a_single_host_come_as_they_are_written() {
    let mut story = live(&["web1"]);
    writes(&mut story, "web1", Stream::Stdout, "one\ntw");
    assert!(
        story.shown().ends_with("base (1 host)\n    one\n"),
        "{}",
        story.shown()
    );
    writes(&mut story, "web1", Stream::Stderr, "\u{1b}[2Joops\n");
    writes(&mut story, "web1", Stream::Stdout, "o");
    story.end(0, "web1", Outcome::Changed);
    assert!(
        story
            .shown()
            .ends_with("    one\n    oops\n    two\n  build  1 changed\n"),
        "{}",
        story.shown()
    );
}

#[test]
fn lines_of_several_hosts_bear_their_names() {
    let mut story = live(&["a", "a-name-that-is-much-too-long"]);
    writes(&mut story, "a", Stream::Stdout, "x\n");
    writes(&mut story, "a-name-that-is-much-too-long", Stream::Stdout, "y\n");
    let shown = story.shown();
    assert!(
        shown.ends_with("    a                    | x\n    a-name-that-is-much… | y\n"),
        "{shown}"
    );
}

#[test]
fn a_flood_is_counted_and_not_shown() {
    let mut story = live(&["a"]);
    writes(&mut story, "a", Stream::Stdout, &"flood\n".repeat(100_000));
    story.end(0, "a", Outcome::Changed);
    let shown = story.shown();
    assert_eq!(shown.matches("flood").count(), 200);
    assert!(shown.contains("… 99800 more lines not shown"), "{shown}");
}

#[test]
fn a_log_is_told_how_far_the_run_is() {
    let mut story = live(&["a", "b"]);
    let call = Arc::clone(&story.calls[0]);
    story.tell(Kind::CallStarted {
        call,
        host: host("a"),
        delegate: None,
        item: None,
        number: None,
        digest: None,
        iterations: Vec::new(),
        arguments: crate::value::Map::new(),
    });
    let beat = story.human.beat(190.0).unwrap();
    assert_eq!(
        beat,
        "[3m10s] base: 2 of 2 hosts under way, a at build for 3m10s\n"
    );
}

#[test]
fn how_much_content_was_sent_is_said_once_it_is_much() {
    for (bytes, words) in [
        (3 << 20, "1 of 1 hosts under way, 3 MiB sent"),
        (100, "1 of 1 hosts under way, a at "),
    ] {
        let look = Look {
            sent: Arc::new(AtomicU64::new(bytes)),
            ..Look::default()
        };
        let story = Story::new(Mode::Apply, look, &["a"], &[("build", "exec.shell")]);
        let beat = story.human.beat(5.0).unwrap();
        assert!(beat.contains(words), "{beat}");
    }
}
