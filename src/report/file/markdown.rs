//! A comment on a pull request: what changed or would change, folded over hosts.

use std::fmt::Write as _;

use crate::event::{CallRef, HostOutcome, Outcome, Recap};
use crate::report::detail::{Sort, word};
use crate::report::file::escape::{block, code, xml};
use crate::report::file::story::{Story, Told};
use crate::report::paint::Color;
use crate::report::recap::seconds;

/// GitHub takes 65,536 characters; some are left for what is around the report.
const LIMIT: usize = 60_000;
/// At most this much of one detail is shown.
const DETAIL: usize = 8 << 10;
/// At most this many rows of hosts.
const ROWS: usize = 100;

pub(super) fn draw(runs: &[Story]) -> String {
    let mut out = String::new();
    if runs.is_empty() {
        out.push_str("### rmote-play\n\nNothing was run.\n");
    }
    for run in runs {
        one(run, &mut out);
    }
    out
}

fn one(run: &Story, out: &mut String) {
    let what = if run.is_check { "check of " } else { "" };
    let _ = writeln!(out, "### rmote-play: {what}{}\n", code(&run.playbook));
    let _ = writeln!(out, "{} in {}.\n", verdict(run), seconds(run.took));
    recap(run, out);
    for warning in run.warnings.iter().take(20) {
        let _ = writeln!(out, "- warning: {}", code(warning));
    }
    let mut omitted = 0;
    for round in &run.rounds {
        for call in &round.calls {
            let Some(told) = run.entries.get(&call.entry).filter(|it| is_worth_telling(it)) else {
                continue;
            };
            let section = entry(run, call, told);
            if out.len() + section.len() > LIMIT {
                omitted += 1;
            } else {
                out.push_str(&section);
            }
        }
    }
    if omitted > 0 {
        let noun = if omitted == 1 { "entry is" } else { "entries are" };
        let _ = writeln!(
            out,
            "{omitted} more {noun} left out here, since a comment can only be so long.\n"
        );
    }
}

/// Failures, changes and what is unknown; what is as it should be is not told.
fn is_worth_telling(told: &Told) -> bool {
    let counts = &told.counts;
    counts.has_failed() || counts.of(Outcome::Changed) + counts.of(Outcome::Unknown) > 0
}

fn verdict(run: &Story) -> String {
    let total = run.recap.len();
    let hosts = if total == 1 { "host" } else { "hosts" };
    let count = |holds: &dyn Fn(&Recap) -> bool| run.recap.iter().filter(|it| holds(it)).count();
    let changed = count(&|it| it.changed > 0);
    let verb = if run.is_check { "would change" } else { "changed" };
    let mut parts = vec![format!("**{changed} of {total} {hosts} {verb}**")];
    for (outcome, words) in [
        (HostOutcome::Failed, "failed"),
        (HostOutcome::Unreachable, "unreachable"),
        (HostOutcome::Aborted, "aborted"),
        (HostOutcome::NotStarted, "not started"),
    ] {
        match count(&|it| it.outcome == outcome) {
            0 => {}
            number => parts.push(format!("**{number} {words}**")),
        }
    }
    if run.outcome.is_some_and(|it| it.interrupted) {
        parts.push("interrupted".to_owned());
    }
    parts.join(", ")
}

fn recap(run: &Story, out: &mut String) {
    let changed = if run.is_check { "would change" } else { "changed" };
    let _ = writeln!(
        out,
        "| host | ok | {changed} | failed | skipped | unknown | |\n|---|--:|--:|--:|--:|--:|---|"
    );
    let mut rows: Vec<(Vec<u32>, &Recap)> = Vec::new();
    for (at, recap) in (0..).zip(&run.recap) {
        let same = |other: &Recap| {
            let of = |it: &Recap| (it.outcome, it.ok, it.changed, it.failed, it.skipped, it.unknown);
            of(other) == of(recap) && other.reason == recap.reason
        };
        match rows.iter_mut().find(|(_, other)| same(other)) {
            Some((hosts, _)) => hosts.push(at),
            None => rows.push((vec![at], recap)),
        }
    }
    for (hosts, it) in rows.iter().take(ROWS) {
        let verdict = match it.outcome {
            HostOutcome::Ok => "ok",
            HostOutcome::Failed => "**failed**",
            HostOutcome::Unreachable => "**unreachable**",
            HostOutcome::Aborted => "**aborted**",
            HostOutcome::NotStarted => "not started",
        };
        let reason = it
            .reason
            .as_deref()
            .map_or_else(String::new, |reason| format!(": {}", code(reason)));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {verdict}{reason} |",
            code(&run.compact(hosts)),
            it.ok,
            it.changed,
            it.failed,
            it.skipped,
            it.unknown
        );
    }
    if rows.len() > ROWS {
        let _ = writeln!(out, "| and {} more | | | | | | |", rows.len() - ROWS);
    }
    out.push('\n');
}

fn entry(run: &Story, call: &CallRef, told: &Told) -> String {
    let open = if told.counts.has_failed() { " open" } else { "" };
    let mut out = format!(
        "<details{open}><summary><code>{}</code>: {}</summary>\n\n{} of {}, {}\n\n",
        xml(&call.label).replace('\n', " "),
        told.counts.words(run.is_check, Color::Off),
        code(&call.label),
        code(&call.round),
        code(&call.location.to_string()),
    );
    for (saying, hosts) in &told.said {
        if matches!(
            saying.sort,
            Sort::Arguments | Sort::Log | Sort::Result | Sort::Retried | Sort::Host(_)
        ) {
            continue;
        }
        let head = match saying.sort {
            Sort::Diff => word(Outcome::Changed, run.is_check).to_owned() + ": ",
            _ => String::new(),
        };
        let _ = writeln!(
            out,
            "{}: {head}{}\n",
            code(&run.compact(hosts)),
            code(&cut(&saying.head))
        );
        if !saying.body.is_empty() {
            let language = if saying.sort == Sort::Diff { "diff" } else { "" };
            out.push_str(&block(&cut(&saying.body), language));
            out.push('\n');
        }
    }
    if told.omitted > 0 {
        let _ = writeln!(out, "and {} more that differ\n", told.omitted);
    }
    out.push_str("</details>\n\n");
    out
}

fn cut(text: &str) -> String {
    if text.len() <= DETAIL {
        return text.to_owned();
    }
    format!("{} …", &text[..text.floor_char_boundary(DETAIL)])
}
