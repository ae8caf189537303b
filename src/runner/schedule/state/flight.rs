//! Calls that were sent and not answered: what they touch, and so what must come after them on this host.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::login::Login;
use crate::protocol::{After, Need, Reply};
use crate::runner::names::{FrameId, Place};
use crate::runner::schedule::state::guest::Guest;
use crate::template::Secrecy;
use crate::tool::{Access, Area, Footprint, Prepared};

/// How many calls may be under way to one host: enough to keep a slow link busy, few enough to bound memory.
const MAX_IN_FLIGHT: usize = 256;

/// Whose a call is.
#[derive(Debug)]
pub(in crate::runner) enum Owner {
    /// This host's.
    Own(Place),
    /// Another host's, which delegates it to this one.
    Guest(Box<Guest>),
}

/// A call that was sent and not answered.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, none a state"
)]
pub(in crate::runner) struct Flight {
    /// Which call.
    pub(in crate::runner) owner: Owner,
    /// Which attempt, from 1.
    pub(in crate::runner) attempt: u32,
    /// What it touches.
    pub(in crate::runner) footprint: Footprint,
    /// Whether it changes nothing.
    pub(in crate::runner) is_reader: bool,
    /// Whether it is an item of a loop.
    pub(in crate::runner) is_item: bool,
    /// Its arguments.
    pub(in crate::runner) prepared: Arc<Prepared>,
    /// What it does in principle: decides whether it may be repeated.
    pub(in crate::runner) access: Access,
    /// Whether it was repeated already, after a lost connection.
    pub(in crate::runner) is_repeated: bool,
    /// The earlier run that began it, and may have changed something by it.
    pub(in crate::runner) began_in: Option<String>,
    /// What it comes after.
    pub(in crate::runner) after: Vec<After>,
    /// The sources that the agent decides it by.
    pub(in crate::runner) if_changed: Option<Vec<u64>>,
    /// Whether one of them was answered, and changed something.
    pub(in crate::runner) changed_before: bool,
    /// Whether it was taken back.
    pub(in crate::runner) is_recalled: bool,
    /// The account that it acts as, where it is not the one that logged in.
    pub(in crate::runner) login: Option<Box<Login>>,
    /// Whether a secret was read for it.
    pub(in crate::runner) secrecy: Secrecy,
}

impl Flight {
    /// A call that is about to be sent.
    pub(in crate::runner) fn new(
        owner: Owner,
        attempt: u32,
        footprint: Footprint,
        prepared: Arc<Prepared>,
        access: Access,
    ) -> Self {
        Self {
            owner,
            attempt,
            is_reader: footprint.is_read_only(),
            footprint,
            is_item: false,
            prepared,
            access,
            is_repeated: false,
            began_in: None,
            after: Vec::new(),
            if_changed: None,
            changed_before: false,
            is_recalled: false,
            login: None,
            secrecy: Secrecy::Public,
        }
    }

    /// Its place, if it is this host's own.
    pub(in crate::runner) const fn place(&self) -> Option<Place> {
        match self.owner {
            Owner::Own(place) => Some(place),
            Owner::Guest(_) => None,
        }
    }

    /// The entry of a frame that it belongs to; guests are in none.
    fn slot(&self) -> Option<(FrameId, usize)> {
        self.place().map(|place| (place.frame, place.slot))
    }

    /// A call was answered, and has changed something.
    pub(in crate::runner) fn source_has_changed(&mut self, id: u64) {
        self.changed_before |= self
            .if_changed
            .as_ref()
            .is_some_and(|sources| sources.contains(&id));
    }

    /// In check mode: what it may touch, as far as its tool can say it.
    pub(in crate::runner) fn touches(&self) -> Footprint {
        if self.access == Access::Opaque {
            return self.footprint.clone();
        }
        let mut footprint = self.prepared.footprint.clone();
        if self.login.is_some() {
            footprint.reads.extend(&Area::accounts());
        }
        footprint
    }

    /// Whether it may change something on the host.
    pub(in crate::runner) const fn may_change(&self) -> bool {
        !self.is_reader && !matches!(self.access, Access::Reads | Access::Waits)
    }

    /// Whether it may have changed something before it is made, since it was made before.
    pub(in crate::runner) const fn may_have_changed(&self) -> bool {
        (self.is_repeated || self.began_in.is_some()) && !self.is_reader
    }

    /// Whether it does no harm to make it twice.
    pub(in crate::runner) const fn is_safe_to_repeat(&self) -> bool {
        matches!(self.access, Access::Reads | Access::Writes | Access::Waits) || self.is_reader
    }

    /// Whether it may be made again when nobody knows whether it has happened.
    pub(in crate::runner) const fn may_repeat(&self) -> bool {
        self.is_safe_to_repeat() && !self.is_repeated
    }
}

/// An answer that was not judged. Of an unknown one: because of which call.
#[derive(Debug)]
pub(in crate::runner) struct Replied {
    pub(in crate::runner) flight: Flight,
    pub(in crate::runner) reply: Reply,
    pub(in crate::runner) because: Option<String>,
}

/// All calls under way on a host, and in check mode those that would change something.
#[derive(Debug, Default)]
pub(in crate::runner) struct Flights {
    under_way: BTreeMap<u64, Flight>,
    /// Those of them that may change something.
    writers: BTreeSet<u64>,
    /// Those of them that the agent decides by what others change.
    asking: BTreeSet<u64>,
    pending: Vec<(u64, Area)>,
    last: u64,
}

impl Flights {
    /// A number that was never given before.
    pub(in crate::runner) fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Whether no more may be sent for now.
    pub(in crate::runner) fn is_full(&self) -> bool {
        self.under_way.len() >= MAX_IN_FLIGHT
    }

    /// Whether none is.
    pub(in crate::runner) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Those under way, in the order in which they were sent.
    pub(in crate::runner) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &Flight)> {
        self.under_way.iter().map(|(id, flight)| (*id, flight))
    }

    /// One that is under way.
    pub(in crate::runner) fn get(&self, id: u64) -> Option<&Flight> {
        self.under_way.get(&id)
    }

    /// The same, to be changed.
    pub(in crate::runner) fn get_mut(&mut self, id: u64) -> Option<&mut Flight> {
        self.under_way.get_mut(&id)
    }

    /// Everything below this number was answered.
    pub(in crate::runner) fn settled(&self) -> u64 {
        self.under_way.keys().next().copied().unwrap_or(self.last + 1)
    }

    /// A call was sent.
    pub(in crate::runner) fn insert(&mut self, id: u64, flight: Flight) {
        if !flight.is_reader {
            self.writers.insert(id);
        }
        if flight.if_changed.is_some() {
            self.asking.insert(id);
        }
        self.under_way.insert(id, flight);
    }

    /// A call was answered.
    pub(in crate::runner) fn remove(&mut self, id: u64) -> Option<Flight> {
        self.writers.remove(&id);
        self.asking.remove(&id);
        self.under_way.remove(&id)
    }

    /// Takes all of them away: the connection is gone.
    pub(in crate::runner) fn take(&mut self) -> BTreeMap<u64, Flight> {
        self.writers.clear();
        self.asking.clear();
        std::mem::take(&mut self.under_way)
    }

    /// A call was answered, and has changed something: those that ask for that know it, whatever becomes of the
    /// connection.
    pub(in crate::runner) fn has_changed(&mut self, id: u64) {
        for asking in &self.asking {
            if let Some(flight) = self.under_way.get_mut(asking) {
                flight.source_has_changed(id);
            }
        }
    }

    /// What a call that touches this, in this frame (a guest is in none), comes after. `need` says what must have become
    /// of each.
    ///
    /// A call of the same frame that touches everything came after everything older itself, and for the same reasons: what
    /// stops the one stops the other. So older ones need not be named, but for items of the same loop: any of them may
    /// fail, and their loop goes on.
    pub(in crate::runner) fn after(
        &self,
        footprint: &Footprint,
        frame: Option<FrameId>,
        need: impl Fn(&Flight) -> Need,
    ) -> Vec<After> {
        let mut after = Vec::new();
        let mut loop_only = None;
        // Readers come after writers only, of which there are few among many.
        let writers = self.writers.iter().filter_map(|id| Some((*id, self.get(*id)?)));
        let earlier: &mut dyn Iterator<Item = _> = if footprint.is_read_only() {
            &mut writers.rev()
        } else {
            &mut self.iter().rev()
        };
        for (id, flight) in earlier {
            if loop_only.is_some() && flight.slot() != loop_only {
                continue;
            }
            if !flight.footprint.conflicts(footprint) {
                continue;
            }
            let need = need(flight);
            after.push(After { id, need });
            let is_same_frame = flight.slot().map(|(frame, _)| frame) == frame;
            if loop_only.is_some() || !is_same_frame || flight.footprint != Footprint::EVERYTHING {
                continue;
            }
            if flight.is_item && need == Need::Succeeded {
                loop_only = flight.slot();
            } else {
                break;
            }
        }
        after
    }

    /// In check mode: something would be changed, or might be, of which the agent does not know.
    pub(in crate::runner) fn would_change(&mut self, id: u64, writes: Area) {
        if writes == Area::Everything {
            self.pending.clear();
        }
        self.pending.push((id, writes));
    }

    /// In check mode: what of that touches what this footprint reads.
    pub(in crate::runner) fn behind(&self, footprint: &Footprint) -> Option<(u64, Area)> {
        let mut met = self
            .pending
            .iter()
            .filter(|(_, writes)| writes.meets(&footprint.reads));
        let (id, writes) = met.next()?;
        let mut area = writes.clone();
        for (_, writes) in met {
            area.extend(writes);
        }
        Some((*id, area))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::Area;

    fn flight(frame: u64, footprint: Footprint) -> Flight {
        let prepared = Arc::new(Prepared {
            args: Vec::new(),
            footprint: footprint.clone(),
            target: None,
        });
        let owner = Owner::Own(Place {
            frame: FrameId(frame),
            slot: 0,
            item: 0,
        });
        Flight::new(owner, 1, footprint, prepared, Access::Writes)
    }

    fn after_by(flights: &Flights, footprint: &Footprint, need: Need) -> Vec<u64> {
        flights
            .after(footprint, Some(FrameId(1)), |_| need)
            .iter()
            .map(|after| after.id)
            .collect()
    }

    fn after(flights: &Flights, footprint: &Footprint) -> Vec<u64> {
        after_by(flights, footprint, Need::Succeeded)
    }

    #[test]
    fn a_chain_of_writers_names_only_the_last_one() {
        let mut flights = Flights::default();
        for id in 1..=1000 {
            flights.insert(id, flight(1, Footprint::EVERYTHING));
        }
        assert_eq!(after(&flights, &Footprint::EVERYTHING), [1000]);
    }

    #[test]
    fn a_writer_comes_after_every_reader_since_the_last_writer() {
        let mut flights = Flights::default();
        flights.insert(1, flight(1, Footprint::EVERYTHING));
        flights.insert(2, flight(1, Footprint::reads(Area::path("/a"))));
        flights.insert(3, flight(1, Footprint::reads(Area::path("/b"))));
        assert_eq!(after(&flights, &Footprint::EVERYTHING), [3, 2, 1]);
        assert_eq!(after(&flights, &Footprint::reads(Area::path("/c"))), [1]);
        assert_eq!(after(&flights, &Footprint::NOTHING), [0; 0]);
    }

    #[test]
    fn a_writer_in_another_frame_hides_nothing_older() {
        let mut flights = Flights::default();
        flights.insert(1, flight(1, Footprint::EVERYTHING));
        flights.insert(2, flight(2, Footprint::EVERYTHING));
        assert_eq!(after(&flights, &Footprint::EVERYTHING), [2, 1]);
    }

    #[test]
    fn every_item_of_a_loop_is_named_and_nothing_older_than_it() {
        let mut flights = Flights::default();
        flights.insert(1, flight(1, Footprint::EVERYTHING));
        for id in 2..=4 {
            let mut item = flight(1, Footprint::EVERYTHING);
            item.is_item = true;
            item.owner = Owner::Own(Place {
                frame: FrameId(1),
                slot: 1,
                item: 0,
            });
            flights.insert(id, item);
        }
        assert_eq!(after(&flights, &Footprint::EVERYTHING), [4, 3, 2]);
        assert_eq!(
            after_by(&flights, &Footprint::EVERYTHING, Need::NotDropped),
            [4],
            "what follows inside the loop comes after the nearest item"
        );
    }
}
