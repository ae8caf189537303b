//! What a service is found to be.

use serde::Serialize;

/// How a service stands.
#[expect(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "they are the fields of a result"
)]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(crate) struct State {
    /// Its name, as the service manager has it.
    pub(super) name: String,
    /// Whether there is such a service.
    pub(super) exists: bool,
    /// Whether it runs; for one that runs once: whether it has.
    pub(super) running: bool,
    /// The manager's word for that: `active`, `inactive`, `failed`, `activating`.
    pub(super) state: String,
    /// Whether it is started when the host is.
    pub(super) enabled: bool,
    /// The manager's word for that: `enabled`, `disabled`, `static`, `masked`, `generated`.
    pub(super) unit_file: String,
    /// What it was made from changed since the manager read it.
    #[serde(skip)]
    pub(super) is_outdated: bool,
    /// It knows how to read its configuration anew.
    #[serde(skip)]
    pub(super) can_reload: bool,
}

impl State {
    pub(super) fn is_masked(&self) -> bool {
        self.unit_file.starts_with("masked")
    }
}
