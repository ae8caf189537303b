//! What a service is found to be.

use serde::Serialize;

/// How a service is.
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
    /// Whether it runs; for one that runs once: whether it has. One that died and waits to be started again does not run.
    pub(super) running: bool,
    /// The manager's word for that: `active`, `inactive`, `failed`, `activating`, `auto-restart`.
    pub(super) state: String,
    /// Whether it is started when the host is.
    pub(super) enabled: bool,
    /// The manager's word for that: `enabled`, `disabled`, `static`, `masked`, `generated`.
    pub(super) unit_file: String,
    /// What it was made from changed since the manager read it.
    #[serde(skip)]
    pub(super) is_outdated: bool,
    /// It knows how to read its configuration again.
    #[serde(skip)]
    pub(super) can_reload: bool,
    /// It is enabled in some of the places where it is to be, and not in others.
    #[serde(skip)]
    pub(super) is_half_enabled: bool,
    /// Nobody can tell whether it runs.
    #[serde(skip)]
    pub(super) is_unknown: bool,
    /// It is on its way up.
    #[serde(skip)]
    pub(super) is_starting: bool,
    /// It runs once, and has ended then.
    #[serde(skip)]
    pub(super) is_oneshot: bool,
    /// The life of its main process, where the manager knows it.
    #[serde(skip)]
    pub(super) life: Option<Life>,
}

/// The main process of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Life {
    /// Its number; 0: it has none now.
    pub(super) pid: u32,
    /// How long ago it was started.
    pub(super) age: std::time::Duration,
    /// How often the manager has started it again by itself.
    pub(super) restarts: u32,
    /// The service says by itself when it is ready.
    pub(super) tells: bool,
    /// How the last one ended, in words; empty where none has, or it ended well.
    pub(super) end: String,
}

impl State {
    pub(super) fn is_masked(&self) -> bool {
        self.unit_file.starts_with("masked")
    }
}
