//! From a playbook to its plan.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::Diagnostics;
use crate::name::{EntryId, RoundId};
use crate::plan::brought::brought;
use crate::plan::cycle;
use crate::plan::footprint::{Touch, touches};
use crate::plan::graph::{Edge, Node, Plan, Reason, Want};
use crate::plan::order::{Member, order};
use crate::plan::reads::{Found, Readings};
use crate::plan::uses::Uses;
use crate::playbook::{Action, Playbook, Round};

impl Plan {
    /// Plans a playbook. Cycles become diagnostics; then there is no plan.
    pub fn build(playbook: &Playbook, diagnostics: &mut Diagnostics) -> Option<Self> {
        let touches = touches(playbook);
        let mut graph = DiGraph::with_capacity(playbook.entries.len(), playbook.entries.len());
        for (at, touch) in touches.iter().enumerate() {
            graph.add_node(Node {
                entry: EntryId::at(at),
                access: touch.access,
                footprint: touch.footprint.clone(),
                waits_for: Vec::new(),
                elsewhere: Vec::new(),
                comes_after: Vec::new(),
                fence: touch.fence,
                secrets: Vec::new(),
                decided_here: touch.decided_here,
            });
        }
        let mut plan = Self {
            graph,
            rounds: Vec::new(),
        };
        for round in &playbook.rounds {
            plan.round(playbook, round);
            plan.level(playbook, &round.entries, &touches);
        }
        for entry in &playbook.entries {
            if let Action::Group(group) = &entry.action {
                plan.level(playbook, &group.entries, &touches);
            }
        }
        let readings = Readings::new(playbook);
        let mut wants = Vec::new();
        for at in 0..playbook.entries.len() {
            let found = readings.of(EntryId::at(at));
            let node = &mut plan.graph[NodeIndex::new(at)];
            node.secrets = found.secrets.into_iter().collect();
            node.elsewhere = found.elsewhere.into_iter().collect();
            wants_of(playbook, EntryId::at(at), found.results, &mut wants);
        }
        for (at, round) in playbook.rounds.iter().enumerate() {
            let mut search = readings.search_round(RoundId::at(at));
            for condition in &round.when {
                search.follow(Uses::of_expression(condition));
            }
            let Found {
                results, elsewhere, ..
            } = search.found;
            plan.rounds.push(results.into_keys().chain(elsewhere).collect());
        }
        brought(playbook, &mut wants);
        if cycle::report(playbook, &plan.graph, &wants, diagnostics) {
            return None;
        }
        for want in wants {
            let node = &mut plan.graph[NodeIndex::new(want.after.index())];
            if !node.waits_for.contains(&want.before) {
                node.waits_for.push(want.before);
            }
            plan.edge(want.before, want.after, want.reason);
        }
        Some(plan)
    }
}

/// What an entry needs, with what its own keys read.
fn wants_of(playbook: &Playbook, after: EntryId, read: BTreeMap<EntryId, String>, wants: &mut Vec<Want>) {
    let entry = playbook.entry(after);
    let mut want = |before: EntryId, reason: Reason| {
        wants.push(Want {
            before,
            after,
            reason,
        });
    };
    for (before, words) in read {
        want(before, Reason::Data(words));
    }
    for before in &entry.on_change {
        want(*before, Reason::Change);
    }
    for before in &entry.on_failure {
        want(*before, Reason::Failure);
    }
}

impl Plan {
    fn edge(&mut self, before: EntryId, after: EntryId, reason: Reason) {
        let [before, after] = [before, after].map(|id| NodeIndex::new(id.index()));
        self.graph.add_edge(before, after, Edge { reason });
    }

    fn round(&mut self, playbook: &Playbook, round: &Round) {
        let Some(&first) = round.entries.first() else {
            return;
        };
        for need in &round.needs {
            if let Some(&last) = playbook.round(*need).entries.last() {
                self.edge(last, first, Reason::Round);
            }
        }
    }

    fn level(&mut self, playbook: &Playbook, level: &[EntryId], touches: &[Touch]) {
        let members: Vec<_> = level
            .iter()
            .map(|id| Member {
                name: playbook.label(playbook.entry(*id)),
                touch: &touches[id.index()],
            })
            .collect();
        for edge in order(&members) {
            let (before, after) = (level[edge.before], level[edge.after]);
            self.graph[NodeIndex::new(after.index())].comes_after.push(before);
            self.edge(before, after, Reason::Order(edge.why));
        }
    }
}
