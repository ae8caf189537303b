//! A host's connection: made on first need, and made again where it broke and nothing is at stake.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cause::{Cause, Unreachable};
use crate::event::Kind as Event;
use crate::runner::control::Control;
use crate::runner::host::Host;
use crate::runner::host::credentials::credentials;
use crate::transport::{Incoming, Session};

/// How often a connection that broke is made again, and how long is waited before each time.
const RECONNECT: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

/// What the end of a connection would mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Parting {
    /// A loss: no call asked for it.
    #[default]
    Unasked,
    /// A call was answered after which the agent ends.
    Asked,
    /// The same, and the next connection is to be a new login.
    ForNewLogin,
}

impl Host {
    /// Connects. Where that fails, the host is over.
    pub(super) async fn connect(&mut self) -> bool {
        match self.try_connect().await {
            Some(Ok(())) => true,
            Some(Err(error)) => {
                self.schedule.unreachable(&error);
                false
            }
            None => false,
        }
    }

    /// `None`: the run was interrupted meanwhile.
    async fn try_connect(&mut self) -> Option<Result<(), Unreachable>> {
        self.schedule.emit(Event::Connecting {
            host: self.name.clone(),
        });
        self.tell_now().await;
        let started = Instant::now();
        let is_fresh = std::mem::take(&mut self.parting) == Parting::ForNewLogin;
        match self.dial(is_fresh).await? {
            Ok(session) => self.keep(session, started),
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(()))
    }

    /// Makes a connection; `is_fresh`: with a new login. `None`: the run was interrupted meanwhile.
    pub(super) async fn dial(&mut self, is_fresh: bool) -> Option<Result<Session, Unreachable>> {
        let context = Arc::clone(&self.context);
        let host = context.playbook.inventory.host(self.id);
        let id = self.id;
        let connecting = async {
            let credentials = credentials(&context, id).await?;
            let connector = &context.connector;
            let connection = &host.connection;
            connector
                .connect_anew(&host.name, connection, &credentials, is_fresh)
                .await
        };
        tokio::pin!(connecting);
        loop {
            tokio::select! {
                result = &mut connecting => return Some(result),
                control = self.control.recv() => match control {
                    Some(Control::Stop) if self.schedule.has_guests() => self.waiting.push_back(Control::Stop),
                    Some(Control::Stop) => {
                        self.schedule.stop_run();
                        return None;
                    }
                    Some(Control::Cancel) => {
                        self.schedule.cancel_run();
                        return None;
                    }
                    other => self.waiting.push_back(other.unwrap_or(Control::Finish)),
                },
            }
        }
    }

    pub(super) fn keep(&mut self, session: Session, started: Instant) {
        self.boot_id.clone_from(&session.hello.boot_id);
        self.context.set_facts(self.id, &session.hello.facts);
        self.schedule.connected();
        self.schedule.emit(Event::Connected {
            host: self.name.clone(),
            facts: Box::new(session.hello.facts.clone()),
            took: started.elapsed().as_secs_f64(),
            reused: session.reused,
            installed: session.installed,
        });
        self.session = Some(session);
    }

    /// The connection has ended: here, and for the schedule.
    pub(super) fn hung_up(&mut self) {
        self.session = None;
        self.schedule.disconnected();
    }

    /// Hands over what has happened before something takes its time.
    pub(super) async fn tell_now(&mut self) {
        while let Some(effect) = self.schedule.next_effect() {
            self.carry_out(effect).await;
        }
        self.flush().await;
    }

    /// The connection has ended. What can be repeated is; else the host is over.
    pub(super) async fn closed(&mut self, how: Result<(), Unreachable>) {
        self.outputs.clear();
        // An agent that says goodbye unasked is lost like any other: made again, it might do so without end.
        let was_asked_for = how.is_ok() && self.parting != Parting::Unasked;
        let cut = self.schedule.cut(was_asked_for);
        if self.reboot.is_none() && !was_asked_for {
            // A host may be gone before it has said that it goes.
            if let Some(flight) = self.schedule.gone_down() {
                let reply = self.gone();
                self.goes_down(flight, reply);
            }
        }
        if let Some(reboot) = self.reboot.take() {
            self.comes_back(reboot).await;
            return;
        }
        if cut.is_empty {
            return;
        }
        let error = how
            .err()
            .unwrap_or_else(|| Unreachable::new(Cause::Lost, "the agent has ended"));
        if cut.may_repeat {
            for wait in RECONNECT {
                tokio::time::sleep(wait).await;
                match self.try_connect().await {
                    Some(Ok(())) => {
                        self.schedule.repeat(!was_asked_for, &error);
                        return;
                    }
                    Some(Err(_)) => {}
                    None => break,
                }
            }
        }
        let outcome = self.schedule.lost(&error);
        self.catch_up().await;
        self.schedule.lost_for_good(outcome, error.message);
    }
}

/// What comes next; nothing ever where there is no connection.
pub(super) async fn next_incoming(session: &mut Option<Session>) -> Incoming {
    match session {
        Some(session) => match session.incoming.recv().await {
            Some(incoming) => incoming,
            None => Incoming::Closed(Err(Unreachable::new(Cause::Lost, "the connection has ended"))),
        },
        None => std::future::pending().await,
    }
}
