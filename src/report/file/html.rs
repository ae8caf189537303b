//! One page that needs nothing else: recap, timeline, changes, failures.

use std::fmt::Write as _;

use crate::event::{CallRef, HostOutcome, Outcome};
use crate::report::detail::{Sort, word};
use crate::report::file::escape::xml;
use crate::report::file::story::{Story, Told};
use crate::report::paint::Color;
use crate::report::recap::seconds;

/// At most this many hosts have a row in the timeline.
const ROWS: usize = 300;
/// At most this many bars are drawn.
const BARS: usize = 20_000;

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1d2329;background:#fff}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}\
table{border-collapse:collapse}td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ddd}\
td:first-child,th:first-child,td:last-child,th:last-child{text-align:left}\
.bad{color:#b3261e}.changed{color:#8a5a00}.good{color:#1a6b35}.odd{color:#6a3d9a}\
details{border:1px solid #ddd;border-radius:4px;margin:.4rem 0;padding:.3rem .7rem}summary{cursor:pointer}\
pre{background:#f5f6f7;padding:.6rem;overflow:auto;margin:.4rem 0}pre .a{color:#1a6b35}pre .r{color:#b3261e}\
code,pre{font:12px/1.45 ui-monospace,monospace}small{color:#5c6770}\
.line{display:grid;grid-template-columns:10rem 1fr;align-items:center;gap:.5rem}\
.line span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}\
svg{width:100%;height:16px;background:#f5f6f7;display:block}\
@media(prefers-color-scheme:dark){body{color:#dfe3e6;background:#16191c}pre,svg{background:#22272b}td,th,details{border-color:#3a4147}\
.bad,pre .r{color:#ff8a80}.changed{color:#f0b95b}.good,pre .a{color:#7fd39a}.odd{color:#c9a7ff}small{color:#9aa5ad}}";

pub(super) fn draw(runs: &[Story]) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title>\n<style>{STYLE}</style></head><body>\n",
        xml(&runs.first().map_or_else(
            || "rmote-play".to_owned(),
            |run| format!("{} – rmote-play", run.playbook)
        ))
    );
    if runs.is_empty() {
        out.push_str("<p>Nothing was run.</p>\n");
    }
    for run in runs {
        one(run, &mut out);
    }
    out.push_str("</body></html>\n");
    out
}

fn one(run: &Story, out: &mut String) {
    let what = if run.is_check { "Check of " } else { "" };
    let hosts = if run.hosts.len() == 1 { "host" } else { "hosts" };
    let _ = writeln!(
        out,
        "<h1>{what}{}</h1>\n<p><small>{} · {} {hosts} · {} · rmote-play {}</small></p>",
        xml(&run.playbook),
        xml(&run.time),
        run.hosts.len(),
        seconds(run.took),
        xml(&run.version)
    );
    recap(run, out);
    for warning in &run.warnings {
        let _ = writeln!(out, "<p class=\"changed\">warning: {}</p>", xml(warning));
    }
    timeline(run, out);
    for round in &run.rounds {
        let _ = writeln!(out, "<h2>{}</h2>", xml(&round.name));
        for call in &round.calls {
            if let Some(told) = run.entries.get(&call.entry) {
                entry(run, call, told, out);
            }
        }
    }
}

fn recap(run: &Story, out: &mut String) {
    let changed = word(Outcome::Changed, run.is_check);
    let _ = writeln!(
        out,
        "<h2>Recap</h2>\n<table><tr><th>host</th><th>ok</th><th>{changed}</th><th>failed</th><th>skipped</th>\
         <th>rescued</th><th>ignored</th><th>unknown</th><th></th></tr>"
    );
    for it in &run.recap {
        let (class, verdict) = match it.outcome {
            HostOutcome::Ok => ("good", "ok"),
            HostOutcome::Failed => ("bad", "failed"),
            HostOutcome::Unreachable => ("bad", "unreachable"),
            HostOutcome::Aborted => ("bad", "aborted"),
            HostOutcome::NotStarted => ("odd", "not started"),
        };
        let reason = it
            .reason
            .as_deref()
            .map_or_else(String::new, |reason| format!(": {}", xml(reason)));
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td class=\"{class}\">{verdict}{reason}</td></tr>",
            xml(it.host.as_str()),
            it.ok,
            it.changed,
            it.failed,
            it.skipped,
            it.rescued,
            it.ignored,
            it.unknown
        );
    }
    out.push_str("</table>\n");
}

/// A row for each host: its connection, then its calls, over the time of the run.
fn timeline(run: &Story, out: &mut String) {
    if run.took <= 0.0 || run.hosts.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<h2>Timeline</h2>\n<p><small>0 to {}; hover over a bar</small></p>",
        seconds(run.took)
    );
    let mut bars: Vec<String> = vec![String::new(); run.hosts.len().min(ROWS)];
    let mut left = BARS;
    let mut bar = |host: u32, from: f64, to: f64, color: &str, title: &str| {
        if let Some(row) = bars.get_mut(host as usize).filter(|_| left > 0) {
            left -= 1;
            let x = (from / run.took * 1000.0).clamp(0.0, 1000.0);
            let width = ((to - from) / run.took * 1000.0).clamp(1.0, 1000.0);
            let _ = write!(
                row,
                "<rect x=\"{x:.1}\" y=\"2\" width=\"{width:.1}\" height=\"12\" fill=\"{color}\"><title>{}</title></rect>",
                xml(title)
            );
        }
    };
    for it in &run.connections {
        let title = format!("connecting, {}", seconds(it.to - it.from));
        let color = if it.problem.is_some() {
            "#d9483b"
        } else {
            "#b9c2c9"
        };
        bar(it.host, it.from, it.to, color, &title);
    }
    for it in &run.work {
        let item = it
            .item
            .as_deref()
            .map_or_else(String::new, |item| format!(" ({item})"));
        let title = format!(
            "{}{item}: {}, {}",
            it.call.label,
            word(it.outcome, run.is_check),
            seconds(it.took)
        );
        bar(it.host, it.from, it.to, fill(it.outcome), &title);
    }
    for (host, bars) in run.hosts.iter().zip(&bars) {
        let _ = writeln!(
            out,
            "<div class=\"line\"><span>{}</span><svg viewBox=\"0 0 1000 16\" preserveAspectRatio=\"none\">{bars}</svg></div>",
            xml(host.as_str())
        );
    }
    if run.hosts.len() > ROWS {
        let _ = writeln!(
            out,
            "<p><small>and {} more hosts</small></p>",
            run.hosts.len() - ROWS
        );
    }
    if left == 0 || run.is_cut {
        out.push_str("<p><small>Not every call has its bar: there are too many.</small></p>\n");
    }
}

const fn fill(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "#4f9d69",
        Outcome::Changed => "#d99a2b",
        Outcome::Failed | Outcome::Lost => "#d9483b",
        Outcome::Unknown => "#9a6bd1",
        Outcome::Skipped | Outcome::Canceled => "#b9c2c9",
    }
}

fn entry(run: &Story, call: &CallRef, told: &Told, out: &mut String) {
    let class = if told.counts.has_failed() {
        "bad"
    } else if told.counts.of(Outcome::Changed) > 0 {
        "changed"
    } else {
        "good"
    };
    let open = if told.counts.has_failed() { " open" } else { "" };
    let head = format!(
        "<strong>{}</strong> <span class=\"{class}\">{}</span> <small>{} · {}</small>",
        xml(&call.label),
        told.counts.words(run.is_check, Color::Off),
        xml(&call.tool),
        xml(&call.location.to_string())
    );
    if told.said.is_empty() {
        let _ = writeln!(out, "<p>{head}</p>");
        return;
    }
    let _ = writeln!(out, "<details{open}><summary>{head}</summary>");
    for (saying, hosts) in &told.said {
        let class = match saying.sort {
            Sort::Failure => "bad",
            Sort::Warning => "changed",
            Sort::Because | Sort::Retried => "odd",
            _ => "",
        };
        let _ = writeln!(
            out,
            "<p><small>{}</small> <span class=\"{class}\">{}</span></p>",
            xml(&run.compact(hosts)),
            xml(&saying.head)
        );
        if !saying.body.is_empty() {
            out.push_str("<pre>");
            for line in xml(&saying.body).lines() {
                match (saying.sort, line.as_bytes().first()) {
                    (Sort::Diff, Some(b'+')) => {
                        let _ = writeln!(out, "<span class=\"a\">{line}</span>");
                    }
                    (Sort::Diff, Some(b'-')) => {
                        let _ = writeln!(out, "<span class=\"r\">{line}</span>");
                    }
                    _ => {
                        let _ = writeln!(out, "{line}");
                    }
                }
            }
            out.push_str("</pre>\n");
        }
    }
    if told.omitted > 0 {
        let _ = writeln!(out, "<p>and {} more that differ</p>", told.omitted);
    }
    out.push_str("</details>\n");
}
