//! The view for people: one line for each entry once its last host has ended it, in written order; then the recap.

mod groups;
mod live;
mod round;
mod rounds;

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Instant;

use indicatif::ProgressBar;

use crate::event::{Event, Kind, Outcome, RoundRef, Sink};
use crate::name::HostName;
use crate::protocol::Mode;
use crate::report::detail::{self, Saying, Sort};
use crate::report::draw::Pen;
use crate::report::human::round::RoundState;
use crate::report::line::Fate;
use crate::report::live::Live;
use crate::report::look::{Detail, Look};
use crate::report::paint::Color;
use crate::report::progress::Progress;
use crate::report::recap::Ending;
use crate::report::roots::Roots;
use crate::report::safe::safe;
use crate::system::Level;

/// This many hosts that hold a round up are named.
const NAMED: usize = 3;
/// This many entries that are under way are shown.
const MOVING: usize = 5;

/// Shows a run to people. Keeps, for each round under way, counts by entry and what is still to be said, never events.
pub struct Human<W: Write> {
    out: W,
    look: Look,
    progress: Option<Progress>,
    broken: Option<io::Error>,
    names: Vec<HostName>,
    places: HashMap<HostName, u32>,
    rounds: Vec<RoundState>,
    mode: Mode,
    by_name: HashMap<String, usize>,
    /// Because of what calls are unknown, in check mode.
    roots: Roots,
    /// The round whose lines were written last.
    written: Option<usize>,
    now: f64,
    /// When the last event came: time goes on between events.
    seen: Instant,
    live: Live,
    /// When something was written last.
    wrote: Instant,
}

impl<W: Write> Human<W> {
    /// Writes to this; `bar` is where something may move, on a terminal.
    pub fn new(out: W, look: Look, bar: Option<ProgressBar>) -> Self {
        Self {
            out,
            progress: bar.map(|bar| Progress::new(bar, look.width)),
            look,
            broken: None,
            names: Vec::new(),
            places: HashMap::new(),
            rounds: Vec::new(),
            mode: Mode::Apply,
            by_name: HashMap::new(),
            roots: Roots::default(),
            written: None,
            now: 0.0,
            seen: Instant::now(),
            live: Live::default(),
            wrote: Instant::now(),
        }
    }

    /// What it writes to.
    #[cfg(test)]
    pub(super) const fn written(&self) -> &W {
        &self.out
    }

    fn pen(&self) -> Pen<'_> {
        Pen {
            look: self.look.clone(),
            is_check: self.mode == Mode::Check,
            names: &self.names,
        }
    }

    /// A reader that went away stops the writing, never the run.
    fn write(&mut self, text: &str) {
        if self.broken.is_some() || text.is_empty() {
            return;
        }
        let out = &mut self.out;
        let mut write = || -> io::Result<()> {
            out.write_all(text.as_bytes())?;
            out.flush()
        };
        let done = match &self.progress {
            Some(progress) => progress.aside(write),
            None => write(),
        };
        self.broken = done.err();
        self.wrote = Instant::now();
    }

    fn begin(&mut self, mode: Mode, playbook: &str, hosts: &[HostName], rounds: &[RoundRef]) {
        self.mode = mode;
        self.names = hosts.to_vec();
        self.places = (0..).zip(hosts).map(|(at, host)| (host.clone(), at)).collect();
        self.rounds = rounds.iter().map(RoundState::new).collect();
        self.by_name = rounds
            .iter()
            .enumerate()
            .map(|(at, round)| (round.name.clone(), at))
            .collect();
        if self.look.detail > Detail::Quiet {
            let what = if mode == Mode::Check { "check of " } else { "" };
            let noun = if hosts.len() == 1 { "host" } else { "hosts" };
            self.write(&format!("{what}{} · {} {noun}\n", safe(playbook), hosts.len()));
        }
    }

    fn ended(&mut self, kind: &Kind) {
        let Kind::CallEnded {
            call,
            host: name,
            outcome,
            item,
            error,
            ignored,
            rescued,
            delegate,
            shared_by,
            ..
        } = kind
        else {
            return;
        };
        let Some((round, at, host)) = self.find(call, name) else {
            return;
        };
        let is_check = self.mode == Mode::Check;
        let has_failed = matches!(outcome, Outcome::Failed | Outcome::Lost);
        let fate = Fate::of(*outcome, *ignored, *rescued, shared_by.is_some());
        let RoundState { lines, present, .. } = &mut self.rounds[round];
        let (line, state) = (&mut lines[at], present.entry(host).or_default());
        for saying in detail::of_end(kind, self.look.detail, is_check) {
            line.details.add(saying, host);
        }
        if has_failed {
            let word = match fate {
                Fate::Counts | Fate::Shared => detail::word(*outcome, is_check),
                Fate::Ignored => "failed, ignored",
                Fate::Rescued => "failed, rescued",
            };
            // A call with a loop fails by its items, and that has been said.
            if item.is_some() || state.said != Some(call.entry) {
                let failure = detail::failure(word, item.as_deref(), error.as_ref());
                line.details.add(failure.via(delegate.as_ref()), host);
            }
            state.said = Some(call.entry);
        }
        state.since = self.now;
        line.done_on(delegate.as_ref());
        if item.is_none() {
            // In a looped group, once for each iteration.
            line.counts.add(*outcome, fate);
            line.open = line.open.saturating_sub(usize::from(state.end(at)));
        }
        self.advance(round, false);
    }

    fn other(&mut self, kind: &Kind) {
        match kind {
            Kind::CallStarted {
                call,
                host,
                delegate,
                item,
                arguments,
                ..
            } => {
                if self.look.detail >= Detail::Results && !arguments.is_empty() {
                    let saying = detail::arguments(item.as_deref(), arguments);
                    self.say(call, host, saying.via(delegate.as_ref()));
                }
                let Some((round, line, host)) = self.find(call, host) else {
                    return;
                };
                let state = &mut self.rounds[round];
                state.lines[line].began = true;
                let state = state.present.entry(host).or_default();
                if !std::mem::replace(&mut state.began, true) {
                    state.since = self.now;
                }
            }
            Kind::CallLog {
                call,
                host,
                level,
                message,
                delegate,
            } if *level >= Level::Info => {
                let word = match level {
                    Level::Warning => "warning: ",
                    Level::Error | Level::Critical => "error: ",
                    _ => "",
                };
                let head = format!("{word}{message}");
                let saying = Saying::plain(Sort::Log, head).via(delegate.as_ref());
                self.say(call, host, saying);
            }
            Kind::CallRetried {
                call,
                host,
                attempts,
                of,
                reason,
                delegate,
                ..
            } => {
                let head = format!("attempt {attempts} of {of}: {reason}");
                let saying = Saying::plain(Sort::Retried, head).via(delegate.as_ref());
                self.say(call, host, saying);
            }
            Kind::Unreachable {
                host, message, help, ..
            } => {
                let text = self.pen().unreachable(host, message, help.as_deref());
                self.write(&text);
            }
            Kind::Warning { message, host } => {
                let text = self.pen().warning(message, host.as_ref());
                self.write(&text);
            }
            Kind::Stopped {
                round,
                failures,
                of,
                max_failures,
            } => {
                let text = self.pen().stopped(round, *failures, *of, max_failures);
                self.write(&text);
            }
            Kind::Interrupted { times } => self.write(match times {
                1 => {
                    "interrupted: running calls may end, and `always` entries run; once more to cancel them\n"
                }
                _ => "interrupted again: running calls are canceled\n",
            }),
            _ => {}
        }
    }
}

impl<W: Write> Sink for Human<W> {
    fn event(&mut self, event: &Event) {
        self.now = event.at;
        self.seen = Instant::now();
        match &event.kind {
            Kind::RunStarted {
                mode,
                playbook,
                hosts,
                rounds,
                ..
            } => self.begin(*mode, playbook, hosts, rounds),
            Kind::HostEntered { host, round } => self.enter(host, round),
            Kind::HostLeft { host, round, .. } => self.leave(host, round),
            Kind::BatchStarted {
                round,
                batch,
                of,
                hosts,
            } => self.begin_batch(round, (*batch, *of), hosts),
            Kind::RoundEnded { round } => {
                if let Some(round) = self.round(round) {
                    self.advance(round, true);
                }
            }
            Kind::CallOutput { .. } => self.output(&event.kind),
            Kind::CallEnded { call, host, .. } => {
                self.end_output(call, host);
                if self.mode == Mode::Check {
                    self.roots.note(&event.kind);
                }
                self.ended(&event.kind);
            }
            Kind::GroupStarted { .. } | Kind::IterationEnded { .. } | Kind::GroupEnded { .. } => {
                self.group(&event.kind);
            }
            Kind::RunEnded { outcome, hosts, took } => {
                for round in 0..self.rounds.len() {
                    self.advance(round, true);
                }
                if let Some(progress) = &self.progress {
                    progress.clear();
                }
                let ending = Ending {
                    outcome: *outcome,
                    hosts,
                    took: *took,
                    look: &self.look,
                };
                let text = match self.look.detail {
                    Detail::Quiet => ending.draw(),
                    _ => format!(
                        "
{}{}",
                        self.roots.draw(),
                        ending.draw()
                    ),
                };
                self.write(&text);
            }
            other => self.other(other),
        }
    }

    fn broken(&self) -> Option<String> {
        let error = self.broken.as_ref()?;
        Some(format!("standard output cannot be written: {error}"))
    }

    fn tick(&mut self) {
        let Some(progress) = &self.progress else {
            return self.heartbeat();
        };
        let Some(round) = self.rounds.iter().find(|round| round.inside > 0) else {
            return;
        };
        let now = self.now + self.seen.elapsed().as_secs_f64();
        let present = round.present.iter();
        let mut longest: Vec<_> = present
            .map(|(at, host)| (&self.names[*at as usize], host))
            .collect();
        longest.sort_by(|a, b| a.1.since.total_cmp(&b.1.since));
        longest.truncate(NAMED);
        let waiting: Vec<_> = longest
            .into_iter()
            .map(|(name, host)| host.waiting(name.as_str(), &round.lines, now))
            .collect();
        let mut pen = self.pen();
        // It is cut where a line would be too long.
        pen.look.color = Color::Off;
        let moving = round.lines[round.written..]
            .iter()
            .filter(|line| line.open > 0 && line.began)
            .take(MOVING)
            .map(|line| pen.line(&line.call, &line.counts, &line.on, round.width))
            .collect::<String>();
        let far = format!(
            "{} of {} hosts under way{}",
            round.inside,
            round.hosts,
            self.look.sent(" · ")
        );
        progress.show(&moving, &round.name, &far, &waiting);
    }
}
