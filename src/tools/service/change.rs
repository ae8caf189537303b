//! What is to be done to a service.

use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Describe, Pending};
use crate::tools::service::manager::{Action, Manager, Scope};
use crate::tools::service::state::State;
use crate::tools::service::watch;

/// What a service is to be; `None`: as it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    pub(super) running: Option<bool>,
    pub(super) enabled: Option<bool>,
    pub(super) masked: Option<bool>,
    /// To be done in any case: a restart or a reload.
    pub(super) again: Option<Action>,
}

/// Steps for one service, and where it is before them.
#[derive(Debug)]
pub(crate) struct ServiceChange {
    manager: Manager,
    before: State,
    steps: Vec<Action>,
    wanted: Wanted,
    pending: Pending,
}

impl Describe for ServiceChange {
    fn pending(&self) -> Pending {
        self.pending
    }

    fn diff(&self) -> Vec<Diff> {
        let title = format!("service {}", self.before.name);
        let state = if self.before.state.is_empty() {
            "stopped"
        } else {
            &self.before.state
        };
        let words = self.steps.iter().map(|step| {
            let (property, before, after) = match step {
                Action::DaemonReload => ("definition", "changed", "read again"),
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

/// Where a service is, or what is to be done about it.
pub(super) fn look(
    name: &str,
    scope: Scope,
    wanted: Wanted,
    host: &Reader<'_>,
) -> Result<Result<State, ServiceChange>, Failure> {
    let manager = Manager::of(host, scope)?;
    let mut before = manager.state(host, name)?;
    let is_to_run = wanted.running == Some(true) || wanted.again.is_some();
    if is_to_run && watch::is_doubtful(&before) {
        let first = watch::restarts(&before);
        before = watch::settled(manager, name, before, watch::MOMENT, host)?;
        if watch::restarts(&before) > first {
            // It runs for a moment again and again, which is not what is asked for.
            before.running = false;
            "auto-restart".clone_into(&mut before.state);
        }
    }
    if !before.exists {
        let message = format!("there is no service `{name}` on this host");
        return Err(Failure::new(Kind::NotFound, message));
    }
    let mut steps = Vec::new();
    let mut masked = before.is_masked();
    let mask = wanted.masked.filter(|it| *it != masked);
    if let Some(wanted) = mask {
        masked = wanted;
    }
    if mask == Some(false) {
        steps.push(Action::Unmask);
    }
    let starts = wanted.running == Some(true) || wanted.again.is_some();
    if masked && wanted.masked != Some(true) && (starts || wanted.enabled == Some(true)) {
        let message =
            format!("`{name}` is masked; `service.converge` with `masked: false` lets it be started");
        return Err(Failure::new(Kind::Conflict, message));
    }
    let is_other = |it: &bool| *it != before.enabled || before.is_half_enabled;
    if let Some(enabled) = wanted.enabled.filter(is_other) {
        if enabled && matches!(&*before.unit_file, "static" | "transient") {
            let message = format!(
                "`{name}` cannot be enabled: it is {}, which others start when they need it",
                before.unit_file
            );
            return Err(Failure::new(Kind::Unsupported, message));
        }
        steps.push(if enabled { Action::Enable } else { Action::Disable });
    }
    let is_up = before.running && !before.is_starting;
    match (wanted.running, wanted.again) {
        (Some(true), None) | (_, Some(Action::Reload)) if !is_up => {
            // A start of one that waits for its next attempt would wait with it.
            let is_between = before.state == "auto-restart";
            steps.push(if is_between {
                Action::Restart
            } else {
                Action::Start
            });
        }
        (_, Some(Action::Reload)) if !before.can_reload => {
            let message = format!("`{name}` cannot read its configuration again; `service.restart` it");
            return Err(Failure::new(Kind::Unsupported, message));
        }
        (_, Some(again)) => steps.push(again),
        // Between two attempts it does not run, and would soon.
        (Some(false), None) if before.running || before.state == "auto-restart" => steps.push(Action::Stop),
        _ => {}
    }
    if mask == Some(true) {
        // What is masked can neither be disabled nor stopped by its name.
        steps.push(Action::Mask);
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
            wanted,
            pending: scope.pending(host),
        })
    })
}

/// Does what [`look`] found, and looks whether it helped.
pub(super) fn act(name: &str, change: &ServiceChange, host: &Writer<'_>) -> Result<State, Failure> {
    let manager = change.manager;
    let mut was = None;
    for step in &change.steps {
        if *step == Action::Reload {
            // A service that has only just been started may not know yet what it is told, and die of it.
            let state = manager.state(host, name)?;
            let rest = watch::rest(&state);
            was = Some(watch::settled(manager, name, state, rest, host)?);
        }
        manager.act(host, name, *step)?;
    }
    let mut after = manager.state(host, name)?;
    let last = change.steps.iter().rfind(|it| **it != Action::Mask);
    if let Some(Action::Start | Action::Restart | Action::Reload) = last {
        let before = was.as_ref().unwrap_or(&change.before);
        after = watch::held_up(manager, name, before, after, was.is_some(), host)?;
    }
    check(name, change.wanted, &after)?;
    Ok(after)
}

/// Whether a service is what it was to be, once its manager has said that all went well.
fn check(name: &str, wanted: Wanted, after: &State) -> Result<(), Failure> {
    let failed = |what: &str| {
        let message = format!(
            "the service manager ended well, but `{name}` {what}: its state is `{}` and `{}`",
            after.state, after.unit_file
        );
        Err(Failure::new(Kind::CommandFailed, message))
    };
    // Of a unit that names others to be enabled, its own state says nothing.
    let is_told = !matches!(&*after.unit_file, "indirect" | "generated" | "");
    match wanted {
        Wanted {
            running: Some(false), ..
        } if after.running && !after.is_unknown => failed("runs still"),
        Wanted {
            enabled: Some(enabled),
            ..
        } if is_told && (after.enabled != enabled || after.is_half_enabled) => failed(if enabled {
            "is not enabled"
        } else {
            "is enabled still"
        }),
        Wanted {
            masked: Some(masked), ..
        } if after.is_masked() != masked => failed(if masked {
            "is not masked"
        } else {
            "is masked still"
        }),
        _ => Ok(()),
    }
}
