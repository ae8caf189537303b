//! Events without secrets: the one place where all that is told passes.

use crate::event::{Change, Iteration, Kind};
use crate::failure::Failure;
use crate::secret::Masker;
use crate::value::Value;

/// How many characters of an argument are told.
const LINE: usize = 200;

/// Takes the secrets out of an event. Names of hosts, rounds and calls are the playbook's own words and stay.
///
/// Every field is named here, so that a new one is not shown before somebody has thought of it.
pub fn mask(kind: &mut Kind, masker: &Masker) {
    if !masker.is_empty() {
        take_out(kind, masker);
    }
    // Not before: a secret that was cut in two would not be found.
    if let Kind::CallStarted { arguments, .. } = kind {
        arguments.values_mut().for_each(shorten);
    }
}

#[expect(clippy::too_many_lines, reason = "every field of every event is named")]
fn take_out(kind: &mut Kind, masker: &Masker) {
    match kind {
        Kind::RunStarted {
            schema: _,
            version: _,
            run: _,
            time: _,
            playbook: _,
            mode: _,
            diff: _,
            hosts: _,
            rounds: _,
        }
        | Kind::RoundStarted { round: _ }
        | Kind::RoundEnded { round: _ }
        | Kind::BatchStarted {
            round: _,
            batch: _,
            of: _,
            hosts: _,
        }
        | Kind::Stopped {
            round: _,
            failures: _,
            of: _,
            max_failures: _,
        }
        | Kind::HostEntered { host: _, round: _ }
        | Kind::HostLeft {
            host: _,
            round: _,
            outcome: _,
        }
        | Kind::Connecting { host: _ }
        | Kind::Connected {
            host: _,
            facts: _,
            took: _,
            reused: _,
            installed: _,
        }
        | Kind::Interrupted { times: _ }
        | Kind::GroupStarted {
            call: _,
            host: _,
            iterations: _,
        } => {}
        Kind::Unreachable {
            host: _,
            cause: _,
            message,
            help,
        } => {
            text(message, masker);
            optional(help, masker);
        }
        Kind::CallStarted {
            call: _,
            host: _,
            delegate: _,
            item,
            number: _,
            digest: _,
            iterations,
            arguments,
        } => {
            optional(item, masker);
            items(iterations, masker);
            masker.map(arguments);
        }
        Kind::CallOutput {
            call: _,
            host: _,
            delegate: _,
            stream: _,
            text: shown,
        } => text(shown, masker),
        Kind::CallRetried {
            call: _,
            host: _,
            delegate: _,
            attempts: _,
            of: _,
            reason,
            took: _,
        } => text(reason, masker),
        Kind::CallEnded {
            call: _,
            host: _,
            delegate: _,
            shared_by: _,
            outcome: _,
            item,
            number: _,
            digest: _,
            iterations,
            change,
            error,
            ignored: _,
            rescued: _,
            warnings,
            because,
            attempts: _,
            result,
            partial: _,
            from_run: _,
            took: _,
        } => {
            optional(item, masker);
            items(iterations, masker);
            if let Some(change) = change {
                self::change(change, masker);
            }
            if let Some(error) = error {
                failure(error, masker);
            }
            for warning in warnings {
                text(warning, masker);
            }
            optional(because, masker);
            masker.map(result);
        }
        Kind::IterationEnded {
            call: _,
            host: _,
            iteration: _,
            outcome: _,
            changed: _,
            item,
            error,
            failed_call: _,
            because,
            took: _,
        } => {
            optional(item, masker);
            if let Some(error) = error {
                failure(error, masker);
            }
            optional(because, masker);
        }
        Kind::GroupEnded {
            call: _,
            host: _,
            shared_by: _,
            outcome: _,
            changed: _,
            error,
            failed_call: _,
            ignored: _,
            rescued: _,
            because,
            took: _,
        } => {
            if let Some(error) = error {
                failure(error, masker);
            }
            optional(because, masker);
        }
        Kind::CallLog {
            call: _,
            host: _,
            delegate: _,
            level: _,
            message,
        }
        | Kind::Warning { message, host: _ } => text(message, masker),
        Kind::RunEnded {
            outcome: _,
            hosts,
            took: _,
        } => hosts
            .iter_mut()
            .for_each(|host| optional(&mut host.reason, masker)),
    }
}

/// Makes an argument one line of text that people can read.
fn shorten(argument: &mut Value) {
    let text = match std::mem::take(argument) {
        Value::Str(text) => text,
        other => serde_json::to_string(&other).unwrap_or_default(),
    };
    let mut line = String::new();
    let mut rest = text.chars();
    for c in rest.by_ref().take(LINE) {
        line.push(if c.is_control() { ' ' } else { c });
    }
    if rest.next().is_some() {
        line.push('…');
    }
    *argument = Value::Str(line);
}

fn text(text: &mut String, masker: &Masker) {
    if let std::borrow::Cow::Owned(masked) = masker.text(text) {
        *text = masked;
    }
}

fn items(iterations: &mut [Iteration], masker: &Masker) {
    for iteration in iterations {
        optional(&mut iteration.item, masker);
    }
}

fn optional(it: &mut Option<String>, masker: &Masker) {
    if let Some(it) = it {
        text(it, masker);
    }
}

fn change(change: &mut Change, masker: &Masker) {
    for diff in &mut change.diff {
        text(&mut diff.title, masker);
        text(&mut diff.text, masker);
    }
}

fn failure(failure: &mut Failure, masker: &Masker) {
    let Failure {
        kind: _,
        message,
        exit_code: _,
        stderr,
        stdout,
    } = failure;
    text(message, masker);
    optional(stderr, masker);
    optional(stdout, masker);
}
