//! Calls that are made on another host: sent away, and what comes back.

use crate::event::Outcome;
use crate::runner::control::Update;
use crate::runner::names::Place;
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::abroad::Abroad;
use crate::runner::schedule::state::guest::{Guest, Recall, Returned};

impl Schedule {
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
    pub(in crate::runner) fn returned(&mut self, ticket: u64, returned: Returned) {
        let Some(abroad) = self.abroad.remove(&ticket) else {
            return;
        };
        let delegate = self.program.playbook.inventory.host(abroad.to).name.clone();
        let failure = returned.failure(&delegate);
        let was_answered = matches!(returned, Returned::Answer(..));
        let may_change = !self.is_check() && !abroad.footprint.is_read_only();
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
