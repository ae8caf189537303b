//! What the parts of the page have in common: words, classes and small drawings.

use std::fmt::Write as _;

use crate::event::{HostOutcome, Outcome};
use crate::report::file::escape::xml;
use crate::report::file::story::Story;

/// This many different texts of a call are shown at once; the others are there, but folded.
pub(super) const SHOWN: usize = 8;

/// In one word how a run came out, and its class.
pub(super) fn verdict(run: &Story) -> (&'static str, &'static str) {
    match &run.outcome {
        None => ("CUT OFF", "bad"),
        Some(it) if it.crashed => ("CRASHED", "bad"),
        Some(it) if it.failed => ("FAILED", "bad"),
        Some(it) if it.unreachable => ("UNREACHABLE", "unreachable"),
        Some(it) if it.interrupted => ("INTERRUPTED", "bad"),
        Some(it) if it.changed && run.is_check => ("WOULD CHANGE", "changed"),
        Some(it) if it.changed => ("CHANGED", "changed"),
        Some(_) => ("OK", "ok"),
    }
}

/// The word and the class of the outcome of a host.
pub(super) const fn host(outcome: HostOutcome) -> (&'static str, &'static str) {
    match outcome {
        HostOutcome::Ok => ("ok", "ok"),
        HostOutcome::Failed => ("failed", "bad"),
        HostOutcome::Unreachable => ("unreachable", "unreachable"),
        HostOutcome::Aborted => ("aborted", "bad"),
        HostOutcome::NotStarted => ("not started", "dim"),
    }
}

/// The class of the outcome of a call.
pub(super) const fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Changed => "changed",
        Outcome::Failed | Outcome::Lost => "bad",
        Outcome::Unknown => "odd",
        Outcome::Skipped | Outcome::Canceled => "dim",
    }
}

/// `1 host`, `2 hosts`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {}", plural(count, noun))
}

/// `host`, or `hosts` where it is not one.
pub(super) fn plural(count: usize, noun: &str) -> String {
    match noun.strip_suffix('y') {
        _ if count == 1 => noun.to_owned(),
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    }
}

/// A length of time, short ones in milliseconds.
pub(super) fn time(took: f64) -> String {
    match took {
        took if took < 0.0095 => format!("{:.1} ms", took * 1000.0),
        took if took < 0.95 => format!("{:.0} ms", took * 1000.0),
        took if took < 9.95 => format!("{took:.1} s"),
        took if took < 59.5 => format!("{took:.0} s"),
        took => crate::report::recap::seconds(took),
    }
}

/// A bar of shares, each in the colour of its class and wide enough to be seen.
pub(super) fn bar<'a>(name: &str, shares: impl Iterator<Item = (usize, &'a str)> + Clone, out: &mut String) {
    let all = shares.clone().map(|it| it.0).sum::<usize>().max(1);
    let wide = |count: usize| (count * 1000 / all).max(20);
    let width: usize = shares.clone().map(|it| wide(it.0)).sum();
    let _ = write!(
        out,
        "<svg class=\"{name}\" viewBox=\"0 0 {} 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        width.max(1)
    );
    let mut x = 0;
    for (count, class) in shares {
        let width = wide(count);
        let _ = write!(
            out,
            "<rect x=\"{x}\" y=\"0\" width=\"{width}\" height=\"1\" class=\"f-{class}\"/>"
        );
        x += width;
    }
    out.push_str("</svg>");
}

/// The numbers of hosts as the script reads them: runs of them as `3-7`.
pub(super) fn ranges(hosts: &[u32]) -> String {
    let mut text = String::new();
    let mut rest = hosts;
    while let [first, ..] = rest {
        let run = rest.iter().zip(*first..).take_while(|(a, b)| **a == *b).count();
        let last = rest[run - 1];
        let comma = if text.is_empty() { "" } else { "," };
        let _ = match run {
            1 => write!(text, "{comma}{first}"),
            _ => write!(text, "{comma}{first}-{last}"),
        };
        rest = &rest[run..];
    }
    text
}

/// The names of hosts in a few words; a click opens the list of them.
pub(super) fn names(run: &Story, hosts: &[u32]) -> String {
    format!(
        "<span class=\"names\" data-h=\"{}\">{}</span>",
        ranges(hosts),
        xml(&run.compact(hosts))
    )
}

/// A text as it is; of a diff, each line in its colour.
pub(super) fn block(text: &str, is_diff: bool, out: &mut String) {
    if text.trim().is_empty() {
        return;
    }
    out.push_str("<pre tabindex=\"0\">");
    for line in xml(text).lines() {
        let class = match (is_diff, line.as_bytes().first()) {
            (true, Some(b'+')) => "a",
            (true, Some(b'-')) => "r",
            (true, Some(b'@')) => "h",
            _ => {
                let _ = writeln!(out, "{line}");
                continue;
            }
        };
        let _ = writeln!(out, "<span class=\"{class}\">{line}</span>");
    }
    out.push_str("</pre>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_written_as_runs_of_their_numbers() {
        for (hosts, text) in [(&[][..], ""), (&[4], "4"), (&[0, 1, 2, 5, 7, 8], "0-2,5,7-8")] {
            assert_eq!(ranges(hosts), text);
        }
    }

    #[test]
    fn times_have_the_unit_that_they_need() {
        for (took, text) in [
            (0.0014, "1.4 ms"),
            (0.35, "350 ms"),
            (9.2, "9.2 s"),
            (37.4, "37 s"),
            (82.0, "1m22s"),
        ] {
            assert_eq!(time(took), text);
        }
    }
}
