//! One page that needs nothing else. All text of it is written here, so that it is whole without scripts and can be searched;
//! the script adds the filter, the timeline and what is shown on a click.
//!
//! What hosts say cannot become a part of the page: text is escaped, data is JSON without `<`, the script makes elements and
//! never reads HTML, and the policy of the page names this one script and this one style by their hashes.

mod calls;
mod data;
mod hosts;
mod path;
mod problems;
mod words;

use std::fmt::Write as _;

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use crate::event::{HostOutcome, Outcome};
use crate::report::detail::word;
use crate::report::file::escape::xml;
use crate::report::file::html::words::{bar, class, counted, plural, time, verdict};
use crate::report::file::story::Story;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = concat!(
    include_str!("page.js"),
    include_str!("timeline.js"),
    include_str!("panel.js")
);

/// Outcomes of hosts, the worst first.
const ORDER: [HostOutcome; 5] = [
    HostOutcome::Failed,
    HostOutcome::Unreachable,
    HostOutcome::Aborted,
    HostOutcome::NotStarted,
    HostOutcome::Ok,
];

pub(super) fn draw(runs: &[Story]) -> String {
    let title = runs.first().map_or_else(
        || "rmote-play".to_owned(),
        |run| format!("{}: {} – rmote-play", verdict(run).0, run.playbook),
    );
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title>\n<style>{STYLE}</style></head><body>\n",
        hash(STYLE),
        hash(SCRIPT),
        xml(&title)
    );
    if runs.is_empty() {
        out.push_str("<main><p>Nothing was run.</p></main>\n");
    }
    for run in runs {
        one(run, &mut out);
    }
    let _ = write!(out, "<script>{SCRIPT}</script>\n</body></html>\n");
    out
}

fn hash(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text))
}

fn one(run: &Story, out: &mut String) {
    out.push_str("<article class=\"run\">\n");
    header(run, out);
    out.push_str("<main>\n");
    for warning in &run.warnings {
        let _ = writeln!(out, "<p class=\"changed\">⚠ warning: {}</p>", xml(warning));
    }
    problems::draw(run, out);
    out.push_str(
        "<div class=\"controls\" role=\"search\"></div>\n\
         <section class=\"timeline\"><h2>Timeline</h2><noscript><p>The timeline is drawn by a script.</p></noscript></section>\n",
    );
    out.push_str("<div class=\"two\">\n");
    path::draw(run, out);
    calls::slowest(run, out);
    out.push_str("</div>\n");
    calls::draw(run, out);
    hosts::draw(run, out);
    let _ = writeln!(
        out,
        "<p class=\"dim\">run <code>{}</code> · rmote-play {}</p>\n</main>",
        xml(&run.id),
        xml(&run.version)
    );
    let _ = writeln!(
        out,
        "<script type=\"application/json\" class=\"data\">{}</script>\n</article>",
        data::json(run)
    );
}

/// The verdict, and in figures what the run came to.
fn header(run: &Story, out: &mut String) {
    let (verdict, tone) = verdict(run);
    let _ = writeln!(
        out,
        "<header><div><h1><span class=\"pill {tone}\">{verdict}</span> {}{} <small>{} · {} · {}</small></h1>",
        if run.is_check { "Check of " } else { "" },
        xml(&run.playbook),
        counted(run.hosts.len(), "host"),
        time(run.took),
        xml(&run.time)
    );
    let count = |outcome| run.recap.iter().filter(|it| it.outcome == outcome).count();
    let parts: Vec<_> = (ORDER.iter())
        .map(|outcome| (count(*outcome), words::host(*outcome)))
        .filter(|(count, _)| *count > 0)
        .collect();
    let shares = parts.iter().map(|(count, (_, class))| (*count, *class));
    bar("stack", shares, out);
    out.push_str("<p class=\"tiles\">");
    for (count, (word, class)) in &parts {
        let _ = write!(out, "<span class=\"{class}\"><b>{count}</b> {word}</span> ");
    }
    let sum = |of: fn(&crate::event::Recap) -> u32| run.recap.iter().map(of).sum::<u32>();
    let changed = run.recap.iter().filter(|it| it.changed > 0).count();
    let attempts = run
        .work
        .iter()
        .map(|it| it.attempts.saturating_sub(1))
        .sum::<u32>();
    let changed_hosts = if run.is_check { "would change" } else { "changed" };
    let sums = [
        (sum(|it| it.ok) + sum(|it| it.failed), "call"),
        (sum(|it| it.changed), "change"),
        (attempts, "retry"),
    ];
    let _ = write!(
        out,
        "<span><b>{changed}</b> {} {changed_hosts}</span> ",
        plural(changed, "host")
    );
    for (count, noun) in sums {
        let _ = write!(
            out,
            "<span><b>{count}</b> {}</span> ",
            plural(count as usize, noun)
        );
    }
    if let Some(outcome) = &run.outcome {
        for (is, said) in [
            (outcome.interrupted, "interrupted"),
            (outcome.stopped, "stopped by max_failures"),
            (outcome.crashed, "rmote-play crashed"),
        ] {
            if is {
                let _ = write!(out, "<span class=\"bad\"><b>{said}</b></span> ");
            }
        }
    } else {
        out.push_str("<span class=\"bad\"><b>cut off before its end</b></span>");
    }
    out.push_str("</p></div></header>\n");
}

/// The word and the class of the outcome of a call.
fn outcome(outcome: Outcome, is_check: bool) -> (&'static str, &'static str) {
    (word(outcome, is_check), class(outcome))
}
