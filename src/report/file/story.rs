//! What a run came to, gathered from its events: no more than reports show.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::event::{CallRef, Event, Kind, Outcome, Recap, RoundRef, RunOutcome, Sink};
use crate::failure::Failure;
use crate::name::HostName;
use crate::protocol::Mode;
use crate::report::detail::{self, Details, Saying, Sort};
use crate::report::file::shelf::Shelf;
use crate::report::line::{Counts, Fate};
use crate::report::look::Detail;

/// At most this much work is kept one by one; beyond it, only counts are.
const WORK: usize = 500_000;

/// Two times that differ by less are the same, in seconds.
const SAME: f64 = 0.01;

/// A run.
#[derive(Debug, Default)]
pub struct Story {
    pub(super) playbook: String,
    pub(super) version: String,
    pub(super) id: String,
    pub(super) time: String,
    pub(super) is_check: bool,
    pub(super) hosts: Vec<HostName>,
    places: HashMap<HostName, u32>,
    pub(super) rounds: Vec<RoundRef>,
    pub(super) entries: BTreeMap<u32, Told>,
    pub(super) work: Vec<Work>,
    pub(super) is_cut: bool,
    /// What is shown of a call to whoever asks for it.
    pub(super) shelf: Shelf,
    /// When each round began and ended, in the order of `rounds`; none where no host came to it.
    pub(super) spans: Vec<Option<Span>>,
    begun: HashMap<(u32, u32, Option<String>), f64>,
    tries: HashMap<(u32, u32), Vec<(f64, f64)>>,
    /// When each host last ended a call.
    last: HashMap<u32, f64>,
    /// Looped groups under way: their iterations say their failures.
    looped: HashSet<(u32, u32)>,
    connecting: HashMap<u32, f64>,
    pub(super) connections: Vec<Connection>,
    pub(super) warnings: Vec<String>,
    pub(super) outcome: Option<RunOutcome>,
    pub(super) recap: Vec<Recap>,
    pub(super) took: f64,
}

/// An entry over all its hosts.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) counts: Counts,
    gathered: Details,
    /// What is to be said, each with its hosts.
    pub(super) said: Vec<(Saying, Vec<u32>)>,
    pub(super) omitted: usize,
}

/// A call, or an item of one, on a host.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) call: Arc<CallRef>,
    pub(super) host: u32,
    pub(super) item: Option<String>,
    /// Seconds since the run began.
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) took: f64,
    pub(super) outcome: Outcome,
    /// How many times it was made.
    pub(super) attempts: u32,
    /// From when to when each of its earlier attempts took, the last one not among them.
    pub(super) tries: Vec<(f64, f64)>,
    /// A failure that does not count.
    pub(super) is_excused: bool,
    pub(super) error: Option<Failure>,
    pub(super) because: Option<String>,
}

/// When a round was under way, in seconds since the run began.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Span {
    pub(super) from: f64,
    pub(super) to: f64,
    /// When each of its batches began.
    pub(super) batches: Vec<f64>,
}

/// A host that was connected, or not.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) host: u32,
    pub(super) from: f64,
    pub(super) to: f64,
    /// Why not.
    pub(super) problem: Option<String>,
}

impl Story {
    /// The name of a host by its number.
    pub(super) fn host(&self, at: u32) -> &str {
        self.hosts.get(at as usize).map_or("", HostName::as_str)
    }

    /// Names of hosts in a few words.
    pub(super) fn compact(&self, hosts: &[u32]) -> String {
        let names: Vec<_> = hosts.iter().map(|at| self.host(*at)).collect();
        crate::report::names::compact(&names)
    }

    /// Whether it got as far as to begin.
    pub fn has_begun(&self) -> bool {
        !self.playbook.is_empty()
    }

    fn ended(&mut self, at: f64, kind: &Kind) {
        let Kind::CallEnded {
            call,
            host,
            outcome,
            item,
            error,
            ignored,
            rescued,
            shared_by,
            because,
            took,
            attempts,
            result,
            ..
        } = kind
        else {
            return;
        };
        let Some(&host) = self.places.get(host) else {
            return;
        };
        if let Some(because) = because
            && *outcome != Outcome::Unknown
        {
            let head = format!("{}: {because}", detail::word(*outcome, self.is_check));
            self.shelf
                .add(call.entry, Saying::plain(Sort::Because, head), host);
        }
        if !result.is_empty() {
            self.shelf
                .add(call.entry, detail::result(item.as_deref(), result), host);
        }
        let fate = Fate::of(*outcome, *ignored, *rescued, shared_by.is_some());
        let told = self.entries.entry(call.entry).or_default();
        for saying in detail::of_end(kind, Detail::Entries, self.is_check) {
            told.gathered.add(saying, host);
        }
        if matches!(outcome, Outcome::Failed | Outcome::Lost) && (error.is_some() || item.is_none()) {
            let word = match fate {
                Fate::Ignored => "failed, ignored",
                Fate::Rescued => "failed, rescued",
                Fate::Counts | Fate::Shared => detail::word(*outcome, self.is_check),
            };
            told.gathered
                .add(detail::failure(word, item.as_deref(), error.as_ref()), host);
        }
        if item.is_none() {
            told.counts.add(*outcome, fate);
        }
        let begun = self.begun.remove(&(call.entry, host, item.clone()));
        // Retries do not say of which item they are: those of a loop are told by their count alone.
        let tries = self.tries.remove(&(call.entry, host));
        let tries = tries.filter(|_| item.is_none()).unwrap_or_default();
        // A call that was sent ahead waits for those before it: that is no work of its own.
        let from = (tries.first()).map_or(at - took, |first| first.0);
        let from = from.max(begun.unwrap_or_default());
        // Its host measured how long it took, and not when: it did not begin a moment before the last one had ended.
        let last = self.last.insert(host, at).unwrap_or_default();
        let from = if last > from && last - from < SAME {
            last
        } else {
            from
        };
        self.work(Work {
            call: Arc::clone(call),
            host,
            item: item.clone(),
            from: from.min(at),
            to: at,
            took: *took,
            outcome: *outcome,
            attempts: *attempts,
            tries,
            is_excused: matches!(fate, Fate::Ignored | Fate::Rescued),
            error: error.clone(),
            because: because.clone(),
        });
    }
}

impl Sink for Story {
    fn event(&mut self, event: &Event) {
        match &event.kind {
            Kind::RunStarted {
                version,
                run,
                time,
                playbook,
                mode,
                hosts,
                rounds,
                ..
            } => {
                run.clone_into(&mut self.id);
                self.spans = vec![None; rounds.len()];
                version.clone_into(&mut self.version);
                time.clone_into(&mut self.time);
                playbook.clone_into(&mut self.playbook);
                self.is_check = *mode == Mode::Check;
                self.hosts.clone_from(hosts);
                self.rounds.clone_from(rounds);
                self.places = (0..).zip(hosts).map(|(at, host)| (host.clone(), at)).collect();
            }
            Kind::Connecting { host } => {
                if let Some(&host) = self.places.get(host) {
                    self.connecting.insert(host, event.at);
                }
            }
            Kind::Connected { host, .. } => self.connected(event.at, host, None),
            Kind::Unreachable { host, message, .. } => self.connected(event.at, host, Some(message.clone())),
            Kind::RoundStarted { round } | Kind::BatchStarted { round, .. } | Kind::RoundEnded { round } => {
                self.spanned(event.at, round, &event.kind);
            }
            Kind::CallRetried { call, host, took, .. } => {
                if let Some(&host) = self.places.get(host) {
                    let tries = self.tries.entry((call.entry, host)).or_default();
                    tries.push(((event.at - took).max(0.0), event.at));
                }
            }
            Kind::CallStarted {
                call,
                host,
                item,
                arguments,
                ..
            } => {
                if let Some(&host) = self.places.get(host) {
                    if !arguments.is_empty() {
                        let saying = detail::listed(item.as_deref(), arguments);
                        self.shelf.add(call.entry, saying, host);
                    }
                    self.begun.insert((call.entry, host, item.clone()), event.at);
                }
            }
            Kind::GroupStarted {
                call,
                host,
                iterations: Some(_),
            } => {
                let host = self.places.get(host);
                self.looped.extend(host.map(|host| (call.entry, *host)));
            }
            Kind::CallEnded { .. } => self.ended(event.at, &event.kind),
            Kind::IterationEnded { .. } | Kind::GroupEnded { .. } => self.group_ended(event.at, &event.kind),
            Kind::Warning { message, host } => self.warnings.push(match host {
                Some(host) => format!("{host}: {message}"),
                None => message.clone(),
            }),
            Kind::RunEnded { outcome, hosts, took } => {
                self.outcome = Some(*outcome);
                self.recap.clone_from(hosts);
                self.took = *took;
                for told in self.entries.values_mut() {
                    (told.said, told.omitted) = told.gathered.take();
                }
            }
            _ => {}
        }
    }
}

impl Story {
    /// A group, or an iteration of it. Its entries are told themselves; work of its own is only what fails it without them.
    fn group_ended(&mut self, at: f64, kind: &Kind) {
        let (Kind::IterationEnded { call, host, .. } | Kind::GroupEnded { call, host, .. }) = kind else {
            return;
        };
        let Some(&host) = self.places.get(host) else {
            return;
        };
        let is_whole = matches!(kind, Kind::GroupEnded { .. });
        let is_said = is_whole && self.looped.remove(&(call.entry, host));
        let told = self.entries.entry(call.entry).or_default();
        for saying in detail::of_group(kind, Detail::Entries, self.is_check) {
            if saying.sort != Sort::Failure || !is_said {
                told.gathered.add(saying, host);
            }
        }
        if let Kind::GroupEnded {
            outcome,
            ignored,
            rescued,
            shared_by,
            ..
        } = kind
        {
            let fate = Fate::of(*outcome, *ignored, *rescued, shared_by.is_some());
            told.counts.add(*outcome, fate);
        }
        let (error, item, outcome, excuse) = match kind {
            Kind::GroupEnded {
                error,
                failed_call: None,
                outcome,
                ignored,
                rescued,
                ..
            } if !is_said => (error, None, outcome, *ignored || *rescued),
            Kind::IterationEnded {
                error,
                failed_call: None,
                outcome,
                item,
                ..
            } => (error, item.clone(), outcome, false),
            _ => return,
        };
        if error.is_some() {
            self.work(Work {
                call: Arc::clone(call),
                host,
                item,
                from: at,
                to: at,
                took: 0.0,
                outcome: *outcome,
                attempts: 1,
                tries: Vec::new(),
                is_excused: excuse,
                error: error.clone(),
                because: None,
            });
        }
    }

    fn spanned(&mut self, at: f64, round: &str, kind: &Kind) {
        let Some(place) = self.rounds.iter().position(|it| it.name == round) else {
            return;
        };
        let span = self.spans[place].get_or_insert_with(|| Span {
            from: at,
            ..Span::default()
        });
        span.to = at;
        if let Kind::BatchStarted { .. } = kind {
            span.batches.push(at);
        }
    }

    fn work(&mut self, work: Work) {
        if self.work.len() == WORK {
            self.is_cut = true;
        } else {
            self.work.push(work);
        }
    }

    fn connected(&mut self, at: f64, host: &HostName, problem: Option<String>) {
        if let Some(&host) = self.places.get(host) {
            let from = self.connecting.remove(&host).unwrap_or(at);
            self.connections.push(Connection {
                host,
                from,
                to: at,
                problem,
            });
        }
    }
}
