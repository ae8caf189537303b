//! Events of earlier versions of the schema, as this version has them.

use crate::event::{Kind, SCHEMA_VERSION};

/// What an event of this version of the schema is today. In version 1 a group that did not start was told like a call, and
/// of one that started nothing was told but what is in it.
#[must_use]
pub fn upgrade(kind: Kind, schema: u32) -> Kind {
    match kind {
        Kind::RunStarted {
            schema: _,
            version,
            run,
            time,
            playbook,
            mode,
            diff,
            hosts,
            rounds,
        } => Kind::RunStarted {
            schema: SCHEMA_VERSION,
            version,
            run,
            time,
            playbook,
            mode,
            diff,
            hosts,
            rounds,
        },
        Kind::CallEnded {
            call,
            host,
            shared_by,
            outcome,
            change,
            error,
            ignored,
            rescued,
            because,
            took,
            ..
        } if schema < 2 && call.is_group() => Kind::GroupEnded {
            call,
            host,
            shared_by,
            outcome,
            changed: change.is_some(),
            error,
            failed_call: None,
            ignored,
            rescued,
            because,
            took,
        },
        other => other,
    }
}
