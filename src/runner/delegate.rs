//! Calls that are made on another host: where they go, and what comes back.

use std::collections::HashSet;
use std::sync::Arc;

use crate::event::Outcome;
use crate::failure::{Failure, Kind};
use crate::name::HostId;
use crate::playbook::{Entry, Playbook};
use crate::protocol::Mode;
use crate::runner::control::Update;
use crate::runner::guest::{Guest, Recall, Returned};
use crate::runner::host::Host;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::template::{Rendering, Scope, Secrecy};
use crate::tool::Footprint;
use crate::value::Value;

/// Where an entry is done.
#[derive(Debug, Clone, Default)]
pub(super) enum Delegate {
    /// On its own host.
    #[default]
    Nobody,
    /// On this one.
    To(HostId),
    /// Check mode: that depends on what was not done.
    Unknown(String),
    /// What `delegate_to` gives is no host.
    Wrong(Failure),
}

/// A call that was sent to another host and has not come back.
#[derive(Debug)]
pub(super) struct Abroad {
    pub(super) place: Place,
    attempt: u32,
    to: HostId,
    footprint: Footprint,
    secrecy: Secrecy,
    /// How it was taken back, if it was.
    recalled: Option<Recall>,
}

/// The hosts to which some call of a playbook may be delegated: their connections stay until the run ends.
#[derive(Debug)]
pub(super) enum Delegates {
    /// These.
    Named(HashSet<HostId>),
    /// Any: some name is known only when the run comes to it.
    Any,
}

impl Delegates {
    /// Those of a playbook.
    pub(super) fn of(playbook: &Playbook) -> Self {
        let mut named = HashSet::new();
        for form in playbook.entries.iter().filter_map(|it| it.delegate_to.as_ref()) {
            let Some(name) = form.value.literal().and_then(Value::as_str) else {
                return Self::Any;
            };
            named.extend(playbook.inventory.host_names.get(name));
        }
        Self::Named(named)
    }

    /// Whether a host may be one.
    pub(super) fn has(&self, host: HostId) -> bool {
        match self {
            Self::Named(named) => named.contains(&host),
            Self::Any => true,
        }
    }
}

impl Host {
    /// Where an entry is done: as it says itself, else as what it is in says.
    pub(super) fn delegate(&self, frame: FrameId, entry: &Entry, scope: &Arc<Scope>) -> Delegate {
        let Some(form) = &entry.delegate_to else {
            return self.frames[&frame].delegate.clone();
        };
        let wrong = |message: String| Delegate::Wrong(Failure::new(Kind::Invalid, message));
        match form.value.render(scope) {
            Ok(Rendering::Known {
                value: Value::Str(name),
                ..
            }) => match self.context.playbook.inventory.host_names.get(&name) {
                Some(host) => match self.context.playbook.inventory.closed.get(host) {
                    Some(why) => wrong(format!("`delegate_to` gives `{name}`, and {why}")),
                    None => Delegate::To(*host),
                },
                None => wrong(format!("`delegate_to` gives `{name}`, and there is no such host")),
            },
            Ok(Rendering::Known { value, .. }) => wrong(format!(
                "`delegate_to` needs the name of a host, not a {}",
                value.type_name()
            )),
            Ok(Rendering::Unknown { because }) => Delegate::Unknown(because),
            Err(error) => wrong(self.explain(&error)),
        }
    }

    /// Sends a call to the host that makes it.
    pub(super) fn send_away(&mut self, place: Place, mut guest: Guest) {
        self.tickets += 1;
        guest.ticket = self.tickets;
        self.hold_abroad(place, guest.to);
        let abroad = Abroad {
            place,
            attempt: guest.attempt,
            to: guest.to,
            footprint: guest.footprint.clone(),
            secrecy: guest.secrecy,
            recalled: None,
        };
        self.abroad.insert(guest.ticket, abroad);
        self.say(Update::Delegated(Box::new(guest)));
    }

    /// A call has come back.
    pub(super) fn returned(&mut self, ticket: u64, returned: Returned) {
        let Some(abroad) = self.abroad.remove(&ticket) else {
            return;
        };
        let delegate = self.context.name(abroad.to);
        let failure = returned.failure(&delegate);
        let was_answered = matches!(returned, Returned::Answer(..));
        let is_check = self.context.options.mode == Mode::Check;
        let may_change = !is_check && !abroad.footprint.is_read_only();
        let (mut record, because, micros) = match (returned, failure) {
            (Returned::Answer(reply, because), _) => {
                let micros = reply.micros;
                let (record, because) = self.record_of(abroad.place, *reply, because, may_change);
                (record, because, micros)
            }
            (Returned::Lost(_), failure) => {
                let record = Record {
                    error: failure,
                    ..Record::of(Outcome::Lost)
                };
                (record, None, 0)
            }
            (_, Some(failure)) => (Record::failed(failure), None, 0),
            (_, None) => {
                let because = self.why_not_begun(abroad.place).to_owned();
                (Record::of(Outcome::Canceled), Some(because), 0)
            }
        };
        record.delegate = Some(delegate);
        if !was_answered {
            // There is nothing that the playbook could judge.
            self.end_item(abroad.place, record, because, micros, abroad.secrecy);
            return;
        }
        self.judge(
            abroad.place,
            abroad.attempt,
            record,
            because,
            micros,
            abroad.secrecy,
        );
    }

    /// Takes calls back for which this holds.
    pub(super) fn call_back(&mut self, how: Recall, wanted: impl Fn(&Self, Place) -> bool) {
        let is_new = |abroad: &Abroad| abroad.recalled.is_none_or(|before| before < how);
        let wanted: Vec<_> = self
            .abroad
            .iter()
            .rev()
            .filter(|(_, abroad)| is_new(abroad) && wanted(self, abroad.place))
            .map(|(ticket, abroad)| (*ticket, abroad.to))
            .collect();
        for (ticket, _) in &wanted {
            if let Some(abroad) = self.abroad.get_mut(ticket) {
                abroad.recalled = Some(how);
            }
        }
        for (ticket, to) in wanted {
            self.say(Update::Recalled {
                to,
                home: self.id,
                ticket,
                how,
            });
        }
    }
}
