//! The view for people over events made by hand.

mod called;
mod groups;
mod live;
mod widths;

use std::sync::Arc;

use crate::cause::Cause;
use crate::diff::Diff;
use crate::event::{
    CallRef, Change, Event, HostOutcome, Kind, Outcome, Recap, RoundRef, RunOutcome, SCHEMA_VERSION, Sink,
    Written,
};
use crate::failure::{Failure, Kind as FailureKind};
use crate::name::HostName;
use crate::protocol::Mode;
use crate::report::{Detail, Human, Look};
use crate::source::Location;
use crate::system::Level;
use crate::value::{Map, Value};

/// A run that is told event by event.
struct Story {
    human: Human<Vec<u8>>,
    calls: Vec<Arc<CallRef>>,
    hosts: Vec<HostName>,
}

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

impl Story {
    fn new(mode: Mode, look: Look, hosts: &[&str], calls: &[(&str, &str)]) -> Self {
        let calls: Vec<_> = (0..)
            .zip(calls)
            .map(|(entry, (label, tool))| {
                Arc::new(CallRef {
                    path: format!("base/{label}"),
                    entry,
                    round: "base".into(),
                    label: (*label).into(),
                    tool: (*tool).into(),
                    location: Location {
                        path: "site.yml".into(),
                        line: 10 + entry,
                        column: 9,
                    },
                    written: Written::default(),
                })
            })
            .collect();
        let hosts: Vec<_> = hosts.iter().map(|name| host(name)).collect();
        let mut story = Self {
            human: Human::new(Vec::new(), look, None),
            calls: calls.clone(),
            hosts: hosts.clone(),
        };
        story.tell(Kind::RunStarted {
            schema: SCHEMA_VERSION,
            version: "0".into(),
            run: "r".into(),
            time: String::new(),
            playbook: "site.yml".into(),
            mode,
            diff: true,
            rounds: vec![RoundRef {
                name: "base".into(),
                hosts: hosts.clone(),
                calls,
                ..RoundRef::default()
            }],
            hosts: hosts.clone(),
        });
        for host in hosts {
            story.tell(Kind::HostEntered {
                host,
                round: "base".into(),
            });
        }
        story
    }

    fn tell(&mut self, kind: Kind) {
        self.human.event(&Event {
            seq: 0,
            at: 0.0,
            kind,
        });
    }

    fn end(&mut self, call: usize, host: &str, outcome: Outcome) {
        self.end_with(call, host, outcome, |_| {});
    }

    fn end_with(&mut self, call: usize, name: &str, outcome: Outcome, change: impl FnOnce(&mut Ended)) {
        let mut ended = Ended::default();
        change(&mut ended);
        self.tell(Kind::CallEnded {
            call: Arc::clone(&self.calls[call]),
            delegate: None,
            shared_by: None,
            host: host(name),
            outcome,
            item: ended.item,
            change: ended.diff.map(|diff| Change { diff: vec![diff] }),
            error: ended.error,
            ignored: ended.ignored,
            rescued: false,
            warnings: Vec::new(),
            because: ended.because,
            attempts: 1,
            result: ended.result,
            number: None,
            digest: None,
            iterations: Vec::new(),
            partial: false,
            from_run: None,
            took: 0.25,
        });
    }

    fn leave(&mut self, name: &str, outcome: HostOutcome) {
        self.tell(Kind::HostLeft {
            host: host(name),
            round: "base".into(),
            outcome,
        });
    }

    fn shown(&self) -> String {
        String::from_utf8(self.human.written().clone()).unwrap()
    }

    fn over(mut self, recaps: &[(&str, HostOutcome)]) -> String {
        let hosts = recaps.iter().map(|(name, outcome)| Recap {
            ok: u32::from(*outcome == HostOutcome::Ok),
            failed: u32::from(*outcome == HostOutcome::Failed),
            reason: (*outcome == HostOutcome::Failed).then(|| "`sh` exited with 3".to_owned()),
            ..Recap::of(host(name), *outcome)
        });
        self.tell(Kind::RunEnded {
            outcome: RunOutcome {
                failed: recaps.iter().any(|it| it.1 == HostOutcome::Failed),
                ..RunOutcome::default()
            },
            hosts: hosts.collect(),
            took: 1.5,
        });
        self.shown()
    }
}

#[derive(Default)]
struct Ended {
    item: Option<String>,
    diff: Option<Diff>,
    error: Option<Failure>,
    ignored: bool,
    because: Option<String>,
    result: Map,
}

fn broken() -> Failure {
    Failure {
        kind: FailureKind::CommandFailed,
        message: "`sh` exited with 3".into(),
        exit_code: Some(3),
        stderr: Some("why\n\u{1b}[31mred\u{1b}[0m\n".into()),
        stdout: None,
    }
}

#[test]
fn equal_failures_and_diffs_stand_once_with_their_hosts() {
    let mut story = Story::new(
        Mode::Apply,
        Look::default(),
        &["web1", "web2", "web3", "db"],
        &[("config", "fs.write"), ("reload", "exec.shell")],
    );
    for name in ["web3", "web1", "web2"] {
        story.end_with(0, name, Outcome::Changed, |it| {
            it.diff = Some(Diff {
                title: "/etc/x".into(),
                text: "-a\n+b\n".into(),
            });
        });
        story.end_with(1, name, Outcome::Failed, |it| it.error = Some(broken()));
        story.leave(name, HostOutcome::Failed);
    }
    assert_eq!(
        story.shown(),
        "site.yml · 4 hosts\n",
        "one host has not ended anything"
    );
    story.end(0, "db", Outcome::Ok);
    story.end(1, "db", Outcome::Skipped);
    story.leave("db", HostOutcome::Ok);
    let failed = ["web1", "web2", "web3"].map(|name| (name, HostOutcome::Failed));
    let shown = story.over(&[failed[0], failed[1], failed[2], ("db", HostOutcome::Ok)]);
    insta::assert_snapshot!(shown, @r#"
    site.yml · 4 hosts

    base (4 hosts)
      config  1 ok · 3 changed
        web1..web3 (3 hosts): /etc/x
          -a
          +b
      reload  3 failed · 1 skipped  site.yml:11
        web1..web3 (3 hosts): failed: `sh` exited with 3
          why
          red

    recap
      web1 : ok=0  failed=1  FAILED — `sh` exited with 3
      web2 : ok=0  failed=1  FAILED — `sh` exited with 3
      web3 : ok=0  failed=1  FAILED — `sh` exited with 3
      db   : ok=1  failed=0  ok

    3 failed of 4 hosts in 1.5s
    "#);
}

#[test]
fn a_host_that_is_gone_holds_no_line_up() {
    let mut story = Story::new(
        Mode::Apply,
        Look::default(),
        &["a", "b"],
        &[("first", "exec.shell"), ("second", "exec.shell")],
    );
    story.end(0, "a", Outcome::Ok);
    story.end(1, "a", Outcome::Ok);
    story.tell(Kind::Unreachable {
        host: host("b"),
        cause: Cause::Refused,
        message: "nothing listens on port 22 of `b`".into(),
        help: Some("Start sshd there.".into()),
    });
    story.leave("b", HostOutcome::Unreachable);
    insta::assert_snapshot!(story.shown(), @r#"
    site.yml · 2 hosts
      b unreachable: nothing listens on port 22 of `b`
        Start sshd there.

    base (2 hosts)
      first   1 ok
      second  1 ok
    "#);
}

#[test]
fn lines_keep_the_written_order() {
    let mut story = Story::new(
        Mode::Apply,
        Look::default(),
        &["a"],
        &[("first", "exec.shell"), ("second", "exec.shell")],
    );
    story.end(1, "a", Outcome::Ok);
    assert!(!story.shown().contains("second"));
    story.end(0, "a", Outcome::Ok);
    let shown = story.shown();
    assert!(
        shown.find("first").unwrap() < shown.find("second").unwrap(),
        "{shown}"
    );
}

#[test]
fn check_mode_says_what_would_be_and_why_something_is_unknown() {
    let mut story = Story::new(
        Mode::Check,
        Look::default(),
        &["a", "b"],
        &[("write", "fs.write"), ("look", "exec.shell")],
    );
    for name in ["a", "b"] {
        story.end(0, name, Outcome::Changed);
        story.end_with(1, name, Outcome::Unknown, |it| {
            it.because = Some("waits for `write`".into());
        });
    }
    insta::assert_snapshot!(story.shown(), @r#"
    check of site.yml · 2 hosts

    base (2 hosts)
      write  2 would change
      look   2 unknown
        a, b (2 hosts): unknown: waits for `write`
    "#);
}

#[test]
fn a_loop_does_not_say_again_what_its_items_said() {
    let mut story = Story::new(Mode::Apply, Look::default(), &["a"], &[("each", "exec.shell")]);
    story.end_with(0, "a", Outcome::Failed, |it| {
        it.item = Some("x".into());
        it.error = Some(broken());
    });
    story.end_with(0, "a", Outcome::Failed, |it| it.error = Some(broken()));
    let shown = story.shown();
    assert_eq!(shown.matches("exited with 3").count(), 1, "{shown}");
}

#[test]
fn quiet_is_failures_and_verbose_is_hosts_and_results() {
    let shown = |detail| {
        let look = Look {
            detail,
            ..Look::default()
        };
        let mut story = Story::new(
            Mode::Apply,
            look,
            &["a", "b"],
            &[("ok", "exec.shell"), ("no", "exec.shell")],
        );
        for name in ["a", "b"] {
            story.end_with(0, name, Outcome::Ok, |it| {
                it.result = Map::from([("stdout".to_owned(), Value::from("one\ntwo\n"))]);
            });
        }
        story.end_with(1, "a", Outcome::Failed, |it| {
            it.error = Some(broken());
            it.ignored = true;
        });
        story.end(1, "b", Outcome::Ok);
        story.tell(Kind::CallLog {
            call: Arc::clone(&story.calls[1]),
            delegate: None,
            host: story.hosts[1].clone(),
            level: Level::Debug,
            message: "only for those who look for a fault".into(),
        });
        story.shown()
    };
    insta::assert_snapshot!(shown(Detail::Quiet), @r#"
    base (2 hosts)
      no  1 ok · 1 ignored
        a: failed, ignored: `sh` exited with 3
          why
          red
    "#);
    insta::assert_snapshot!(shown(Detail::Results), @r#"
    site.yml · 2 hosts

    base (2 hosts)
      ok  2 ok
        a, b (2 hosts): result
          stdout:
            one
            two
        a, b (2 hosts): ok in 0.2s
      no  1 ok · 1 ignored
        b: ok in 0.2s
        a: failed in 0.2s
        a: failed, ignored: `sh` exited with 3
          why
          red
    "#);
}

#[test]
fn many_equal_hosts_fold_in_the_recap_and_each_stands_once() {
    let names: Vec<_> = (1..=20).map(|n| format!("web{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let story = Story::new(Mode::Apply, Look::default(), &names, &[]);
    let recaps: Vec<_> = names
        .iter()
        .map(|name| match *name {
            "web7" => (*name, HostOutcome::Failed),
            "web9" => (*name, HostOutcome::NotStarted),
            _ => (*name, HostOutcome::Ok),
        })
        .collect();
    insta::assert_snapshot!(story.over(&recaps), @r#"
    site.yml · 20 hosts

    recap
      web1..web6, web8, web10..web20 (18 hosts)
          ok=1  failed=0  ok
      web7 : ok=0  failed=1  FAILED — `sh` exited with 3
      web9 : ok=0  failed=0  NOT STARTED

    1 failed, 1 not started of 20 hosts in 1.5s
    "#);
}
