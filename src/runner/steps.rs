//! `--step`: before anything of an entry begins, somebody is asked.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::name::EntryId;
use crate::playbook::Action;
use crate::runner::control::Update;
use crate::runner::host::Host;

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Do,
    /// It is left out.
    Leave,
    /// It is done, and so is all that follows: nobody is asked any more.
    DoAll,
    /// Nothing more is begun.
    Stop,
}

/// Who is asked.
pub trait Asker: fmt::Debug + Send + Sync {
    /// Asks about an entry, and waits for the answer.
    fn ask(&self, entry: &str) -> Answer;
}

/// What was answered so far.
#[derive(Debug, Default)]
pub(super) struct Steps {
    answers: HashMap<EntryId, bool>,
    asks_no_more: Option<bool>,
}

impl Steps {
    /// Whether an entry is done; and whether the run is to stop by the answer.
    pub(super) async fn answer(
        &mut self,
        asker: &Arc<dyn Asker>,
        entry: EntryId,
        label: &str,
    ) -> (bool, bool) {
        if let Some(known) = self.answers.get(&entry).copied().or(self.asks_no_more) {
            return (known, false);
        }
        let (asker, label) = (Arc::clone(asker), label.to_owned());
        let answer = tokio::task::spawn_blocking(move || asker.ask(&label)).await;
        let answer = answer.unwrap_or(Answer::Stop);
        match answer {
            Answer::Do | Answer::Leave => {}
            Answer::DoAll => self.asks_no_more = Some(true),
            Answer::Stop => self.asks_no_more = Some(false),
        }
        let is_done = matches!(answer, Answer::Do | Answer::DoAll);
        self.answers.insert(entry, is_done);
        (is_done, answer == Answer::Stop)
    }
}

impl Host {
    /// Whether an entry may begin: somebody is asked, once for all hosts.
    pub(super) async fn may_begin(&mut self, entry: EntryId) -> bool {
        let is_list = matches!(self.context.playbook.entry(entry).action, Action::Group(_));
        if self.context.options.step.is_none() || is_list {
            return true;
        }
        let (reply, answer) = oneshot::channel();
        self.say(Update::Step { entry, reply });
        self.flush().await;
        // Where the run has ended, nobody answers.
        answer.await.unwrap_or(false)
    }
}
