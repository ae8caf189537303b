//! The first words of a run.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use crate::event::{Kind, RoundRef, SCHEMA_VERSION};
use crate::name::{HostId, RoundId};
use crate::runner::clock::rfc3339;
use crate::runner::context::Context;
use crate::runner::dispatcher::Dispatcher;
use crate::runner::owed;

impl Dispatcher<'_> {
    /// Tells that the run begins, and what it warns of.
    pub(super) fn begin(&mut self) {
        let context = Arc::clone(&self.context);
        let playbook = &context.playbook;
        let name = |host: &HostId| playbook.inventory.host(*host).name.clone();
        let rounds = (0..playbook.rounds.len()).map(RoundId::at);
        let rounds = rounds.map(|id| round_ref(&context, id, self.coordinator.hosts(id)));
        let targeted: BTreeSet<HostId> = (0..playbook.rounds.len())
            .flat_map(|round| self.coordinator.hosts(RoundId::at(round)))
            .copied()
            .collect();
        self.tell(Kind::RunStarted {
            schema: SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            run: context.run_id.clone(),
            time: rfc3339(SystemTime::now()),
            playbook: playbook.path.display().to_string(),
            mode: context.options.mode,
            diff: context.options.diff,
            hosts: targeted.iter().map(name).collect(),
            rounds: rounds.collect(),
        });
        // A host that gets nowhere still owes what it owed.
        for host in &targeted {
            self.tally
                .owes(&context.name(*host), owed::before(&context.program, *host));
        }
        for message in owed::warnings(&context.program, &targeted) {
            self.tell(Kind::Warning { message, host: None });
        }
    }
}

/// A round as events name it; `hosts`: those that the run is for.
fn round_ref(context: &Context, id: RoundId, hosts: &[HostId]) -> RoundRef {
    let playbook = &context.playbook;
    let round = playbook.round(id);
    RoundRef {
        name: round.name.value.clone(),
        hosts: hosts.iter().map(|host| context.name(*host)).collect(),
        serial: round.serial.iter().map(ToString::to_string).collect(),
        max_failures: round.max_failures.as_ref().map(ToString::to_string),
        calls: (0..playbook.entries.len())
            .filter(|at| playbook.entries[*at].round == id)
            .map(|at| Arc::clone(&context.program.references[at]))
            .collect(),
    }
}
