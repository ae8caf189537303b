//! Whether a service stays up: that it was started says little.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader};
use crate::tools::service::manager::Manager;
use crate::tools::service::state::State;

/// How long a service must have been up.
pub(super) const MOMENT: Duration = Duration::from_secs(1);
/// How long one that has said itself that it is ready.
const READY_MOMENT: Duration = Duration::from_millis(250);
/// How often it is looked whether the process is there.
const GLANCE: Duration = Duration::from_millis(25);

/// Whether a service that runs may be one that crashes again and again: it was started again, and only just now.
pub(super) fn is_doubtful(state: &State) -> bool {
    let life = state.life.as_ref();
    state.running && life.is_some_and(|it| it.pid != 0 && it.restarts > 0 && it.age < MOMENT)
}

/// How long a service has still to stay up until it has been for a moment.
pub(super) fn rest(state: &State) -> Duration {
    state.life.as_ref().map_or(Duration::ZERO, |life| {
        let moment = if life.tells { READY_MOMENT } else { MOMENT };
        moment.saturating_sub(life.age)
    })
}

/// Waits until a service has been up for so long, or is so no more: how it is then.
pub(super) fn settled(
    manager: Manager,
    name: &str,
    state: State,
    moment: Duration,
    host: &Reader<'_>,
) -> Result<State, Failure> {
    if moment.is_zero() || !state.running {
        return Ok(state);
    }
    let end = Instant::now() + moment;
    let pid = state.life.as_ref().map_or(0, |it| it.pid);
    let process = format!("/proc/{pid}");
    while Instant::now() < end {
        host.link().cancel().sleep(GLANCE)?;
        if pid != 0 && host.metadata(Path::new(&process), Follow::No)?.is_none() {
            break;
        }
    }
    manager.state(host, name)
}

/// Sees to it that a service that was started or told something stays up for a moment.
///
/// # Errors
/// `command_failed`, with what the service said last.
pub(super) fn held_up(
    manager: Manager,
    name: &str,
    before: &State,
    after: State,
    is_reload: bool,
    host: &Reader<'_>,
) -> Result<State, Failure> {
    let moment = match (&after.life, manager) {
        (Some(_), _) | (None, Manager::OpenRc | Manager::SysV) if is_reload => READY_MOMENT,
        (Some(_), _) => rest(&after),
        // What has no main process is as systemd says.
        (None, Manager::Systemd(_)) => Duration::ZERO,
        (None, _) => MOMENT,
    };
    let first = after.clone();
    let after = settled(manager, name, after, moment, host)?;
    // The manager counts from nothing again where it was told to start.
    let is_again = restarts(&after) > restarts(&first) || restarts(&first) > restarts(before);
    let is_dead = matches!(&*after.state, "failed" | "auto-restart" | "crashed");
    let is_gone = !after.running && !after.is_unknown && !after.is_oneshot;
    if !(is_again || is_dead || is_gone) {
        return Ok(after);
    }
    let end = after.life.as_ref().map(|it| it.end.clone()).unwrap_or_default();
    let how = if end.is_empty() {
        format!("its state is `{}`", after.state)
    } else {
        end
    };
    let done = if is_reload {
        "read its configuration"
    } else {
        "was started"
    };
    let message = format!("`{name}` {done} and does not stay up: {how}");
    Err(manager.explain(host, name, Failure::new(Kind::CommandFailed, message)))
}

/// How often the manager has started it again by itself.
pub(super) fn restarts(state: &State) -> u32 {
    state.life.as_ref().map_or(0, |it| it.restarts)
}
