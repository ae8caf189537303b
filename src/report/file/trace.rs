//! Chrome's trace events: a row for each host, a bar for each call.

use serde_json::json;

use crate::report::detail::word;
use crate::report::file::story::Story;
use crate::report::safe::safe;

pub(super) fn draw(runs: &[Story]) -> String {
    let mut events = Vec::new();
    for (run, pid) in runs.iter().zip(1..) {
        events.push(
            json!({ "ph": "M", "name": "process_name", "pid": pid, "args": { "name": safe(&run.playbook) } }),
        );
        for (host, tid) in run.hosts.iter().zip(1..) {
            events.push(json!({ "ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": { "name": host.as_str() } }));
        }
        for it in &run.connections {
            events.push(json!({
                "ph": "X", "cat": "connection", "name": "connect", "pid": pid, "tid": it.host + 1,
                "ts": micros(it.from), "dur": micros(it.to - it.from),
                "args": { "problem": it.problem.as_deref().map(safe) },
            }));
        }
        for it in &run.work {
            events.push(json!({
                "ph": "X", "cat": it.call.tool, "name": safe(&it.call.label), "pid": pid, "tid": it.host + 1,
                "ts": micros(it.from), "dur": micros(it.to - it.from),
                "args": {
                    "round": safe(&it.call.round), "path": safe(&it.call.path), "at": it.call.location.to_string(),
                    "outcome": word(it.outcome, run.is_check), "item": it.item.as_deref().map(safe), "took": it.took,
                },
            }));
        }
    }
    let events: Vec<_> = events.iter().map(ToString::to_string).collect();
    format!(
        "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{}\n]}}\n",
        events.join(",\n")
    )
}

/// Seconds as whole microseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a negative or endless time is shown as none or the most"
)]
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}
