//! The calls of each round: how they ended, how long they took, and what is to be said of them; and the slowest of all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::event::{CallRef, Outcome};
use crate::report::detail::Sort;
use crate::report::file::escape::xml;
use crate::report::file::html::outcome;
use crate::report::file::html::words::{SHOWN, bar, block, counted, names, ranges, time};
use crate::report::file::story::{Story, Told};
use crate::report::paint::Color;

/// This many of the slowest calls are named.
const SLOWEST: usize = 10;

/// How long a call took, by host: the shortest first.
type Times = Vec<(f64, u32)>;

fn times(run: &Story) -> BTreeMap<u32, Times> {
    let mut times: BTreeMap<u32, Times> = BTreeMap::new();
    for it in run.work.iter().filter(|it| it.to > it.from && it.item.is_none()) {
        times
            .entry(it.call.entry)
            .or_default()
            .push((it.to - it.from, it.host));
    }
    for times in times.values_mut() {
        times.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    }
    times
}

/// The value below which so much of a hundred is.
fn percentile(times: &Times, percent: usize) -> f64 {
    times
        .get((times.len() - 1) * percent / 100)
        .map_or(0.0, |it| it.0)
}

pub(super) fn slowest(run: &Story, out: &mut String) {
    let times = times(run);
    let calls = run.rounds.iter().flat_map(|it| &it.calls);
    let mut calls: Vec<_> = calls
        .filter_map(|call| Some((call, times.get(&call.entry)?)))
        .filter_map(|(call, times)| Some((call, times, times.last()?)))
        .collect();
    calls.sort_by(|a, b| b.2.0.total_cmp(&a.2.0));
    calls.truncate(SLOWEST);
    if calls.is_empty() {
        return;
    }
    out.push_str(
        "<section class=\"slowest\"><h2>Slowest calls</h2>\n<div class=\"scroll\"><table><thead><tr><th>call</th>\
         <th>hosts</th><th>median</th><th>95 %</th><th>longest</th><th class=\"l\">on</th></tr></thead><tbody>\n",
    );
    for (call, times, longest) in calls {
        let _ = writeln!(
            out,
            "<tr><td class=\"w\">{}</td><td>{}</td><td>{}</td><td>{}</td><td><b>{}</b></td><td class=\"l\">{}</td></tr>",
            xml(&call.label),
            times.len(),
            time(percentile(times, 50)),
            time(percentile(times, 95)),
            time(longest.0),
            names(run, &[longest.1])
        );
    }
    out.push_str("</tbody></table></div></section>\n");
}

pub(super) fn draw(run: &Story, out: &mut String) {
    let times = times(run);
    let retried: BTreeSet<u32> = (run.work.iter())
        .filter(|it| it.attempts > 1)
        .map(|it| it.call.entry)
        .collect();
    out.push_str("<section class=\"calls\"><h2>Calls</h2>\n");
    for (round, span) in run.rounds.iter().zip(&run.spans) {
        let took = span
            .as_ref()
            .map_or_else(|| "not begun".to_owned(), |span| time(span.to - span.from));
        let batches = span.as_ref().map_or(0, |span| span.batches.len());
        let batches = if batches > 1 {
            format!(" · {batches} batches")
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "<div class=\"round\"><h3>{} <small>{}{batches} · {took}</small></h3>\n\
             <p class=\"hd\" aria-hidden=\"true\"><span>call</span><span>outcomes</span><span></span><span>median</span><span>longest</span></p>",
            xml(&round.name),
            counted(round.hosts.len(), "host"),
        );
        for call in &round.calls {
            if let Some(told) = run.entries.get(&call.entry) {
                let times = times.get(&call.entry);
                entry(run, call, told, times, retried.contains(&call.entry), out);
            }
        }
        out.push_str("</div>\n");
    }
    out.push_str("</section>\n");
}

const SHARES: [Outcome; 7] = [
    Outcome::Failed,
    Outcome::Lost,
    Outcome::Changed,
    Outcome::Unknown,
    Outcome::Ok,
    Outcome::Skipped,
    Outcome::Canceled,
];

fn entry(
    run: &Story,
    call: &CallRef,
    told: &Told,
    times: Option<&Times>,
    is_retried: bool,
    out: &mut String,
) {
    let has_failed = told.counts.has_failed();
    let _ = write!(
        out,
        "<details class=\"call\" data-c=\"{}\"{}><summary><span class=\"what\"><b{}>{}</b> <code>{}</code>{}</span>",
        call.entry,
        if has_failed { " open" } else { "" },
        if has_failed { " class=\"bad\"" } else { "" },
        xml(&call.label),
        xml(&call.tool),
        if is_retried { " <small>retried</small>" } else { "" }
    );
    let shares = SHARES
        .into_iter()
        .map(|it| (told.counts.of(it), outcome(it, run.is_check).1))
        .filter(|it| it.0 > 0)
        .collect::<Vec<_>>();
    bar("mini", shares.into_iter(), out);
    let (median, longest) = times.map_or_else(Default::default, |times| {
        (time(percentile(times, 50)), time(percentile(times, 100)))
    });
    let _ = writeln!(
        out,
        "<span class=\"counts\">{}</span><span class=\"n\">{median}</span><span class=\"n\">{longest}</span></summary>",
        xml(&told.counts.words(run.is_check, Color::Off))
    );
    let _ = writeln!(
        out,
        "<div class=\"body\"><p><small><code>{}</code></small></p>",
        xml(&call.location.to_string())
    );
    // Those of failures, the last in their order, are among the problems, too.
    for (at, (saying, hosts)) in told.said.iter().enumerate() {
        if at == SHOWN {
            let _ = writeln!(
                out,
                "<details class=\"more\"><summary>{} more</summary>",
                told.said.len() - SHOWN
            );
        }
        let class = match saying.sort {
            Sort::Failure => "bad",
            Sort::Warning => "changed",
            Sort::Because | Sort::Retried => "odd",
            _ => "",
        };
        let _ = writeln!(
            out,
            "<div class=\"said\" data-h=\"{}\"><p>{} <span class=\"message {class}\">{}</span></p>",
            ranges(hosts),
            names(run, hosts),
            xml(&saying.head)
        );
        block(&saying.body, saying.sort == Sort::Diff, out);
        out.push_str("</div>\n");
    }
    if told.said.len() > SHOWN {
        out.push_str("</details>\n");
    }
    if told.omitted > 0 {
        let _ = writeln!(out, "<p><small>and {} more that differ</small></p>", told.omitted);
    }
    out.push_str("</div></details>\n");
}
