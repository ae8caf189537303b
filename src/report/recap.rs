//! The end of a run: every targeted host once, and how to run the failed ones again.

use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::event::{HostOutcome, Recap, RunOutcome};
use crate::report::look::Look;
use crate::report::names::compact;
use crate::report::paint::Tone;
use crate::report::safe::safe;
use crate::report::wide;

/// With more hosts than this, those that came out well in the same way stand together.
const FOLDED: usize = 10;
/// What is counted of a host: its name, its count, its tone.
type Count = (&'static str, fn(&Recap) -> u32, Tone);
const COUNTS: [Count; 7] = [
    ("ok", |it| it.ok, Tone::Good),
    ("changed", |it| it.changed, Tone::Changed),
    ("failed", |it| it.failed, Tone::Bad),
    ("skipped", |it| it.skipped, Tone::Faint),
    ("rescued", |it| it.rescued, Tone::Odd),
    ("ignored", |it| it.ignored, Tone::Odd),
    ("unknown", |it| it.unknown, Tone::Odd),
];

/// A command longer than this is not proposed.
const COMMAND: usize = 8 << 10;

/// What the recap is drawn from.
#[derive(Debug)]
pub(super) struct Ending<'a> {
    pub(super) outcome: RunOutcome,
    pub(super) hosts: &'a [Recap],
    pub(super) took: f64,
    pub(super) look: &'a Look,
}

/// Columns that lines are made for where nobody says how many there are.
const COLUMNS: usize = 80;
/// What follows a line that is too long is indented so far.
const INDENT: usize = 6;

impl Ending<'_> {
    /// The recap as text.
    pub(super) fn draw(&self) -> String {
        let mut text = String::new();
        let rows = self.rows();
        let columns = self.look.width.unwrap_or(COLUMNS);
        // Where names are too long for a column, their counts are below them.
        let width = rows.iter().map(|(name, _)| wide::width(name));
        let width = width.filter(|it| *it <= columns / 2).max().unwrap_or(0);
        let fields = self.fields();
        let _ = writeln!(text, "{}", self.look.color.paint(Tone::Strong, "recap"));
        for (name, recap) in rows {
            let gap = width.saturating_sub(wide::width(&name));
            let is_long = wide::width(&name) > columns / 2;
            if is_long {
                let names = wide::broken(&name, columns - 2, 4);
                let _ = write!(text, "  {names}\n{:INDENT$}", "");
            } else {
                let _ = write!(text, "  {name}{:gap$} : ", "");
            }
            let begun = if is_long { INDENT } else { width + 5 };
            text.push_str(&self.row(recap, &fields, (begun, columns)));
            text.push('\n');
        }
        text.push('\n');
        let mut end = self.owed();
        let _ = writeln!(end, "{} in {}", self.verdict(), seconds(self.took));
        match self.look.width {
            None => text.push_str(&end),
            Some(columns) => {
                for line in end.lines() {
                    let _ = writeln!(text, "{}", wide::broken(line, columns, 2));
                }
            }
        }
        text.push_str(&self.again_line());
        text
    }

    /// The command that runs the hosts again that did not end well, as a line; nothing where there is none.
    pub(super) fn again_line(&self) -> String {
        self.again()
            .map_or_else(String::new, |command| format!("Re-run failed hosts: {command}\n"))
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
            let path = self.look.color.paint(Tone::Odd, &safe(path));
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

    /// The counts that are not zero for all hosts, each with the width of its longest number.
    fn fields(&self) -> Vec<(usize, usize)> {
        let digits = |count: u32| count.to_string().len();
        (0..COUNTS.len())
            .filter_map(|at| {
                let most = self.hosts.iter().map(|it| COUNTS[at].1(it)).max()?;
                (most > 0).then_some((at, digits(most)))
            })
            .collect()
    }

    fn row(&self, recap: &Recap, fields: &[(usize, usize)], (begun, columns): (usize, usize)) -> String {
        let color = self.look.color;
        let mut words: Vec<(String, String)> = (fields.iter())
            .map(|(at, digits)| {
                let (name, of, tone) = COUNTS[*at];
                let count = of(recap);
                let plain = format!("{name}={count:<digits$}");
                let painted = if count > 0 {
                    color.paint(tone, &plain)
                } else {
                    plain.clone()
                };
                (plain, painted)
            })
            .collect();
        let (word, tone) = match recap.outcome {
            HostOutcome::Ok => ("ok", Tone::Good),
            HostOutcome::Failed => ("FAILED", Tone::Bad),
            HostOutcome::Unreachable => ("UNREACHABLE", Tone::Bad),
            HostOutcome::Aborted => ("ABORTED", Tone::Bad),
            HostOutcome::NotStarted => ("NOT STARTED", Tone::Odd),
        };
        words.push((word.to_owned(), color.paint(tone, word)));
        let reason = recap.reason.as_deref().map(safe).unwrap_or_default();
        let reason = reason.lines().next().unwrap_or_default();
        let used: usize = words.iter().map(|it| wide::width(&it.0) + 2).sum();
        let mut row = wide::wrap(&words, (begun, columns), INDENT);
        if reason.is_empty() {
            return row;
        }
        if begun + used + wide::width(reason) < columns {
            let _ = write!(row, " — {reason}");
            return row;
        }
        // A terminal would break it anywhere; elsewhere all of it is kept.
        let room = columns.saturating_sub(INDENT);
        let reason = match self.look.width {
            Some(_) => wide::fit(reason, room),
            None => reason.to_owned(),
        };
        let _ = write!(row, "\n{:INDENT$}{reason}", "");
        row
    }

    /// In words how many hosts came out how.
    pub(super) fn verdict(&self) -> String {
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
                .look
                .color
                .paint(Tone::Bad, &format!("interrupted, {total} {hosts}")),
            true => self.look.color.paint(Tone::Good, &format!("{total} {hosts} ok")),
            false => {
                let text = format!("{interrupted}{} of {total} {hosts}", parts.join(", "));
                self.look.color.paint(Tone::Bad, &text)
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
        let again = self.look.again.as_ref()?;
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
pub fn seconds(took: f64) -> String {
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
