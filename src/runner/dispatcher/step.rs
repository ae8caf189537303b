//! `--step`: the questions of hosts before they begin an entry.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::name::EntryId;
use crate::runner::control::Update;
use crate::runner::dispatcher::Dispatcher;

impl Dispatcher<'_> {
    /// A host wants to know whether an entry may begin.
    pub(super) fn wants(&mut self, entry: EntryId, reply: oneshot::Sender<bool>) {
        if self.interrupts == 0 {
            self.steps.wants(entry, reply);
            return self.ask();
        }
        // Nobody is asked any more, and of what nobody refused, what runs in any case does.
        let playbook = &self.context.playbook;
        let mut chain = playbook.around(entry);
        let is_refused = self.steps.known(entry) == Some(false);
        let _gone = reply.send(!is_refused && chain.any(|id| playbook.entry(id).always));
    }

    /// Asks about the next entry that waits for that.
    fn ask(&mut self) {
        let context = Arc::clone(&self.context);
        let (Some(entry), Some(asker)) = (self.steps.next(), &context.options.step) else {
            return;
        };
        // What has ended is shown before.
        self.sinks.iter_mut().for_each(|sink| sink.tick());
        let label = &context.program.references[entry.index()].label;
        self.steps.ask(asker, entry, label);
    }

    /// Takes what a host says. While a question is on the screen nothing else is shown: all is put off but what was answered
    /// before.
    pub(super) fn heard(&mut self, update: Update) {
        match update {
            Update::Step { entry, reply } => self.wants(entry, reply),
            update if self.steps.is_asking() => self.later.push_back(update),
            update => self.update(update),
        }
    }

    /// Does what was put off.
    pub(super) fn catch_up(&mut self) {
        for update in std::mem::take(&mut self.later) {
            self.update(update);
        }
    }

    /// Somebody has answered; `is_over`: so that the run stops.
    pub(super) fn answered(&mut self, is_over: bool) {
        self.catch_up();
        if is_over {
            self.interrupt();
        } else {
            self.ask();
        }
    }

    /// The run was interrupted: those who wait are told without a question.
    pub(super) fn answer_all(&mut self) {
        for (entry, reply) in self.steps.unanswered() {
            self.wants(entry, reply);
        }
    }
}
