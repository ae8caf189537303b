//! Putting calls on the wire.

use std::sync::Arc;

use crate::protocol::{Behind, Mode, Paths, Request, Touches};
use crate::runner::host::Host;
use crate::runner::host::output::Output;
use crate::runner::host::receive::Receiver;
use crate::runner::schedule::effect::Sending;
use crate::tool::Area;

impl Host {
    /// Takes a call to be put on the wire: at once, or once it is on record that it starts. What is behind it waits too, since
    /// numbers rise on the wire.
    pub(super) fn post(&mut self, sending: Sending) {
        if sending.is_recorded_first || !self.unrecorded.is_empty() {
            self.unrecorded.push(sending);
        } else {
            self.send(sending);
        }
    }

    /// Puts a call on the wire.
    pub(super) fn send(&mut self, sending: Sending) {
        let Some(session) = &self.session else {
            debug_assert!(false, "a call is sent, and there is no connection");
            return;
        };
        let context = &self.context;
        let entry = context.playbook.entry(sending.entry);
        let Some(call) = entry.action.call() else { return };
        let mode = context.program.mode;
        session.sender.call(Request {
            id: sending.no,
            tool: call.tool.served_by().to_owned(),
            account: sending.login.as_ref().and_then(|login| session.account(login)),
            args: sending.prepared.args.clone(),
            mode,
            diff: context.options.diff && entry.diff && !sending.is_hidden,
            stream: (context.options.stream || call.tool.custom().is_some()) && !sending.is_hidden,
            read_only: sending.is_look,
            timeout_ms: sending
                .timeout
                .map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX)),
            after: sending.after,
            if_changed: sending.if_changed,
            changed_before: sending.changed_before,
            touches: sending.touches.map(|touches| {
                Box::new(Touches {
                    reads: paths(&touches.reads),
                    writes: paths(&touches.writes),
                })
            }),
            behind: sending.behind.map(|(id, area)| {
                let writes = paths(&area);
                Box::new(Behind { id, writes })
            }),
            settled: sending.settled,
        });
        let target = sending.prepared.target.clone();
        if let Some(target) = target.filter(|_| mode == Mode::Apply) {
            let mut output = Output::default();
            output.receiver = Some(Receiver::start(target, Arc::clone(&context.blobs)));
            self.outputs.insert(sending.no, output);
        }
    }
}

/// As the agent is told of it.
fn paths(area: &Area) -> Paths {
    match area {
        Area::Everything => None,
        Area::Paths(paths) => Some(paths.clone()),
    }
}
