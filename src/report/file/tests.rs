//! Reports over events made by hand.

use std::sync::Arc;

use crate::diff::Diff;
use crate::event::{
    CallRef, Change, Event, HostOutcome, Kind, Outcome, Recap, RoundRef, RunOutcome, Sink, Written,
};
use crate::failure::{Failure, Kind as FailureKind};
use crate::name::HostName;
use crate::protocol::Mode;
use crate::report::file::{Format, Story, render};
use crate::source::Location;
use crate::value::Map;

const HOSTILE: &str =
    "]]><script>alert(1)</script>\u{1b}[2J\u{0}\u{fffe}```\n</details> @everyone ::set-env x";

#[expect(clippy::too_many_lines, reason = "event by event")]
fn story() -> Story {
    let host = |name: &str| HostName::new(name).unwrap();
    let call = |entry: u32, label: &str| {
        Arc::new(CallRef {
            path: format!("base/{label}"),
            entry,
            round: "base".into(),
            label: label.into(),
            tool: "fs.write".into(),
            location: Location {
                path: "site.yml".into(),
                line: 7 + entry,
                column: 9,
            },
            written: Written::default(),
        })
    };
    let calls = vec![call(0, "config"), call(1, "restart")];
    let hosts: Vec<_> = (1..=3).map(|n| host(&format!("web{n}"))).collect();
    let mut story = Story::default();
    let mut tell = |at: f64, kind: Kind| story.event(&Event { seq: 0, at, kind });
    tell(
        0.0,
        Kind::RunStarted {
            schema: 1,
            version: "0.1.0".into(),
            run: "r".into(),
            time: "2026-01-31T23:59:59Z".into(),
            playbook: "site.yml".into(),
            mode: Mode::Check,
            diff: true,
            hosts: hosts.clone(),
            rounds: vec![RoundRef {
                name: "base".into(),
                serial: Vec::new(),
                max_failures: None,
                hosts: hosts.clone(),
                calls: calls.clone(),
            }],
        },
    );
    for host in &hosts {
        tell(0.0, Kind::Connecting { host: host.clone() });
    }
    for (at, host) in hosts.iter().enumerate() {
        for call in &calls {
            tell(
                0.5,
                Kind::CallStarted {
                    call: Arc::clone(call),
                    host: host.clone(),
                    item: None,
                    delegate: None,
                    number: None,
                    digest: None,
                    iterations: Vec::new(),
                    arguments: Map::new(),
                },
            );
        }
        let ended =
            |call: &Arc<CallRef>, outcome, change: Option<Change>, error: Option<Failure>| Kind::CallEnded {
                call: Arc::clone(call),
                host: host.clone(),
                outcome,
                item: None,
                delegate: None,
                shared_by: None,
                change,
                error,
                ignored: false,
                rescued: false,
                warnings: Vec::new(),
                because: (outcome == Outcome::Unknown).then(|| "waits for config".into()),
                attempts: 1,
                result: Map::new(),
                number: None,
                digest: None,
                iterations: Vec::new(),
                partial: false,
                from_run: None,
                took: 0.25,
            };
        let diff = Diff {
            title: "/etc/motd".into(),
            text: "@@ -1 +1 @@\n-old\n+new ```\n".into(),
        };
        tell(
            1.0,
            ended(
                &calls[0],
                Outcome::Changed,
                Some(Change { diff: vec![diff] }),
                None,
            ),
        );
        let failure = Failure {
            stderr: Some(HOSTILE.into()),
            exit_code: Some(3),
            ..Failure::new(FailureKind::CommandFailed, HOSTILE)
        };
        tell(
            2.0,
            if at == 0 {
                ended(&calls[1], Outcome::Failed, None, Some(failure))
            } else {
                ended(&calls[1], Outcome::Unknown, None, None)
            },
        );
    }
    let recap = |at: usize, host: &HostName| Recap {
        ok: 1,
        changed: 1,
        failed: u32::from(at == 0),
        unknown: u32::from(at > 0),
        reason: (at == 0).then(|| HOSTILE.into()),
        ..Recap::of(
            host.clone(),
            if at == 0 {
                HostOutcome::Failed
            } else {
                HostOutcome::Ok
            },
        )
    };
    let recaps = hosts
        .iter()
        .enumerate()
        .map(|(at, host)| recap(at, host))
        .collect();
    tell(
        2.5,
        Kind::RunEnded {
            outcome: RunOutcome {
                failed: true,
                unreachable: false,
                interrupted: false,
                changed: true,
                stopped: false,
                unknown: false,
                crashed: false,
            },
            hosts: recaps,
            took: 2.5,
        },
    );
    story
}

/// The tags of a text, each of which must be closed in its turn.
fn balanced(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in text.split('<').skip(1) {
        let (inner, _) = tag
            .split_once('>')
            .unwrap_or_else(|| panic!("a tag does not end: {tag}"));
        let name = inner
            .split([' ', '/'])
            .find(|it| !it.is_empty())
            .unwrap_or_default();
        if inner.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{inner}");
        } else if !inner.ends_with('/') && !inner.starts_with(['?', '!']) && name != "meta" {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn junit_counts_every_call_on_every_host_and_is_xml() {
    let text = render(Format::Junit, &[story()]);
    assert!(
        text.contains(
            "<testsuites name=\"rmote-play\" tests=\"6\" failures=\"1\" errors=\"0\" skipped=\"2\""
        ),
        "{text}"
    );
    assert!(
        text.contains("name=\"config [web2]\" time=\"0.250\" file=\"site.yml\" line=\"7\"/>"),
        "{text}"
    );
    assert!(
        text.contains("<failure type=\"command_failed\" message=\"]]&gt;&lt;script&gt;"),
        "{text}"
    );
    let is_allowed =
        |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(is_allowed), "{text:?}");
    balanced(&text);
}

#[test]
fn a_comment_folds_hosts_and_lets_nothing_out_of_its_fences() {
    let text = render(Format::Markdown, &[story()]);
    insta::assert_snapshot!(text);
}

#[test]
fn a_comment_is_no_longer_than_it_may_be() {
    let mut story = story();
    let told = story.entries.get_mut(&0).unwrap();
    let (saying, hosts) = told.said[0].clone();
    for n in 0..1000 {
        let mut other = saying.clone();
        other.body = format!("+{n}{}", "x".repeat(20_000));
        told.said.push((other, hosts.clone()));
    }
    let text = render(Format::Markdown, &[story]);
    assert!(text.len() < 65_000, "{}", text.len());
    assert!(text.contains("1 more entry is left out here"), "{text}");
}

/// A page without its script and its style, and the texts of its elements of data.
fn page(text: &str) -> (String, Vec<&str>) {
    let (before, rest) = text.split_once("<style>").unwrap();
    let (style, rest) = rest.split_once("</style>").unwrap();
    let (rest, script) = rest.rsplit_once("<script>").unwrap();
    let (script, after) = script.split_once("</script>").unwrap();
    let mut pieces = rest.split("<script type=\"application/json\" class=\"data\">");
    let mut shown = format!("{before}{}", pieces.next().unwrap());
    let mut data = Vec::new();
    for piece in pieces {
        let (json, rest) = piece.split_once("</script>").unwrap();
        data.push(json);
        shown.push_str(rest);
    }
    shown.push_str(after);
    assert!(!shown.contains("<script"), "{shown}");
    let loads = [
        "http:",
        "https:",
        "src=",
        "href=",
        "url(",
        "@import",
        "innerHTML",
        "eval(",
    ];
    for text in [style, script] {
        assert!(!loads.iter().any(|it| text.contains(it)), "it loads nothing");
    }
    (shown, data)
}

#[test]
fn the_page_is_whole_and_needs_nothing_else() {
    let text = render(Format::Html, &[story(), story()]);
    let (shown, data) = page(&text);
    balanced(&shown);
    for part in [
        "Check of site.yml",
        "web1..web3 (3 hosts)",
        "class=\"a\">+new",
        "waits for config",
        "restart",
        "<h2>Problems</h2>",
        "Critical path",
        "Slowest calls",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let problems = shown.find("<h2>Problems</h2>").unwrap();
    assert!(problems < shown.find("<h2>Calls</h2>").unwrap());
    let loads = ["http:", "https:", "src=", "href=", "url(", "style=", "onclick="];
    assert!(
        !loads.iter().any(|it| shown.contains(it)),
        "it loads nothing: {shown}"
    );
    assert_eq!(data.len(), 2);
    for data in data {
        assert!(!data.contains(['<', '>', '&']), "{data}");
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["hosts"].as_array().unwrap().len(), 3);
        assert_eq!(data["bars"].as_array().unwrap().len(), 6);
    }
}

#[test]
fn the_policy_of_the_page_names_its_script_and_its_style() {
    use base64::Engine as _;
    use sha2::Digest as _;

    let text = render(Format::Html, &[story()]);
    for (open, close, rule) in [
        ("<style>", "</style>", "style-src"),
        ("<script>", "</script>", "script-src"),
    ] {
        let (_, rest) = text.split_once(open).unwrap();
        let (inner, _) = rest.split_once(close).unwrap();
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(inner));
        assert!(text.contains(&format!("{rule} 'sha256-{hash}'")), "{rule}");
    }
    assert!(text.contains("default-src 'none'"));
}

#[test]
fn a_trace_has_a_bar_for_each_call() {
    let text = render(Format::Trace, &[story()]);
    let trace: serde_json::Value = serde_json::from_str(&text).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let bars: Vec<_> = events.iter().filter(|it| it["ph"] == "X").collect();
    assert_eq!(bars.len(), 6);
    assert_eq!(
        (&bars[0]["ts"], &bars[0]["dur"], &bars[0]["tid"]),
        (&750_000.into(), &250_000.into(), &1.into())
    );
    assert_eq!(events.iter().filter(|it| it["name"] == "thread_name").count(), 3);
}

#[test]
fn what_did_not_run_is_said() {
    for format in [Format::Junit, Format::Markdown, Format::Html, Format::Trace] {
        let text = render(format, &[]);
        assert!(!text.is_empty());
    }
}
