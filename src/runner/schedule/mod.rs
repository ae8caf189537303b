//! What is done on one host, and when: a value that is told what happened and says what is to be done.
//!
//! It waits for nothing, knows no connection and no clock: the actor of its host owns those, carries out its effects and
//! answers its questions. So it can be driven by anything that keeps the order in which things happened.
//!
//! ```text
//!   what happened ──► Schedule ──poll──► Next::Do(effect)    carried out
//!                        ▲      ──────► Next::Ask(question) ─┐
//!                        └──────────── answer ◄──────────────┘
//! ```
//!
//! Invariants:
//! - A node goes from waiting to under way to settled. It is settled once, in [`Schedule::settle`]; what follows from that is
//!   done from the queue, in [`Schedule::conclude`], before anything begins. Neither calls the other.
//! - Nothing begins while something that has happened is not heard to its end: an answer of the host that is not judged, an
//!   entry that has ended and has not stopped what it stops.
//! - Numbers of calls rise in the order in which they are sent, and effects are carried out in theirs.
//! - While a question is out nothing is asked: its answer comes first.

mod answer;
mod begin;
mod call;
mod deadline;
mod delegate;
pub(in crate::runner) mod effect;
mod ending;
mod enter;
mod gates;
mod group;
mod guest;
mod handlers;
mod hold;
mod known;
pub(in crate::runner) mod loss;
mod need;
mod once;
mod pass;
mod ready;
mod resume;
mod settings;
pub(in crate::runner) mod state;
mod stop;
mod telling;
mod verdict;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

use crate::event::Kind;
use crate::name::{EntryId, HostId, HostName, RoundId};
use crate::runner::control::Update;
use crate::runner::names::{FrameId, Place};
use crate::runner::program::Program;
use crate::runner::record::Record;
use effect::{Effect, Next, Question};
use state::abroad::Abroad;
use state::course::Course;
use state::flight::{Flight, Flights, Replied};
use state::frame::Frame;
use state::guest::Guest;
use state::handlers::Handlers;
use state::holds::Holds;
use state::pass::{Advance, Pass};
use state::then::Then;
use state::timers::Timers;

/// What is done on one host, and when.
#[derive(Debug)]
pub(in crate::runner) struct Schedule {
    program: Arc<Program>,
    id: HostId,
    name: HostName,
    /// When what is heard now happens.
    now: Instant,
    effects: VecDeque<Effect>,
    question: Option<Question>,
    /// What the answer to the question that is out is for.
    then: Option<Then>,
    /// Rounds that are to be entered.
    entering: VecDeque<RoundId>,
    /// Answers of hosts that were not judged.
    replies: VecDeque<Replied>,
    /// Entries that have ended, and have not stopped what they stop.
    ended: VecDeque<(FrameId, usize, Arc<Record>)>,
    frames: BTreeMap<FrameId, Frame>,
    frames_made: u64,
    /// What came of entries, by entry, as far as it is read. Empty until the first.
    results: Vec<Option<Arc<Record>>>,
    flights: Flights,
    /// Calls of a connection that broke: they are made again, or lost.
    cut: BTreeMap<u64, Flight>,
    /// Check mode: what the numbers of calls that would change something stand for.
    labels: HashMap<u64, String>,
    timers: Timers,
    /// Calls to be made again now.
    retries: VecDeque<(Place, u32)>,
    /// What calls that are made until something holds touch here, from their first attempt to their last one.
    holds: Holds,
    /// Own calls of that sort that are made on other hosts, and where.
    held_abroad: HashMap<Place, HostId>,
    /// Calls that are ready, and wait for one of these.
    held_back: VecDeque<Flight>,
    /// Calls of other hosts that wait to be sent here.
    guests: VecDeque<Box<Guest>>,
    /// Own calls that are made on other hosts, by number.
    abroad: BTreeMap<u64, Abroad>,
    tickets: u64,
    course: Course,
    is_connected: bool,
    /// Entries done once to which this host has come, or that it has passed by.
    met: HashSet<EntryId>,
    /// Those that it does for all.
    doing: HashSet<EntryId>,
    /// What has become of its handlers.
    handlers: Handlers,
    /// In a run that resumes another one: what has changed something in this one.
    changed_now: HashSet<EntryId>,
    pass: Option<Pass>,
}

impl Schedule {
    /// That of a host: nothing is to be done.
    pub(in crate::runner) fn new(program: Arc<Program>, id: HostId, now: Instant) -> Self {
        Self {
            name: program.playbook.inventory.host(id).name.clone(),
            program,
            id,
            now,
            effects: VecDeque::new(),
            question: None,
            then: None,
            entering: VecDeque::new(),
            replies: VecDeque::new(),
            ended: VecDeque::new(),
            frames: BTreeMap::new(),
            frames_made: 0,
            results: Vec::new(),
            flights: Flights::default(),
            cut: BTreeMap::new(),
            labels: HashMap::new(),
            timers: Timers::default(),
            retries: VecDeque::new(),
            holds: Holds::default(),
            held_abroad: HashMap::new(),
            held_back: VecDeque::new(),
            guests: VecDeque::new(),
            abroad: BTreeMap::new(),
            tickets: 0,
            course: Course::default(),
            is_connected: false,
            met: HashSet::new(),
            doing: HashSet::new(),
            handlers: Handlers::default(),
            changed_now: HashSet::new(),
            pass: None,
        }
    }

    /// What comes next.
    pub(in crate::runner) fn poll(&mut self, now: Instant) -> Next {
        loop {
            match self.catch_up(now) {
                Next::Idle => {}
                next => return next,
            }
            // What waits for its turn comes before a look through all else, and not within one.
            if self.pass.is_none() && self.begin_one() {
                continue;
            }
            match self.advance() {
                Advance::Some => {}
                Advance::Pass => return Next::Pass,
                Advance::Nothing => return Next::Idle,
            }
        }
    }

    /// What is left to be done for what has happened; nothing new begins.
    pub(in crate::runner) fn catch_up(&mut self, now: Instant) -> Next {
        self.now = now;
        loop {
            if let Some(effect) = self.effects.pop_front() {
                return Next::Do(effect);
            }
            if let Some(question) = self.question.take() {
                return Next::Ask(question);
            }
            debug_assert!(self.then.is_none(), "a question is out: {:?}", self.then);
            if let Some((frame, slot, record)) = self.ended.pop_front() {
                self.conclude(frame, slot, &record);
            } else if let Some(replied) = self.replies.pop_front() {
                self.hand_in(replied);
            } else {
                return Next::Idle;
            }
        }
    }

    /// What is to be done, though a question is out.
    pub(in crate::runner) fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// A number for a request that is no call of the playbook.
    pub(in crate::runner) fn number(&mut self) -> u64 {
        self.flights.number()
    }

    /// Begins one of what waits for nothing but its turn; whether there was something.
    fn begin_one(&mut self) -> bool {
        if let Some(round) = self.entering.pop_front() {
            self.enter_next(round);
            return true;
        }
        // One by one: what stops while one is sent takes back those behind it.
        if let Some((place, attempt)) = self.retries.pop_front() {
            self.make(place, attempt);
            return true;
        }
        self.admit() || self.send_held_back()
    }

    fn ask(&mut self, question: Question, then: Then) {
        debug_assert!(
            self.then.is_none(),
            "two questions at once: {then:?}, {:?}",
            self.then
        );
        self.question = Some(question);
        self.then = Some(then);
    }

    /// Tells of something that happened, in its order among all that is told.
    pub(in crate::runner) fn emit(&mut self, kind: Kind) {
        self.course.note(&kind);
        self.effects.push_back(Effect::Tell(Box::new(kind)));
    }

    /// Says something to the dispatcher.
    fn say(&mut self, update: Update) {
        self.effects.push_back(Effect::Say(update));
    }

    /// Warns of something.
    pub(in crate::runner) fn warn(&mut self, message: String) {
        let host = Some(self.name.clone());
        self.emit(Kind::Warning { message, host });
    }

    /// Whether nothing is under way here, and no round.
    pub(in crate::runner) fn is_at_rest(&self) -> bool {
        self.frames.is_empty() && self.entering.is_empty() && self.flights.is_empty()
    }

    /// Whether it waits for something that nobody does: a bug. Rather a failed host than one that waits for ever.
    pub(in crate::runner) fn is_stuck(&self) -> bool {
        let is_quiet = self.flights.is_empty() && self.abroad.is_empty() && self.held_back.is_empty();
        let is_quiet = is_quiet && self.timers.is_empty() && self.retries.is_empty() && self.cut.is_empty();
        is_quiet && !self.is_meeting() && !self.frames.is_empty()
    }

    /// When something is to be done though nothing happens.
    pub(in crate::runner) fn next_timer(&self) -> Option<Instant> {
        self.timers.next()
    }
}
