//! A call without a playbook, for people: what it got, equal hosts together, those that failed last.

mod draw;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use indexmap::IndexMap;
use indicatif::ProgressBar;

use crate::event::{Event, HostOutcome, Kind, Outcome, Recap, RunOutcome, Sink};
use crate::name::HostName;
use crate::protocol::Mode;
use crate::report::detail::{self, word};
use crate::report::fields::{self, Shown};
use crate::report::line::tone;
use crate::report::live::Live;
use crate::report::look::{Detail, Look};
use crate::report::paint::Tone;
use crate::report::recap::{Ending, seconds};
use crate::report::safe::{self, Reader, safe};
use crate::system::{Level, Stream};

/// How the answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Hosts that answered the same together, under their names; of one host its answer alone.
    Groups,
    /// Each host in one line.
    Lines,
}

/// At most so much is kept of what a host logs, in bytes.
const LOGGED: usize = 16 << 10;
/// At most so much of the answer of one of several hosts is kept, in bytes.
const KEPT: usize = 64 << 10;

/// What a host answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Answer {
    /// Answers of a higher one come later.
    rank: u8,
    word: String,
    tone: Tone,
    /// Why, where that is said in one line.
    why: String,
    /// What is said next to the result: records, warnings, differences.
    beside: String,
    result: Shown,
}

/// Shows one call to people.
pub struct Called<W: Write, N: Write> {
    out: W,
    /// Where complaints go if `out` has the answer of one host alone.
    notes: N,
    look: Look,
    form: Form,
    bar: Option<ProgressBar>,
    /// Whether `out` is a program's, which wants the answer of one host as it is.
    is_raw: bool,
    is_check: bool,
    names: Vec<HostName>,
    places: HashMap<HostName, u32>,
    answers: IndexMap<Answer, Vec<u32>>,
    logged: HashMap<u32, String>,
    live: Live,
    /// Whether what the command wrote was shown while it ran.
    is_shown: bool,
    broken: Option<io::Error>,
}

impl<W: Write, N: Write> Called<W, N> {
    /// Writes answers to `out` and, where that has nothing but an answer, the rest to `notes`.
    pub fn new(out: W, notes: N, look: Look, form: Form, is_raw: bool, bar: Option<ProgressBar>) -> Self {
        Self {
            out,
            notes,
            look,
            form,
            bar,
            is_raw,
            is_check: false,
            names: Vec::new(),
            places: HashMap::new(),
            answers: IndexMap::new(),
            logged: HashMap::new(),
            live: Live::default(),
            is_shown: false,
            broken: None,
        }
    }

    fn is_alone(&self) -> bool {
        self.names.len() == 1 && self.form == Form::Groups
    }

    fn reader(&self) -> Reader {
        if self.look.github {
            Reader::Github
        } else {
            Reader::Plain
        }
    }

    /// A reader that went away stops the writing, never the run.
    fn write(&mut self, bytes: &[u8]) {
        if self.broken.is_some() || bytes.is_empty() {
            return;
        }
        let out = &mut self.out;
        let mut write = || out.write_all(bytes).and_then(|()| out.flush());
        let done = match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
        self.broken = done.err();
    }

    /// Where nobody hears it, nothing is lost but this.
    fn note(&mut self, text: &str) {
        let _unheard = self
            .notes
            .write_all(text.as_bytes())
            .and_then(|()| self.notes.flush());
    }

    fn add(&mut self, host: u32, mut answer: Answer) {
        if self.names.len() > 1 {
            detail::cut(&mut answer.result.text, KEPT);
            detail::cut(&mut answer.result.stderr, KEPT);
            detail::cut(&mut answer.beside, KEPT);
        }
        self.answers.entry(answer).or_default().push(host);
    }

    fn ended(&mut self, kind: &Kind) {
        let Kind::CallEnded {
            host,
            outcome,
            item: None,
            change,
            error,
            warnings,
            because,
            result,
            call,
            ..
        } = kind
        else {
            return;
        };
        let Some(&host) = self.places.get(host) else {
            return;
        };
        for (is_error, line) in self.live.finish(call.entry, host) {
            self.streamed(host, is_error, &[line]);
        }
        let mut beside = self.logged.remove(&host).unwrap_or_default();
        for warning in warnings {
            let _ = writeln!(beside, "warning: {warning}");
        }
        for diff in change.iter().flat_map(|change| &change.diff) {
            let _ = writeln!(beside, "{}\n{}", diff.title, diff.text.trim_end());
        }
        let mut result = fields::shown(result);
        let has_failed = matches!(outcome, Outcome::Failed | Outcome::Lost);
        let mut why = because.clone().unwrap_or_default();
        if has_failed {
            let saying = detail::failure("", None, error.as_ref());
            saying.head.trim_start_matches(": ").clone_into(&mut why);
            let is_stderr = error.as_ref().is_some_and(|error| error.stderr.is_some());
            let part = if is_stderr {
                &mut result.stderr
            } else {
                &mut result.text
            };
            *part = saying.body;
        }
        let word = match outcome {
            Outcome::Failed => "FAILED",
            Outcome::Lost => "LOST",
            other => word(*other, self.is_check),
        };
        let answer = Answer {
            rank: if has_failed { 3 } else { 0 },
            word: word.to_owned(),
            tone: tone(*outcome),
            why,
            beside,
            result,
        };
        self.add(host, answer);
    }

    /// Lines of a command that still runs.
    fn streamed(&mut self, host: u32, is_error: bool, lines: &[String]) {
        self.is_shown |= self.is_alone();
        let reader = self.reader();
        let head = if self.is_alone() {
            String::new()
        } else {
            format!("{} | ", self.names[host as usize])
        };
        let mut text = String::new();
        for line in lines.iter().flat_map(|line| safe::lines(line, reader)) {
            let line = if is_error {
                self.look.color.paint(Tone::Faint, &line)
            } else {
                line
            };
            let _ = writeln!(text, "{head}{line}");
        }
        self.write(text.as_bytes());
    }

    fn over(&mut self, outcome: RunOutcome, hosts: &[Recap], took: f64) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        // What nothing was said of: not started, or cut short.
        for recap in hosts {
            let Some(&host) = self.places.get(&recap.host) else {
                continue;
            };
            if recap.outcome == HostOutcome::Ok || self.answers.values().any(|it| it.contains(&host)) {
                continue;
            }
            let word = match recap.outcome {
                HostOutcome::Unreachable => "UNREACHABLE",
                HostOutcome::NotStarted => "NOT STARTED",
                HostOutcome::Aborted => "ABORTED",
                _ => "FAILED",
            };
            let answer = Answer {
                rank: 1,
                word: word.to_owned(),
                tone: Tone::Bad,
                why: recap.reason.clone().unwrap_or_default(),
                beside: String::new(),
                result: Shown::default(),
            };
            self.add(host, answer);
        }
        let mut answers: Vec<_> = std::mem::take(&mut self.answers).into_iter().collect();
        for (_, hosts) in &mut answers {
            hosts.sort_unstable();
        }
        match self.form {
            Form::Lines => return self.lines(&answers),
            Form::Groups if self.is_alone() => answers.iter().for_each(|(answer, _)| self.alone(answer)),
            Form::Groups => {
                answers.sort_by_key(|(answer, hosts)| (answer.rank, std::cmp::Reverse(hosts.len())));
                for (answer, hosts) in &answers {
                    self.group(answer, hosts);
                }
            }
        }
        let ending = Ending {
            outcome,
            hosts,
            took,
            look: &self.look,
        };
        let mut text = String::new();
        if !self.is_alone() && self.look.detail > Detail::Quiet {
            let _ = writeln!(text, "\n{} in {}", ending.verdict(), seconds(took));
        }
        text.push_str(&ending.again_line());
        if self.is_alone() {
            self.note(&text);
        } else {
            self.write(text.as_bytes());
        }
    }
}

impl<W: Write, N: Write> Sink for Called<W, N> {
    fn event(&mut self, event: &Event) {
        match &event.kind {
            Kind::RunStarted { hosts, mode, .. } => {
                self.names.clone_from(hosts);
                self.places = (0..).zip(hosts).map(|(at, host)| (host.clone(), at)).collect();
                self.is_check = *mode == Mode::Check;
            }
            Kind::CallEnded { .. } => self.ended(&event.kind),
            Kind::CallOutput {
                call,
                host,
                stream,
                text,
                ..
            } if self.look.live => {
                let Some(&host) = self.places.get(host) else {
                    return;
                };
                let is_error = *stream == Stream::Stderr;
                let lines = self.live.push((call.entry, host, is_error), text, event.at);
                self.streamed(host, is_error, &lines);
            }
            Kind::CallLog {
                host, level, message, ..
            } if *level >= Level::Info => {
                let Some(&host) = self.places.get(host) else {
                    return;
                };
                let logged = self.logged.entry(host).or_default();
                if logged.len() < LOGGED {
                    let _ = writeln!(logged, "{message}");
                }
            }
            Kind::Unreachable {
                host, message, help, ..
            } => {
                let Some(&host) = self.places.get(host) else {
                    return;
                };
                let answer = Answer {
                    rank: 2,
                    word: "UNREACHABLE".into(),
                    tone: Tone::Bad,
                    why: message.clone(),
                    beside: help.clone().unwrap_or_default(),
                    result: Shown::default(),
                };
                self.add(host, answer);
            }
            Kind::Warning { message, host } => {
                let host = host.as_ref().map_or_else(String::new, |host| format!("{host}: "));
                let text = format!("warning: {host}{}\n", safe(message).replace('\n', " "));
                self.note(&text);
            }
            Kind::Interrupted { times: 1 } => {
                self.note("interrupted: running calls may end; once more to cancel them\n");
            }
            Kind::Interrupted { .. } => self.note("interrupted again: running calls are canceled\n"),
            Kind::RunEnded { outcome, hosts, took } => self.over(*outcome, hosts, *took),
            _ => {}
        }
    }

    fn tick(&mut self) {
        if let Some(bar) = self.bar.as_ref().filter(|_| self.names.len() > 1) {
            let done: usize = self.answers.values().map(Vec::len).sum();
            bar.set_message(format!("{done} of {} hosts", self.names.len()));
        }
    }

    fn broken(&self) -> Option<String> {
        let error = self.broken.as_ref()?;
        Some(format!("standard output cannot be written: {error}"))
    }
}
