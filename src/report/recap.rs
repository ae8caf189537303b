//! The end of a run: every targeted host once, and how to run the failed ones again.

use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::event::{HostOutcome, Recap, RunOutcome};
use crate::report::look::Again;
use crate::report::names::compact;
use crate::report::paint::{Color, Tone};
use crate::report::safe::safe;

/// With more hosts than this, those that came out well in the same way stand together.
const FOLDED: usize = 10;
/// A command longer than this is not proposed.
const COMMAND: usize = 8 << 10;

/// What the recap is drawn from.
#[derive(Debug)]
pub(super) struct Ending<'a> {
    pub(super) outcome: RunOutcome,
    pub(super) hosts: &'a [Recap],
    pub(super) took: f64,
    pub(super) color: Color,
    /// As in `Look`.
    pub(super) again: Option<&'a Again>,
}

impl Ending<'_> {
    /// The recap as text.
    pub(super) fn draw(&self) -> String {
        let mut text = String::new();
        let rows = self.rows();
        let width = rows
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0);
        let _ = writeln!(text, "{}", self.color.paint(Tone::Strong, "recap"));
        for (name, recap) in rows {
            let _ = writeln!(text, "  {name:width$} : {}", self.row(recap));
        }
        text.push('\n');
        text.push_str(&self.owed());
        let _ = writeln!(text, "{} in {}", self.verdict(), seconds(self.took));
        if let Some(command) = self.again() {
            let _ = writeln!(text, "again, for the hosts that did not end well: {command}");
        }
        text
    }

    /// The handlers that hosts owe, a line each.
    fn owed(&self) -> String {
        let mut handlers: IndexMap<&str, Vec<&str>> = IndexMap::new();
        for recap in self.hosts {
            for path in &recap.owed {
                handlers.entry(path).or_default().push(recap.host.as_str());
            }
        }
        let mut text = String::new();
        for (path, hosts) in handlers {
            let path = self.color.paint(Tone::Odd, &safe(path));
            let _ = writeln!(
                text,
                "owed: {path} on {}: its source changed, and it did not run. The next run of this playbook there runs it",
                compact(&hosts)
            );
        }
        text
    }

    fn rows(&self) -> Vec<(String, &Recap)> {
        let mut rows: Vec<(Vec<&str>, &Recap)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for recap in self.hosts {
            let can_fold = self.hosts.len() > FOLDED && recap.reason.is_none();
            let counts = [
                recap.ok,
                recap.changed,
                recap.skipped,
                recap.rescued,
                recap.ignored,
                recap.unknown,
            ];
            let key = (recap.outcome, recap.failed, counts);
            if let Some(&at) = places.get(&key).filter(|_| can_fold) {
                let (names, _): &mut (Vec<&str>, &Recap) = &mut rows[at];
                names.push(recap.host.as_str());
                continue;
            }
            if can_fold {
                places.insert(key, rows.len());
            }
            rows.push((vec![recap.host.as_str()], recap));
        }
        rows.into_iter()
            .map(|(names, recap)| (compact(&names), recap))
            .collect()
    }

    fn row(&self, recap: &Recap) -> String {
        let unreachable = u32::from(recap.outcome == HostOutcome::Unreachable);
        let aborted = u32::from(recap.outcome == HostOutcome::Aborted);
        let not_started = u32::from(recap.outcome == HostOutcome::NotStarted);
        let fields = [
            ("ok", recap.ok, Tone::Good, true),
            ("changed", recap.changed, Tone::Changed, true),
            ("unreachable", unreachable, Tone::Bad, true),
            ("failed", recap.failed, Tone::Bad, true),
            ("skipped", recap.skipped, Tone::Faint, true),
            ("rescued", recap.rescued, Tone::Odd, true),
            ("ignored", recap.ignored, Tone::Odd, true),
            ("unknown", recap.unknown, Tone::Odd, false),
            ("aborted", aborted, Tone::Bad, false),
            ("not-started", not_started, Tone::Odd, false),
        ];
        let mut parts: Vec<String> = fields
            .into_iter()
            .filter(|(_, count, _, always)| *always || *count > 0)
            .map(|(name, count, tone, _)| {
                let text = format!("{name}={count}");
                if count > 0 {
                    self.color.paint(tone, &text)
                } else {
                    text
                }
            })
            .collect();
        let (word, tone) = match recap.outcome {
            HostOutcome::Ok => ("ok", Tone::Good),
            HostOutcome::Failed => ("FAILED", Tone::Bad),
            HostOutcome::Unreachable => ("UNREACHABLE", Tone::Bad),
            HostOutcome::Aborted => ("ABORTED", Tone::Bad),
            HostOutcome::NotStarted => ("NOT STARTED", Tone::Odd),
        };
        parts.push(self.color.paint(tone, word));
        let mut row = parts.join("  ");
        if let Some(reason) = &recap.reason {
            let reason = safe(reason);
            row.push_str(" — ");
            row.push_str(reason.lines().next().unwrap_or_default());
        }
        row
    }

    fn verdict(&self) -> String {
        let count = |wanted: HostOutcome| self.hosts.iter().filter(|it| it.outcome == wanted).count();
        let total = self.hosts.len();
        let parts: Vec<_> = [
            (HostOutcome::Failed, "failed"),
            (HostOutcome::Unreachable, "unreachable"),
            (HostOutcome::Aborted, "aborted"),
            (HostOutcome::NotStarted, "not started"),
        ]
        .into_iter()
        .map(|(outcome, word)| (count(outcome), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        let hosts = if total == 1 { "host" } else { "hosts" };
        let interrupted = if self.outcome.interrupted {
            "interrupted: "
        } else {
            ""
        };
        match parts.is_empty() {
            true if self.outcome.interrupted => self
                .color
                .paint(Tone::Bad, &format!("interrupted, {total} {hosts}")),
            true => self.color.paint(Tone::Good, &format!("{total} {hosts} ok")),
            false => {
                let text = format!("{interrupted}{} of {total} {hosts}", parts.join(", "));
                self.color.paint(Tone::Bad, &text)
            }
        }
    }

    fn again(&self) -> Option<String> {
        let names: Vec<_> = self
            .hosts
            .iter()
            .filter(|it| it.outcome != HostOutcome::Ok)
            .map(|it| it.host.as_str())
            .collect();
        if names.is_empty() {
            return None;
        }
        let again = self.again?;
        let is_unreachable = |it: &Recap| it.outcome == HostOutcome::Unreachable;
        let limit = if again.is_recorded {
            let failed = (self.hosts.iter()).any(|it| it.outcome != HostOutcome::Ok && !is_unreachable(it));
            match (failed, self.hosts.iter().any(is_unreachable)) {
                (true, true) => "@failed,@unreachable".to_owned(),
                (false, true) => "@unreachable".to_owned(),
                _ => "@failed".to_owned(),
            }
        } else {
            quoted(names.join(",").as_bytes())
        };
        let command = format!("{} --limit {limit} {}", again.before, again.after);
        (command.len() <= COMMAND).then_some(command)
    }
}

/// A word as a shell reads it: bash, zsh and ksh, where there are characters in it that no terminal shows as they are.
pub fn quoted(word: &[u8]) -> String {
    let text = std::str::from_utf8(word).ok();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/,@%+:=-".contains(c);
    match text {
        Some(text) if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        Some(text) if safe(text) == text && !text.contains(['\n', '\t']) => {
            format!("'{}'", text.replace('\'', "'\\''"))
        }
        _ => {
            let mut out = "$'".to_owned();
            for byte in word {
                match byte {
                    b'\'' | b'\\' => out.extend(['\\', char::from(*byte)]),
                    b' '..=b'~' => out.push(char::from(*byte)),
                    _ => {
                        let _infallible = write!(out, "\\{byte:03o}");
                    }
                }
            }
            out.push('\'');
            out
        }
    }
}

/// A length of time for people.
pub(super) fn seconds(took: f64) -> String {
    match took {
        took if took < 9.95 => format!("{took:.1}s"),
        took if took < 60.0 => format!("{took:.0}s"),
        took => {
            let whole = std::time::Duration::try_from_secs_f64(took).map_or(0, |it| it.as_secs());
            match whole / 3600 {
                0 => format!("{}m{:02}s", whole / 60, whole % 60),
                hours => format!("{hours}h{:02}m", whole % 3600 / 60),
            }
        }
    }
}
