//! Rounds in the view for people: who enters and leaves, and the lines that are complete.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use crate::event::CallRef;
use crate::name::HostName;
use crate::report::detail::{Saying, Sort};
use crate::report::human::Human;
use crate::report::human::round::HostState;
use crate::report::look::Detail;
use crate::report::names::compact;
use crate::report::paint::Tone;
use crate::report::safe::safe;

impl<W: Write> Human<W> {
    pub(super) fn round(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn enter(&mut self, host: &HostName, round: &str) {
        let (Some(&host), Some(round)) = (self.places.get(host), self.round(round)) else {
            return;
        };
        let state = &mut self.rounds[round];
        state.inside += 1;
        let present = HostState::enter(state.lines.len(), self.now);
        state.present.insert(host, present);
    }

    pub(super) fn leave(&mut self, host: &HostName, round: &str) {
        let (Some(&host), Some(round)) = (self.places.get(host), self.round(round)) else {
            return;
        };
        self.rounds[round].leave(host);
        self.advance(round, false);
    }

    /// A batch has lines of its own, under a title of its own.
    pub(super) fn begin_batch(&mut self, round: &str, batch: (u32, u32), hosts: &[HostName]) {
        let Some(round) = self.round(round) else { return };
        self.advance(round, true);
        self.rounds[round].begin_batch(batch, hosts);
        self.written = self.written.filter(|it| *it != round);
    }

    /// Writes the lines that are complete, in written order.
    pub(super) fn advance(&mut self, round: usize, all: bool) {
        loop {
            let state = &mut self.rounds[round];
            let Some(line) = state.lines.get_mut(state.written) else {
                return;
            };
            if line.open > 0 && !all {
                return;
            }
            state.written += 1;
            let (details, omitted) = line.details.take();
            let counts = std::mem::take(&mut line.counts);
            let (call, on) = (Arc::clone(&line.call), std::mem::take(&mut line.on));
            let is_quiet = self.look.detail == Detail::Quiet;
            let details: Vec<_> = details
                .iter()
                .filter(|(saying, _)| !is_quiet || saying.sort == Sort::Failure)
                .collect();
            if details.is_empty() && (is_quiet || counts.is_empty()) {
                continue;
            }
            let mut text = self.title(round);
            let pen = self.pen();
            text.push_str(&pen.line(&call, &counts, &on, self.rounds[round].width));
            for (saying, hosts) in details {
                text.push_str(&pen.saying(saying, hosts));
            }
            if omitted > 0 {
                let _ = writeln!(text, "    and {omitted} more that differ");
            }
            self.write(&text);
        }
    }

    /// The title of a round, where its lines do not follow others of it.
    pub(super) fn title(&mut self, round: usize) -> String {
        if self.written.replace(round) == Some(round) {
            return String::new();
        }
        let state = &self.rounds[round];
        let title = match &state.batch {
            Some(batch) => {
                let names: Vec<_> = batch.hosts.iter().map(HostName::as_str).collect();
                let hosts = compact(&names);
                let (number, of) = batch.number;
                format!("{} (batch {number} of {of}: {hosts})", safe(&state.name))
            }
            None => format!("{} ({})", safe(&state.name), hosts(state.hosts)),
        };
        format!("\n{}\n", self.look.color.paint(Tone::Strong, &title))
    }

    /// The line of an entry and the number of a host, if both are of this run.
    pub(super) fn find(&mut self, call: &CallRef, host: &HostName) -> Option<(usize, usize, u32)> {
        let host = *self.places.get(host)?;
        let round = self.round(&call.round)?;
        let line = *self.rounds[round].by_entry.get(&call.entry)?;
        Some((round, line, host))
    }

    pub(super) fn say(&mut self, call: &CallRef, host: &HostName, saying: Saying) {
        if let Some((round, line, host)) = self.find(call, host) {
            self.rounds[round].lines[line].details.add(saying, host);
        }
    }
}

fn hosts(count: usize) -> String {
    format!("{count} {}", if count == 1 { "host" } else { "hosts" })
}
