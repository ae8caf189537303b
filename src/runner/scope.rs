//! The scope of a host: its variables in their order of precedence, and the reserved names.

use std::sync::Arc;

use crate::event::HostOutcome;
use crate::name::{HostId, UnitId};
use crate::playbook::Round;
use crate::runner::context::Context;
use crate::runner::inventory::{HostLookup, Hosts, inventory_scope};
use crate::runner::results::ResultsLookup;
use crate::runner::this_run::run;
use crate::template::{Lookup, Root, Scope};
use crate::value::Value;

/// The scope in which a host's rounds are read.
pub(super) fn host_scope(context: &Arc<Context>, id: HostId) -> Arc<Scope> {
    let known: Arc<dyn Hosts> = Arc::<Context>::clone(context);
    let scope = inventory_scope(&known, id)
        .bind(
            "facts",
            Root::Lookup(Arc::new(FactsLookup(Arc::clone(context), id))),
        )
        .bind("run", run(context, None));
    unit_scope(context, &scope, id, UnitId::PLAYBOOK)
}

/// The scope inside a unit, from the one outside.
pub(super) fn unit_scope(
    context: &Arc<Context>,
    outside: &Arc<Scope>,
    host: HostId,
    unit: UnitId,
) -> Arc<Scope> {
    with_results(context, &context.playbook.enter(unit, outside), host, unit)
}

/// The scope in which a round is read, from that of the host.
pub(super) fn round_scope(
    context: &Arc<Context>,
    base: &Arc<Scope>,
    host: HostId,
    round: &Round,
) -> Arc<Scope> {
    let mut scope = base.bind("run", run(context, Some(round)));
    for unit in context.playbook.enclosing(round.unit).into_iter().skip(1) {
        scope = unit_scope(context, &scope, host, unit);
    }
    scope.with(Arc::clone(&round.vars))
}

/// The scope in which `results` are those of a unit.
fn with_results(context: &Arc<Context>, scope: &Arc<Scope>, host: HostId, unit: UnitId) -> Arc<Scope> {
    let results = ResultsLookup::new(Arc::clone(context), host, unit);
    let hosts = HostsLookup {
        context: Arc::clone(context),
        unit,
    };
    scope
        .bind("results", Root::Lookup(Arc::new(results)))
        .bind("hosts", Root::Lookup(Arc::new(hosts)))
}

/// One of `hosts`, with the `results` of a unit.
#[derive(Debug)]
struct OtherLookup {
    context: Arc<Context>,
    id: HostId,
    unit: UnitId,
    host: HostLookup,
}

impl Lookup for OtherLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let state = || self.context.hosts[self.id.index()].lock();
        Some(match key {
            "facts" => Root::Lookup(Arc::new(FactsLookup(Arc::clone(&self.context), self.id))),
            "status" => {
                let known = state();
                let outcome = known.ended.as_ref().map_or(HostOutcome::NotStarted, |it| it.0);
                Root::Value(outcome.as_str().into())
            }
            "error" => {
                let reason = state().ended.as_ref().and_then(|it| it.1.clone());
                Root::Value(reason.map_or(Value::Null, Value::from))
            }
            "results" => {
                let results = ResultsLookup::new(Arc::clone(&self.context), self.id, self.unit);
                Root::Lookup(Arc::new(results.of_others()))
            }
            key => return self.host.get(key),
        })
    }

    fn keys(&self) -> Vec<String> {
        let more = ["facts", "results", "status", "error"].map(str::to_owned);
        self.host.keys().into_iter().chain(more).collect()
    }
}

/// `hosts`.
#[derive(Debug)]
struct HostsLookup {
    context: Arc<Context>,
    unit: UnitId,
}

impl Lookup for HostsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let id = *self.context.playbook.inventory.host_names.get(key)?;
        let known: Arc<dyn Hosts> = Arc::<Context>::clone(&self.context);
        Some(Root::Lookup(Arc::new(OtherLookup {
            context: Arc::clone(&self.context),
            id,
            unit: self.unit,
            host: HostLookup { known, id },
        })))
    }

    fn keys(&self) -> Vec<String> {
        let inventory = &self.context.playbook.inventory;
        inventory
            .all()
            .map(|id| inventory.host(id).name.to_string())
            .collect()
    }
}

/// `facts`.
#[derive(Debug)]
struct FactsLookup(Arc<Context>, HostId);

impl Lookup for FactsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let known = self.0.hosts[self.1.index()].lock();
        if let Some(Value::Map(facts)) = &known.facts {
            return facts.get(key).cloned().map(Root::Value);
        }
        let name = &self.0.playbook.inventory.host(self.1).name;
        Some(Root::Gap(format!(
            "the facts of `{name}` are not known: it was not connected in this run"
        )))
    }

    fn keys(&self) -> Vec<String> {
        match &self.0.hosts[self.1.index()].lock().facts {
            Some(Value::Map(facts)) => facts.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }
}
