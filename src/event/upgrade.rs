//! Events of earlier versions of the schema, as this version has them.

use std::sync::Arc;

use crate::event::{Kind, SCHEMA_VERSION};

/// Makes an event of this version of the schema what it is today. In version 1 a group that did not start was told like a
/// call, and of one that started nothing was told but what is in it.
pub fn upgrade(kind: &mut Kind, schema: u32) {
    match kind {
        Kind::RunStarted { schema, .. } => *schema = SCHEMA_VERSION,
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
        } if schema < 2 && call.is_group() => {
            *kind = Kind::GroupEnded {
                call: Arc::clone(call),
                host: host.clone(),
                shared_by: shared_by.take(),
                outcome: *outcome,
                changed: change.is_some(),
                error: error.take(),
                failed_call: None,
                ignored: *ignored,
                rescued: *rescued,
                because: because.take(),
                took: *took,
            };
        }
        _ => {}
    }
}
