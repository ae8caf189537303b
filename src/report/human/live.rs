//! What is shown while calls run: what their commands write, and now and then that the run goes on.

use std::io::Write;
use std::time::Duration;

use crate::event::{CallRef, Kind};
use crate::name::HostName;
use crate::report::human::Human;
use crate::report::paint::Tone;
use crate::report::recap::seconds;
use crate::report::safe::{self, safe};
use crate::report::wide;
use crate::system::Stream;

/// Names of hosts take at most so many columns before what their commands write.
const NAME: usize = 20;
/// A log of CI in which nothing was written for so long is told that the run goes on.
const BEAT: Duration = Duration::from_mins(1);

impl<W: Write> Human<W> {
    /// A command has written something.
    pub(super) fn output(&mut self, kind: &Kind) {
        let Kind::CallOutput {
            call,
            host,
            stream,
            text,
            ..
        } = kind
        else {
            return;
        };
        if !self.look.live {
            return;
        }
        let Some(&place) = self.places.get(host) else {
            return;
        };
        let is_error = *stream == Stream::Stderr;
        let lines = self.live.push((call.entry, place, is_error), text, self.now);
        let lines = lines.into_iter().map(|line| (is_error, line)).collect();
        self.show_output(call, host, lines);
    }

    /// A call has ended: what it wrote last may be no whole line.
    pub(super) fn end_output(&mut self, call: &CallRef, host: &HostName) {
        if self.look.live
            && let Some(&place) = self.places.get(host)
        {
            let lines = self.live.finish(call.entry, place);
            self.show_output(call, host, lines);
        }
    }

    fn show_output(&mut self, call: &CallRef, host: &HostName, lines: Vec<(bool, String)>) {
        let Some((round, ..)) = self.find(call, host).filter(|_| !lines.is_empty()) else {
            return;
        };
        let mut text = self.title(round);
        let head = if self.names.len() == 1 {
            String::new()
        } else {
            let wide = self.names.iter().map(|name| wide::width(name.as_str()));
            let room = wide.max().unwrap_or(0).min(NAME);
            let name = wide::fit(host.as_str(), room);
            let gap = room.saturating_sub(wide::width(&name));
            format!("{name}{:gap$} | ", "")
        };
        let reader = self.pen().reader();
        for (is_error, line) in lines {
            for line in safe::lines(&line, reader) {
                let line = if is_error {
                    self.look.color.paint(Tone::Faint, &line)
                } else {
                    line
                };
                text.push_str(format!("    {head}{line}").trim_end());
                text.push('\n');
            }
        }
        self.write(&text);
    }

    /// Tells a log of CI once a minute how far the run is, so that nobody takes it for dead.
    pub(super) fn heartbeat(&mut self) {
        if !self.look.is_log || self.wrote.elapsed() < BEAT {
            return;
        }
        let now = self.now + self.seen.elapsed().as_secs_f64();
        if let Some(text) = self.beat(now) {
            self.write(&text);
        }
    }

    /// How far the round is that is under way.
    pub(in crate::report) fn beat(&self, now: f64) -> Option<String> {
        let round = self.rounds.iter().find(|round| round.inside > 0)?;
        let longest =
            (round.present.iter()).min_by(|a, b| a.1.since.total_cmp(&b.1.since).then(a.0.cmp(b.0)));
        let longest = longest.map_or_else(String::new, |(place, host)| {
            let waiting = host.waiting(self.names[*place as usize].as_str(), &round.lines, now);
            let doing = safe(waiting.doing).replace('\n', " ");
            format!(", {} at {doing} for {}", waiting.host, seconds(waiting.since))
        });
        Some(format!(
            "[{}] {}: {} of {} hosts under way{}{longest}\n",
            seconds(now),
            safe(&round.name).replace('\n', " "),
            round.inside,
            round.hosts,
            self.look.sent(", ")
        ))
    }
}
