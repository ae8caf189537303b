//! What went wrong, first on the page: by call, equal failures of several hosts once, and what did not run on them.

use std::collections::HashSet;
use std::fmt::Write as _;

use indexmap::{IndexMap, IndexSet};

use crate::event::{CallRef, HostOutcome, Outcome};
use crate::report::detail;
use crate::report::file::escape::xml;
use crate::report::file::html::words::{self, SHOWN, block, counted, names, ranges};
use crate::report::file::story::Story;

/// At most this many of what did not run are named.
const NAMED: usize = 8;

/// What has a heading in common: different texts, each with the hosts that it is about.
struct Problem<'a> {
    word: &'static str,
    class: &'static str,
    call: Option<&'a CallRef>,
    said: IndexMap<(String, String), Vec<u32>>,
}

pub(super) fn draw(run: &Story, out: &mut String) {
    let mut problems = failures(run);
    problems.extend(unreachable(run));
    problems.extend(others(run, &problems));
    for hosts in problems.iter_mut().flat_map(|it| it.said.values_mut()) {
        hosts.sort_unstable();
        hosts.dedup();
    }
    if problems.is_empty() {
        return;
    }
    out.push_str("<section class=\"problems\"><h2>Problems</h2>\n");
    for problem in &problems {
        card(run, problem, out);
    }
    out.push_str("</section>\n");
}

/// The calls that failed, those on most hosts first.
fn failures(run: &Story) -> Vec<Problem<'_>> {
    let mut by_entry: IndexMap<u32, Problem<'_>> = IndexMap::new();
    for work in run.work.iter().filter(|it| !it.is_excused) {
        if !matches!(work.outcome, Outcome::Failed | Outcome::Lost) {
            continue;
        }
        let problem = by_entry.entry(work.call.entry).or_insert_with(|| Problem {
            word: "failed",
            class: "bad",
            call: Some(&work.call),
            said: IndexMap::new(),
        });
        // A loop that failed by its items says nothing more.
        if work.error.is_none()
            && work.item.is_none()
            && problem.said.values().any(|it| it.contains(&work.host))
        {
            continue;
        }
        let word = detail::word(work.outcome, run.is_check);
        let saying = detail::failure(word, work.item.as_deref(), work.error.as_ref());
        let head = match saying.head.strip_prefix("failed: ") {
            Some(message) => message.to_owned(),
            None => saying.head,
        };
        problem
            .said
            .entry((head, saying.body))
            .or_default()
            .push(work.host);
    }
    let mut problems: Vec<_> = by_entry.into_values().collect();
    problems.sort_by_key(|it| std::cmp::Reverse(it.hosts().len()));
    problems
}

fn unreachable(run: &Story) -> Option<Problem<'_>> {
    let mut said: IndexMap<_, Vec<u32>> = IndexMap::new();
    for it in &run.connections {
        if let Some(message) = &it.problem {
            said.entry((message.clone(), String::new()))
                .or_default()
                .push(it.host);
        }
    }
    (!said.is_empty()).then_some(Problem {
        word: "unreachable",
        class: "unreachable",
        call: None,
        said,
    })
}

/// Hosts that did not end well, and of which nothing else says why.
fn others<'a>(run: &'a Story, told: &[Problem<'a>]) -> Vec<Problem<'a>> {
    let told: HashSet<u32> = told.iter().flat_map(Problem::hosts).collect();
    let mut by_outcome: IndexMap<HostOutcome, Problem<'a>> = IndexMap::new();
    for (host, it) in (0..).zip(&run.recap) {
        if it.outcome == HostOutcome::Ok || told.contains(&host) {
            continue;
        }
        let (word, class) = words::host(it.outcome);
        let problem = by_outcome.entry(it.outcome).or_insert_with(|| Problem {
            word,
            class,
            call: None,
            said: IndexMap::new(),
        });
        let reason = it.reason.clone().unwrap_or_default();
        problem
            .said
            .entry((reason, String::new()))
            .or_default()
            .push(host);
    }
    by_outcome.into_values().collect()
}

impl Problem<'_> {
    fn hosts(&self) -> Vec<u32> {
        let mut hosts: Vec<u32> = self.said.values().flatten().copied().collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }
}

fn card(run: &Story, problem: &Problem<'_>, out: &mut String) {
    let hosts = problem.hosts();
    let _ = write!(
        out,
        "<div class=\"card c-{}\" data-h=\"{}\"{}><h3><span class=\"{}\">✗ {}</span> ",
        problem.class,
        ranges(&hosts),
        (problem.call).map_or_else(String::new, |call| format!(" data-c=\"{}\"", call.entry)),
        problem.class,
        problem.word
    );
    if let Some(call) = problem.call {
        let _ = write!(
            out,
            "{} <small><code>{}</code> · {} · round {}</small> ",
            xml(&call.label),
            xml(&call.tool),
            xml(&call.location.to_string()),
            xml(&call.round)
        );
    }
    let different = match problem.said.len() {
        1 => String::new(),
        count => format!(", {count} different texts"),
    };
    let _ = writeln!(
        out,
        "<small>{}{different}</small></h3>",
        counted(hosts.len(), "host")
    );
    let mut said: Vec<_> = problem.said.iter().collect();
    said.sort_by_key(|(_, hosts)| std::cmp::Reverse(hosts.len()));
    for (at, ((head, body), hosts)) in said.iter().enumerate() {
        if at == SHOWN {
            let _ = writeln!(
                out,
                "<details class=\"more\"><summary>{} more</summary>",
                said.len() - SHOWN
            );
        }
        let _ = writeln!(
            out,
            "<div class=\"said\" data-h=\"{}\"><p>{} <span class=\"message\">{}</span></p>",
            ranges(hosts),
            names(run, hosts),
            xml(head)
        );
        block(body, false, out);
        out.push_str("</div>\n");
    }
    if said.len() > SHOWN {
        out.push_str("</details>\n");
    }
    not_run(run, problem, &hosts, out);
    out.push_str("</div>\n");
}

/// What was called off on these hosts.
fn not_run(run: &Story, problem: &Problem<'_>, hosts: &[u32], out: &mut String) {
    let hosts: HashSet<u32> = hosts.iter().copied().collect();
    let is_later = |entry: u32| problem.call.is_none_or(|call| entry > call.entry);
    let labels: IndexSet<&str> = (run.work.iter())
        .filter(|it| it.outcome == Outcome::Canceled && is_later(it.call.entry) && hosts.contains(&it.host))
        .map(|it| it.call.label.as_str())
        .collect();
    if labels.is_empty() {
        return;
    }
    let named: Vec<_> = labels.iter().take(NAMED).map(|it| xml(it)).collect();
    let more = match labels.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let _ = writeln!(
        out,
        "<p><small>not run there: {}{more}</small></p>",
        named.join(", ")
    );
}
