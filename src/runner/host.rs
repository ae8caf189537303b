//! The actor of one host: it owns the host's connection and everything that is under way there.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::event::{HostOutcome, Kind};
use crate::name::{EntryId, HostId, HostName, RoundId, UnitId};
use crate::runner::connection::{Parting, next_incoming};
use crate::runner::context::Context;
use crate::runner::control::{Control, Update};
use crate::runner::delegate::Abroad;
use crate::runner::flight::{Flight, Flights};
use crate::runner::frame::Frame;
use crate::runner::gates::Gate;
use crate::runner::guest::Guest;
use crate::runner::hold::Holds;
use crate::runner::names::{FrameId, Place};
use crate::runner::owed::Handlers;
use crate::runner::reboot::Reboot;
use crate::runner::record::Record;
use crate::runner::scope::{host_scope, round_scope};
use crate::runner::secrets;
use crate::runner::stop::is_undone;
use crate::runner::stops::Stop;
use crate::runner::timers::Timers;
use crate::template::Scope;
use crate::transport::{Incoming, Session};

/// How many answers are taken at once before anything new is started.
const BATCH: usize = 256;
/// The actor of one host.
pub(super) struct Host {
    pub(super) context: Arc<Context>,
    pub(super) id: HostId,
    pub(super) name: HostName,
    updates: mpsc::Sender<Update>,
    pub(super) control: mpsc::UnboundedReceiver<Control>,
    pub(super) waiting: VecDeque<Control>,
    pub(super) session: Option<Session>,
    pub(super) parting: Parting,
    /// Names the start of the kernel that the last connection found.
    pub(super) boot_id: String,
    /// The host goes down and comes back.
    pub(super) reboot: Option<Box<Reboot>>,
    base: Arc<Scope>,
    pub(super) frames: BTreeMap<FrameId, Frame>,
    frames_made: u64,
    pub(super) flights: Flights,
    pub(super) timers: Timers,
    /// Check mode: what the numbers of calls that would change something stand for.
    pub(super) labels: HashMap<u64, String>,
    outbox: Vec<Update>,
    /// How often the agent has said something that belongs to no call.
    pub(super) notices: u32,
    /// Calls of other hosts that wait to be sent here.
    pub(super) guests: VecDeque<Box<Guest>>,
    /// What calls that are made until something holds touch here, from their first attempt to their last one.
    pub(super) holds: Holds,
    /// Own calls of that sort that are made on other hosts, and where.
    pub(super) held_abroad: HashMap<Place, HostId>,
    /// Calls that are ready, and wait for one of these.
    pub(super) held_back: VecDeque<Flight>,
    /// Own calls that are made on other hosts, by number.
    pub(super) abroad: BTreeMap<u64, Abroad>,
    pub(super) tickets: u64,
    /// Why no connection will be made any more.
    pub(super) unreachable: Option<String>,
    /// The run was interrupted twice, or while the connection was being made.
    pub(super) is_canceled: bool,
    /// The run stops: nothing is begun any more but what says `always`.
    pub(super) is_stopping: bool,
    /// Entries done once to which this host has come, or that it has passed by.
    pub(super) met: HashSet<EntryId>,
    /// Those that it does for all.
    pub(super) doing: HashSet<EntryId>,
    /// Calls to be made again now.
    pub(super) retries: VecDeque<(Place, u32)>,
    /// Once it is set, nothing is begun.
    pub(super) over: Option<(HostOutcome, Option<String>)>,
    /// How much was left undone here.
    pub(super) undone: usize,
    /// The round, by its frame, whose failure is the reason for that.
    pub(super) failed_in: Option<FrameId>,
    /// What has become of its handlers.
    pub(super) handlers: Handlers,
    finish: bool,
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
            name: context.playbook.inventory.host(id).name.clone(),
            base: host_scope(&context, id),
            context,
            id,
            updates,
            control,
            waiting: VecDeque::new(),
            session: None,
            parting: Parting::Unasked,
            boot_id: String::new(),
            reboot: None,
            frames: BTreeMap::new(),
            frames_made: 0,
            flights: Flights::default(),
            timers: Timers::default(),
            labels: HashMap::new(),
            outbox: Vec::new(),
            notices: 0,
            guests: VecDeque::new(),
            holds: Holds::default(),
            held_abroad: HashMap::new(),
            held_back: VecDeque::new(),
            abroad: BTreeMap::new(),
            tickets: 0,
            unreachable: None,
            is_canceled: false,
            is_stopping: false,
            met: HashSet::new(),
            doing: HashSet::new(),
            retries: VecDeque::new(),
            over: None,
            undone: 0,
            failed_in: None,
            handlers: Handlers::default(),
            finish: false,
        }
    }

    /// Does what it is told until it is told that there is nothing more.
    pub(super) async fn run(mut self) {
        loop {
            while let Some(control) = self.waiting.pop_front() {
                self.control(control).await;
            }
            // One by one: what stops while one is sent takes back those behind it.
            while let Some((place, attempt)) = self.retries.pop_front() {
                self.send(place, attempt).await;
            }
            self.admit().await;
            self.send_held_back().await;
            self.advance().await;
            self.check_progress();
            self.flush().await;
            let is_quiet = self.flights.is_empty() && self.reboot.is_none();
            if self.finish && self.frames.is_empty() && is_quiet {
                break;
            }
            if !self.waiting.is_empty() {
                // They came while a connection was being made.
                continue;
            }
            let next = self.timers.next();
            tokio::select! {
                control = self.control.recv() => {
                    self.waiting.push_back(control.unwrap_or(Control::Finish));
                }
                incoming = next_incoming(&mut self.session) => self.hear(incoming).await,
                () = sleep_until(next) => self.ring(),
            }
        }
        self.tell_owed();
        self.flush().await;
        if let Some(session) = self.session.take() {
            session.close().await;
        }
        self.context.connector.release(&self.name).await;
    }

    /// Rather a failed host than one that waits for ever.
    fn check_progress(&mut self) {
        let is_quiet = self.flights.is_empty() && self.reboot.is_none() && self.abroad.is_empty();
        let is_quiet = is_quiet && self.held_back.is_empty() && self.timers.is_empty();
        let is_waiting = is_quiet && self.retries.is_empty() && !self.is_meeting();
        if is_waiting && !self.frames.is_empty() && self.waiting.is_empty() {
            let message = "nothing is under way and nothing can start: a bug in rmote-play, please report it";
            self.emit(Kind::Warning {
                message: message.into(),
                host: Some(self.name.clone()),
            });
            self.give_up(HostOutcome::Failed, Some(message.into()), Stop::Aborted);
        }
    }

    async fn control(&mut self, control: Control) {
        match control {
            Control::Enter(round) => self.enter(round).await,
            Control::Stop => self.stop_run(),
            Control::Guest(guest) => self.guests.push_back(guest),
            Control::Elected(entry) => self.elected(entry),
            Control::Alone(entry) => self.alone(entry),
            Control::Shared(entry, shared) => self.shared(entry, &shared),
            Control::Recall(home, ticket, how) => self.recall(home, ticket, how),
            Control::Returned(ticket, returned) => self.returned(ticket, returned),
            Control::Release(home, place) => self.holds.release(Some(home), place),
            Control::Forget(home) => self.forget(home),
            Control::Cancel => self.cancel_run(),
            Control::Finish => self.finish = true,
        }
    }

    /// The run stops: nothing new is begun here but what says `always`, whatever the host is at.
    pub(super) fn stop_run(&mut self) {
        self.stop_guests();
        self.give_up(HostOutcome::Aborted, None, Stop::Ended);
    }

    /// The run is canceled: nothing new is begun here, and what runs is ended, the last one first.
    pub(super) fn cancel_run(&mut self) {
        self.is_canceled = true;
        self.give_up(HostOutcome::Aborted, None, Stop::Aborted);
        if let Some(session) = &self.session {
            for (id, _) in self.flights.iter().rev() {
                session.sender.cancel(id);
            }
        }
    }

    async fn enter(&mut self, id: RoundId) {
        if self.over.is_some() {
            self.undone += 1;
            self.tell_left(id);
            return;
        }
        let round_name = self.context.playbook.round(id).name.value.clone();
        self.emit(Kind::HostEntered {
            host: self.name.clone(),
            round: round_name,
        });
        if self.session.is_none() && !self.connect().await {
            self.leave(id);
            return;
        }
        let context = Arc::clone(&self.context);
        let round = context.playbook.round(id);
        let scope = round_scope(&context, &self.base, self.id, round);
        let secrets = &context.options.secrets;
        let unknown = match secrets::beside(secrets, || self.gate(&round.when, &scope, None)).await {
            Gate::Open => None,
            Gate::Unknown(because) => Some(because),
            Gate::Shut(_) => {
                let all = (0..context.playbook.entries.len()).map(EntryId::at);
                self.pass_handlers(all.filter(|entry| context.playbook.entry(*entry).round == id));
                self.leave(id);
                return;
            }
            Gate::Failed(failure) => {
                let reason = format!("`when` of round `{}`: {}", round.name.value, failure.message);
                self.emit(Kind::Warning {
                    message: reason.clone(),
                    host: Some(self.name.clone()),
                });
                self.give_up(HostOutcome::Failed, Some(reason), Stop::Aborted);
                self.leave(id);
                return;
            }
        };
        let frame = self.open(id, None, scope, &round.entries, None);
        if let Some(because) = unknown {
            // Nobody knows whether the host would enter it: none of its entries is begun.
            for slot in 0..self.frames[&frame].nodes.len() {
                self.end_entry(
                    frame,
                    slot,
                    Record::unknown(because.clone()),
                    Some(because.clone()),
                );
            }
            return;
        }
        self.limit(frame, round.timeout);
        self.end_if_settled(frame);
    }

    /// Opens a frame. `scope` is the one around the entries: that inside a unit is made of it.
    pub(super) fn open(
        &mut self,
        round: RoundId,
        parent: Option<(FrameId, usize)>,
        scope: Arc<Scope>,
        entries: &[EntryId],
        unit: Option<UnitId>,
    ) -> FrameId {
        self.frames_made += 1;
        let id = FrameId(self.frames_made);
        let left_out = &self.context.options.left_out;
        let entries = entries.iter().copied().filter(|entry| !left_out.contains(entry));
        let authority = self.authority(round, parent, &scope);
        let scope = self.inside_of(unit, scope);
        let mut frame = Frame::new(round, parent, scope, entries);
        frame.authority = authority;
        frame.is_iterated = parent.is_some_and(|(parent, slot)| {
            let outer = &self.frames[&parent];
            let group = self.context.playbook.entry(outer.nodes[slot].entry);
            outer.is_iterated || group.repeat.is_some()
        });
        self.frames.insert(id, frame);
        id
    }

    /// Leaves a round that it has entered: its frame has ended, or was never opened.
    pub(super) fn leave(&mut self, round: RoundId) {
        let (outcome, _) = self.come_out();
        let name = self.context.playbook.round(round).name.value.clone();
        self.emit(Kind::HostLeft {
            host: self.name.clone(),
            round: name,
            outcome,
        });
        self.tell_left(round);
    }

    /// A round is over for this host, whether it has entered it or not.
    fn tell_left(&mut self, round: RoundId) {
        let (outcome, reason) = self.come_out();
        self.context.has_ended(self.id, outcome, reason.clone());
        self.outbox.push(Update::Left {
            host: self.id,
            round,
            outcome,
            reason,
        });
    }

    /// Nothing more is begun on this host but what the stop leaves. What was said first stays.
    pub(super) fn give_up(&mut self, outcome: HostOutcome, reason: Option<String>, stop: Stop) {
        if self.over.is_none() {
            self.over = Some((outcome, reason));
        }
        self.stop_rounds(stop);
    }

    async fn hear(&mut self, first: Incoming) {
        let mut incoming = first;
        for left in (0..BATCH).rev() {
            match incoming {
                Incoming::Reply(id, reply) => {
                    let reply = self.received(id, *reply).await;
                    self.answered(id, reply);
                }
                Incoming::Push(id, push) => self.receive(id, push).await,
                Incoming::Output(id, stream, bytes) => self.output(id, stream, &bytes),
                Incoming::Log(id, level, message) => self.logged(id, level, message),
                Incoming::Retried(id, reason) => self.made_again(id, &reason),
                Incoming::Notice(message) => self.noticed(message),
                Incoming::Closed(how) => {
                    self.session = None;
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

    /// Tells the dispatcher of something that happened, at the next flush.
    pub(super) fn emit(&mut self, kind: Kind) {
        self.undone += usize::from(is_undone(&kind));
        self.outbox.push(Update::Event(Box::new(kind)));
    }

    /// Tells the dispatcher something, at the next flush.
    pub(super) fn say(&mut self, update: Update) {
        self.outbox.push(update);
    }

    /// Hands over what has happened; waits where the dispatcher is slow.
    pub(super) async fn flush(&mut self) {
        for update in std::mem::take(&mut self.outbox) {
            // A dispatcher that is gone has nothing more to tell anyone.
            if self.updates.send(update).await.is_err() {
                return;
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
