//! The view for people: one line for each entry once its last host has ended it, in written order; then the recap.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use indicatif::ProgressBar;

use crate::event::{CallRef, Event, HostOutcome, Kind, Outcome, RoundRef, Sink};
use crate::name::HostName;
use crate::protocol::Mode;
use crate::report::detail::{self, Saying, Sort};
use crate::report::line::{Counts, Fate, Line, tone};
use crate::report::names::compact;
use crate::report::paint::{Color, Tone};
use crate::report::progress::{Progress, Waiting};
use crate::report::recap::{Ending, seconds};
use crate::report::safe::{self, Reader, safe};
use crate::system::Level;

/// Labels longer than this do not move the counts of other lines.
const LABEL: usize = 40;
/// This many hosts that hold a round up are named.
const NAMED: usize = 3;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Failures only.
    Quiet,
    /// A line for each entry.
    #[default]
    Entries,
    /// And one for each host of it.
    Hosts,
    /// And its results.
    Results,
}

/// How it is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// How much.
    pub detail: Detail,
    /// In colour or not.
    pub color: Color,
    /// Who reads it.
    pub github: bool,
}

/// Shows a run to people. Keeps, for each round under way, counts by entry and what is still to be said, never events.
pub struct Human<W: Write> {
    out: W,
    look: Look,
    progress: Option<Progress>,
    is_broken: bool,
    names: Vec<HostName>,
    places: HashMap<HostName, u32>,
    hosts: Vec<HostState>,
    rounds: Vec<RoundState>,
    playbook: String,
    mode: Mode,
    now: f64,
}

/// What a host is at.
#[derive(Debug, Default, Clone)]
struct HostState {
    round: Option<usize>,
    since: f64,
    call: Option<Arc<CallRef>>,
    /// By line of its round, a bit: ended.
    ended: Vec<u64>,
    /// The entry and item failure that was shown last: what holds it does not say it again.
    said: Option<String>,
}

struct RoundState {
    about: RoundRef,
    lines: Vec<Line>,
    by_entry: HashMap<u32, usize>,
    /// Lines before this one are written.
    written: usize,
    inside: usize,
    width: usize,
    has_title: bool,
}

impl<W: Write> Human<W> {
    /// Writes to this; `bar` is where something may move, on a terminal.
    pub fn new(out: W, look: Look, bar: Option<ProgressBar>) -> Self {
        Self {
            out,
            look,
            progress: bar.map(Progress::new),
            is_broken: false,
            names: Vec::new(),
            places: HashMap::new(),
            hosts: Vec::new(),
            rounds: Vec::new(),
            playbook: String::new(),
            mode: Mode::Apply,
            now: 0.0,
        }
    }

    fn reader(&self) -> Reader {
        if self.look.github { Reader::Github } else { Reader::Plain }
    }

    /// A reader that went away stops the writing, never the run.
    fn write(&mut self, text: &str) {
        if self.is_broken || text.is_empty() {
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
        self.is_broken = done.is_err();
    }

    fn begin(&mut self, mode: Mode, playbook: &str, hosts: &[HostName], rounds: &[RoundRef]) {
        playbook.clone_into(&mut self.playbook);
        self.mode = mode;
        self.names = hosts.to_vec();
        self.places = (0..).zip(hosts).map(|(at, host)| (host.clone(), at)).collect();
        self.hosts = vec![HostState::default(); hosts.len()];
        self.rounds = rounds.iter().map(RoundState::new).collect();
        if self.look.detail > Detail::Quiet {
            let what = if mode == Mode::Check { "check of " } else { "" };
            let noun = if hosts.len() == 1 { "host" } else { "hosts" };
            self.write(&format!("{what}{} · {} {noun}\n", safe(playbook), hosts.len()));
        }
    }

    fn round(&self, name: &str) -> Option<usize> {
        self.rounds.iter().position(|round| round.about.name == name)
    }

    fn enter(&mut self, host: &HostName, round: &str) {
        let (Some(&host), Some(round)) = (self.places.get(host), self.round(round)) else { return };
        let lines = self.rounds[round].lines.len();
        self.rounds[round].inside += 1;
        let now = self.now;
        self.hosts[host as usize] = HostState {
            round: Some(round),
            since: now,
            ended: vec![0; lines.div_ceil(64)],
            ..HostState::default()
        };
    }

    fn leave(&mut self, host: &HostName, round: &str) {
        let (Some(&host), Some(round)) = (self.places.get(host), self.round(round)) else { return };
        let state = std::mem::take(&mut self.hosts[host as usize]);
        let about = &mut self.rounds[round];
        about.inside = about.inside.saturating_sub(1);
        for (at, line) in about.lines.iter_mut().enumerate() {
            let has_ended = state.ended.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1);
            if !has_ended {
                line.open = line.open.saturating_sub(1);
            }
        }
        self.advance(round, false);
    }

    /// Writes the lines that are complete, in written order.
    fn advance(&mut self, round: usize, all: bool) {
        loop {
            let state = &mut self.rounds[round];
            let Some(line) = state.lines.get_mut(state.written) else { return };
            if line.open > 0 && !all {
                return;
            }
            state.written += 1;
            let (details, omitted) = line.details.take();
            let counts = std::mem::take(&mut line.counts);
            let call = Arc::clone(&line.call);
            let text = self.draw(round, &call, &counts, &details, omitted);
            self.write(&text);
        }
    }

    fn draw(
        &mut self,
        round: usize,
        call: &CallRef,
        counts: &Counts,
        details: &[(Saying, Vec<u32>)],
        omitted: usize,
    ) -> String {
        let is_quiet = self.look.detail == Detail::Quiet;
        let is_wanted = |saying: &Saying| !is_quiet || saying.sort == Sort::Failure;
        let details: Vec<_> = details.iter().filter(|it| is_wanted(&it.0)).collect();
        let is_idle_group = call.tool == "group" || counts.is_empty();
        if details.is_empty() && (is_idle_group || is_quiet) {
            return String::new();
        }
        let mut text = self.title(round);
        let color = self.look.color;
        let width = self.rounds[round].width;
        let label = safe(&call.label).replace('\n', " ");
        let words = counts.words(self.mode == Mode::Check, color);
        let mut line = format!("  {label:width$}  {words}");
        if counts.has_failed() {
            let place = format!("{}:{}", call.location.path, call.location.line);
            line.push_str("  ");
            line.push_str(&color.paint(Tone::Faint, &safe(&place)));
        }
        text.push_str(line.trim_end());
        text.push('\n');
        for (saying, hosts) in details {
            self.draw_saying(&mut text, saying, hosts);
        }
        if omitted > 0 {
            text.push_str(&format!("    and {omitted} more that differ\n"));
        }
        text
    }

    fn draw_saying(&self, text: &mut String, saying: &Saying, hosts: &[u32]) {
        let names: Vec<_> = hosts.iter().map(|at| self.names[*at as usize].as_str()).collect();
        let color = self.look.color;
        let mut head = safe::lines(&saying.head, self.reader()).into_iter();
        let first = head.next().unwrap_or_default();
        let first = match saying.sort {
            Sort::Failure => color.paint(Tone::Bad, &first),
            Sort::Warning => color.paint(Tone::Changed, &first),
            Sort::Because | Sort::Retried => color.paint(Tone::Odd, &first),
            Sort::Log | Sort::Diff | Sort::Result | Sort::Host => first,
        };
        text.push_str(&format!("    {}: {first}\n", compact(&names)));
        for line in head {
            text.push_str(&format!("      {line}\n"));
        }
        for line in safe::lines(&saying.body, self.reader()) {
            let line = match (saying.sort, line.as_bytes().first()) {
                (Sort::Diff, Some(b'+')) => color.paint(Tone::Good, &line),
                (Sort::Diff, Some(b'-')) => color.paint(Tone::Bad, &line),
                _ => line,
            };
            text.push_str(format!("      {line}").trim_end());
            text.push('\n');
        }
    }

    fn title(&mut self, round: usize) -> String {
        let state = &mut self.rounds[round];
        if std::mem::replace(&mut state.has_title, true) {
            return String::new();
        }
        let count = state.about.hosts.len();
        let noun = if count == 1 { "host" } else { "hosts" };
        let title = format!("{} ({count} {noun})", safe(&state.about.name));
        format!("\n{}\n", self.look.color.paint(Tone::Strong, &title))
    }

    /// The line of an entry and the number of a host, if both are of this run.
    fn find(&mut self, call: &CallRef, host: &HostName) -> Option<(usize, usize, u32)> {
        let host = *self.places.get(host)?;
        let round = self.round(&call.round)?;
        let line = *self.rounds[round].by_entry.get(&call.entry)?;
        Some((round, line, host))
    }

    fn say(&mut self, call: &CallRef, host: &HostName, saying: Saying) {
        if let Some((round, line, host)) = self.find(call, host) {
            self.rounds[round].lines[line].details.add(saying, host);
        }
    }

    fn ended(&mut self, kind: &Kind) {
        let Kind::CallEnded {
            call,
            host: name,
            outcome,
            item,
            change,
            error,
            ignored,
            rescued,
            warnings,
            because,
            result,
            took,
            attempts,
            ..
        } = kind
        else {
            return;
        };
        let Some((round, at, host)) = self.find(call, name) else { return };
        let detail = self.look.detail;
        let is_check = self.mode == Mode::Check;
        let fate = match (ignored, rescued) {
            (true, _) => Fate::Ignored,
            (_, true) => Fate::Rescued,
            _ => Fate::Counts,
        };
        let color = self.look.color;
        let state = &mut self.hosts[host as usize];
        let line = &mut self.rounds[round].lines[at];
        let item = item.as_deref();
        let plain = |sort, head: String| Saying {
            sort,
            head,
            body: String::new(),
        };
        for warning in warnings {
            line.details.add(plain(Sort::Warning, format!("warning: {warning}")), host);
        }
        for diff in change.iter().flat_map(|change| &change.diff) {
            line.details.add(detail::diff(item, diff), host);
        }
        if matches!(outcome, Outcome::Failed | Outcome::Lost) {
            let word = match fate {
                Fate::Counts => detail::word(*outcome, is_check),
                Fate::Ignored => "failed, ignored",
                Fate::Rescued => "failed, rescued",
            };
            // A group, or a call with a loop, fails by what is in it, which has been said.
            let key = error.as_ref().map(|error| error.message.clone());
            let is_whole = call.tool == "group" || (item.is_none() && state.said.is_some() && line.details.has(host));
            if !(is_whole && state.said.is_some()) {
                line.details.add(detail::failure(word, item, error.as_ref()), host);
            }
            state.said = Some(key.unwrap_or_default());
        } else if let Some(because) = because
            && (*outcome == Outcome::Unknown || detail >= Detail::Hosts)
        {
            let head = format!("{}: {because}", detail::word(*outcome, is_check));
            line.details.add(plain(Sort::Because, head), host);
        }
        if detail >= Detail::Hosts {
            let word = color.paint(tone(*outcome), detail::word(*outcome, is_check));
            let item = item.map_or_else(String::new, |item| format!(" ({item})"));
            let tries = if *attempts > 1 { format!(", {attempts} attempts") } else { String::new() };
            let head = format!("{word}{item} in {}{tries}", seconds(*took));
            line.details.add(plain(Sort::Host, head), host);
        }
        if detail >= Detail::Results && !result.is_empty() {
            line.details.add(detail::result(item, result), host);
        }
        let word = &mut state.ended[at / 64];
        if item.is_none() && *word >> (at % 64) & 1 == 0 {
            *word |= 1 << (at % 64);
            line.open = line.open.saturating_sub(1);
            if call.tool != "group" {
                line.counts.add(*outcome, fate);
            }
        }
        self.advance(round, false);
    }

    fn other(&mut self, kind: &Kind) {
        let color = self.look.color;
        match kind {
            Kind::CallStarted { call, host, .. } => {
                let Some((round, line, host)) = self.find(call, host) else { return };
                self.rounds[round].lines[line].began = true;
                let state = &mut self.hosts[host as usize];
                if state.call.as_ref().is_none_or(|it| it.entry != call.entry) {
                    state.call = Some(Arc::clone(call));
                    state.since = self.now;
                }
            }
            Kind::CallLog { call, host, level, message } if *level >= Level::Info => {
                let word = match level {
                    Level::Warning => "warning: ",
                    Level::Error | Level::Critical => "error: ",
                    _ => "",
                };
                let head = format!("{word}{message}");
                self.say(call, host, Saying { sort: Sort::Log, head, body: String::new() });
            }
            Kind::CallRetried { call, host, attempts, of, reason } => {
                let head = format!("attempt {attempts} of {of}: {reason}");
                self.say(call, host, Saying { sort: Sort::Retried, head, body: String::new() });
            }
            Kind::Unreachable { host, message, help, .. } => {
                let head = safe::lines(message, self.reader()).join(" ");
                let mut text = format!("  {host} {}: {head}\n", color.paint(Tone::Bad, "unreachable"));
                for line in help.iter().flat_map(|help| safe::lines(help, self.reader())) {
                    text.push_str(&format!("    {line}\n"));
                }
                self.write(&text);
            }
            Kind::Warning { message, host } => {
                let host = host.as_ref().map_or_else(String::new, |host| format!("{host}: "));
                let text = safe::lines(message, self.reader()).join(" ");
                self.write(&format!("{} {host}{text}\n", color.paint(Tone::Changed, "warning:")));
            }
            Kind::Interrupted { times } => self.write(match times {
                1 => "interrupted: what runs may end; once more to cancel it\n",
                _ => "interrupted again: what runs is canceled\n",
            }),
            _ => {}
        }
    }
}

impl RoundState {
    fn new(about: &RoundRef) -> Self {
        let lines: Vec<_> = about
            .calls
            .iter()
            .map(|call| Line {
                call: Arc::clone(call),
                open: about.hosts.len(),
                counts: Counts::default(),
                details: detail::Details::default(),
                began: false,
            })
            .collect();
        let labels = about.calls.iter().filter(|call| call.tool != "group");
        Self {
            by_entry: about.calls.iter().enumerate().map(|(at, call)| (call.entry, at)).collect(),
            width: labels.map(|call| call.label.chars().count()).filter(|it| *it <= LABEL).max().unwrap_or(0),
            lines,
            about: about.clone(),
            written: 0,
            inside: 0,
            has_title: false,
        }
    }
}

impl<W: Write> Sink for Human<W> {
    fn event(&mut self, event: &Event) {
        self.now = event.at;
        match &event.kind {
            Kind::RunStarted { mode, playbook, hosts, rounds, .. } => self.begin(*mode, playbook, hosts, rounds),
            Kind::HostEntered { host, round } => self.enter(host, round),
            Kind::HostLeft { host, round, .. } => self.leave(host, round),
            Kind::RoundEnded { round } => {
                if let Some(round) = self.round(round) {
                    self.advance(round, true);
                }
            }
            Kind::CallEnded { .. } => self.ended(&event.kind),
            Kind::RunEnded { outcome, hosts, took } => {
                for round in 0..self.rounds.len() {
                    self.advance(round, true);
                }
                if let Some(progress) = &self.progress {
                    progress.clear();
                }
                let playbook = std::mem::take(&mut self.playbook);
                let ending = Ending {
                    playbook: &playbook,
                    mode: self.mode,
                    outcome: *outcome,
                    hosts,
                    took: *took,
                    color: self.look.color,
                };
                let text = match self.look.detail {
                    Detail::Quiet => ending.draw_brief(),
                    _ => format!("\n{}", ending.draw()),
                };
                self.write(&text);
            }
            other => self.other(other),
        }
    }

    fn tick(&mut self) {
        let Some(progress) = &self.progress else { return };
        let Some((at, round)) = self.rounds.iter().enumerate().find(|(_, round)| round.inside > 0) else {
            return;
        };
        let inside = self.hosts.iter().enumerate().filter(|(_, host)| host.round == Some(at));
        let mut waiting: Vec<_> = inside
            .map(|(number, host)| Waiting {
                host: self.names[number].as_str(),
                doing: host.call.as_ref().map_or("connecting", |call| call.label.as_str()),
                since: self.now - host.since,
            })
            .collect();
        waiting.sort_by(|a, b| b.since.total_cmp(&a.since));
        waiting.truncate(NAMED);
        progress.show(&round.about.name, round.inside, round.about.hosts.len(), &waiting);
    }
}
