//! Many hosts at once, without hosts: what the controller itself costs.
//!
//! `RMOTE_PLAY_HOSTS` says how many. To see time and memory of 50,000:
//! `RMOTE_PLAY_HOSTS=50000 cargo test --release --lib runner::tests::scale -- --nocapture`

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::simulate::{connector, load, options, runtime};
use super::{number, world};
use crate::event::{Event, HostOutcome, Kind, Sink};
use crate::protocol::{Mode, Outcome, Reply, ToAgent};
use crate::runner::dispatcher::dispatch;
use crate::runner::signal::Signals;
use crate::transport::{Incoming, Session, StandIn};
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

struct Ear(Arc<Mutex<Count>>);

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

/// Hosts that answer every call at once.
fn answers() -> StandIn {
    StandIn(Box::new(|_| {
        Box::pin(async {
            let (calls, mut heard) = mpsc::unbounded_channel();
            let (say, incoming) = mpsc::channel(64);
            tokio::task::spawn(async move {
                while let Some(message) = heard.recv().await {
                    let ToAgent::Call(request) = message else { continue };
                    let reply = Reply {
                        fields: Map::from([("exists".to_owned(), false.into())]),
                        ..Reply::ended(Outcome::Ok)
                    };
                    let reply = Incoming::Reply(request.id, Box::new(reply));
                    if say.send(reply).await.is_err() {
                        return;
                    }
                }
            });
            Ok(Session::scripted(world::hello(), calls, incoming))
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
    let (playbook, plan) = load(yaml(hosts)).unwrap();
    let count = Arc::new(Mutex::new(Count::default()));
    let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(Ear(Arc::clone(&count)))];
    let (begun, before) = (Instant::now(), peak_kib());
    runtime().block_on(async {
        let (connector, blobs) = connector(answers());
        let (_press, words) = mpsc::unbounded_channel();
        let running = dispatch(
            Arc::new(playbook),
            Arc::new(plan),
            connector,
            blobs,
            options(Mode::Apply, HashMap::new()),
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
