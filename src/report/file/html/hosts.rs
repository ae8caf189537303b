//! The recap: equal hosts in one row, those that did not end well first, and no column that is zero everywhere.

use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::event::{Outcome, Recap};
use crate::report::detail::word;
use crate::report::file::escape::xml;
use crate::report::file::html::ORDER;
use crate::report::file::html::words::{self, names, ranges};
use crate::report::file::story::Story;

const COLUMNS: usize = 7;

fn figures(it: &Recap) -> [u32; COLUMNS] {
    [
        it.ok, it.changed, it.failed, it.skipped, it.rescued, it.ignored, it.unknown,
    ]
}

pub(super) fn draw(run: &Story, out: &mut String) {
    let titles = [
        "ok",
        word(Outcome::Changed, run.is_check),
        "failed",
        "skipped",
        "rescued",
        "ignored",
        "unknown",
    ];
    let shown: Vec<usize> = (0..COLUMNS)
        .filter(|at| run.recap.iter().any(|it| figures(it)[*at] > 0))
        .collect();
    let mut rows: IndexMap<_, Vec<u32>> = IndexMap::new();
    for (host, it) in (0..).zip(&run.recap) {
        let rank = ORDER.iter().position(|outcome| *outcome == it.outcome);
        let key = (rank, it.outcome, figures(it), it.reason.as_deref(), &it.owed);
        rows.entry(key).or_default().push(host);
    }
    rows.sort_by(|a, hosts, b, others| (a.0, hosts.first()).cmp(&(b.0, others.first())));
    out.push_str("<section class=\"hosts\"><h2>Hosts</h2>\n<div class=\"scroll\"><table><thead><tr><th>hosts</th><th class=\"l\">outcome</th>");
    for at in &shown {
        let _ = write!(out, "<th>{}</th>", titles[*at]);
    }
    let is_said = run
        .recap
        .iter()
        .any(|it| it.reason.is_some() || !it.owed.is_empty());
    out.push_str(if is_said { "<th class=\"l\">why</th>" } else { "" });
    out.push_str("</tr></thead><tbody>\n");
    for ((_, outcome, figures, reason, owed), hosts) in &rows {
        let (word, class) = words::host(*outcome);
        let sign = if class == "ok" { "✓" } else { "✗" };
        let _ = write!(
            out,
            "<tr data-h=\"{}\"><td class=\"w\">{}</td><td class=\"l {class}\">{sign} {word}</td>",
            ranges(hosts),
            names(run, hosts)
        );
        for at in &shown {
            match figures[*at] {
                0 => out.push_str("<td></td>"),
                figure => {
                    let _ = write!(out, "<td>{figure}</td>");
                }
            }
        }
        let mut why = reason.map(xml).unwrap_or_default();
        if !owed.is_empty() {
            let gap = if why.is_empty() { "" } else { "; " };
            let _ = write!(why, "{gap}owes {}", xml(&owed.join(", ")));
        }
        if is_said {
            let _ = write!(out, "<td class=\"l w\">{why}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div></section>\n");
}
