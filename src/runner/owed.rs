//! Handlers that a host owes: a source has changed, and the handler has not run.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::event::Outcome;
use crate::name::{EntryId, HostId, HostName};
use crate::protocol::Mode;
use crate::runner::context::Context;
use crate::runner::control::Update;
use crate::runner::host::Host;
use crate::runner::names::Place;
use crate::runner::record::Record;
use crate::runner::status::Tri;

/// The handlers that a host owed before the run: each with the id of the run in which a source of it changed.
pub type Owed = HashMap<EntryId, String>;

/// How many hosts are named.
const NAMED: usize = 3;

/// What a host owes before the run, by paths.
pub(super) fn before(context: &Context, host: HostId) -> Vec<String> {
    let owed = context.options.owed.get(&host);
    let mut entries: Vec<_> = owed.into_iter().flat_map(|owed| owed.keys().copied()).collect();
    entries.sort_unstable();
    paths(context, &entries)
}

/// Entries as events name them.
pub(super) fn paths(context: &Context, entries: &[EntryId]) -> Vec<String> {
    entries.iter().map(|it| path(context, *it)).collect()
}

/// What is said at the beginning, once for each handler that some host owes.
pub(super) fn warnings(context: &Context, hosts: &BTreeSet<HostId>) -> Vec<String> {
    let mut handlers: BTreeMap<EntryId, (&str, Vec<HostName>)> = BTreeMap::new();
    for host in hosts {
        for (entry, run) in context.options.owed.get(host).into_iter().flatten() {
            let (_, hosts) = handlers.entry(*entry).or_insert((run, Vec::new()));
            hosts.push(context.name(*host));
        }
    }
    let say = |(entry, (run, hosts)): (EntryId, (&str, Vec<HostName>))| {
        let named: Vec<_> = hosts.iter().take(NAMED).map(|it| format!("`{it}`")).collect();
        let more = match hosts.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "`{}` is owed on {}{more}: its source changed in run {run}, and it did not run. It runs even if nothing changes",
            path(context, entry),
            named.join(", ")
        )
    };
    handlers.into_iter().map(say).collect()
}

fn path(context: &Context, entry: EntryId) -> String {
    context.references[entry.index()].path.clone()
}

/// What has become of the handlers of a host.
#[derive(Debug, Default)]
pub(super) struct Handlers {
    /// Those that ran, or that their conditions left out.
    decided: BTreeSet<EntryId>,
    /// Those that did not come to their end, in some iteration at least.
    undone: BTreeSet<EntryId>,
}

impl Host {
    /// The run in which a source of an owed handler changed; none where the handler is not owed.
    pub(super) fn owed_since(&self, entry: EntryId) -> Option<&str> {
        let owed = self.context.options.owed.get(&self.id)?;
        owed.get(&entry).map(String::as_str)
    }

    /// An entry has ended: if it is a handler, whether it still has to run.
    pub(super) fn note_handler(&mut self, place: Place, record: &Record) {
        let entry = self.entry_at(place);
        if self.context.playbook.entry(entry).on_change.is_empty() {
            return;
        }
        let is_done = match record.outcome() {
            Outcome::Ok | Outcome::Changed | Outcome::Skipped => true,
            // A failure that the playbook handles is an end that it foresees.
            Outcome::Failed => self.is_excused(place, record),
            Outcome::Lost | Outcome::Canceled | Outcome::Unknown => false,
        };
        let set = if is_done {
            &mut self.handlers.decided
        } else {
            &mut self.handlers.undone
        };
        set.insert(entry);
    }

    /// The conditions of a round or group, or of an iteration, leave out what is in it: those handlers need not run.
    pub(super) fn pass_handlers(&mut self, entries: impl Iterator<Item = EntryId>) {
        let playbook = &self.context.playbook;
        let handlers = entries.filter(|entry| !playbook.entry(*entry).on_change.is_empty());
        self.handlers.decided.extend(handlers);
    }

    /// The handlers that the host owes now: those it owed before and those with a source that has changed, if they have not
    /// run. What `--tags` or a failure kept the host from counts as not run.
    fn owed(&self) -> Vec<EntryId> {
        let playbook = &self.context.playbook;
        let Handlers { decided, undone } = &self.handlers;
        let is_here = |id: EntryId| playbook.round(playbook.entry(id).round).hosts.contains(&self.id);
        let has_changed = |source: &EntryId| {
            let record = self.context.record(self.id, *source);
            record.is_some_and(|it| it.status.changed != Tri::No)
        };
        let is_in_once = |id: EntryId| {
            let mut around =
                std::iter::successors(playbook.entry(id).parent, |it| playbook.entry(*it).parent);
            around.any(|it| self.context.once[it.index()])
        };
        let all = (0..playbook.entries.len()).map(EntryId::at);
        let handlers = all.filter(|id| !playbook.entry(*id).on_change.is_empty() && is_here(*id));
        handlers
            // What is in a group that one host does for all is that host's.
            .filter(|id| undone.contains(id) || !(decided.contains(id) || is_in_once(*id)))
            .filter(|id| {
                self.owed_since(*id).is_some() || playbook.entry(*id).on_change.iter().any(has_changed)
            })
            .collect()
    }

    /// Says at the end which handlers the host owes. Check mode neither makes debts nor pays them.
    pub(super) fn tell_owed(&mut self) {
        if self.context.options.mode == Mode::Apply {
            let owed = self.owed();
            self.say(Update::Owes { host: self.id, owed });
        }
    }
}
