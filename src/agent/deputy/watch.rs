//! Keeps the time for deputies: one that has calls and says nothing is asked whether it is there, and is given up where it
//! does not answer.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::agent::deputy::given::Death;
use crate::agent::deputy::relay::Life;
use crate::agent::deputy::table::{State, Table};
use crate::agent::serve::Agent;
use crate::protocol::ToAgent;

/// How often deputies with calls are looked at.
const GLANCE: Duration = Duration::from_millis(250);
/// How often an agent whose deputies have nothing to do is looked at, to see whether it is still there.
const IDLE: Duration = Duration::from_secs(5);
/// After this long without a word a deputy is asked whether it is there, and has as long for its answer.
const SILENCE: Duration = Duration::from_secs(12);
/// The same for one that has a call which should have ended by now.
const OVERDUE: Duration = Duration::from_secs(3);

/// Begins to watch an agent's deputies, for as long as it is there.
pub(super) fn begin(agent: &Arc<Agent>) {
    let agent = Arc::downgrade(agent);
    // Without a thread nobody keeps the time for deputies but themselves.
    drop(
        thread::Builder::new()
            .name("watch".into())
            .spawn(move || while look(&agent) {}),
    );
}

/// Looks once, and waits; whether there is something to watch.
fn look(agent: &Weak<Agent>) -> bool {
    let Some(agent) = agent.upgrade() else {
        return false;
    };
    let mut table = agent.deputies.lock();
    if table.closing {
        return false;
    }
    let silent = ask(&mut table, Instant::now());
    if silent.is_empty() {
        let pause = if table.calls.is_empty() { IDLE } else { GLANCE };
        drop(agent.deputies.wait(table, pause));
        return true;
    }
    drop(table);
    for life in silent {
        agent.deputies.gone(&agent, &life, &Death::Silent);
    }
    true
}

/// Asks those that are silent; gives those that have not answered.
fn ask(table: &mut Table, now: Instant) -> Vec<Arc<Life>> {
    let Table { accounts, calls, .. } = table;
    let mut silent = Vec::new();
    for (number, account) in accounts {
        let tries = account.tries;
        let State::Up(up) = &mut account.state else {
            continue;
        };
        let mut own = calls
            .values()
            .filter(|it| it.given.account == *number && it.tries == tries)
            .peekable();
        if own.peek().is_none() || up.life.is_held_up() {
            // What it says now waits for the controller.
            up.heard = now;
            up.asked = None;
            continue;
        }
        let is_overdue = own.any(|it| it.given.cancel.check().is_err());
        let patience = if is_overdue { OVERDUE } else { SILENCE };
        match up.asked {
            None if is_overdue || now.duration_since(up.heard) >= patience => {
                up.asked = Some(now);
                drop(up.to.send(ToAgent::Ping { nonce: 0 }));
            }
            Some(at) if now.duration_since(at) >= patience => {
                silent.push(Arc::clone(&up.life));
            }
            _ => {}
        }
    }
    silent
}
