//! One call: run by its tool, judged by its mode, answered in a frame or in parts.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::agent::deputy::Given;
use crate::agent::foresight::spoil;
use crate::agent::link::CallLink;
use crate::agent::outlet::Outlet;
use crate::agent::serve::Agent;
use crate::failure::{Failure, Kind};
use crate::protocol::{
    self, Behind, FrameError, FromAgent, Mode, Outcome, RESULT_LIMIT, Reply, Request, WARNINGS,
};
use crate::system::{Cancel, Writer};
use crate::tool::{Access, Apply, Served};

/// A call that may start.
pub(super) struct Job {
    pub(super) agent: Arc<Agent>,
    pub(super) request: Box<Request>,
    /// In check mode: what it reads may be different by calls of which this agent does not know.
    pub(super) behind: Option<Box<Behind>>,
    /// It was made before by a deputy that has ended.
    pub(super) is_again: bool,
    pub(super) cancel: Cancel,
}

impl Job {
    /// Runs it and answers it; gives what waited for it and may start now.
    #[must_use]
    pub(super) fn run(self) -> Vec<Self> {
        match self.request.account {
            Some(account) => self.forward(account),
            None => self.run_here(),
        }
    }

    /// Gives it to the deputy that runs as its account; the answer comes from there.
    fn forward(self, account: u32) -> Vec<Self> {
        let Self {
            agent,
            mut request,
            behind,
            is_again,
            cancel,
        } = self;
        let id = request.id;
        request.behind.clone_from(&behind);
        // To start the deputy is a part of the call.
        if cancel.deadline().is_none() {
            cancel.start(request.timeout_ms.map(Duration::from_millis));
        }
        let is_look = request.mode == Mode::Check || request.read_only;
        let server = agent.servers.get(&request.tool);
        let access = server.map_or(Access::Opaque, |it| it.access);
        let given = Given {
            account,
            is_repeatable: !is_again
                && (is_look || matches!(access, Access::Reads | Access::Writes | Access::Waits)),
            may_change: !is_look && !matches!(access, Access::Reads | Access::Waits),
            may_quit: access == Access::Fence,
            cancel: cancel.clone(),
        };
        let link = CallLink::new(Arc::clone(&agent), id, cancel, false);
        let host = Writer::new(&link);
        let Err(failure) = agent.deputies.forward(&agent, given, request, &host) else {
            return Vec::new();
        };
        let reply = match behind {
            Some(behind) if may_come_of_it(failure.kind) => {
                Reply::ended(Outcome::Unknown { because: behind.id })
            }
            _ => Reply::failed(failure),
        };
        let outcome = answer(&agent.outlet, id, reply);
        agent.ended(id, outcome, None)
    }

    fn run_here(self) -> Vec<Self> {
        let start = Instant::now();
        self.cancel
            .start(self.request.timeout_ms.map(Duration::from_millis));
        let link = CallLink::new(
            Arc::clone(&self.agent),
            self.request.id,
            self.cancel.clone(),
            self.request.stream,
        );
        let served = self.serve(&link);
        let broken = link.broken();
        let kept = link.into_kept();
        // What it had to say and could not is part of its work.
        let served = served.and_then(|served| kept.unsaid.map_or(Ok(served), Err));
        let mut reply = match served {
            Ok(served) => Reply {
                outcome: if served.unknown {
                    Outcome::Unknown {
                        because: served.because.unwrap_or(self.request.id),
                    }
                } else if served.changed && !self.request.read_only {
                    Outcome::Changed
                } else {
                    Outcome::Ok
                },
                diff: served.diff,
                fields: served.fields,
                unsure: served.unsure,
                ..Reply::ended(Outcome::Ok)
            },
            Err(failure) => {
                let outcome = self.failed_as(&failure);
                Reply {
                    outcome,
                    ..Reply::failed(broken.unwrap_or(failure))
                }
            }
        };
        reply.warnings = few(kept.warnings);
        reply.quit = kept.quit;
        reply.micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let id = self.request.id;
        let outcome = answer(&self.agent.outlet, id, reply);
        self.agent.ended(id, outcome, kept.quit)
    }

    /// How a failure counts for those that come after it.
    fn failed_as(&self, failure: &Failure) -> Outcome {
        let is_ended = matches!(failure.kind, Kind::Canceled | Kind::Timeout) && self.cancel.check().is_err();
        let server = self.agent.servers.get(&self.request.tool);
        let only_looks = server.is_some_and(|it| matches!(it.access, Access::Reads | Access::Waits));
        let may_change = self.request.mode == Mode::Apply && !self.request.read_only && !only_looks;
        if is_ended && may_change {
            Outcome::Killed
        } else {
            Outcome::Failed
        }
    }

    fn serve(&self, link: &CallLink) -> Result<Served, Failure> {
        let name = &self.request.tool;
        let server = self
            .agent
            .servers
            .get(name)
            .ok_or_else(|| Failure::new(Kind::Unsupported, format!("the agent has no tool `{name}`")))?;
        self.cancel.check()?;
        let request = &*self.request;
        if request.mode == Mode::Apply {
            return self
                .guarded(|| server.serve(&request.args, Apply::Yes, request.diff, &Writer::new(link)));
        }
        let touches = request.touches.as_deref();
        let reads = touches
            .and_then(|it| it.reads.clone())
            .filter(|_| server.access == Access::Opaque);
        let host = Writer::predicting(link, &self.agent.foresight.host, request.id, reads);
        if let Some(behind) = &self.behind {
            if request.read_only || matches!(server.access, Access::Reads | Access::Waits) {
                return Ok(Served::unknown(behind.id));
            }
            spoil(&host, &behind.writes, behind.id);
        }
        let apply = if request.read_only { Apply::Yes } else { Apply::No };
        let came = self.guarded(|| server.serve(&request.args, apply, request.diff, &host))?;
        if server.access == Access::Opaque && (came.changed || came.unknown) && !request.read_only {
            let writes = touches.map_or(&None, |it| &it.writes);
            spoil(&host, writes, came.because.unwrap_or(request.id));
        }
        Ok(came)
    }

    fn guarded(&self, work: impl FnOnce() -> Result<Served, Failure>) -> Result<Served, Failure> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            let (name, said) = (&self.request.tool, words(&*panic));
            Err(Failure::new(
                Kind::Crashed,
                format!("`{name}` crashed, which is a bug in it: {said}"),
            ))
        })
    }
}

impl Agent {
    /// In check mode: nobody knows whether a call would be made, so that nobody knows what it would write.
    pub(super) fn might_run(self: &Arc<Self>, request: &Request, because: u64) {
        let link = CallLink::new(Arc::clone(self), request.id, Cancel::default(), false);
        let host = Writer::predicting(&link, &self.foresight.host, request.id, None);
        let server = self
            .servers
            .get(&request.tool)
            .filter(|it| it.access != Access::Opaque);
        let is_foreseen = server.is_some_and(|server| server.spoil(&request.args, &host, because));
        if !is_foreseen && !request.read_only {
            let writes = request.touches.as_deref().map_or(&None, |it| &it.writes);
            spoil(&host, writes, because);
        }
    }
}

/// Whether a failure of a look in check mode may be owed to a change that was not made.
fn may_come_of_it(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Canceled | Kind::Crashed | Kind::Lost | Kind::Unreachable
    )
}

/// No more warnings than an answer may hold.
fn few(mut warnings: Vec<String>) -> Vec<String> {
    let more = warnings.len().saturating_sub(WARNINGS);
    if more > 0 {
        warnings.truncate(WARNINGS - 1);
        warnings.push(format!("{} more warnings are left out", more + 1));
    }
    warnings
}

fn words(panic: &(dyn Any + Send)) -> String {
    let said = panic
        .downcast_ref::<&str>()
        .map(|it| (*it).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    said.unwrap_or_else(|| "it did not say why".into())
}

/// Sends an answer, in parts where it is large. A result past the limit becomes a failure; the outcome that was sent
/// comes back.
pub(super) fn answer(outlet: &Outlet, id: u64, reply: Reply) -> Outcome {
    let outcome = reply.outcome;
    let message = FromAgent::Reply {
        id,
        reply: Box::new(reply),
    };
    let mut why = match outlet.send(&message) {
        Ok(()) => return outcome,
        Err(error) => error,
    };
    let FromAgent::Reply { reply, .. } = message else {
        return outcome;
    };
    let micros = reply.micros;
    if matches!(why, FrameError::TooLong(_)) {
        match in_parts(&reply) {
            Ok(bytes) => {
                drop(reply);
                outlet.send_parts(id, &bytes, outcome);
                return outcome;
            }
            Err(error) => why = error,
        }
    }
    let too_large = match why {
        FrameError::TooLong(bytes) => {
            format!("result too large: {bytes} bytes, at most {RESULT_LIMIT} are allowed")
        }
        FrameError::Excess(excess) => format!("result too large: {excess}"),
        error => format!("the result cannot be sent: {error}"),
    };
    let reply = Reply {
        micros,
        ..Reply::failed(Failure::new(Kind::Invalid, too_large))
    };
    // It is short.
    drop(outlet.send(&FromAgent::Reply {
        id,
        reply: Box::new(reply),
    }));
    Outcome::Failed
}

/// An answer as the parts of it make it up.
fn in_parts(reply: &Reply) -> Result<Vec<u8>, FrameError> {
    let bytes = rmp_serde::to_vec_named(reply).map_err(FrameError::Encode)?;
    if bytes.len() > RESULT_LIMIT {
        return Err(FrameError::TooLong(bytes.len()));
    }
    protocol::weight(&bytes).map_err(FrameError::Excess)?;
    Ok(bytes)
}
