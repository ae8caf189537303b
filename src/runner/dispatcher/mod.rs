//! The one loop that meets the outside world: it takes what the hosts' actors say, numbers it, tells the sinks, and lets
//! hosts into rounds.

mod begin;
mod step;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet, LocalSet};

use crate::blob::Blobs;
use crate::event::{Event, HostOutcome, Kind, RunOutcome, Sink};
use crate::name::{HostId, RoundId};
use crate::plan::Plan;
use crate::playbook::Playbook;
use crate::runner::Options;
use crate::runner::clock::run_id;
use crate::runner::context::{Context, HostState};
use crate::runner::control::{Control, Update};
use crate::runner::coordinator::{Coordinator, Excess, Step, shapes};
use crate::runner::crash::{self, Hosts};
use crate::runner::delegates::Delegates;
use crate::runner::host::Host;
use crate::runner::prepare::Preparations;
use crate::runner::program::Program;
use crate::runner::quota::Told;
use crate::runner::schedule::state::guest::Returned;
use crate::runner::schedule::state::shared::Shared;
use crate::runner::secrets::told;
use crate::runner::signal::Signals;
use crate::runner::steps::Steps;
use crate::runner::tally::Tally;
use crate::runner::this_run::Batches;
use crate::transport::Connector;

/// Room for what the hosts' actors say before they wait for the sinks.
const UPDATES: usize = 1024;
/// How often displays are given a chance to move.
const TICK: Duration = Duration::from_millis(100);

struct Dispatcher<'a> {
    context: Arc<Context>,
    sinks: &'a mut [Box<dyn Sink>],
    started: Instant,
    seq: u64,
    tally: Tally,
    coordinator: Coordinator<Arc<Shared>>,
    actors: BTreeMap<HostId, mpsc::UnboundedSender<Control>>,
    tasks: JoinSet<()>,
    hosts: Hosts,
    updates: mpsc::Sender<Update>,
    interrupts: u32,
    steps: Steps,
    /// What was said while somebody is asked.
    later: VecDeque<Update>,
}

/// Runs a playbook on its hosts and tells the sinks. Ends when every host has; an interrupt stops what is not begun, a
/// second one ends what runs. The hosts' actors share the thread that calls this.
pub async fn run(
    playbook: Arc<Playbook>,
    plan: Arc<Plan>,
    connector: Arc<Connector>,
    blobs: Arc<Blobs>,
    options: Options,
    sinks: &mut [Box<dyn Sink>],
) -> RunOutcome {
    let run = dispatch(playbook, plan, connector, blobs, options, Signals::new(), sinks);
    LocalSet::new().run_until(run).await
}

/// [`run`] without the task set around it, heeding these interrupts.
pub(super) async fn dispatch(
    playbook: Arc<Playbook>,
    plan: Arc<Plan>,
    connector: Arc<Connector>,
    blobs: Arc<Blobs>,
    options: Options,
    mut signals: Signals,
    sinks: &mut [Box<dyn Sink>],
) -> RunOutcome {
    let (updates, mut incoming) = mpsc::channel(UPDATES);
    let coordinator = Coordinator::new(shapes(&playbook, options.limit.as_ref()));
    let context = Arc::new(Context {
        program: Arc::new(Program::new(&playbook, &plan, &options)),
        hosts: playbook
            .inventory
            .hosts
            .iter()
            .map(|_| HostState::default())
            .collect(),
        delegates: Delegates::of(&playbook),
        preparations: Preparations::default(),
        run_id: run_id(),
        playbook,
        connector,
        blobs,
        options,
        told: Told::default(),
        batches: Batches::default(),
    });
    let mut dispatcher = Dispatcher {
        context,
        sinks,
        started: Instant::now(),
        seq: 0,
        tally: Tally::default(),
        coordinator,
        actors: BTreeMap::new(),
        tasks: JoinSet::new(),
        hosts: Hosts::default(),
        updates,
        interrupts: 0,
        steps: Steps::default(),
        later: VecDeque::new(),
    };
    dispatcher.begin();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    dispatcher.step();
    while !dispatcher.is_over() {
        let is_asking = dispatcher.steps.is_asking();
        let hears = !is_asking || dispatcher.later.len() < UPDATES;
        tokio::select! {
            biased;
            () = signals.next() => {
                dispatcher.steps.take_back().await;
                dispatcher.catch_up();
                dispatcher.interrupt();
            }
            is_over = dispatcher.steps.answered(), if is_asking => dispatcher.answered(is_over),
            Some(update) = incoming.recv(), if hears => dispatcher.heard(update),
            Some(ended) = dispatcher.tasks.join_next(), if !is_asking => dispatcher.joined(ended, &mut incoming),
            _ = ticks.tick(), if !is_asking => dispatcher.sinks.iter_mut().for_each(|sink| sink.tick()),
        }
    }
    dispatcher.end(&mut incoming).await
}

impl Dispatcher<'_> {
    fn tell(&mut self, kind: Kind) {
        for kind in told(&self.context.options.secrets, kind) {
            self.tally.event(&kind);
            let event = Event {
                seq: self.seq,
                at: self.started.elapsed().as_secs_f64(),
                kind,
            };
            self.seq += 1;
            for sink in self.sinks.iter_mut() {
                sink.event(&event);
            }
        }
    }

    /// Does what is to be done now: rounds begin and end, hosts enter them.
    fn step(&mut self) {
        let context = Arc::clone(&self.context);
        let round_name = |id: RoundId| context.playbook.round(id).name.value.clone();
        for step in self.coordinator.steps() {
            match step {
                Step::Begin(round) => self.tell(Kind::RoundStarted {
                    round: round_name(round),
                }),
                Step::End(round) => self.tell(Kind::RoundEnded {
                    round: round_name(round),
                }),
                Step::Batch(batch) => {
                    context.batches.begin(&round_name(batch.round), &batch.hosts);
                    let hosts = batch.hosts.iter();
                    self.tell(Kind::BatchStarted {
                        round: round_name(batch.round),
                        batch: count(batch.number),
                        of: count(batch.of),
                        hosts: hosts.map(|host| context.name(*host)).collect(),
                    });
                }
                Step::Enter(host, round) => self.say(host, Control::Enter(round)),
                Step::Elect(host, entry) => self.say(host, Control::Elected(entry)),
                Step::Alone(host, entry) => self.say(host, Control::Alone(entry)),
                Step::Share(host, entry, shared) => self.say(host, Control::Shared(entry, shared)),
                Step::Finish(host) => {
                    // A host to which calls may still be delegated keeps its connection.
                    if !self.context.delegates.has(host)
                        && let Some(actor) = self.actors.remove(&host)
                    {
                        send(&actor, Control::Finish);
                    }
                }
            }
        }
    }

    /// The actor of a host; it begins with the first word to it.
    fn actor(&mut self, host: HostId) -> &mpsc::UnboundedSender<Control> {
        let (context, tasks, hosts) = (&self.context, &mut self.tasks, &mut self.hosts);
        self.actors.entry(host).or_insert_with(|| {
            // Unbounded, since it holds a few words a round and an interrupt, and a few for each call of other hosts, of
            // which each has a bounded number under way.
            let (control, words) = mpsc::unbounded_channel();
            let actor = Host::new(Arc::clone(context), host, self.updates.clone(), words);
            hosts.began(tasks.spawn_local(actor.run()).id(), host);
            control
        })
    }

    fn update(&mut self, update: Update) {
        match update {
            Update::Event(kind) => self.tell(*kind),
            Update::Record(reply) => {
                self.sinks.iter_mut().for_each(|sink| sink.record());
                let _gone = reply.send(());
            }
            Update::Step { entry, reply } => self.wants(entry, reply),
            Update::Delegated(guest) => match self.hosts.delegated(guest.home, guest.ticket, guest.to) {
                Ok(()) => self.say(guest.to, Control::Guest(guest)),
                Err(returned) => self.say(guest.home, Control::Returned(guest.ticket, returned)),
            },
            Update::Recalled {
                to,
                home,
                ticket,
                how,
            } => self.say(to, Control::Recall(home, ticket, how)),
            Update::Returned {
                home,
                ticket,
                returned,
            } => {
                self.hosts.returned(home, ticket);
                self.say(home, Control::Returned(ticket, returned));
            }
            Update::Released { to, home, place } => self.say(to, Control::Release(home, place)),
            Update::Arrived { host, entry, may_do } => {
                let round = self.context.playbook.entry(entry).round;
                self.coordinator.arrived(round, host, entry, may_do);
                self.step();
            }
            Update::Owes { host, owed } => {
                let paths = owed
                    .iter()
                    .map(|it| self.context.program.references[it.index()].path.clone());
                self.tally.owes(&self.context.name(host), paths.collect());
            }
            Update::Passed { host, entry } => {
                let round = self.context.playbook.entry(entry).round;
                self.coordinator.passed(round, host, entry);
                self.step();
            }
            Update::Shared { host, entry, shared } => {
                let round = self.context.playbook.entry(entry).round;
                self.coordinator.done(round, host, entry, shared);
                self.step();
            }
            Update::Left {
                host,
                round,
                outcome,
                reason,
            } => {
                self.tally.host(&self.context.name(host), outcome, reason);
                if let Some(excess) = self.coordinator.left(host, round, outcome) {
                    self.stop(round, excess);
                }
                self.step();
            }
        }
    }

    /// Too many hosts of a round have failed.
    fn stop(&mut self, round: RoundId, excess: Excess) {
        let round = self.context.playbook.round(round).name.value.clone();
        self.tell(Kind::Stopped {
            round,
            failures: count(excess.failures),
            of: count(excess.of),
            max_failures: excess.allowed.to_string(),
        });
        self.close(|| Control::Stop);
    }

    /// Nobody enters a round any more; hosts that are in one are told.
    fn close(&mut self, word: impl Fn() -> Control) {
        for host in self.coordinator.close() {
            self.tally.abort(&self.context.name(host));
        }
        for actor in self.actors.values() {
            send(actor, word());
        }
    }

    fn interrupt(&mut self) {
        self.interrupts += 1;
        self.tell(Kind::Interrupted {
            times: self.interrupts,
        });
        let is_first = self.interrupts == 1;
        self.close(|| if is_first { Control::Stop } else { Control::Cancel });
        self.answer_all();
        self.step();
    }

    /// Tells a host's actor something; one that has crashed hears nothing any more.
    fn say(&mut self, host: HostId, word: Control) {
        if !self.hosts.has_crashed(host) {
            send(self.actor(host), word);
        }
    }

    /// An actor has ended. One that crashed fails its host, and nothing else.
    fn joined(&mut self, ended: Result<(), JoinError>, incoming: &mut mpsc::Receiver<Update>) {
        let Err(error) = ended else { return };
        // What it said before comes first.
        while let Ok(update) = incoming.try_recv() {
            self.update(update);
        }
        let Some((host, lost)) = self.hosts.crashed(error.id()) else {
            return;
        };
        let reason = crash::words(error);
        let name = self.context.name(host);
        self.tell(Kind::Warning {
            message: reason.clone(),
            host: Some(name.clone()),
        });
        self.actors.remove(&host);
        self.tally.crash(&name, reason.clone());
        for round in self.coordinator.rounds_of(host) {
            self.tell(Kind::HostLeft {
                host: name.clone(),
                round: self.context.playbook.round(round).name.value.clone(),
                outcome: HostOutcome::Failed,
            });
            if let Some(excess) = self.coordinator.left(host, round, HostOutcome::Failed) {
                self.stop(round, excess);
            }
        }
        self.coordinator.lose(host);
        for (home, ticket) in lost {
            self.say(home, Control::Returned(ticket, Returned::Lost(reason.clone())));
        }
        for actor in self.actors.values() {
            send(actor, Control::Forget(host));
        }
        self.step();
    }

    fn is_over(&self) -> bool {
        self.coordinator.is_done()
    }

    async fn end(mut self, incoming: &mut mpsc::Receiver<Update>) -> RunOutcome {
        self.actors.clear();
        self.steps.take_back().await;
        self.catch_up();
        // Heard meanwhile, so that no actor waits for room.
        loop {
            tokio::select! {
                biased;
                Some(update) = incoming.recv() => self.update(update),
                ended = self.tasks.join_next() => match ended {
                    Some(ended) => self.joined(ended, incoming),
                    None => break,
                },
            }
        }
        while let Ok(update) = incoming.try_recv() {
            self.update(update);
        }
        let outcome = self.tally.outcome();
        let (hosts, took) = (self.tally.recap(), self.started.elapsed().as_secs_f64());
        self.tell(Kind::RunEnded { outcome, hosts, took });
        outcome
    }
}

/// A number of hosts as events give it.
fn count(hosts: usize) -> u32 {
    u32::try_from(hosts).unwrap_or(u32::MAX)
}

/// An actor that has ended has left all its rounds: there is nobody to tell.
fn send(actor: &mpsc::UnboundedSender<Control>, word: Control) {
    let _gone = actor.send(word);
}
