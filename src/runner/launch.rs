//! Putting calls on the wire: behind what they conflict with on this machine, whoever sent that.

use std::sync::Arc;
use std::time::Instant;

use crate::event::{CallRef, Kind as Event};
use crate::name::{EntryId, HostName};
use crate::playbook::Action;
use crate::protocol::{Mode, Request};
use crate::runner::flight::{Flight, Owner, Stops};
use crate::runner::frame::State;
use crate::runner::host::Host;
use crate::runner::names::FrameId;
use crate::runner::receive::Receiver;
use crate::system::{Level, Stream};
use crate::template::Secrecy;
use crate::tool::Access;

impl Host {
    /// Puts a call on the wire.
    pub(super) fn launch(&mut self, mut flight: Flight) {
        let place = flight.place();
        let (entry_id, said) = match &flight.owner {
            Owner::Guest(guest) => (guest.entry, guest.behind.clone()),
            Owner::Own(place) => match self.frames.get(&place.frame) {
                Some(frame) => (frame.nodes[place.slot].entry, None),
                None => return,
            },
        };
        let context = Arc::clone(&self.context);
        let entry = context.playbook.entry(entry_id);
        let Action::Call(call) = &entry.action else { return };
        let is_check = context.options.mode == Mode::Check;
        let is_stopped_by = |other: &Flight| {
            let (Some(place), Some(before)) = (place, other.place()) else {
                return false;
            };
            let is_same = before.frame == place.frame && before.slot == place.slot;
            !is_same
                && !self.is_always(entry_id)
                && match other.stops {
                    Stops::Nothing => false,
                    Stops::Host => true,
                    Stops::Frame(stopped) => self.is_within_frame(place.frame, stopped),
                }
        };
        let frame = place.map(|place| place.frame);
        let after = self.flights.after(&flight.footprint, frame, is_stopped_by);
        let behind = match said {
            _ if !is_check => None,
            Some(label) => {
                let id = self.flights.number();
                self.labels.insert(id, label);
                Some(id)
            }
            None => self.flights.behind(&flight.footprint),
        };
        let Some(session) = &self.session else { return };
        let settled = self.flights.settled();
        let id = self.flights.number();
        let request = Request {
            id,
            tool: call.tool.served_by().to_owned(),
            account: flight.login.as_ref().and_then(|login| session.account(login)),
            args: flight.prepared.args.clone(),
            mode: self.context.options.mode,
            diff: self.context.options.diff && !entry.no_log,
            stream: (context.options.stream || call.tool.custom().is_some()) && !entry.no_log,
            read_only: flight.access == Access::Opaque && flight.is_reader,
            ignore_errors: flight.stops == Stops::Nothing,
            timeout_ms: entry
                .timeout
                .map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX)),
            after,
            if_changed: flight.if_changed.clone(),
            changed_before: false,
            behind,
            settled,
        };
        let target = flight.prepared.target.clone().filter(|_| !is_check);
        flight.receiver = target.map(|target| Receiver::start(target, Arc::clone(&context.blobs)));
        session.sender.call(request);
        self.flights.insert(id, flight);
        if let Some(place) = place
            && let Some(State::Calling(calling)) = self.state(place)
        {
            calling.in_flight.push(id);
        }
    }

    /// Output of a call, as it comes; what may be the begin of a secret waits for the next piece.
    pub(super) fn output(&mut self, id: u64, stream: Stream, bytes: &[u8]) {
        let context = Arc::clone(&self.context);
        let Some(flight) = self.flights.get_mut(id).filter(|it| it.secrecy != Secrecy::Blind) else {
            return;
        };
        let masker = context.options.secrets.masker();
        let shown = flight.output.of(stream).push(masker, bytes);
        self.show_output(id, stream, &shown);
    }

    /// What is left of a call's output when nothing more comes.
    pub(super) fn end_output(&mut self, id: u64) {
        let context = Arc::clone(&self.context);
        for stream in [Stream::Stdout, Stream::Stderr] {
            let Some(flight) = self.flights.get_mut(id) else {
                return;
            };
            let masker = context.options.secrets.masker();
            let shown = flight.output.of(stream).finish(masker);
            self.show_output(id, stream, &shown);
        }
        let last = self.flights.get_mut(id).map(|it| it.output.lines.finish());
        for line in last.into_iter().flatten() {
            self.logged(id, Level::Info, line);
        }
    }

    fn show_output(&mut self, id: u64, stream: Stream, shown: &[u8]) {
        let Some(flight) = self.flights.get(id).filter(|_| !shown.is_empty()) else {
            return;
        };
        if self
            .tool(&flight.owner)
            .is_some_and(|tool| tool.custom().is_some())
        {
            let lines = self
                .flights
                .get_mut(id)
                .map(|it| it.output.lines.push(shown, Instant::now()));
            for line in lines.into_iter().flatten() {
                self.logged(id, Level::Info, line);
            }
            return;
        }
        let (call, host, delegate) = self.whose(&flight.owner);
        self.emit(Event::CallOutput {
            call,
            host,
            delegate,
            stream,
            text: String::from_utf8_lossy(shown).into_owned(),
        });
    }

    pub(super) fn logged(&mut self, id: u64, level: Level, message: String) {
        let Some(flight) = self.flights.get(id).filter(|it| it.secrecy != Secrecy::Blind) else {
            return;
        };
        let (call, host, delegate) = self.whose(&flight.owner);
        self.emit(Event::CallLog {
            call,
            host,
            delegate,
            level,
            message,
        });
    }

    /// Whose call it is, as events say it: the call, the host that it belongs to, and the other one that makes it.
    pub(super) fn whose(&self, owner: &Owner) -> (Arc<CallRef>, HostName, Option<HostName>) {
        match owner {
            Owner::Own(place) => (self.call_ref(*place), self.name.clone(), None),
            Owner::Guest(guest) => {
                let call = Arc::clone(&self.context.references[guest.entry.index()]);
                (call, guest.home_name.clone(), Some(self.name.clone()))
            }
        }
    }

    /// Whether an entry, or a group that it is in, runs even if the host has failed.
    fn is_always(&self, entry: EntryId) -> bool {
        let playbook = &self.context.playbook;
        let mut at = std::iter::successors(Some(entry), |it| playbook.entry(*it).parent);
        at.any(|it| playbook.entry(it).always)
    }

    /// What a failure of a call in a frame stops.
    pub(super) fn stops(&self, frame: FrameId, entry: EntryId) -> Stops {
        let entry = self.context.playbook.entry(entry);
        if entry.is_region || entry.ignore_errors {
            return Stops::Nothing;
        }
        let mut at = frame;
        while let Some((parent, slot)) = self.frames[&at].parent {
            let group = self
                .context
                .playbook
                .entry(self.frames[&parent].nodes[slot].entry);
            if group.is_region || group.ignore_errors || group.repeat.is_some() {
                return Stops::Frame(at);
            }
            at = parent;
        }
        Stops::Host
    }
}
