//! The HTML report in a real browser.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Browser, Fixture, Scene};

/// What a host may say to become a part of the page.
const HOSTILE: &str = "</script></pre><script>window.taken = 1</script><img src=x onerror='window.taken = 1'>\u{1b}[2J\u{202e}<!--";

/// Events with their times.
type Events = Vec<(f64, Value)>;

fn call(entry: u32, round: &str, label: &str, tool: &str) -> Value {
    json!({"path": format!("{round}/{label}"), "entry": entry, "round": round, "label": label, "tool": tool,
           "location": {"path": "site.yml", "line": 5 + entry, "column": 9}})
}

/// A call on a host: from then on, for so long, and what else there is to its end.
fn step(events: &mut Events, call: &Value, host: &str, (from, took): (f64, f64), more: &Value) {
    let arguments = json!({"path": "/etc/motd", "note": HOSTILE});
    let started = json!({"event": "call_started", "call": call, "host": host, "arguments": arguments});
    events.push((from, started));
    let mut end = json!({"event": "call_ended", "call": call, "host": host, "attempts": 1, "took": took});
    let fields = more.as_object().unwrap().clone();
    end.as_object_mut().unwrap().extend(fields);
    events.push((from + took, end));
}

/// The n-th host of a run; whether it failed. Every hundredth one does in its own words, and every fiftieth is asked twice.
fn tell(events: &mut Events, calls: &[Value; 4], n: usize, host: &str) -> bool {
    let begin = 0.001 * f64::from(u32::try_from(n).unwrap());
    events.push((begin, json!({"event": "connecting", "host": host})));
    let text = "@@ -1 +1 @@\n-PermitRootLogin yes\n+PermitRootLogin no\n";
    let change = json!({"diff": [{"title": "/etc/ssh/sshd_config", "text": text}]});
    step(
        events,
        &calls[0],
        host,
        (begin + 0.2, 1.0),
        &json!({"outcome": "ok"}),
    );
    let changed = json!({"outcome": "changed", "change": change});
    step(events, &calls[1], host, (begin + 1.2, 0.1), &changed);
    if n % 100 == 7 {
        let error = json!({"kind": "command_failed", "message": format!("no answer from {host}{HOSTILE}"),
                           "stderr": format!("{HOSTILE}\nsaid by {host}")});
        let failed = json!({"outcome": "failed", "error": error});
        step(events, &calls[2], host, (3.0, 0.5), &failed);
        let canceled = json!({"event": "call_ended", "call": calls[3], "host": host, "outcome": "canceled",
                              "attempts": 0, "took": 0.0, "because": "`it answers` failed"});
        events.push((3.5, canceled));
        return true;
    }
    let attempts = if n % 50 == 3 { 2 } else { 1 };
    if attempts == 2 {
        let reason = "`result.status == 200` is false";
        let retried = json!({"event": "call_retried", "call": calls[2], "host": host, "attempts": 1, "of": 3,
                             "reason": reason, "took": 0.2});
        events.push((3.2, retried));
    }
    let answered = json!({"outcome": "ok", "attempts": attempts});
    let started = if attempts == 2 { 3.0 } else { 4.0 };
    step(events, &calls[2], host, (started, 4.1 - started), &answered);
    if let Some((_, end)) = events.last_mut() {
        // Of the last attempt alone.
        end["took"] = 0.1.into();
    }
    let result = json!({"stdout": format!("hello from {host}\n{HOSTILE}")});
    let changed = json!({"outcome": "changed", "result": result});
    step(events, &calls[3], host, (4.2, 0.1), &changed);
    false
}

/// The journal of a run that never was: so many hosts in two rounds.
fn journal(hosts: usize) -> String {
    let names: Vec<String> = (1..=hosts).map(|n| format!("web{n:04}")).collect();
    let calls = [
        call(0, "base", "packages", "apt.package"),
        call(1, "base", "sshd_config", "template.file"),
        call(2, "release", "it answers", "http.get"),
        call(3, "release", "undrain", "exec.command"),
    ];
    let rounds = json!([{"name": "base", "hosts": names, "calls": calls[..2]},
                        {"name": "release", "hosts": names, "calls": calls[2..]}]);
    let started = json!({"event": "run_started", "schema": 2, "version": "1", "run": "r", "time": "2026-01-31T23:59:59Z",
                         "playbook": HOSTILE, "mode": "apply", "diff": true, "hosts": names, "rounds": rounds});
    let mut events = vec![(0.0, started)];
    let mut recaps = Vec::new();
    for (n, host) in names.iter().enumerate() {
        let has_failed = tell(&mut events, &calls, n, host);
        let outcome = if has_failed { "failed" } else { "ok" };
        let mut recap = json!({"host": host, "outcome": outcome, "ok": 3, "changed": 1, "failed": u32::from(has_failed),
                               "skipped": 0, "rescued": 0, "ignored": 0, "unknown": 0});
        if has_failed {
            recap["reason"] = HOSTILE.into();
        }
        recaps.push(recap);
    }
    for (round, from, to) in [("base", 0.0, 2.9), ("release", 2.9, 4.9)] {
        events.push((from, json!({"event": "round_started", "round": round})));
        events.push((to, json!({"event": "round_ended", "round": round})));
    }
    events[1..].sort_by(|a, b| a.0.total_cmp(&b.0));
    let outcome = json!({"failed": hosts > 7, "unreachable": false, "interrupted": false, "changed": true});
    let ended = json!({"event": "run_ended", "outcome": outcome, "hosts": recaps, "took": 5.0});
    events.push((5.0, ended));
    let mut text = "{\"journal\":1,\"playbook\":\"/w/site.yml\"}\n".to_owned();
    for (seq, (at, mut event)) in events.into_iter().enumerate() {
        event["seq"] = seq.into();
        event["at"] = at.into();
        let _ = writeln!(text, "{event}");
    }
    text
}

/// A scene in which the report of such a run is `r.html`.
fn reported(hosts: usize) -> Scene {
    let scene = Fixture::new("").file("run.jsonl", journal(hosts)).build();
    let journal = scene.path("run.jsonl").display().to_string();
    scene
        .rmote_play(&["report", &journal, "-q", "--report", "html:r.html"])
        .code(0);
    scene
}

const ROWS: &str = "document.querySelectorAll('.chart .row').length";

#[test]
fn the_report_of_a_thousand_hosts_is_used_by_keyboard_alone() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let scene = reported(1000);
    browser.open(&scene.path("r.html"));
    // The axis, the hosts that failed, and the others: some of these were asked twice, which is no other way to go.
    assert_eq!(browser.value(ROWS), 3);
    let first = browser.text("document.querySelector('.chart button').textContent");
    assert!(
        first.starts_with("▸ ✗ 10 × web0008"),
        "failures come first: {first}"
    );

    // `/` goes to the filter; what is typed leaves one host.
    browser.press("/", "/");
    assert_eq!(browser.text("document.activeElement.className"), "filter");
    browser.write("web0108");
    browser.until("document.querySelector('.hits').textContent.startsWith('1 of 1000 hosts')");
    assert_eq!(browser.value(ROWS), 2);
    assert!(
        browser.text("location.hash").contains("web0108"),
        "a link shows the same"
    );
    let visible = "[...document.querySelectorAll('.card .said')].filter((it) => it.checkVisibility()).map((it) => it.textContent).join()";
    let said = browser.text(visible);
    assert!(
        said.contains("no answer from web0108") && !said.contains("web0008"),
        "{said}"
    );

    // Tab as far as the row of the host; Enter opens all that was done there.
    for _ in 0..20 {
        if browser.value("document.activeElement.closest('.chart') !== null") == true {
            break;
        }
        browser.press("Tab", "");
    }
    browser.press("Enter", "\r");
    browser.until("!document.querySelector('.panel').hidden");
    let calls = browser
        .text("[...document.querySelectorAll('.panel summary')].map((it) => it.textContent).join('|')");
    for part in [
        "packagesok",
        "sshd_configchanged",
        "it answersfailed",
        "undrainnot run",
    ] {
        assert!(calls.contains(part), "{part}: {calls}");
    }
    for _ in 0..4 {
        browser.press("Tab", "");
    }
    browser.press("Enter", "\r");
    browser.until("document.querySelectorAll('.panel details[open] pre').length > 1");
    let told = browser.text("document.querySelector('.panel details[open]').textContent");
    for part in ["path: /etc/motd", "no answer from web0108", "said by web0108"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    browser.press("Escape", "");
    browser.until("document.querySelector('.panel').hidden");
    assert_eq!(
        browser.value("document.activeElement.closest('.chart') !== null"),
        true,
        "one is where one was"
    );
    assert_eq!(browser.wrong(), &Vec::<Value>::new());
}

#[test]
fn a_click_shows_arguments_differences_and_output_of_a_call() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let scene = reported(40);
    browser.open(&scene.path("r.html"));
    browser.value("document.querySelectorAll('.chart .row > button')[1].click()");
    assert_eq!(browser.value(ROWS), 3 + 39, "the group opens");
    browser.value("document.querySelectorAll('.chart .row.host > button')[0].click()");
    browser.value("document.querySelectorAll('.panel summary').forEach((it) => it.click())");
    browser.until("document.querySelector('.panel').textContent.includes('hello from web0001')");
    let told = browser.text("document.querySelector('.panel').textContent");
    for part in [
        "web0001",
        "path: /etc/motd",
        "+PermitRootLogin no",
        "hello from web0001",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // A host that was asked twice: its first attempt and the wait are drawn.
    browser.value("document.querySelector('[data-chip=retried]').click()");
    let drawn = "[...document.querySelectorAll('.chart .wait')].length";
    assert_eq!(browser.value(drawn), 1);
    let hits = browser.text("document.querySelector('.hits').textContent");
    assert!(hits.starts_with("1 of 40 hosts, 1 of 4 calls"), "{hits}");
    // The row of the axis has a mark at a round number, and a name where each round begins.
    let axis = browser.text("document.querySelector('.axis').textContent");
    for part in ["1 s", "2 s", "base", "release"] {
        assert!(axis.contains(part), "{part}: {axis}");
    }
    browser.value("[...document.querySelectorAll('.zoom button')].at(-1).click()");
    let axis = browser.text("document.querySelector('.axis').textContent");
    assert!(!axis.contains("base") && axis.contains("4 s"), "{axis}");
    assert_eq!(browser.wrong(), &Vec::<Value>::new());
}

#[test]
fn nothing_that_a_host_says_becomes_a_part_of_the_page() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    for hosts in [1, 8, 40] {
        let scene = reported(hosts);
        browser.open(&scene.path("r.html"));
        // All of it is opened and looked for, too.
        browser
            .value("document.querySelectorAll('summary, .chart button, .names').forEach((it) => it.click())");
        browser.value(
            "document.querySelectorAll('.panel summary, .panel .list button').forEach((it) => it.click())",
        );
        browser.press("/", "/");
        browser.write("</script>");
        browser.until("document.querySelector('.hits').textContent !== ''");
        browser.value(
            "document.querySelector('.chart').querySelectorAll('rect').forEach((it) => \
             it.dispatchEvent(new MouseEvent('mousemove', { bubbles: true })))",
        );
        let elements =
            "document.querySelectorAll('img, script:not(.data):not(:last-of-type), iframe').length";
        assert_eq!(browser.value(elements), 0);
        assert_eq!(browser.value("window.taken === undefined"), true);
        assert!(
            !browser
                .text("document.body.textContent")
                .contains(['\u{1b}', '\u{202e}'])
        );
        assert_eq!(browser.wrong(), &Vec::<Value>::new());
    }
}

#[test]
fn the_page_fits_its_window_and_can_be_read_by_day_and_by_night() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let scene = reported(40);
    // How far apart two colours are, as WCAG reckons it.
    let contrast = "(() => { \
        const light = (color) => { const [r, g, b] = color.match(/\\d+/g).map((it) => { const c = it / 255; \
            return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; }; \
        const back = light(getComputedStyle(document.body).backgroundColor); \
        const texts = [...document.querySelectorAll('small, .bad, .ok, .changed, td, th, p, code, button, pre span')]; \
        return Math.min(...texts.map((it) => { const text = light(getComputedStyle(it).color); \
            return (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05); })); })()";
    let mut backs = Vec::new();
    for is_dark in [false, true] {
        for width in [400, 1280] {
            browser.look(is_dark, width);
            browser.open(&scene.path("r.html"));
            let wide =
                browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            assert_eq!(wide, 0, "{width}");
            let least = browser.value(contrast).as_f64().unwrap();
            assert!(least >= 4.5, "dark {is_dark}: {least}");
        }
        backs.push(browser.text("getComputedStyle(document.body).backgroundColor"));
    }
    assert_ne!(backs[0], backs[1]);
    browser.value("document.querySelector('button.theme').click()");
    assert_eq!(
        browser.text("getComputedStyle(document.body).backgroundColor"),
        backs[0]
    );
}

#[test]
fn a_thousand_different_failures_are_a_page_that_can_be_read() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let text = journal(1000);
    let mut lines = Vec::new();
    // Each host fails with a text of its own.
    for line in text.lines() {
        let mut event: Value = serde_json::from_str(line).unwrap();
        if event["event"] == "call_ended" && event["call"]["label"] == "it answers" {
            let host = event["host"].as_str().unwrap().to_owned();
            event["outcome"] = "failed".into();
            event["error"] = json!({"kind": "command_failed", "message": format!("it is {host} that fails"),
                                    "stderr": format!("{}\n{host}", "x".repeat(2000))});
        }
        lines.push(event.to_string());
    }
    let scene = Fixture::new("")
        .file("run.jsonl", lines.join("\n") + "\n")
        .build();
    let journal = scene.path("run.jsonl").display().to_string();
    scene
        .rmote_play(&["report", &journal, "-q", "--report", "html:r.html"])
        .code(0);
    browser.look(false, 1280);
    browser.open(&scene.path("r.html"));
    let height = browser
        .value("document.documentElement.scrollHeight")
        .as_f64()
        .unwrap();
    assert!(height < 8_000.0, "{height}: the most of it is folded");
    let all = "[...document.querySelectorAll('.card .message')].filter((it) => it.textContent.endsWith('that fails')).length";
    assert_eq!(browser.value(all), 1000, "and all of it is there");
    browser.press("/", "/");
    browser.write("web0777 that");
    browser.until("document.querySelector('.hits').textContent.startsWith('1 of 1000 hosts')");
    let visible = "[...document.querySelectorAll('.card .said')].filter((it) => it.checkVisibility()).length";
    assert_eq!(browser.value(visible), 1);
    assert_eq!(browser.wrong(), &Vec::<Value>::new());
}
