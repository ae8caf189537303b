//! What the script of the page reads: the run as JSON in which nothing can end the element that it is in.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::event::Outcome;
use crate::report::detail::Sort;
use crate::report::file::html::path::{What, steps};
use crate::report::file::html::words::{host, ranges};
use crate::report::file::story::Story;
use crate::report::safe::safe;

/// At most this many calls are drawn one by one.
const BARS: usize = 200_000;

/// The run as JSON: places of hosts and calls instead of their names, times in seconds.
pub(super) fn json(run: &Story) -> String {
    let calls: Vec<_> = (run.rounds.iter().enumerate())
        .flat_map(|(round, it)| it.calls.iter().map(move |call| (round, call)))
        .collect();
    let places: HashMap<u32, usize> = (calls.iter().enumerate())
        .map(|(at, (_, call))| (call.entry, at))
        .collect();
    let place = |entry: u32| places.get(&entry).copied().unwrap_or_default();
    let critical: HashSet<usize> = (steps(run).iter())
        .filter_map(|step| match step.what {
            What::Work(at) => Some(at),
            _ => None,
        })
        .collect();
    let bars = run.work.iter().enumerate().take(BARS).map(|(at, it)| {
        let tries: Vec<_> = it
            .tries
            .iter()
            .map(|(from, to)| json!([short(*from), short(*to)]))
            .collect();
        json!([
            it.host,
            place(it.call.entry),
            short(it.from),
            short(it.to),
            letter(it.outcome, it.is_excused),
            it.attempts,
            it.item.as_deref().map(safe),
            u8::from(critical.contains(&at)),
            short(it.took),
            tries,
        ])
    });
    let data = json!({
        "check": run.is_check,
        "took": short(run.took),
        "hosts": run.hosts,
        "rounds": run.rounds.iter().zip(&run.spans).map(|(round, span)| {
            let span = span.clone().unwrap_or_default();
            let batches: Vec<_> = span.batches.iter().map(|at| short(*at)).collect();
            json!({"name": safe(&round.name), "from": short(span.from), "to": short(span.to), "batches": batches})
        }).collect::<Vec<_>>(),
        "calls": calls.iter().map(|(round, call)| json!({
            "entry": call.entry,
            "round": round,
            "label": safe(&call.label),
            "tool": safe(&call.tool),
            "at": safe(&call.location.to_string()),
        })).collect::<Vec<_>>(),
        "bars": bars.collect::<Vec<_>>(),
        "cut": run.is_cut || run.work.len() > BARS,
        "conn": run.connections.iter().map(|it| {
            json!([it.host, short(it.from), short(it.to), it.problem.is_none()])
        }).collect::<Vec<_>>(),
        "out": run.recap.iter().map(|it| {
            let (word, class) = host(it.outcome);
            json!([word, class, it.reason.as_deref().map(safe)])
        }).collect::<Vec<_>>(),
        "shelf": run.shelf.texts().map(|(entry, saying, hosts)| {
            let is_result = saying.sort == Sort::Result;
            json!([place(entry), u8::from(is_result), safe(&saying.head), safe(&saying.body), ranges(hosts)])
        }).collect::<Vec<_>>(),
        "omitted": run.shelf.omitted,
    });
    embedded(&data)
}

/// JSON in which no character means anything to a reader of HTML.
fn embedded(data: &Value) -> String {
    let text = data.to_string();
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// To the tenth of a millisecond: more is not known.
fn short(seconds: f64) -> f64 {
    (seconds * 10_000.0).round() / 10_000.0
}

const fn letter(outcome: Outcome, is_excused: bool) -> &'static str {
    match outcome {
        Outcome::Failed | Outcome::Lost if is_excused => "e",
        Outcome::Ok => "o",
        Outcome::Changed => "c",
        Outcome::Failed => "f",
        Outcome::Lost => "l",
        Outcome::Skipped => "s",
        Outcome::Unknown => "u",
        Outcome::Canceled => "x",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_text_stays_data(text in "\\PC*|(</script>|<!--|\\]\\]>|&lt;|\u{2028}|[\\x00-\\x1f\"\\\\])*") {
            let json = embedded(&json!([text]));
            let ends = json.contains(['<', '>', '&', '\n', '\u{2028}', '\u{2029}']);
            proptest::prop_assert!(!ends);
            let back: Value = serde_json::from_str(&json).unwrap();
            let text = text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
            proptest::prop_assert_eq!(&back[0], &Value::String(text));
        }
    }
}
