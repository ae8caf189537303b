//! Many hosts at once, without hosts: what the controller itself costs.
//!
//! `RMOTE_PLAY_HOSTS` says how many. To see time and memory of 50,000:
//! `RMOTE_PLAY_HOSTS=50000 cargo test --release --lib runner::tests::scale -- --nocapture`

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::number;
use crate::blob::Blobs;
use crate::event::{Event, HostOutcome, Kind, Sink};
use crate::inventory::Privilege;
use crate::plan::Plan;
use crate::playbook;
use crate::protocol::{Facts, Hello, Mode, Outcome, Reply, ToAgent, VERSION};
use crate::runner::dispatcher::dispatch;
use crate::runner::signal::Signals;
use crate::runner::{Chosen, Options};
use crate::secret::Secrets;
use crate::tools;
use crate::transport::{Connector, Incoming, Session, Settings, StandIn};
use crate::value::Map;

/// How many hosts where nothing else is said.
const HOSTS: u64 = 200;
const CALLS: u64 = 20;

/// Counts, and keeps nothing.
#[derive(Default)]
struct Count {
    calls: u64,
    ok: usize,
}

struct Ear(Arc<std::sync::Mutex<Count>>);

impl Sink for Ear {
    fn event(&mut self, event: &Event) {
        let mut count = self.0.lock().unwrap();
        match &event.kind {
            Kind::CallEnded { .. } => count.calls += 1,
            Kind::RunEnded { hosts, .. } => {
                count.ok = hosts.iter().filter(|it| it.outcome == HostOutcome::Ok).count();
            }
            _ => {}
        }
    }
}

fn yaml(hosts: u64) -> String {
    let mut text =
        format!("hosts: {{ \"h[1:{hosts}]\": }}\nrounds:\n  - name: all\n    hosts: all\n    calls:\n");
    for call in 0..CALLS {
        let _ = writeln!(text, "      - fs.stat: /file/{call}");
    }
    text
}

/// A host that answers every call at once.
fn answers() -> StandIn {
    StandIn(Box::new(|_| {
        Box::pin(async {
            let (calls, mut heard) = mpsc::unbounded_channel();
            let (say, incoming) = mpsc::channel(64);
            tokio::task::spawn(async move {
                while let Some(message) = heard.recv().await {
                    let ToAgent::Call(request) = message else { continue };
                    let reply = Reply {
                        outcome: Outcome::Ok,
                        diff: Vec::new(),
                        warnings: Vec::new(),
                        error: None,
                        fields: Map::from([("exists".to_owned(), false.into())]),
                        unsure: Vec::new(),
                        micros: 1,
                        quit: None,
                    };
                    if say
                        .send(Incoming::Reply(request.id, Box::new(reply)))
                        .await
                        .is_err()
                    {
                        return;
                    }
                }
            });
            let hello = Hello {
                version: VERSION,
                build: String::new(),
                pid: 1,
                boot_id: "boot".into(),
                facts: Facts::default(),
            };
            Ok(Session::scripted(hello, calls, incoming))
        })
    }))
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn many_hosts_do_all_their_calls() {
    let asked = number("RMOTE_PLAY_HOSTS");
    let hosts = asked.unwrap_or(HOSTS);
    let registry = tools::registry();
    let options = playbook::Options {
        text: Some(yaml(hosts)),
        ..playbook::Options::default()
    };
    let loaded = playbook::load(Path::new("site.yml"), &registry, &options);
    let mut diagnostics = loaded.diagnostics;
    let playbook = loaded.playbook.unwrap();
    let plan = Plan::build(&playbook, &mut diagnostics).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let count = Arc::new(std::sync::Mutex::new(Count::default()));
    let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(Ear(Arc::clone(&count)))];
    let (begun, before) = (Instant::now(), peak_kib());
    runtime.block_on(async {
        let blobs = Arc::new(Blobs::default());
        let settings = Settings {
            ssh_config: None,
            persist: Duration::ZERO,
            agents: None,
            forks: 64,
            blobs: Arc::clone(&blobs),
            private_env: Vec::new(),
        };
        let options = Options {
            mode: Mode::Apply,
            diff: false,
            stream: false,
            arguments: false,
            limit: None,
            chosen: Chosen::default(),
            left_out: HashSet::new(),
            owed: std::collections::HashMap::new(),
            privilege: Privilege::default(),
            password: None,
            login: crate::transport::Answers::default(),
            step: None,
            secrets: Arc::new(Secrets::default()),
        };
        let connector = Arc::new(Connector::new(settings).stand_in(answers()));
        let (_press, words) = mpsc::unbounded_channel();
        let running = dispatch(
            Arc::new(playbook),
            Arc::new(plan),
            connector,
            blobs,
            options,
            Signals::scripted(words),
            &mut sinks,
        );
        LocalSet::new().run_until(running).await
    });
    let (took, peak) = (begun.elapsed(), peak_kib() - before);
    let count = count.lock().unwrap();
    assert_eq!(count.calls, hosts * CALLS);
    assert_eq!(count.ok as u64, hosts);
    if asked.is_some() {
        println!("{hosts} hosts of {CALLS} calls: {took:.1?}, {} MiB", peak >> 10);
    }
}
