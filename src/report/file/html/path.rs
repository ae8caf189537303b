//! The critical path: followed back from the last call, what the run had to wait for.

use std::fmt::Write as _;

use crate::report::file::escape::xml;
use crate::report::file::html::words::{names, time};
use crate::report::file::story::Story;

/// This many of the longest steps are listed.
const LISTED: usize = 10;
/// What is shorter between two steps is no step of its own, in seconds.
const GAP: f64 = 0.05;
/// Clocks are read one after the other: so much earlier is the same time, in seconds.
const SAME: f64 = 0.002;

/// What a step was spent on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum What {
    /// On this work.
    Work(usize),
    /// On making this connection.
    Connection(usize),
    /// On nothing that is told.
    Waiting,
}

/// A step of the path, in seconds since the run began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) what: What,
    pub(super) host: u32,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// The steps in order. What a call came after is its host's step before it; where a round or batch begins between the two,
/// the last step of any host before that.
pub(super) fn steps(run: &Story) -> Vec<Step> {
    let all = candidates(run);
    let mut by_host: Vec<Vec<usize>> = vec![Vec::new(); run.hosts.len()];
    for (at, step) in all.iter().enumerate() {
        by_host[step.host as usize].push(at);
    }
    let mut starts: Vec<f64> = (run.spans.iter().flatten())
        .flat_map(|span| std::iter::once(span.from).chain(span.batches.iter().copied()))
        .collect();
    starts.sort_by(f64::total_cmp);
    let mut path = Vec::new();
    let Some(mut step) = all.last().copied() else {
        return path;
    };
    loop {
        path.push(step);
        let own = &by_host[step.host as usize];
        let end = own.partition_point(|at| all[*at].to <= step.from + SAME);
        let own = own[..end].iter().rev().map(|at| all[*at]);
        let own = own.into_iter().find(|it| it.from < step.from);
        let own_end = own.map_or(f64::NEG_INFINITY, |it| it.to);
        // A barrier between the two: the last host to come to it is what was waited for.
        let barrier = starts.partition_point(|at| *at <= step.from + SAME);
        let barrier = starts[..barrier]
            .last()
            .copied()
            .filter(|at| *at >= own_end - SAME);
        let other = barrier.filter(|at| *at > GAP).and_then(|at| {
            let end = all.partition_point(|it| it.to <= at + SAME);
            all[..end].iter().rev().find(|it| it.from < step.from).copied()
        });
        let next = match (own, other) {
            (Some(own), Some(other)) if other.to > own.to => Some(other),
            (own, other) => own.or(other),
        };
        let Some(next) = next.filter(|next| next.from < step.from) else {
            break;
        };
        if step.from - next.to > GAP {
            path.push(Step {
                what: What::Waiting,
                host: step.host,
                from: next.to,
                to: step.from,
            });
        }
        step = next;
    }
    path.reverse();
    path
}

/// All that took time, the earliest end first.
fn candidates(run: &Story) -> Vec<Step> {
    let work = run.work.iter().enumerate().map(|(at, it)| Step {
        what: What::Work(at),
        host: it.host,
        from: it.from,
        to: it.to,
    });
    let connections = run.connections.iter().enumerate().map(|(at, it)| Step {
        what: What::Connection(at),
        host: it.host,
        from: it.from,
        to: it.to,
    });
    let mut all: Vec<_> = work.chain(connections).filter(|it| it.to > it.from).collect();
    all.sort_by(|a, b| a.to.total_cmp(&b.to));
    all
}

pub(super) fn draw(run: &Story, out: &mut String) {
    let steps = steps(run);
    if steps.is_empty() || run.took <= 0.0 {
        return;
    }
    let sum: f64 = steps.iter().map(|it| it.to - it.from).sum();
    let _ = writeln!(
        out,
        "<section class=\"path\"><h2>Critical path <small>{} of {} in {} steps</small></h2>\n\
         <div class=\"scroll\"><table><thead><tr><th>step</th><th class=\"l\">host</th><th>at</th><th>time</th><th>share</th>\
         </tr></thead><tbody>",
        time(sum),
        time(run.took),
        steps.len()
    );
    let mut longest = steps.clone();
    longest.sort_by(|a, b| (b.to - b.from).total_cmp(&(a.to - a.from)));
    longest.truncate(LISTED);
    longest.sort_by(|a, b| a.from.total_cmp(&b.from));
    for step in &longest {
        let what = match step.what {
            What::Work(at) => {
                let work = &run.work[at];
                let attempts = match work.attempts {
                    0 | 1 => String::new(),
                    attempts => format!(" <small>{attempts} attempts</small>"),
                };
                format!("{}{attempts}", xml(&work.call.label))
            }
            What::Connection(_) => "connecting".to_owned(),
            What::Waiting => "<span class=\"dim\">waiting</span>".to_owned(),
        };
        let took = step.to - step.from;
        let _ = writeln!(
            out,
            "<tr><td class=\"w\">{what}</td><td class=\"l\">{}</td><td>{}</td><td>{}</td><td>{:.0} %</td></tr>",
            names(run, &[step.host]),
            time(step.from),
            time(took),
            took / run.took * 100.0
        );
    }
    out.push_str("</tbody></table></div>\n");
    if longest.len() < steps.len() {
        let _ = writeln!(out, "<p><small>The {LISTED} longest steps are shown.</small></p>");
    }
    out.push_str("</section>\n");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::event::{CallRef, Outcome, Written};
    use crate::name::HostName;
    use crate::report::file::story::{Connection, Span, Work};
    use crate::source::Location;

    #[test]
    fn a_round_is_waited_for_as_long_as_its_slowest_host_takes() {
        let call = Arc::new(CallRef {
            path: "r/x".into(),
            entry: 0,
            round: "r".into(),
            label: "x".into(),
            tool: "fs.write".into(),
            location: Location {
                path: "p.yml".into(),
                line: 1,
                column: 1,
            },
            written: Written::default(),
        });
        let work = |host, from, to| Work {
            call: Arc::clone(&call),
            host,
            item: None,
            from,
            to,
            took: to - from,
            outcome: Outcome::Ok,
            attempts: 1,
            tries: Vec::new(),
            is_excused: false,
            error: None,
            because: None,
        };
        let connection = |host, to| Connection {
            host,
            from: 0.0,
            to,
            problem: None,
        };
        let mut run = Story::default();
        run.hosts = ["a", "b"].map(|name| HostName::new(name).unwrap()).to_vec();
        run.connections = vec![connection(0, 0.2), connection(1, 0.3)];
        run.spans = [(0.0, 2.0), (2.0, 4.0)]
            .map(|(from, to)| {
                Some(Span {
                    from,
                    to,
                    batches: Vec::new(),
                })
            })
            .to_vec();
        run.work = vec![
            work(0, 0.2, 1.0),
            work(1, 0.3, 2.0),
            work(0, 2.0, 2.5),
            work(1, 2.0, 2.1),
            work(0, 3.0, 3.5),
        ];
        let path: Vec<_> = steps(&run).into_iter().map(|it| (it.what, it.host)).collect();
        assert_eq!(
            path,
            [
                (What::Connection(1), 1),
                (What::Work(1), 1),
                (What::Work(2), 0),
                (What::Waiting, 0),
                (What::Work(4), 0)
            ]
        );
        assert_eq!(steps(&Story::default()), []);
    }
}
