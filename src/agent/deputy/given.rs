//! The calls that deputies have: whose each is, what may be said of it, and what becomes of it where its deputy ends.

use std::sync::Arc;

use crate::agent::call::{self, Job};
use crate::agent::deputy::relay::Life;
use crate::agent::deputy::table::{Deputies, State};
use crate::agent::serve::Agent;
use crate::failure::{Failure, Kind};
use crate::protocol::{FromAgent, Outcome, Reply, Request};
use crate::system::Cancel;

/// What is known of a call that is given to a deputy.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// The account that it acts as.
    pub(crate) account: u32,
    /// Whether it may be made again where nobody knows whether it has happened.
    pub(crate) is_repeatable: bool,
    /// Whether it may have changed something when it is ended.
    pub(crate) may_change: bool,
    /// Whether an answer to it may end the agent.
    pub(crate) may_quit: bool,
    /// Whether it must end, and when.
    pub(crate) cancel: Cancel,
}

impl Given {
    /// The call as the deputy is told of it: nothing comes before it any more, and it has what is left of its time.
    pub(super) fn passed_on(&self, request: &Request) -> Box<Request> {
        let left = self.cancel.deadline().map(|at| {
            let left = at.saturating_duration_since(std::time::Instant::now());
            u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1)
        });
        Box::new(Request {
            account: None,
            after: Vec::new(),
            if_changed: None,
            timeout_ms: left.or(request.timeout_ms),
            ..request.clone()
        })
    }
}

/// A call that a deputy has.
pub(super) struct Held {
    pub(super) given: Given,
    /// Which deputy of its account.
    pub(super) tries: u64,
    /// What is given to another one, where this one ends.
    again: Option<Box<Request>>,
}

impl Held {
    pub(super) fn new(given: Given, tries: u64, request: Box<Request>) -> Self {
        let again = given.is_repeatable.then_some(request);
        Self { given, tries, again }
    }

    fn is_of(&self, life: &Life) -> bool {
        self.given.account == life.account && self.tries == life.tries
    }
}

/// How a deputy ended that was not to.
pub(super) enum Death {
    /// By itself, or by somebody who killed it.
    Ended(String),
    /// It did not answer any more, and was given up.
    Silent,
    /// It said what it may not say, and was ended. Another one of its account would do so, too.
    Breach(&'static str),
}

impl Death {
    fn message(&self, user: &str) -> String {
        match self {
            Self::Ended(said) if said.is_empty() => format!("the agent as `{user}` has ended"),
            Self::Ended(said) => format!("the agent as `{user}` has ended: {said}"),
            Self::Silent => format!("the agent as `{user}` did not answer any more, and was given up"),
            Self::Breach(what) => format!(
                "the agent as `{user}` broke the rules of the protocol ({what}) and was ended: look at what that account runs"
            ),
        }
    }
}

impl Deputies {
    /// Whether a call is this deputy's; what is known of it.
    pub(super) fn held(&self, life: &Life, id: u64) -> Option<Given> {
        let table = self.lock();
        let held = table.calls.get(&id)?;
        held.is_of(life).then(|| held.given.clone())
    }

    /// A call that a deputy had was answered.
    pub(super) fn answered(&self, id: u64) {
        self.lock().calls.remove(&id);
    }

    /// A deputy is gone: its calls are given to another one where that is safe, and have failed where not. Nobody else's
    /// are touched.
    pub(super) fn gone(&self, agent: &Arc<Agent>, life: &Life, death: &Death) {
        let message = death.message(&life.user);
        let is_breach = matches!(death, Death::Breach(_));
        let mut lost = Vec::new();
        {
            let mut table = self.lock();
            table.alive -= usize::from(life.leave());
            // Else it was to end, or was given up before.
            if table.up(life).is_some() {
                life.end();
                let state = match death {
                    Death::Breach(_) => State::Refused {
                        failure: Failure::new(Kind::Unsupported, message.clone()),
                        is_final: true,
                    },
                    Death::Ended(_) | Death::Silent => State::Idle,
                };
                if let Some(entry) = table.accounts.get_mut(&life.account) {
                    entry.state = state;
                }
                lost.extend(table.calls.extract_if(|_, held| held.is_of(life)));
            }
        }
        lost.sort_by_key(|(id, _)| *id);
        self.changed.notify_all();
        if is_breach {
            // Fits a frame.
            drop(agent.outlet.send(&FromAgent::Notice {
                message: message.clone(),
            }));
        }
        let mut jobs = Vec::new();
        for (id, Held { given, again, .. }) in lost {
            let is_over = given.cancel.check();
            match again.filter(|_| !is_breach && is_over.is_ok()) {
                Some(request) => {
                    let reason = message.clone();
                    drop(agent.outlet.send(&FromAgent::Retried { id, reason }));
                    jobs.push(Job {
                        agent: Arc::clone(agent),
                        behind: request.behind.clone(),
                        request,
                        is_again: true,
                        cancel: given.cancel,
                    });
                }
                None => jobs.extend(lose(agent, id, &given, is_over.err(), &message)),
            }
        }
        agent.start(jobs);
    }
}

/// Answers a call of which nobody will know whether it has happened; gives what waited for it.
fn lose(agent: &Arc<Agent>, id: u64, given: &Given, over: Option<Failure>, message: &str) -> Vec<Job> {
    let failure = match over {
        Some(over) => Failure::new(over.kind, format!("{}; {message}", over.message)),
        None if given.may_change => {
            let message = format!("{message}; the call may or may not have happened");
            Failure::new(Kind::Lost, message)
        }
        None => Failure::new(Kind::Lost, message),
    };
    let mut reply = Reply::failed(failure);
    if given.may_change {
        reply.outcome = Outcome::Killed;
    }
    let outcome = call::answer(&agent.outlet, id, reply);
    agent.ended(id, outcome, None)
}
