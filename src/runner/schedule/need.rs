//! What must have become of the calls under way before another one may start.

use std::collections::BTreeSet;

use crate::protocol::{After, Need};
use crate::runner::names::{FrameId, Place};
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::flight::Flight;
use crate::tool::Footprint;

impl Schedule {
    /// What a call that touches this, of this place of the host (a guest has none), comes after.
    ///
    /// Where a failure further in is handled before it comes to this call, it may start, whatever became of the calls
    /// there. They may have been dropped for another failure, however, with which this call does not conflict and which
    /// does stop it: that failure is named, too. It is waited for anyway, since they wait for it.
    pub(super) fn after(&self, footprint: &Footprint, place: Option<Place>) -> Vec<After> {
        let frame = place.map(|place| place.frame);
        let mut after = self
            .flights
            .after(footprint, frame, |before| self.need(place, before));
        let mut silent: Vec<u64> = after
            .iter()
            .filter(|it| it.need == Need::Ended)
            .map(|it| it.id)
            .collect();
        if silent.is_empty() {
            return after;
        }
        let mut seen: BTreeSet<u64> = after.iter().map(|it| it.id).collect();
        while let Some(id) = silent.pop() {
            let before = self.flights.get(id).into_iter().flat_map(|it| &it.after);
            for cause in before.filter(|it| it.need != Need::Ended) {
                let Some(flight) = self.flights.get(cause.id).filter(|_| seen.insert(cause.id)) else {
                    continue;
                };
                match self.need(place, flight) {
                    Need::Ended => silent.push(cause.id),
                    need => after.push(After { id: cause.id, need }),
                }
            }
        }
        after
    }

    /// What must have become of a call under way before another one of this host, or of another host, may start behind it.
    ///
    /// A failure that nothing handles up to the list in which the two part stops what is written after it there, but for
    /// entries with `always`. Items of a loop do not stop each other.
    fn need(&self, place: Option<Place>, before: &Flight) -> Need {
        let (Some(place), Some(before)) = (place, before.place()) else {
            return Need::Ended;
        };
        let outward = |place: Place| {
            std::iter::successors(Some((place.frame, place.slot)), |(frame, _)| {
                self.frames.get(frame)?.parent
            })
        };
        let entry = |(frame, slot): (FrameId, usize)| {
            let frame = self.frames.get(&frame)?;
            Some(self.program.playbook.entry(frame.nodes[slot].entry))
        };
        let is_always = |at| entry(at).is_some_and(|it| it.always);
        let mine: Vec<_> = outward(place).collect();
        let mut is_handled = false;
        for (depth, at) in outward(before).enumerate() {
            let own = mine.iter().find(|(frame, _)| *frame == at.0);
            let is_sibling = depth == 0 && own.is_some();
            if own == Some(&at) {
                return if is_sibling { Need::NotDropped } else { Need::Ended };
            }
            is_handled |= self.handles(at.0, at.1);
            if let Some(own) = own {
                return match is_handled {
                    _ if at.1 > own.1 || is_always(*own) => Need::Ended,
                    true if is_sibling => Need::NotDropped,
                    true => Need::Ended,
                    false => Need::Succeeded,
                };
            }
        }
        // Of another round: if nothing handles it, the whole host has failed. What says `always` runs still, in groups that
        // have begun, too.
        let is_left = mine.iter().any(|at| is_always(*at));
        if is_handled || is_left {
            Need::Ended
        } else {
            Need::Succeeded
        }
    }
}
