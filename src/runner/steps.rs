//! `--step`: before anything of an entry begins, somebody is asked.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::name::EntryId;

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
    /// Asks about an entry, and waits for the answer, or until `is_over` becomes true: then it does not matter.
    fn ask(&self, entry: &str, is_over: &AtomicBool) -> Answer;
}

/// What was answered so far, and what is asked now.
#[derive(Debug, Default)]
pub(super) struct Steps {
    answers: HashMap<EntryId, bool>,
    /// Whether all that follows begins, without a question.
    does_all: bool,
    asked: Option<Question>,
    /// Entries that wait for an answer, and who waits.
    waiting: VecDeque<(EntryId, oneshot::Sender<bool>)>,
}

/// A question on its way.
#[derive(Debug)]
struct Question {
    entry: EntryId,
    is_over: Arc<AtomicBool>,
    answer: JoinHandle<Answer>,
}

impl Steps {
    /// Somebody wants to know whether an entry may begin.
    pub(super) fn wants(&mut self, entry: EntryId, reply: oneshot::Sender<bool>) {
        match self.known(entry) {
            // Who wants it may be gone.
            Some(known) => drop(reply.send(known)),
            None => self.waiting.push_back((entry, reply)),
        }
    }

    /// Whether somebody is being asked.
    pub(super) const fn is_asking(&self) -> bool {
        self.asked.is_some()
    }

    /// What was answered about an entry; `None`: nobody was asked.
    pub(super) fn known(&self, entry: EntryId) -> Option<bool> {
        self.answers
            .get(&entry)
            .copied()
            .or(self.does_all.then_some(true))
    }

    /// Tells those whose answer is known by now. The entry that is to be asked about next.
    pub(super) fn next(&mut self) -> Option<EntryId> {
        while !self.is_asking() {
            let (entry, reply) = self.waiting.pop_front()?;
            let Some(known) = self.known(entry) else {
                self.waiting.push_front((entry, reply));
                return Some(entry);
            };
            // Who asked may be gone.
            let _gone = reply.send(known);
        }
        None
    }

    /// Asks about an entry.
    pub(super) fn ask(&mut self, asker: &Arc<dyn Asker>, entry: EntryId, label: &str) {
        let (asker, label) = (Arc::clone(asker), label.to_owned());
        let is_over = Arc::new(AtomicBool::default());
        let heard = Arc::clone(&is_over);
        self.asked = Some(Question {
            entry,
            is_over,
            answer: tokio::task::spawn_blocking(move || asker.ask(&label, &heard)),
        });
    }

    /// Waits for the answer, if somebody is being asked. Whether the run is to stop by it.
    pub(super) async fn answered(&mut self) -> bool {
        let Some(question) = &mut self.asked else {
            return false;
        };
        let answer = (&mut question.answer).await.unwrap_or(Answer::Stop);
        let entry = question.entry;
        self.asked = None;
        self.does_all |= answer == Answer::DoAll;
        self.answers
            .insert(entry, matches!(answer, Answer::Do | Answer::DoAll));
        answer == Answer::Stop
    }

    /// Takes the question back that somebody is being asked.
    pub(super) async fn take_back(&mut self) {
        if let Some(question) = self.asked.take() {
            question.is_over.store(true, Ordering::Relaxed);
            let _unheard = question.answer.await;
        }
    }

    /// Entries that waited for an answer, which nobody is asked for any more, and who waits.
    pub(super) fn unanswered(&mut self) -> VecDeque<(EntryId, oneshot::Sender<bool>)> {
        std::mem::take(&mut self.waiting)
    }
}
