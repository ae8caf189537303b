//! What is done to the outcome of a call before the playbook is asked about it.

use crate::diff::Diff;
use crate::event::Outcome;
use crate::failure::{Failure, Kind};
use crate::playbook::Call;
use crate::runner::record::Record;
use crate::runner::status::Status;
use crate::template::Form;
use crate::value::Value;

/// A difference in what is made of a secret: that there is one is all that is said.
pub(super) fn without_lines(diff: &Diff) -> Diff {
    Diff {
        title: diff.title.clone(),
        text: "changed (the diff is hidden: it contains a secret)\n".to_owned(),
    }
}

/// Whether the playbook says itself whether an exit code other than 0 is a failure.
pub(super) fn says_check(call: &Call) -> bool {
    match &call.args.value {
        Form::Literal(Value::Map(args)) => args.contains_key("check"),
        Form::Map(args) => args.contains_key("check"),
        _ => false,
    }
}

/// A program that was repeated until something held has failed all the same if its last exit code says so.
pub(super) fn fail_by_exit_code(record: &mut Record) {
    let code = match record.fields.get("exit_code") {
        Some(Value::Int(code)) if *code != 0 && !record.has_failed() => *code,
        _ => return,
    };
    let field = |name: &str| record.fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let stderr = field("stderr");
    let is_silent = stderr.as_deref().is_none_or(str::is_empty);
    let stdout = field("stdout").filter(|text| is_silent && !text.is_empty());
    let failure = Failure::new(Kind::CommandFailed, format!("ended with exit code {code}"));
    record.status = Status::of(Outcome::Failed);
    record.error = Some(Failure {
        exit_code: i32::try_from(code).ok(),
        stderr,
        stdout,
        ..failure
    });
}
