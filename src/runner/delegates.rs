//! Which hosts may make calls of others.

use std::collections::HashSet;

use crate::name::HostId;
use crate::playbook::Playbook;
use crate::value::Value;

/// The hosts to which some call of a playbook may be delegated: their connections stay until the run ends.
#[derive(Debug)]
pub(super) enum Delegates {
    /// These.
    Named(HashSet<HostId>),
    /// Any: some name is known only when the run comes to it.
    Any,
}

impl Delegates {
    /// Those of a playbook.
    pub(super) fn of(playbook: &Playbook) -> Self {
        let mut named = HashSet::new();
        for form in playbook.entries.iter().filter_map(|it| it.delegate_to.as_ref()) {
            let Some(name) = form.value.literal().and_then(Value::as_str) else {
                return Self::Any;
            };
            named.extend(playbook.inventory.host_names.get(name));
        }
        Self::Named(named)
    }

    /// Whether a host may be one.
    pub(super) fn has(&self, host: HostId) -> bool {
        match self {
            Self::Named(named) => named.contains(&host),
            Self::Any => true,
        }
    }
}
