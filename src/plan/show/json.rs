//! The plan for programs.

use petgraph::visit::EdgeRef as _;
use serde_json::json;

use crate::name::{EntryId, HostId};
use crate::plan::Plan;
use crate::plan::show::words::{critical_path, title};
use crate::playbook::{Playbook, batches};

/// An object with `rounds`, `entries`, `edges` and `critical_path`; entries are named by their number from 0.
pub fn json(plan: &Plan, playbook: &Playbook) -> String {
    let names = |batches: Vec<Vec<HostId>>| -> Vec<Vec<&str>> {
        let name = |host: &HostId| playbook.inventory.host(*host).name.as_str();
        batches
            .iter()
            .map(|batch| batch.iter().map(name).collect())
            .collect()
    };
    let rounds: Vec<_> = playbook
        .rounds
        .iter()
        .map(|round| {
            let hosts = round
                .hosts
                .iter()
                .map(|host| playbook.inventory.host(*host).name.as_str());
            let needs = round
                .needs
                .iter()
                .map(|need| playbook.round(*need).name.value.as_str());
            json!({
                "name": round.name.value,
                "hosts": hosts.collect::<Vec<_>>(),
                "needs": needs.collect::<Vec<_>>(),
                "barrier": round.barrier,
                "batches": names(batches(&round.serial, &round.hosts)),
                "max_failures": round.max_failures.map(|it| it.to_string()),
            })
        })
        .collect();
    let entries: Vec<_> = playbook
        .entries
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            json!({
                "entry": at,
                "title": title(playbook, EntryId::at(at)),
                "id": entry.id.as_ref().map(|id| &id.value),
                "round": playbook.round(entry.round).name.value,
                "parent": entry.parent.map(EntryId::index),
                "run_once": entry.run_once,
                "fence": plan.node(EntryId::at(at)).fence,
                "delegate_to": playbook.delegation(EntryId::at(at)).and_then(|it| {
                    let said = playbook.entry(it).delegate_to.as_ref()?;
                    Some(playbook.sources.text(said.span))
                }),
                "location": playbook.sources.location(entry.span),
            })
        })
        .collect();
    let edges: Vec<_> = plan
        .graph
        .edge_references()
        .map(|edge| {
            let reason = &edge.weight().reason;
            json!({
                "from": edge.source().index(),
                "to": edge.target().index(),
                "kind": reason.kind(),
                "reason": reason.to_string(),
            })
        })
        .collect();
    let path: Vec<_> = critical_path(plan).into_iter().map(EntryId::index).collect();
    let plan = json!({ "rounds": rounds, "entries": entries, "edges": edges, "critical_path": path });
    format!("{plan:#}\n")
}
