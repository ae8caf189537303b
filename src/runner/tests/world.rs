//! The hosts of a simulated run: what they share, how they are reached, and the log of what happened on them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::agent::Agent;
use super::book::{Book, Key};
use super::random::Random;
use super::simulate::How;
use crate::cause::{Cause, Unreachable};
use crate::name::HostName;
use crate::protocol::{Facts, Hello, VERSION};
use crate::transport::{Opening, Session, StandIn};

/// Something that happened to a call on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: Duration,
    pub(super) is_start: bool,
    pub(super) key: Key,
    pub(super) attempt: u32,
    /// The host that made it.
    pub(super) on: String,
    /// At its start, what it was given to read; at its end, how it ended.
    pub(super) text: String,
}

/// What all simulated hosts of a run share.
#[derive(Debug)]
pub(super) struct World {
    pub(super) book: Book,
    /// Decides how long everything takes.
    pub(super) seed: u64,
    /// The longest that a message is on its way, in milliseconds.
    pub(super) link: usize,
    /// Whether connections may break.
    loses: bool,
    crashes: Option<&'static str>,
    /// How often each host was connected.
    opened: Mutex<BTreeMap<String, u32>>,
    pub(super) begun: Instant,
    log: Mutex<Vec<Line>>,
}

impl World {
    pub(super) fn new(book: &Book, how: &How) -> Arc<Self> {
        Arc::new(Self {
            book: book.clone(),
            seed: how.seed,
            link: how.link,
            loses: how.loses,
            crashes: how.crashes,
            opened: Mutex::default(),
            begun: Instant::now(),
            log: Mutex::default(),
        })
    }

    pub(super) fn log(&self) -> Vec<Line> {
        self.log.lock().unwrap().clone()
    }

    /// What the runner asks for sessions.
    pub(super) fn stand_in(self: &Arc<Self>) -> StandIn {
        let world = Arc::clone(self);
        StandIn(Box::new(move |host| world.open(host)))
    }

    fn open(self: &Arc<Self>, host: &HostName) -> Opening {
        let world = Arc::clone(self);
        let host = host.to_string();
        Box::pin(async move {
            let mut random = Random::of(world.seed, &format!("connect {host}"));
            tokio::time::sleep(millis(1 + random.below(400))).await;
            assert!(world.crashes != Some(host.as_str()), "as asked");
            if !world
                .book
                .hosts
                .iter()
                .any(|(name, is_up)| *name == host && *is_up)
            {
                return Err(Unreachable::new(Cause::Refused, "it is not there"));
            }
            let breaks = world.breaks(&host);
            let (calls, heard) = mpsc::unbounded_channel();
            let (say, incoming) = mpsc::channel(1024);
            tokio::task::spawn(Agent::new(world, host, breaks).serve(heard, say));
            Ok(Session::scripted(hello(), calls, incoming))
        })
    }

    /// When a connection that is made now breaks, if it does.
    fn breaks(&self, host: &str) -> Option<Instant> {
        let mut opened = self.opened.lock().unwrap();
        let count = opened.entry(host.to_owned()).or_default();
        *count += 1;
        let mut random = Random::of(self.seed, &format!("loss {host} {count}"));
        let chance = if *count == 1 { 70 } else { 30 };
        (self.loses && random.percent(chance)).then(|| Instant::now() + millis(random.below(3000)))
    }

    pub(super) fn note(&self, line: Line) {
        self.log.lock().unwrap().push(line);
    }
}

pub(super) fn millis(count: usize) -> Duration {
    Duration::from_millis(count as u64)
}

/// How the agent of a simulated host introduces itself.
pub(super) fn hello() -> Hello {
    Hello {
        version: VERSION,
        build: String::new(),
        pid: 1,
        boot_id: "boot".into(),
        facts: Facts::default(),
    }
}
