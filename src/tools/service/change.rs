//! What is to be done to a service.

use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::Describe;
use crate::tools::service::manager::{Action, Manager, Scope};
use crate::tools::service::state::State;

/// What a service is to be; `None`: as it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    pub(super) running: Option<bool>,
    pub(super) enabled: Option<bool>,
    pub(super) masked: Option<bool>,
    /// To be done in any case: a restart or a reload.
    pub(super) again: Option<Action>,
}

/// Steps for one service, and where it stands before them.
#[derive(Debug)]
pub(crate) struct ServiceChange {
    manager: Manager,
    before: State,
    steps: Vec<Action>,
}

impl Describe for ServiceChange {
    fn diff(&self) -> Vec<Diff> {
        let title = format!("service {}", self.before.name);
        let state = if self.before.state.is_empty() {
            "stopped"
        } else {
            &self.before.state
        };
        let words = self.steps.iter().map(|step| {
            let (property, before, after) = match step {
                Action::DaemonReload => ("definition", "changed", "read anew"),
                Action::Unmask => ("masked", "true", "false"),
                Action::Mask => ("masked", "false", "true"),
                Action::Enable => ("enabled", "false", "true"),
                Action::Disable => ("enabled", "true", "false"),
                Action::Start => ("state", state, "started"),
                Action::Stop => ("state", state, "stopped"),
                Action::Restart => ("state", state, "restarted"),
                Action::Reload => ("state", state, "reloaded"),
            };
            Diff::of_property(&title, property, Some(before), Some(after)).text
        });
        let text = words.collect();
        vec![Diff { title, text }]
    }
}

/// Where a service stands, or what is to be done about it.
pub(super) fn look(
    name: &str,
    scope: Scope,
    wanted: Wanted,
    host: &Reader<'_>,
) -> Result<Result<State, ServiceChange>, Failure> {
    let manager = Manager::of(host, scope)?;
    let before = manager.state(host, name)?;
    if !before.exists {
        let message = format!("there is no service `{name}` on this host");
        return Err(Failure::new(Kind::NotFound, message));
    }
    let mut steps = Vec::new();
    let mut masked = before.is_masked();
    if let Some(wanted) = wanted.masked.filter(|it| *it != masked) {
        steps.push(if wanted { Action::Mask } else { Action::Unmask });
        masked = wanted;
    }
    let starts = wanted.running == Some(true) || wanted.again.is_some();
    if masked && wanted.masked != Some(true) && (starts || wanted.enabled == Some(true)) {
        let message =
            format!("`{name}` is masked; `service.converge` with `masked: false` lets it be started");
        return Err(Failure::new(Kind::Conflict, message));
    }
    if let Some(enabled) = wanted.enabled.filter(|it| *it != before.enabled) {
        if enabled && matches!(&*before.unit_file, "static" | "transient") {
            let message = format!(
                "`{name}` cannot be enabled: it is {}, which others start when they need it",
                before.unit_file
            );
            return Err(Failure::new(Kind::Unsupported, message));
        }
        steps.push(if enabled { Action::Enable } else { Action::Disable });
    }
    match (wanted.running, wanted.again) {
        (Some(true), None) | (_, Some(Action::Reload)) if !before.running => steps.push(Action::Start),
        (_, Some(Action::Reload)) if !before.can_reload => {
            let message = format!("`{name}` cannot read its configuration anew; `service.restart` it");
            return Err(Failure::new(Kind::Unsupported, message));
        }
        (_, Some(again)) => steps.push(again),
        (Some(false), None) if before.running => steps.push(Action::Stop),
        _ => {}
    }
    if before.is_outdated && !steps.is_empty() {
        steps.insert(0, Action::DaemonReload);
    }
    Ok(if steps.is_empty() {
        Ok(before)
    } else {
        Err(ServiceChange {
            manager,
            before,
            steps,
        })
    })
}

/// Does what [`look`] found, and looks whether it helped.
pub(super) fn act(name: &str, change: &ServiceChange, host: &Writer<'_>) -> Result<State, Failure> {
    for step in &change.steps {
        change.manager.act(host, name, *step)?;
    }
    let after = change.manager.state(host, name)?;
    let last = change.steps.last();
    if matches!(last, Some(Action::Start | Action::Restart)) && after.state == "failed" {
        let message = format!("`{name}` was started and failed at once");
        return Err(change
            .manager
            .explain(host, name, Failure::new(Kind::CommandFailed, message)));
    }
    Ok(after)
}
