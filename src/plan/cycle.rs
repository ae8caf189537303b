//! Entries that wait for each other: every call of the circle is shown.

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name::EntryId;
use crate::plan::graph::{Edge, Node, Reason, Want};
use crate::plan::reads::holds;
use crate::playbook::{Action, Playbook};

/// Reports every wish for a result that cannot be there in time; whether there was one.
pub(super) fn report(
    playbook: &Playbook,
    graph: &DiGraph<Node, Edge>,
    wants: &[Want],
    diagnostics: &mut Diagnostics,
) -> bool {
    let mut found = false;
    for want in wants {
        if want.before >= want.after || holds(playbook, want.before, want.after) {
            found = true;
            diagnostics.push(circle(playbook, graph, want));
        }
    }
    found
}

fn circle(playbook: &Playbook, graph: &DiGraph<Node, Edge>, want: &Want) -> Diagnostic {
    let name = |id: EntryId| playbook.label(playbook.entry(id));
    let own = playbook.entry(want.after);
    let what = match &want.reason {
        Reason::Data(words) => format!("reads {words}"),
        other => format!("{other} (`{}`)", name(want.before)),
    };
    if want.before == want.after {
        return Diagnostic::error(
            Code::DependencyCycle,
            format!("`{}` waits for itself", name(want.after)),
        )
        .label(own.span, what)
        .help("In its own conditions, a call's result is `result`.");
    }
    let Some(path) = path(playbook, graph, want.after, want.before) else {
        let message = format!(
            "`{}` needs the result of `{}`, which is written below it",
            name(want.after),
            name(want.before)
        );
        return Diagnostic::error(Code::LaterId, message)
            .label(own.span, what)
            .label(playbook.entry(want.before).span, "runs later")
            .help(format!("Move it under `{}`.", name(want.before)));
    };
    let names: Vec<_> = path.iter().map(|id| format!("`{}`", name(*id))).collect();
    let mut diagnostic = Diagnostic::error(
        Code::DependencyCycle,
        format!("{} wait for each other", names.join(", ")),
    )
    .label(own.span, what);
    for pair in path.windows(2) {
        let words = match graph.find_edge(node(pair[0]), node(pair[1])) {
            Some(edge) => format!("comes after `{}`: {}", name(pair[0]), graph[edge].reason),
            None if holds(playbook, pair[0], pair[1]) => format!("is part of `{}`", name(pair[0])),
            None => format!("ends after `{}`, which is part of it", name(pair[0])),
        };
        diagnostic = diagnostic.label(playbook.entry(pair[1]).span, words);
    }
    diagnostic.help("Move the call that needs a result under the one that gives it.")
}

fn node(id: EntryId) -> NodeIndex {
    NodeIndex::new(id.index())
}

/// The shortest way from the start of one entry to the end of another, through what must come after what: the entries on
/// it. A group begins before what is in it and ends after.
fn path(
    playbook: &Playbook,
    graph: &DiGraph<Node, Edge>,
    from: EntryId,
    to: EntryId,
) -> Option<Vec<EntryId>> {
    let place = |id: EntryId, is_end: bool| id.index() * 2 + usize::from(is_end);
    let mut came_from: Vec<Option<usize>> = vec![None; playbook.entries.len() * 2];
    let (start, goal) = (place(from, false), place(to, true));
    let mut open = VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        if at == goal {
            let way = std::iter::successors(Some(at), |it| came_from[*it].filter(|_| *it != start));
            let mut path: Vec<_> = way.map(|it| EntryId::at(it / 2)).collect();
            path.reverse();
            path.dedup();
            return Some(path);
        }
        let id = EntryId::at(at / 2);
        let entry = playbook.entry(id);
        let mut next = Vec::new();
        if at % 2 == 0 {
            next.push(place(id, true));
            if let Action::Group(group) = &entry.action {
                next.extend(group.entries.iter().map(|it| place(*it, false)));
            }
        } else {
            next.extend(entry.parent.map(|it| place(it, true)));
            let after = graph.edges_directed(node(id), Direction::Outgoing);
            next.extend(after.map(|it| place(EntryId::at(it.target().index()), false)));
        }
        for it in next {
            if it != start && came_from[it].is_none() {
                came_from[it] = Some(at);
                open.push_back(it);
            }
        }
    }
    None
}
