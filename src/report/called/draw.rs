//! The answers of hosts as text.

use std::fmt::Write as _;
use std::io::Write;

use crate::event::Outcome;
use crate::name::HostName;
use crate::report::called::{Answer, Called};
use crate::report::detail::word;
use crate::report::look::Detail;
use crate::report::names::compact;
use crate::report::paint::Tone;
use crate::report::safe::{self, Reader, safe};

impl<W: Write, N: Write> Called<W, N> {
    /// One host: what it answered and nothing else; of all the rest people are told apart.
    pub(super) fn alone(&mut self, answer: &Answer) {
        let reader = self.reader();
        let mut notes = String::new();
        let is_quiet = self.look.detail == Detail::Quiet;
        for line in safe::lines(&answer.beside, reader) {
            let _ = writeln!(notes, "{line}");
        }
        let is_said = self.is_shown || !answer.result.text.is_empty() || answer.result.bytes.is_some();
        if !self.is_shown {
            let is_plain = self.is_raw && reader == Reader::Plain;
            match &answer.result.bytes {
                Some(bytes) if is_plain => self.write(bytes),
                _ if is_plain => {
                    let mut text = answer.result.text.clone();
                    if !text.is_empty() && !text.ends_with('\n') {
                        text.push('\n');
                    }
                    self.write(text.as_bytes());
                }
                _ => {
                    let lines = safe::lines(&answer.result.text, reader);
                    let mut text = String::new();
                    for line in lines {
                        text.push_str(&line);
                        text.push('\n');
                    }
                    self.write(text.as_bytes());
                }
            }
            for line in safe::lines(&answer.result.stderr, reader) {
                let _ = writeln!(notes, "{line}");
            }
        }
        // What it would do is the question of a dry run, whatever else it answers.
        let is_asked = self.is_check && answer.word == word(Outcome::Changed, true);
        if answer.rank > 0 || ((!is_said || is_asked) && !is_quiet) || !answer.why.is_empty() {
            let name = self.names.first().map_or("", HostName::as_str);
            let word = self.look.color.paint(answer.tone, &answer.word);
            let why = safe::lines(&answer.why, reader).join(" ");
            let gap = if why.is_empty() { "" } else { ": " };
            let _ = writeln!(notes, "{name} {word}{gap}{why}");
        } else if let Some(code) = answer.result.exit_code.filter(|code| *code != 0) {
            let _ = writeln!(notes, "exit code {code}");
        }
        self.note(&notes);
    }

    /// Several hosts that answered the same.
    pub(super) fn group(&mut self, answer: &Answer, hosts: &[u32]) {
        let reader = self.reader();
        let names: Vec<_> = hosts.iter().map(|at| self.names[*at as usize].as_str()).collect();
        let color = self.look.color;
        let mut text = color.paint(Tone::Strong, &compact(&names));
        let _ = write!(text, "  {}", color.paint(answer.tone, &answer.word));
        let code = answer.result.exit_code.filter(|code| *code != 0);
        if let Some(code) = code {
            let _ = write!(text, "  exit code {code}");
        }
        let mut why = safe::lines(&answer.why, reader).into_iter();
        if let Some(first) = why.next() {
            let _ = write!(text, "  {first}");
        }
        text.push('\n');
        let beside = safe::lines(&answer.beside, reader);
        let body = safe::lines(&answer.result.text, reader);
        let stderr = safe::lines(&answer.result.stderr, reader);
        let stderr = stderr.into_iter().map(|line| format!("stderr: {line}"));
        for line in why.chain(beside).chain(body).chain(stderr) {
            text.push_str(format!("  {line}").trim_end());
            text.push('\n');
        }
        self.write(text.as_bytes());
    }

    /// Each host in one line, in the order of the inventory: for programs that work by lines.
    pub(super) fn lines(&mut self, answers: &[(Answer, Vec<u32>)]) {
        let mut all: Vec<(u32, &Answer)> = answers
            .iter()
            .flat_map(|(answer, hosts)| hosts.iter().map(move |host| (*host, answer)))
            .collect();
        all.sort_by_key(|(host, _)| *host);
        let one = |text: &str| safe(text.trim_end()).replace('\t', " ").replace('\n', "\\n");
        let mut text = String::new();
        for (host, answer) in all {
            let _ = write!(text, "{} | {}", self.names[host as usize], answer.word);
            if let Some(code) = answer.result.exit_code {
                let _ = write!(text, " | exit_code={code}");
            }
            for part in [&answer.why, &answer.result.text, &answer.result.stderr] {
                let part = one(part);
                if !part.is_empty() {
                    let _ = write!(text, " | {part}");
                }
            }
            text.push('\n');
        }
        self.write(text.as_bytes());
    }
}
