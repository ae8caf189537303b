//! One run of a playbook by the real runner on simulated hosts, in time that passes at once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::book::Book;
use super::world::{Line, World};
use crate::blob::Blobs;
use crate::event::{Event, Kind, RunOutcome, Sink};
use crate::inventory::Privilege;
use crate::name::{EntryId, HostId};
use crate::plan::Plan;
use crate::playbook::{self, Playbook};
use crate::protocol::Mode;
use crate::runner::dispatcher::dispatch;
use crate::runner::signal::Signals;
use crate::runner::{Chosen, Options, Owed, Presets};
use crate::secret::Secrets;
use crate::tool::Registry;
use crate::tools;
use crate::transport::{Answers, Connector, Settings, StandIn};

static REGISTRY: LazyLock<Registry> = LazyLock::new(tools::registry);

/// A run that takes longer than this, of its own time, hangs.
const LONG: Duration = Duration::from_hours(48);

/// How a playbook is run.
#[derive(Debug, Clone)]
pub(super) struct How {
    pub(super) mode: Mode,
    /// Decides how long everything takes.
    pub(super) seed: u64,
    /// When the run is interrupted, in milliseconds.
    pub(super) interrupts: Vec<u64>,
    /// The longest that a message is on its way, in milliseconds.
    pub(super) link: usize,
    /// Whether connections may break.
    pub(super) loses: bool,
    /// The host whose actor crashes when it connects.
    pub(super) crashes: Option<&'static str>,
    /// By host: the ids of the handlers that it owes.
    pub(super) owed: BTreeMap<String, Vec<String>>,
}

impl How {
    pub(super) const fn apply(seed: u64) -> Self {
        Self {
            mode: Mode::Apply,
            seed,
            interrupts: Vec::new(),
            link: 40,
            loses: false,
            crashes: None,
            owed: BTreeMap::new(),
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) events: Vec<Kind>,
    pub(super) log: Vec<Line>,
    /// None: it did not end.
    pub(super) outcome: Option<RunOutcome>,
    pub(super) took: Duration,
    /// What was done to it.
    pub(super) note: String,
}

struct Ear(Arc<Mutex<Vec<Kind>>>);

impl Sink for Ear {
    fn event(&mut self, event: &Event) {
        let mut events = self.0.lock().unwrap();
        assert_eq!(event.seq, events.len() as u64, "events are numbered");
        events.push(event.kind.clone());
    }
}

/// What hosts owe, as the runner is told it.
fn owed(playbook: &Playbook, how: &How) -> HashMap<HostId, Owed> {
    let mut all: HashMap<HostId, Owed> = HashMap::new();
    for (at, host) in playbook.inventory.hosts.iter().enumerate() {
        for id in how.owed.get(host.name.as_str()).into_iter().flatten() {
            let is_it = |it: &playbook::Entry| it.id.as_ref().is_some_and(|own| own.value == *id);
            let entry = playbook.entries.iter().position(is_it).unwrap();
            let owed = all.entry(HostId::at(at)).or_default();
            owed.insert(EntryId::at(entry), "earlier".to_owned());
        }
    }
    all
}

/// The playbook of a text, with its plan.
pub(super) fn load(text: String) -> Result<(Playbook, Plan), String> {
    let options = playbook::Options {
        text: Some(text),
        ..playbook::Options::default()
    };
    let loaded = playbook::load(Path::new("site.yml"), &REGISTRY, &options);
    let mut diagnostics = loaded.diagnostics;
    let plan = loaded
        .playbook
        .as_ref()
        .and_then(|it| Plan::build(it, &mut diagnostics));
    match (loaded.playbook, plan) {
        (Some(playbook), Some(plan)) => Ok((playbook, plan)),
        _ => Err(diagnostics
            .sorted()
            .iter()
            .map(|it| it.message.clone())
            .collect::<Vec<_>>()
            .join("\n")),
    }
}

/// Whether it is one that can be run.
pub(super) fn is_valid(book: &Book) -> bool {
    load(book.yaml()).is_ok()
}

/// What asks for sessions gets them from here.
pub(super) fn connector(sessions: StandIn) -> (Arc<Connector>, Arc<Blobs>) {
    let blobs = Arc::new(Blobs::default());
    let settings = Settings {
        ssh_config: None,
        persist: Duration::ZERO,
        agents: None,
        forks: 64,
        blobs: Arc::clone(&blobs),
        private_env: Vec::new(),
    };
    (Arc::new(Connector::new(settings).stand_in(sessions)), blobs)
}

/// A run of which nothing more is asked than this.
pub(super) fn options(mode: Mode, owed: HashMap<HostId, Owed>) -> Options {
    Options {
        presets: Presets::default(),
        mode,
        diff: false,
        stream: false,
        arguments: false,
        limit: None,
        chosen: Chosen::default(),
        left_out: HashSet::new(),
        owed,
        privilege: Privilege::default(),
        password: None,
        login: Answers::default(),
        step: None,
        secrets: Arc::new(Secrets::default()),
    }
}

/// A runtime in which time passes at once where everybody waits for it.
pub(super) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

pub(super) fn run(book: &Book, how: &How) -> Run {
    let (playbook, plan) =
        load(book.yaml()).unwrap_or_else(|why| panic!("no playbook: {why}\n{}", book.yaml()));
    let events = Arc::new(Mutex::default());
    let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(Ear(Arc::clone(&events)))];
    let (log, outcome, took) = runtime().block_on(async {
        let begun = tokio::time::Instant::now();
        let world = World::new(book, how);
        let (connector, blobs) = connector(world.stand_in());
        let options = options(how.mode, owed(&playbook, how));
        let (press, words) = mpsc::unbounded_channel();
        let times = how.interrupts.clone();
        let hand = tokio::spawn(async move {
            for at in times {
                tokio::time::sleep_until(begun + Duration::from_millis(at)).await;
                let _over = press.send(());
            }
            std::future::pending::<()>().await;
        });
        let signals = Signals::scripted(words);
        let running = dispatch(
            Arc::new(playbook),
            Arc::new(plan),
            connector,
            blobs,
            options,
            signals,
            &mut sinks,
        );
        let local = LocalSet::new();
        let outcome = tokio::time::timeout(LONG, local.run_until(running)).await;
        hand.abort();
        (world.log(), outcome.ok(), begun.elapsed())
    });
    let events = events.lock().unwrap().clone();
    let note = match &how.interrupts[..] {
        [] => String::new(),
        times => format!("# interrupted at {times:?} ms\n"),
    };
    Run {
        events,
        log,
        outcome,
        took,
        note,
    }
}
