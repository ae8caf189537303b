//! The end of a dry run: because of which calls others are unknown, and what would make them known.

use std::collections::HashMap;
use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::event::{Kind, Outcome};
use crate::report::safe::safe;

/// So many calls are named.
const NAMED: usize = 5;

/// The calls because of which others are unknown.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// The tool of each call, by its label.
    tools: HashMap<String, String>,
    /// How many calls are unknown because of each.
    calls: IndexMap<String, u32>,
}

impl Roots {
    /// Takes note of the end of a call.
    pub(super) fn note(&mut self, kind: &Kind) {
        let Kind::CallEnded {
            call,
            outcome,
            because,
            ..
        } = kind
        else {
            return;
        };
        if !self.tools.contains_key(&call.label) {
            self.tools.insert(call.label.clone(), call.tool.clone());
        }
        if let (Outcome::Unknown, Some(because)) = (outcome, because) {
            *self.calls.entry(because.clone()).or_default() += 1;
        }
    }

    /// A line for each, those because of which most is unknown first.
    pub(super) fn draw(&self) -> String {
        let mut roots: Vec<_> = (self.calls.iter())
            .filter_map(|(label, count)| Some((label, *count, self.tools.get(label)?)))
            .collect();
        roots.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        let mut text = String::new();
        for (label, count, tool) in roots.iter().take(NAMED) {
            let calls = if *count == 1 { "call" } else { "calls" };
            let label = safe(label);
            let _ = write!(text, "unknown: {count} {calls} because of `{label}`");
            text.push_str(match tool.split_once('.') {
                Some(("exec", _)) => {
                    ". What it writes is known once it has run: name the paths in its `writes`, and the rest is known before"
                }
                Some(("apt" | "dnf" | "apk" | "pacman" | "package", _)) => {
                    ". What a package brings along is known once it is installed"
                }
                _ => "",
            });
            text.push('\n');
        }
        if let Some(more) = roots.len().checked_sub(NAMED).filter(|it| *it > 0) {
            let _ = writeln!(text, "unknown: and because of {more} other calls");
        }
        text
    }
}
