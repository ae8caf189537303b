//! What running commands write, on its way to people: whole lines, and never too many.

use std::collections::HashMap;

/// At most so many lines are shown in a second.
const LINES: usize = 200;
/// A line is cut after so many bytes.
const LONGEST: usize = 4 << 10;

/// Of which call, on which host, and whether to standard error.
pub(super) type Source = (u32, u32, bool);

/// Lines that have begun, and how many were shown of late.
#[derive(Debug, Default)]
pub(super) struct Live {
    begun: HashMap<Source, String>,
    since: f64,
    shown: usize,
    left_out: usize,
}

impl Live {
    /// The lines that are whole once this has come, at a time in seconds.
    pub(super) fn push(&mut self, source: Source, text: &str, now: f64) -> Vec<String> {
        let mut lines = Vec::new();
        if now - self.since >= 1.0 {
            (self.since, self.shown) = (now, 0);
            lines.extend(self.left_out());
        }
        let mut rest = text;
        while let Some((line, after)) = rest.split_once('\n') {
            let mut whole = self.begun.remove(&source).unwrap_or_default();
            extend(&mut whole, line);
            rest = after;
            self.show(whole, &mut lines);
        }
        if !rest.is_empty() {
            extend(self.begun.entry(source).or_default(), rest);
        }
        lines
    }

    /// What is left of a call that has ended on a host.
    pub(super) fn finish(&mut self, entry: u32, host: u32) -> Vec<(bool, String)> {
        let mut lines = Vec::new();
        for is_error in [false, true] {
            let rest = self.begun.remove(&(entry, host, is_error));
            lines.extend(rest.map(|rest| (is_error, rest)));
        }
        lines.extend(self.left_out().map(|line| (false, line)));
        lines
    }

    fn show(&mut self, line: String, lines: &mut Vec<String>) {
        if self.shown < LINES {
            self.shown += 1;
            lines.push(line);
        } else {
            self.left_out += 1;
        }
    }

    fn left_out(&mut self) -> Option<String> {
        let noun = if self.left_out == 1 { "line" } else { "lines" };
        let count = std::mem::take(&mut self.left_out);
        (count > 0).then(|| format!("… {count} more {noun} not shown"))
    }
}

/// A line, cut where it is too long.
fn extend(line: &mut String, more: &str) {
    if line.len() > LONGEST {
        return;
    }
    line.push_str(more);
    if line.len() > LONGEST {
        line.truncate(line.floor_char_boundary(LONGEST));
        line.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_cut_and_counted() {
        let mut live = Live::default();
        let source = (0, 0, false);
        assert_eq!(live.push(source, "on", 0.0), Vec::<String>::new());
        assert_eq!(live.push(source, "e\ntwo\nthr", 0.1), ["one", "two"]);
        assert_eq!(live.push((0, 1, false), "other\n", 0.1), ["other"]);
        assert_eq!(live.finish(0, 0), [(false, "thr".to_owned())]);
        let long = live.push(source, &format!("{}\n", "é".repeat(LONGEST)), 0.2);
        assert!(long[0].len() <= LONGEST + "…".len(), "{}", long[0].len());

        let flood = live.push(source, &"x\n".repeat(1_000), 0.3);
        assert_eq!(flood.len(), LINES - 4);
        let after = live.push(source, "after\n", 2.0);
        assert_eq!(
            after,
            [
                format!("… {} more lines not shown", 1_004 - LINES),
                "after".to_owned()
            ]
        );
    }

    #[test]
    fn a_line_that_never_ends_takes_no_memory() {
        let mut live = Live::default();
        for _ in 0..1_000 {
            live.push((0, 0, true), &"x".repeat(10_000), 0.0);
        }
        let [(true, kept)] = &live.finish(0, 0)[..] else {
            panic!("one line is left")
        };
        assert!(kept.len() <= LONGEST + "…".len());
    }
}
