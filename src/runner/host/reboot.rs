//! A host that restarts: waited for, connected again, and asked whether it is well.

use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::argument::{self, Argv};
use crate::cause::{Cause, Unreachable};
use crate::failure::{Failure, Kind};
use crate::protocol::{Mode, Outcome as Answer, Reply, Request};
use crate::runner::control::Control;
use crate::runner::host::Host;
use crate::runner::schedule::loss::REBOOT;
use crate::runner::schedule::state::flight::Flight;
use crate::transport::Incoming;
use crate::value::{Map, Value};

/// How long is waited before each look whether the host is back.
const PAUSE: Duration = Duration::from_secs(1);

/// A host that is on its way down and up again.
#[derive(Debug)]
pub(super) struct Reboot {
    flight: Flight,
    /// What it said before it went down.
    reply: Reply,
    boot_id: String,
    since: Instant,
    wait: Wait,
}

/// What the call says of the waiting; the other arguments are the host's.
#[derive(Debug, Deserialize)]
struct Wait {
    timeout: argument::Duration,
    post_delay: argument::Duration,
    #[serde(default)]
    test_command: Option<Argv>,
}

impl Host {
    /// What a host would have said that was gone before it could.
    pub(super) fn gone(&self) -> Reply {
        let boot_id = Value::from(self.boot_id.as_str());
        Reply {
            fields: Map::from([("boot_id".to_owned(), boot_id)]),
            ..Reply::ended(Answer::Changed)
        }
    }

    /// A host has said that it restarts, or has gone down without a word: its call goes on until it is back.
    pub(super) fn goes_down(&mut self, flight: Flight, reply: Reply) {
        match rmp_serde::from_slice(&flight.prepared.args) {
            Ok(wait) => {
                self.reboot = Some(Box::new(Reboot {
                    flight,
                    reply,
                    boot_id: self.boot_id.clone(),
                    since: Instant::now(),
                    wait,
                }));
            }
            Err(error) => {
                let failure = Failure::new(Kind::Invalid, format!("arguments of `{REBOOT}`: {error}"));
                self.schedule.restarted(flight, Reply::failed(failure));
            }
        }
    }

    /// The connection has ended, as it was to: waits for the host.
    pub(super) async fn comes_back(&mut self, reboot: Box<Reboot>) {
        let ended = self.await_host(&reboot).await;
        let micros = u64::try_from(reboot.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        let Reboot { flight, reply, .. } = *reboot;
        let reply = match ended {
            Some(Ok(())) => reply,
            Some(Err(failure)) => Reply::failed(failure),
            None => Reply {
                error: Some(Failure::new(Kind::Canceled, "canceled")),
                ..Reply::ended(Answer::Killed)
            },
        };
        self.schedule.restarted(flight, Reply { micros, ..reply });
        self.catch_up().await;
        if self.session.is_some() {
            let error = Unreachable::new(Cause::Lost, "the host has restarted");
            self.schedule.repeat(false, &error);
        } else {
            self.schedule.stays_down();
        }
    }

    /// `None`: the run was interrupted meanwhile.
    async fn await_host(&mut self, reboot: &Reboot) -> Option<Result<(), Failure>> {
        let wait = &reboot.wait;
        let deadline = reboot.since + wait.timeout.0;
        let late = |why: &str| {
            let message = format!("the host is not back within {}: {why}", wait.timeout);
            Some(Err(Failure::new(Kind::Timeout, message)))
        };
        let mut why = "it was not asked yet".to_owned();
        loop {
            if !self.pause(PAUSE).await {
                return None;
            }
            if Instant::now() >= deadline {
                return late(&why);
            }
            match self.dial(true).await? {
                Ok(session) if session.hello.boot_id == reboot.boot_id => {
                    "it has not restarted".clone_into(&mut why);
                    session.close().await;
                }
                Ok(session) => {
                    self.keep(session, reboot.since);
                    break;
                }
                Err(error) if matches!(error.cause, Cause::KeyChanged | Cause::KeyUnknown | Cause::Local) => {
                    return Some(Err(Failure::new(Kind::Unreachable, error.message)));
                }
                Err(error) => why = error.message,
            }
        }
        if !self.pause(wait.post_delay.0).await {
            return None;
        }
        let Some(command) = &wait.test_command else {
            return Some(Ok(()));
        };
        loop {
            match self.is_well(command, deadline).await? {
                Ok(()) => return Some(Ok(())),
                Err(error) if Instant::now() >= deadline => {
                    return late(&format!("`test_command` does not succeed: {error}"));
                }
                Err(_) => {}
            }
            if !self.pause(PAUSE).await {
                return None;
            }
        }
    }

    /// Runs a program on the host outside of all order: nothing else is under way there. `None`: the run was interrupted
    /// meanwhile.
    async fn is_well(&mut self, command: &Argv, deadline: Instant) -> Option<Result<(), String>> {
        let id = self.schedule.number();
        let Some(session) = &mut self.session else {
            return Some(Err("the connection is gone".into()));
        };
        let args = Value::of(command).map(|argv| Map::from([("argv".to_owned(), argv)]));
        let args = args.map_err(|error| error.to_string());
        let args = args.and_then(|args| rmp_serde::to_vec_named(&args).map_err(|error| error.to_string()));
        let args = match args {
            Ok(args) => args,
            Err(error) => return Some(Err(error)),
        };
        let left = deadline.saturating_duration_since(Instant::now()).max(PAUSE);
        session.sender.call(Request {
            id,
            tool: "exec.command".into(),
            account: None,
            args,
            mode: Mode::Apply,
            diff: false,
            stream: false,
            read_only: false,
            timeout_ms: u64::try_from(left.as_millis()).ok(),
            after: Vec::new(),
            if_changed: None,
            changed_before: false,
            touches: None,
            behind: None,
            settled: 0,
        });
        while let Some(session) = &mut self.session {
            let control = tokio::select! {
                incoming = session.incoming.recv() => {
                    match incoming {
                        Some(Incoming::Reply(of, reply)) if of == id => {
                            return Some(match (reply.outcome, reply.error) {
                                (Answer::Failed | Answer::Killed, Some(error)) => Err(error.message),
                                _ => Ok(()),
                            });
                        }
                        Some(Incoming::Closed(_)) | None => self.hung_up(),
                        Some(_) => {}
                    }
                    continue;
                }
                control = self.control.recv() => control,
            };
            if !self.heard(control) {
                if let Some(session) = &self.session {
                    session.sender.cancel(id);
                }
                return None;
            }
        }
        Some(Err("the connection broke".into()))
    }

    /// Waits; whether the run goes on.
    async fn pause(&mut self, time: Duration) -> bool {
        let sleep = tokio::time::sleep(time);
        tokio::pin!(sleep);
        loop {
            let control = tokio::select! {
                () = &mut sleep => return true,
                control = self.control.recv() => control,
            };
            if !self.heard(control) {
                return false;
            }
        }
    }

    /// Takes a word of the run that came while the host was waited for; whether the run goes on.
    fn heard(&mut self, control: Option<Control>) -> bool {
        match control {
            Some(Control::Stop) => {
                self.schedule.stop_run();
                false
            }
            Some(Control::Cancel) => {
                self.schedule.cancel_run();
                false
            }
            other => {
                self.waiting.push_back(other.unwrap_or(Control::Finish));
                true
            }
        }
    }
}
