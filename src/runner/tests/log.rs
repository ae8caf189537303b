//! What the log of the simulated hosts says: when each call was made, how often, and what it was given to read.

use std::collections::BTreeMap;
use std::time::Duration;

use super::book::Key;
use super::world::Line;

/// One call over all its attempts.
#[derive(Debug)]
pub(super) struct Made {
    /// Where in the log it begins, and where its last attempt ends.
    pub(super) first: usize,
    pub(super) last: Option<usize>,
    pub(super) begun: Duration,
    pub(super) attempts: u32,
    pub(super) is_killed: bool,
    /// Whether its last attempt was lost with its connection.
    pub(super) is_lost: bool,
    pub(super) seen: String,
    pub(super) on: String,
}

pub(super) fn made(log: &[Line]) -> BTreeMap<Key, Made> {
    let mut all: BTreeMap<Key, Made> = BTreeMap::new();
    for (at, line) in log.iter().enumerate() {
        let made = all.entry(line.key.clone()).or_insert_with(|| Made {
            first: at,
            last: None,
            begun: line.at,
            attempts: 0,
            is_killed: false,
            is_lost: false,
            seen: line.text.clone(),
            on: line.on.clone(),
        });
        if line.is_start {
            made.attempts += 1;
            made.last = None;
        } else {
            made.last = Some(at);
            made.is_killed |= line.text == "killed";
            made.is_lost = line.text == "lost";
        }
    }
    all
}

/// The log in lines.
pub(super) fn text(log: &[Line]) -> String {
    let line = |it: &Line| {
        let (host, id, item) = &it.key;
        let word = if it.is_start { "S" } else { "E" };
        let on = if it.on == *host {
            String::new()
        } else {
            format!(" on {}", it.on)
        };
        format!(
            "{:>6}ms {word} {host} {id} {item}{on} #{} {}\n",
            it.at.as_millis(),
            it.attempt,
            it.text
        )
    };
    log.iter().map(line).collect()
}
