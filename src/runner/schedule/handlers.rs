//! What has become of handlers: which of them a host owes at the end of its rounds.

use crate::event::Outcome;
use crate::name::EntryId;
use crate::protocol::Mode;
use crate::runner::control::Update;
use crate::runner::names::Place;
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::handlers::Handlers;
use crate::runner::status::Tri;

impl Schedule {
    /// The run in which a source of an owed handler changed; none where the handler is not owed.
    pub(super) fn owed_since(&self, entry: EntryId) -> Option<&str> {
        let owed = self.program.owed.get(&self.id)?;
        owed.get(&entry).map(String::as_str)
    }

    /// An entry has ended: if it is a handler, whether it still has to run.
    pub(super) fn note_handler(&mut self, place: Place, record: &Record) {
        let entry = self.entry_at(place);
        if self.program.playbook.entry(entry).on_change.is_empty() {
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
        let playbook = &self.program.playbook;
        let handlers = entries.filter(|entry| !playbook.entry(*entry).on_change.is_empty());
        self.handlers.decided.extend(handlers);
    }

    /// The handlers that the host owes now: those it owed before and those with a source that has changed, if they have not
    /// run. What `--tags` or a failure kept the host from counts as not run.
    fn owed(&self) -> Vec<EntryId> {
        let playbook = &self.program.playbook;
        let Handlers { decided, undone } = &self.handlers;
        let is_here = |id: EntryId| playbook.round(playbook.entry(id).round).hosts.contains(&self.id);
        let has_changed = |source: &EntryId| {
            let record = self.results.get(source.index()).and_then(Option::as_ref);
            record.is_some_and(|it| it.status.changed != Tri::No)
        };
        let is_in_once = |id: EntryId| {
            let mut around =
                std::iter::successors(playbook.entry(id).parent, |it| playbook.entry(*it).parent);
            around.any(|it| self.program.once[it.index()])
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
    pub(in crate::runner) fn tell_owed(&mut self) {
        if self.program.mode == Mode::Apply {
            let owed = self.owed();
            self.say(Update::Owes { host: self.id, owed });
        }
    }
}
