//! What is said of an entry next to its counts: failures, diffs, results, each once with all its hosts.

use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::diff::Diff;
use crate::event::{Kind, Outcome};
use crate::failure::Failure;
use crate::name::HostName;
use crate::report::line::tone;
use crate::report::look::Detail;
use crate::report::paint::Tone;
use crate::report::recap::seconds;
use crate::value::Map;

/// At most this many different details of an entry are kept.
const KEPT: usize = 200;
/// At most this many bytes of one are shown.
const SHOWN: usize = 64 << 10;
/// At most this many bytes of one field of a result are shown.
const FIELD: usize = 4 << 10;

/// Sorts of details, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Sort {
    Arguments,
    Log,
    Warning,
    Because,
    Retried,
    Diff,
    Result,
    /// In the tone of its outcome.
    Host(Tone),
    Failure,
}

/// How many characters of a call's arguments are shown.
const LINE: usize = 200;

/// A detail: its first line, and what follows indented.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Saying {
    pub(super) sort: Sort,
    pub(super) head: String,
    pub(super) body: String,
    /// The host on which it happened, where that is not the host that it is about.
    pub(super) via: Option<HostName>,
}

impl Saying {
    /// Of one line.
    pub(super) const fn plain(sort: Sort, head: String) -> Self {
        Self {
            sort,
            head,
            body: String::new(),
            via: None,
        }
    }

    /// On another host.
    pub(super) fn via(self, delegate: Option<&HostName>) -> Self {
        Self {
            via: delegate.cloned(),
            ..self
        }
    }
}

/// The details of an entry, equal ones folded.
#[derive(Debug, Default)]
pub(super) struct Details {
    said: IndexMap<Saying, Vec<u32>>,
    omitted: usize,
}

impl Details {
    /// Adds what is said of a host.
    pub(super) fn add(&mut self, mut saying: Saying, host: u32) {
        cut(&mut saying.body, SHOWN);
        let is_full = self.said.len() >= KEPT && saying.sort != Sort::Failure;
        match self.said.get_mut(&saying) {
            Some(hosts) if hosts.last() == Some(&host) => {}
            Some(hosts) => hosts.push(host),
            None if is_full => self.omitted += 1,
            None => {
                self.said.insert(saying, vec![host]);
            }
        }
    }

    /// All of them in a stable order: by sort, then by the first host.
    pub(super) fn take(&mut self) -> (Vec<(Saying, Vec<u32>)>, usize) {
        let mut all: Vec<_> = std::mem::take(&mut self.said).into_iter().collect();
        for (_, hosts) in &mut all {
            hosts.sort_unstable();
            hosts.dedup();
        }
        all.sort_by(|a, b| (a.0.sort, a.1.first(), &a.0.head).cmp(&(b.0.sort, b.1.first(), &b.0.head)));
        (all, std::mem::take(&mut self.omitted))
    }
}

/// What is said of a failure.
pub(super) fn failure(word: &str, item: Option<&str>, error: Option<&Failure>) -> Saying {
    let item = item.map_or_else(String::new, |item| format!(" ({item})"));
    let message = error.map_or("", |error| error.message.as_str());
    let mut head = match message {
        "" => format!("{word}{item}"),
        message => format!("{word}{item}: {message}"),
    };
    if let Some(code) = error.and_then(|error| error.exit_code)
        && !message.contains(&code.to_string())
    {
        let _ = write!(head, " (exit code {code})");
    }
    Saying {
        sort: Sort::Failure,
        head,
        // Where the message ends with all of it, it is not said twice.
        body: error
            .and_then(Failure::written)
            .filter(|text| !message.ends_with(text.trim()))
            .unwrap_or_default()
            .to_owned(),
        via: None,
    }
}

/// What is said of a change.
pub(super) fn diff(item: Option<&str>, diff: &Diff) -> Saying {
    let item = item.map_or_else(String::new, |item| format!(" ({item})"));
    Saying {
        sort: Sort::Diff,
        head: format!("{}{item}", diff.title),
        body: diff.text.clone(),
        via: None,
    }
}

/// What is said of arguments: one line.
pub(super) fn arguments(item: Option<&str>, arguments: &Map) -> Saying {
    let mut line = String::new();
    for (name, value) in arguments {
        let _ = write!(line, " {name}={}", value.as_str().unwrap_or_default());
    }
    if let Some((end, _)) = line.char_indices().nth(LINE) {
        line.truncate(end);
        line.push('…');
    }
    let item = item.map_or_else(String::new, |item| format!(" ({item})"));
    Saying::plain(Sort::Arguments, format!("with{item}{line}"))
}

/// What is said of a result, field by field.
pub(super) fn result(item: Option<&str>, result: &Map) -> Saying {
    fields(Sort::Result, "result", item, result)
}

/// What is said of arguments where there is room: one after the other.
pub(super) fn listed(item: Option<&str>, arguments: &Map) -> Saying {
    fields(Sort::Arguments, "arguments", item, arguments)
}

fn fields(sort: Sort, word: &str, item: Option<&str>, fields: &Map) -> Saying {
    let mut body = String::new();
    for (name, value) in fields {
        let mut text = match value.as_str() {
            Some(text) => text.to_owned(),
            None => serde_json::to_string(value).unwrap_or_default(),
        };
        cut(&mut text, FIELD);
        let text = text.trim_end();
        if text.contains('\n') {
            body.push_str(name);
            body.push_str(":\n");
            for line in text.lines() {
                body.push_str("  ");
                body.push_str(line);
                body.push('\n');
            }
        } else {
            let _ = writeln!(body, "{name}: {text}");
        }
    }
    Saying {
        sort,
        head: item.map_or_else(|| word.to_owned(), |item| format!("{word} ({item})")),
        body,
        via: None,
    }
}

/// What is to be said of the end of a call or item, next to its failure.
pub(super) fn of_end(kind: &Kind, detail: Detail, is_check: bool) -> Vec<Saying> {
    let Kind::CallEnded {
        outcome,
        item,
        change,
        warnings,
        because,
        result,
        took,
        attempts,
        delegate,
        ..
    } = kind
    else {
        return Vec::new();
    };
    let item = item.as_deref();
    let word = word(*outcome, is_check);
    let mut said: Vec<_> = warnings
        .iter()
        .map(|warning| Saying::plain(Sort::Warning, format!("warning: {warning}")))
        .collect();
    said.extend(
        change
            .iter()
            .flat_map(|change| &change.diff)
            .map(|diff| self::diff(item, diff)),
    );
    if let Some(because) = because
        && (*outcome == Outcome::Unknown || detail >= Detail::Hosts)
    {
        said.push(Saying::plain(Sort::Because, format!("{word}: {because}")));
    }
    if detail >= Detail::Hosts {
        let item = item.map_or_else(String::new, |item| format!(" ({item})"));
        let tries = if *attempts > 1 {
            format!(", {attempts} attempts")
        } else {
            String::new()
        };
        let head = format!("{word}{item} in {}{tries}", seconds(*took));
        said.push(Saying::plain(Sort::Host(tone(*outcome)), head));
    }
    if detail >= Detail::Results && !result.is_empty() {
        said.push(self::result(item, result));
    }
    said.into_iter()
        .map(|saying| saying.via(delegate.as_ref()))
        .collect()
}

/// What is to be said of the end of a group, or of an iteration of it, next to what its entries say themselves: why it did not
/// start, and a failure of its own.
pub(super) fn of_group(kind: &Kind, detail: Detail, is_check: bool) -> Vec<Saying> {
    let (outcome, item, because, error, failed_call, excuse) = match kind {
        Kind::IterationEnded {
            outcome,
            item,
            because,
            error,
            failed_call,
            ..
        } => (outcome, item.as_deref(), because, error, failed_call, ""),
        Kind::GroupEnded {
            outcome,
            because,
            error,
            failed_call,
            ignored,
            rescued,
            ..
        } => {
            let excuse = match (ignored, rescued) {
                (true, _) => ", ignored",
                (_, true) => ", rescued",
                _ => "",
            };
            (outcome, None, because, error, failed_call, excuse)
        }
        _ => return Vec::new(),
    };
    let mut said = Vec::new();
    if let Some(because) = because
        && (*outcome == Outcome::Unknown || detail >= Detail::Hosts)
    {
        let item = item.map_or_else(String::new, |item| format!(" ({item})"));
        let head = format!("{}{item}: {because}", word(*outcome, is_check));
        said.push(Saying::plain(Sort::Because, head));
    }
    if matches!(outcome, Outcome::Failed | Outcome::Lost) && error.is_some() && failed_call.is_none() {
        let word = format!("{}{excuse}", word(*outcome, is_check));
        said.push(failure(&word, item, error.as_ref()));
    }
    said
}

/// The word of an outcome.
pub(super) const fn word(outcome: Outcome, is_check: bool) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Changed if is_check => "would change",
        Outcome::Changed => "changed",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
        Outcome::Unknown => "unknown",
        Outcome::Lost => "lost",
        Outcome::Canceled => "canceled",
    }
}

pub(super) fn cut(text: &mut String, limit: usize) {
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit));
        text.push_str(" …");
    }
}
