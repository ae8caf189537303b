//! What entries are called in messages and pictures.

use crate::playbook::{Action, Entry};

/// The tool of an entry: `namespace.method`, `group` or `fail`.
pub(super) fn tool(entry: &Entry) -> &str {
    match &entry.action {
        Action::Call(call) => call.tool,
        Action::Group(group) => group.word(),
        Action::Fail(_) => "fail",
    }
}

/// What an entry is called by: its name where that is no template, else its id, else its tool.
pub(super) fn label(entry: &Entry) -> &str {
    let name = entry.name.as_ref().and_then(|name| name.literal());
    let id = entry.id.as_ref().map(|id| id.value.as_str());
    name.and_then(|name| name.as_str())
        .or(id)
        .unwrap_or_else(|| tool(entry))
}
