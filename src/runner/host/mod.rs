//! The actor of one host: it owns the host's connection, carries out what the host's schedule wants done, and answers what it
//! asks.

mod arguments;
mod ask;
mod authority;
mod budget;
mod connection;
pub(in crate::runner) mod credentials;
mod lines;
mod local;
mod output;
mod reboot;
mod receive;
mod templates;
mod verdict;
mod view;
mod wire;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::name::{EntryId, HostId, HostName};
use crate::runner::context::Context;
use crate::runner::control::{Control, Update};
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::{Answer, Effect, Next, Question, Sending};
use crate::transport::{Incoming, Session};
use connection::{Parting, next_incoming};
use output::Output;
use reboot::Reboot;
use view::View;

/// How many answers are taken at once before anything new is started.
const BATCH: usize = 256;

/// The actor of one host.
pub(super) struct Host {
    context: Arc<Context>,
    id: HostId,
    name: HostName,
    schedule: Schedule,
    view: View,
    updates: mpsc::Sender<Update>,
    outbox: Vec<Update>,
    /// Calls that go out once it is on record that they start, and those behind them. Empty whenever something is heard.
    unrecorded: Vec<Sending>,
    control: mpsc::UnboundedReceiver<Control>,
    /// Words that came while a connection was being made.
    waiting: VecDeque<Control>,
    session: Option<Session>,
    parting: Parting,
    /// Names the start of the kernel that the last connection found.
    boot_id: String,
    /// The host goes down and comes back.
    reboot: Option<Box<Reboot>>,
    /// What calls under way write and bring, by their numbers.
    outputs: HashMap<u64, Output>,
    /// How often the agent has said something that belongs to no call.
    notices: u32,
    is_finishing: bool,
}

impl Host {
    /// The actor of a host; nothing is connected yet.
    pub(super) fn new(
        context: Arc<Context>,
        id: HostId,
        updates: mpsc::Sender<Update>,
        control: mpsc::UnboundedReceiver<Control>,
    ) -> Self {
        Self {
            name: context.name(id),
            schedule: Schedule::new(Arc::clone(&context.program), id, Instant::now()),
            view: View::new(Arc::clone(&context), id),
            context,
            id,
            updates,
            outbox: Vec::new(),
            unrecorded: Vec::new(),
            control,
            waiting: VecDeque::new(),
            session: None,
            parting: Parting::Unasked,
            boot_id: String::new(),
            reboot: None,
            outputs: HashMap::new(),
            notices: 0,
            is_finishing: false,
        }
    }

    /// Does what it is told until it is told that there is nothing more.
    pub(super) async fn run(mut self) {
        loop {
            self.work().await;
            if self.is_finishing && self.reboot.is_none() && self.schedule.is_at_rest() {
                break;
            }
            let timer = self.schedule.next_timer();
            tokio::select! {
                control = self.control.recv() => {
                    self.waiting.push_back(control.unwrap_or(Control::Finish));
                }
                incoming = next_incoming(&mut self.session) => self.hear(incoming).await,
                () = sleep_until(timer) => self.schedule.ring(Instant::now()),
            }
        }
        self.schedule.tell_owed();
        self.catch_up().await;
        self.flush().await;
        if let Some(session) = self.session.take() {
            session.close().await;
        }
        self.context.connector.release(&self.name).await;
    }

    /// Does all that can be done until something happens.
    async fn work(&mut self) {
        loop {
            while let Some(word) = self.waiting.pop_front() {
                self.obey(word);
            }
            match self.schedule.poll(Instant::now()) {
                Next::Do(effect) => self.carry_out(effect).await,
                Next::Ask(question) => self.reply_to(question).await,
                // What was sent goes out now, and not after all that follows here.
                Next::Pass if self.unrecorded.is_empty() => tokio::task::yield_now().await,
                Next::Pass => self.flush().await,
                Next::Idle if self.reboot.is_none() && self.schedule.is_stuck() => self.schedule.is_hung(),
                Next::Idle => break,
            }
        }
        self.flush().await;
    }

    /// Does what is left to be done for what has happened; nothing new begins.
    async fn catch_up(&mut self) {
        loop {
            match self.schedule.catch_up(Instant::now()) {
                Next::Do(effect) => self.carry_out(effect).await,
                Next::Ask(question) => self.reply_to(question).await,
                Next::Pass | Next::Idle => return,
            }
        }
    }

    /// A word of the run.
    fn obey(&mut self, word: Control) {
        let schedule = &mut self.schedule;
        match word {
            Control::Enter(round) => schedule.enter(round),
            Control::Stop => schedule.stop_run(),
            Control::Guest(guest) => schedule.visit(guest),
            Control::Elected(entry) => schedule.elected(entry),
            Control::Alone(entry) => schedule.alone(entry),
            Control::Shared(entry, shared) => schedule.shared(entry, &shared),
            Control::Recall(home, ticket, how) => schedule.recall(home, ticket, how),
            Control::Returned(ticket, returned) => schedule.returned(ticket, returned),
            Control::Release(home, place) => schedule.free(home, place),
            Control::Forget(home) => schedule.forget(home),
            Control::Cancel => schedule.cancel_run(),
            Control::Finish => self.is_finishing = true,
        }
    }

    async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Tell(kind) => self.outbox.push(Update::Event(kind)),
            Effect::Say(update) => self.outbox.push(update),
            Effect::Keep(entry, record) => self.context.keep(self.id, entry, record),
            Effect::ComesOut(outcome, reason) => self.context.has_ended(self.id, outcome, reason),
            Effect::Gone => self.context.is_gone(self.id),
            Effect::Open(frame, opening) => self.view.open(frame, opening).await,
            Effect::Close(frame) => self.view.close(frame),
            Effect::Send(sending) => self.post(*sending),
            Effect::Withdraw(no) => {
                self.flush().await;
                if let Some(session) = &self.session {
                    session.sender.withdraw(no);
                }
            }
            Effect::Cancel(no) => {
                self.flush().await;
                if let Some(session) = &self.session {
                    session.sender.cancel(no);
                }
            }
            Effect::Reboot(flight, reply) => self.goes_down(*flight, *reply),
            Effect::Bring(path, label) => self.context.preparations.brought.note(&path, &label),
        }
    }

    async fn reply_to(&mut self, question: Question) {
        let answer = match question {
            Question::Connect => Answer::Connected(self.connect().await),
            Question::Step(entry) => Answer::Step(self.may_begin(entry).await),
            question => self.view.answer(question).await,
        };
        self.schedule.answer(answer);
    }

    /// Whether an entry may begin: somebody is asked, once for all hosts.
    async fn may_begin(&mut self, entry: EntryId) -> bool {
        let (reply, answer) = oneshot::channel();
        self.outbox.push(Update::Step { entry, reply });
        self.flush().await;
        // Where the run has ended, nobody answers.
        answer.await.unwrap_or(false)
    }

    async fn hear(&mut self, first: Incoming) {
        let mut incoming = first;
        for left in (0..BATCH).rev() {
            match incoming {
                Incoming::Reply(id, reply) => {
                    let reply = self.received(id, *reply).await;
                    self.replied(id, reply);
                }
                Incoming::Push(id, push) => self.receive(id, push).await,
                Incoming::Output(id, stream, bytes) => self.output(id, stream, &bytes),
                Incoming::Log(id, level, message) => self.logged(id, level, message),
                Incoming::Retried(id, reason) => self.schedule.made_again(id, &reason),
                Incoming::Notice(message) => self.noticed(message),
                Incoming::Closed(how) => {
                    self.hung_up();
                    self.catch_up().await;
                    self.closed(how).await;
                    return;
                }
            }
            let more = self
                .session
                .as_mut()
                .filter(|_| left > 0)
                .map(|session| session.incoming.try_recv());
            let Some(Ok(next)) = more else { return };
            incoming = next;
        }
    }

    /// Hands over what has happened, and then sends what had to be on record first; waits where the dispatcher is slow.
    async fn flush(&mut self) {
        let recorded = (!self.unrecorded.is_empty()).then(|| {
            let (reply, recorded) = oneshot::channel();
            self.outbox.push(Update::Record(reply));
            recorded
        });
        for update in std::mem::take(&mut self.outbox) {
            // A dispatcher that is gone has nothing more to tell anyone.
            if self.updates.send(update).await.is_err() {
                return;
            }
        }
        if let Some(recorded) = recorded
            && recorded.await.is_ok()
        {
            for sending in std::mem::take(&mut self.unrecorded) {
                self.send(sending);
            }
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
