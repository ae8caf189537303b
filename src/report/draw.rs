//! The lines of an entry as text.

use std::fmt::Write as _;

use crate::event::CallRef;
use crate::name::HostName;
use crate::report::detail::{Saying, Sort};
use crate::report::line::{Counts, NAMED};
use crate::report::look::Look;
use crate::report::names::compact;
use crate::report::paint::Tone;
use crate::report::safe::{self, Reader, safe};

/// How entries are written.
#[derive(Debug)]
pub(super) struct Pen<'a> {
    pub(super) look: Look,
    pub(super) is_check: bool,
    pub(super) names: &'a [HostName],
}

impl Pen<'_> {
    /// The line of an entry: its label and how it ended, and where it is if it failed.
    pub(super) fn line(&self, call: &CallRef, counts: &Counts, on: &[HostName], width: usize) -> String {
        let color = self.look.color;
        let label = safe(&call.label).replace('\n', " ");
        let words = counts.words(self.is_check, color);
        let mut line = format!("  {label:width$}  {words}");
        if !on.is_empty() {
            let names: Vec<_> = on.iter().take(NAMED).map(HostName::as_str).collect();
            let more = if on.len() > NAMED { ", …" } else { "" };
            let text = format!("  -> {}{more}", names.join(", "));
            line.push_str(&color.paint(Tone::Faint, &text));
        }
        if counts.has_failed() {
            let place = format!("{}:{}", call.location.path, call.location.line);
            line.push_str("  ");
            line.push_str(&color.paint(Tone::Faint, &safe(&place)));
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }

    /// A detail, under the hosts that it is about.
    pub(super) fn saying(&self, saying: &Saying, hosts: &[u32]) -> String {
        let names: Vec<_> = hosts.iter().map(|at| self.names[*at as usize].as_str()).collect();
        let color = self.look.color;
        let mut head = safe::lines(&saying.head, self.reader()).into_iter();
        let first = head.next().unwrap_or_default();
        let first = match saying.sort {
            Sort::Failure => color.paint(Tone::Bad, &first),
            Sort::Warning => color.paint(Tone::Changed, &first),
            Sort::Because | Sort::Retried => color.paint(Tone::Odd, &first),
            Sort::Host(tone) => color.paint(tone, &first),
            Sort::Arguments | Sort::Log | Sort::Diff | Sort::Result => first,
        };
        let via = saying
            .via
            .as_ref()
            .map_or_else(String::new, |host| format!(" -> {host}"));
        let mut text = format!("    {}{via}: {first}\n", compact(&names));
        for line in head {
            let _ = writeln!(text, "      {line}");
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
        text
    }

    /// A host that is not reached, why, and what to do.
    pub(super) fn unreachable(&self, host: &HostName, message: &str, help: Option<&str>) -> String {
        let head = safe::lines(message, self.reader()).join(" ");
        let word = self.look.color.paint(Tone::Bad, "unreachable");
        let mut text = format!("  {host} {word}: {head}\n");
        for line in help.iter().flat_map(|help| safe::lines(help, self.reader())) {
            let _ = writeln!(text, "    {line}");
        }
        text
    }

    /// That too many hosts of a round have failed.
    pub(super) fn stopped(&self, round: &str, failures: u32, of: u32, allowed: &str) -> String {
        let word = self.look.color.paint(Tone::Bad, "stopped:");
        let noun = if of == 1 { "host" } else { "hosts" };
        format!(
            "{word} {failures} of {of} {noun} of `{}` failed, and `max_failures` is {allowed}: nothing new is started\n",
            safe(round)
        )
    }

    /// Something that concerns the run, or a host as a whole.
    pub(super) fn warning(&self, message: &str, host: Option<&HostName>) -> String {
        let host = host.map_or_else(String::new, |host| format!("{host}: "));
        let text = safe::lines(message, self.reader()).join(" ");
        format!(
            "{} {host}{text}\n",
            self.look.color.paint(Tone::Changed, "warning:")
        )
    }

    /// Who reads what is written.
    pub(super) fn reader(&self) -> Reader {
        if self.look.github {
            Reader::Github
        } else {
            Reader::Plain
        }
    }
}
