//! The far side of a simulated host: the agent's own order, and calls that end as the playbook's data says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::book::{Key, Word};
use super::random::Random;
use super::world::{Line, World, millis};
use super::yaml::LONG;
use crate::agent::{Order, Step};
use crate::cause::{Cause, Unreachable};
use crate::failure::{Failure, Kind};
use crate::protocol::{Mode, Outcome, Paths, Reply, Request, ToAgent};
use crate::tool::Area;
use crate::transport::Incoming;
use crate::value::Map;

/// The arguments of `exec.command`, as far as they matter here.
#[derive(Deserialize)]
struct Args {
    argv: Vec<String>,
    #[serde(default)]
    check: Option<bool>,
}

/// A call that runs.
struct Running {
    until: Option<Instant>,
    key: Key,
    attempt: u32,
    word: Word,
    is_limited: bool,
    is_check: bool,
    request: Box<Request>,
    exit_code_fails: bool,
}

pub(super) struct Agent {
    world: Arc<World>,
    host: String,
    order: Order,
    running: BTreeMap<u64, Running>,
    /// In check mode: what would have been changed.
    changes: Vec<(u64, Area)>,
    inbox: VecDeque<(Instant, ToAgent)>,
    outbox: VecDeque<(Instant, Incoming)>,
    random: Random,
    breaks: Option<Instant>,
    is_leaving: bool,
}

impl Agent {
    pub(super) fn new(world: Arc<World>, host: String, breaks: Option<Instant>) -> Self {
        Self {
            random: Random::of(world.seed, &format!("link {host}")),
            world,
            host,
            order: Order::default(),
            running: BTreeMap::new(),
            changes: Vec::new(),
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            breaks,
            is_leaving: false,
        }
    }

    pub(super) async fn serve(
        mut self,
        mut heard: mpsc::UnboundedReceiver<ToAgent>,
        say: mpsc::Sender<Incoming>,
    ) {
        let mut is_open = true;
        loop {
            let now = Instant::now();
            if self.breaks.is_some_and(|at| at <= now) {
                // What is on its way is lost, and what runs with it.
                for call in std::mem::take(&mut self.running).into_values() {
                    self.note_end(&call, "lost");
                }
                let gone = Unreachable::new(Cause::Lost, "the link broke");
                let _gone = say.send(Incoming::Closed(Err(gone))).await;
                return;
            }
            while self.outbox.front().is_some_and(|(at, _)| *at <= now) {
                let (_, word) = self.outbox.pop_front().unwrap();
                let is_last = matches!(word, Incoming::Closed(_));
                if say.send(word).await.is_err() || is_last {
                    return;
                }
            }
            while self.inbox.front().is_some_and(|(at, _)| *at <= now) {
                let (_, message) = self.inbox.pop_front().unwrap();
                self.hear(message);
            }
            let due = self
                .running
                .iter()
                .filter(|(_, call)| call.until.is_some_and(|at| at <= now));
            if let Some(id) = due.min_by_key(|(_, call)| call.until).map(|(id, _)| *id) {
                self.end(id, false);
                continue;
            }
            if self.is_leaving && self.order.is_idle() {
                self.is_leaving = false;
                self.say(Incoming::Closed(Ok(())));
                continue;
            }
            let ends = self.running.values().filter_map(|call| call.until);
            let fronts = self.outbox.front().map(|it| it.0).into_iter();
            let fronts = fronts.chain(self.inbox.front().map(|it| it.0));
            let next = ends.chain(fronts).chain(self.breaks).min();
            tokio::select! {
                biased;
                message = heard.recv(), if is_open => match message {
                    Some(message) => {
                        let at = self.arrival(self.inbox.back().map(|it| it.0));
                        self.inbox.push_back((at, message));
                    }
                    None => is_open = false,
                },
                () = until(next) => {}
                else => return,
            }
            if !is_open && next.is_none() && self.inbox.is_empty() && self.outbox.is_empty() {
                return;
            }
        }
    }

    /// When a message that is sent now arrives: after those before it.
    fn arrival(&mut self, last: Option<Instant>) -> Instant {
        let at = Instant::now() + millis(self.random.below(self.world.link + 1));
        last.map_or(at, |last| last.max(at))
    }

    fn say(&mut self, word: Incoming) {
        let at = self.arrival(self.outbox.back().map(|it| it.0));
        self.outbox.push_back((at, word));
    }

    fn reply(&mut self, id: u64, reply: Reply) {
        self.say(Incoming::Reply(id, Box::new(reply)));
    }

    fn hear(&mut self, message: ToAgent) {
        match message {
            ToAgent::Call(request) => {
                let steps = self.order.add(request).unwrap();
                self.take(steps);
            }
            ToAgent::Cancel { id } if self.running.contains_key(&id) => self.end(id, true),
            ToAgent::Cancel { id } | ToAgent::Withdraw { id } => self.take_back(id),
            ToAgent::Bye => self.is_leaving = true,
            _ => {}
        }
    }

    /// As the real agent does it: what waits is answered, and never starts.
    fn take_back(&mut self, id: u64) {
        if self.order.withdraw(id) {
            self.reply(id, ended(Outcome::Dropped));
        }
    }

    fn take(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Answer(id, outcome) => self.reply(id, ended(outcome)),
                Step::Maybe(request, because) => {
                    self.spoil(&request, because);
                    self.reply(request.id, ended(Outcome::Unknown { because }));
                }
                Step::Run(request) => match self.unknown_by(&request) {
                    Some(because) => {
                        let outcome = Outcome::Unknown { because };
                        self.reply(request.id, ended(outcome));
                        let steps = self.order.ended(request.id, outcome);
                        self.take(steps);
                    }
                    None => self.run(request),
                },
            }
        }
    }

    /// As the real agent does it in check mode: a command that only looks is unknown where what it reads may be different.
    fn unknown_by(&self, request: &Request) -> Option<u64> {
        if request.mode == Mode::Apply || !request.read_only {
            return None;
        }
        let reads = area(&request.touches.as_ref()?.reads);
        let behind = request.behind.as_ref().map(|it| it.id);
        behind.or_else(|| {
            let changes = self.changes.iter();
            changes
                .filter(|(_, writes)| writes.meets(&reads))
                .map(|(id, _)| *id)
                .next()
        })
    }

    fn spoil(&mut self, request: &Request, because: u64) {
        if let Some(touches) = request.touches.as_ref().filter(|_| !request.read_only) {
            self.changes.push((because, area(&touches.writes)));
        }
    }

    fn run(&mut self, request: Box<Request>) {
        let args: Args = rmp_serde::from_slice(&request.args).unwrap();
        let [_, host, id, item, seen @ ..] = &args.argv[..] else {
            panic!("not a call of the playbook: {:?}", args.argv)
        };
        let key: Key = (host.clone(), id.clone(), item.clone());
        let is_check = request.mode == Mode::Check && !request.read_only;
        let before = |line: &&Line| line.is_start && line.key == key;
        let attempt = 1 + u32::try_from(self.world.log().iter().filter(before).count()).unwrap();
        let word = self.world.book.entry(id).word(host, item, attempt);
        let mut random = Random::of(self.world.seed, &format!("{key:?} {attempt}"));
        let takes = if is_check || random.percent(30) {
            random.below(5)
        } else {
            random.below(1000)
        };
        let limit = request.timeout_ms.map(Duration::from_millis);
        let (takes, is_limited) = match word {
            Word::Hangs if !is_check => (limit, true),
            Word::Long if !is_check => (Some(millis(LONG)), false),
            _ => (Some(millis(takes)), false),
        };
        if !is_check {
            self.world.note(Line {
                at: self.world.begun.elapsed(),
                is_start: true,
                key: key.clone(),
                attempt,
                on: self.host.clone(),
                text: seen.join(" "),
            });
        }
        let running = Running {
            until: takes.map(|takes| Instant::now() + takes),
            key,
            attempt,
            word,
            is_limited,
            is_check,
            exit_code_fails: args.check != Some(false),
            request,
        };
        self.running.insert(running.request.id, running);
    }

    fn note_end(&self, call: &Running, how: &str) {
        if !call.is_check {
            self.world.note(Line {
                at: self.world.begun.elapsed(),
                is_start: false,
                key: call.key.clone(),
                attempt: call.attempt,
                on: self.host.clone(),
                text: how.to_owned(),
            });
        }
    }

    fn end(&mut self, id: u64, is_killed: bool) {
        let Some(call) = self.running.remove(&id) else {
            return;
        };
        self.note_end(&call, if is_killed { "killed" } else { call.word.as_str() });
        let reply = if is_killed {
            call.killed(Failure::new(Kind::Canceled, "canceled"))
        } else {
            call.answer()
        };
        let outcome = reply.outcome;
        if call.is_check {
            self.spoil(&call.request, id);
        }
        self.reply(id, reply);
        let steps = self.order.ended(id, outcome);
        self.take(steps);
    }
}

impl Running {
    /// What it is answered with that was ended while it ran.
    fn killed(&self, failure: Failure) -> Reply {
        let may_change = !self.is_check && !self.request.read_only;
        let outcome = if may_change {
            Outcome::Killed
        } else {
            Outcome::Failed
        };
        Reply {
            outcome,
            ..failed(failure)
        }
    }

    fn answer(&self) -> Reply {
        if self.is_check {
            // A writer is not made: that it would change something is all that can be said.
            return ended(Outcome::Changed);
        }
        if self.is_limited {
            return self.killed(Failure::new(Kind::Timeout, "took too long"));
        }
        if self.word == Word::Failed && self.exit_code_fails {
            let mut failure = Failure::new(Kind::CommandFailed, "ended with exit code 1");
            failure.exit_code = Some(1);
            return failed(failure);
        }
        let outcome = if self.request.read_only {
            Outcome::Ok
        } else {
            Outcome::Changed
        };
        let exit_code = i64::from(self.word == Word::Failed);
        Reply {
            fields: Map::from([
                ("ran".to_owned(), true.into()),
                ("exit_code".to_owned(), exit_code.into()),
                ("stdout".to_owned(), self.word.as_str().into()),
                ("stderr".to_owned(), "".into()),
            ]),
            ..ended(outcome)
        }
    }
}

fn area(paths: &Paths) -> Area {
    paths.clone().map_or(Area::Everything, Area::Paths)
}

fn ended(outcome: Outcome) -> Reply {
    Reply {
        micros: 1,
        ..Reply::ended(outcome)
    }
}

fn failed(failure: Failure) -> Reply {
    Reply {
        error: Some(failure),
        ..ended(Outcome::Failed)
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
