//! Putting calls on the wire: behind what they conflict with on this machine, whoever sent that.

use std::sync::Arc;
use std::time::Instant;

use crate::event::{CallRef, Kind as Event};
use crate::name::HostName;
use crate::protocol::{Behind, Mode, Paths, Request, Touches};
use crate::runner::flight::{Flight, Owner};
use crate::runner::frame::State;
use crate::runner::host::Host;
use crate::runner::receive::Receiver;
use crate::system::{Level, Stream};
use crate::template::Secrecy;
use crate::tool::{Access, Area, Footprint};

impl Host {
    /// Puts a call on the wire, unless it has to wait for one that is made until something holds.
    pub(super) fn launch(&mut self, flight: Flight) {
        if let Some(flight) = self.pass_holds(flight) {
            self.put_on_wire(flight);
        }
    }

    /// Puts a call on the wire, whatever is held; gives its number.
    pub(super) fn put_on_wire(&mut self, mut flight: Flight) -> Option<u64> {
        let place = flight.place();
        let entry_id = match &flight.owner {
            Owner::Guest(guest) => guest.entry,
            Owner::Own(place) => self.frames.get(&place.frame)?.nodes[place.slot].entry,
        };
        let context = Arc::clone(&self.context);
        let entry = context.playbook.entry(entry_id);
        let call = entry.action.call()?;
        let is_check = context.options.mode == Mode::Check;
        flight.after = self.after(&flight.footprint, place);
        let touches = is_check.then(|| {
            let mut touches = flight.touches();
            let changes_nothing = call.changed_when.iter().any(|it| it.text() == "false");
            if changes_nothing && flight.access == Access::Opaque {
                touches.writes = Area::NOTHING;
            }
            touches
        });
        let behind = touches.as_ref().and_then(|it| self.flights.behind(it));
        let touches = touches.map(|touches| {
            Box::new(Touches {
                reads: paths(&touches.reads),
                writes: paths(&touches.writes),
            })
        });
        let sources = flight.if_changed.iter().flatten();
        let may_have_changed = |id: &u64| {
            let source = self.flights.get(*id);
            source.is_some_and(|source| source.is_repeated && !source.is_reader)
        };
        // Of a call that was made again after a lost connection, the agent does not know what it changed before.
        let changed_before =
            flight.changed_before || (!is_check && sources.into_iter().any(may_have_changed));
        let session = self.session.as_ref()?;
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
            timeout_ms: entry
                .timeout
                .map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX)),
            after: flight.after.clone(),
            if_changed: flight.if_changed.clone(),
            changed_before,
            touches,
            behind: behind.map(|(id, area)| {
                let writes = paths(&area);
                Box::new(Behind { id, writes })
            }),
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
        Some(id)
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
        if !self.affords(id, shown.len()) {
            return;
        }
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
        if !self.affords(id, message.len()) {
            return;
        }
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
}

impl Flight {
    /// In check mode: what it may touch, as far as its tool can say it.
    pub(super) fn touches(&self) -> Footprint {
        if self.access == Access::Opaque {
            return self.footprint.clone();
        }
        let mut footprint = self.prepared.footprint.clone();
        if self.login.is_some() {
            footprint.reads.extend(&Area::accounts());
        }
        footprint
    }
}

/// As the agent is told of it.
fn paths(area: &Area) -> Paths {
    match area {
        Area::Everything => None,
        Area::Paths(paths) => Some(paths.clone()),
    }
}
