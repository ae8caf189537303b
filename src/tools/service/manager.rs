//! Whichever manages the host's services.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::Pending;
use crate::tools::service::state::State;
use crate::tools::service::{openrc, systemd, sysv};

/// Whose services.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scope {
    /// The host's.
    #[default]
    System,
    /// Those of the account that the call runs as; systemd only.
    User,
}

impl Scope {
    /// What it means that something is to be done to a service: what others than root may do, only its manager knows.
    pub(super) fn pending(self, host: &Reader<'_>) -> Pending {
        if self == Self::User || host.is_root() {
            Pending::Change
        } else {
            Pending::Doubtful
        }
    }
}

/// What can be done to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    DaemonReload,
    Unmask,
    Mask,
    Enable,
    Disable,
    Start,
    Stop,
    Restart,
    Reload,
}

impl Action {
    /// The word that all managers understand.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::DaemonReload => "daemon-reload",
            Self::Unmask => "unmask",
            Self::Mask => "mask",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
        }
    }
}

/// A service manager.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manager {
    Systemd(Scope),
    OpenRc,
    SysV,
}

impl Manager {
    /// The one that runs on the host.
    pub(super) fn of(host: &Reader<'_>, scope: Scope) -> Result<Self, Failure> {
        let is_there = |path: &str| Ok::<_, Failure>(host.metadata(Path::new(path), Follow::Yes)?.is_some());
        if is_there("/run/systemd/system")? {
            return Ok(Self::Systemd(scope));
        }
        if scope == Scope::User {
            let message = "services of users are those of systemd, which does not run on this host";
            return Err(Failure::new(Kind::Unsupported, message));
        }
        if is_there("/sbin/rc-service")? || is_there("/usr/sbin/rc-service")? {
            return Ok(Self::OpenRc);
        }
        if is_there("/etc/init.d")? {
            return Ok(Self::SysV);
        }
        let message = "this host has no service manager: neither systemd nor OpenRC runs, and there is no `/etc/init.d`";
        Err(Failure::new(Kind::Unsupported, message))
    }

    pub(super) fn state(self, host: &Reader<'_>, name: &str) -> Result<State, Failure> {
        match self {
            Self::Systemd(scope) => systemd::state(host, scope, name),
            Self::OpenRc => openrc::state(host, name),
            Self::SysV => sysv::state(host, name),
        }
    }

    pub(super) fn act(self, host: &Writer<'_>, name: &str, action: Action) -> Result<(), Failure> {
        match (self, action) {
            (Self::Systemd(scope), _) => systemd::act(host, scope, name, action),
            (Self::OpenRc | Self::SysV, Action::Mask | Action::Unmask | Action::DaemonReload) => {
                let message = format!(
                    "only systemd knows `{}`, and it does not run on this host",
                    action.word()
                );
                Err(Failure::new(Kind::Unsupported, message))
            }
            (Self::OpenRc, _) => openrc::act(host, name, action),
            (Self::SysV, _) => sysv::act(host, name, action),
        }
    }

    /// A failure with what the service itself said last.
    pub(super) fn explain(self, host: &Reader<'_>, name: &str, failure: Failure) -> Failure {
        match self {
            Self::Systemd(scope) => systemd::explain(host, scope, name, failure),
            Self::OpenRc | Self::SysV => failure,
        }
    }
}

/// Refuses what cannot be the name of a service, so that it is neither an option nor a path.
///
/// # Errors
/// As [`crate::tool::Tool::verify`] has them.
pub(super) fn check_name(name: &str) -> Result<(), (&'static str, String)> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@._:-\\+".contains(c);
    if !name.starts_with(['-', '.']) && !name.is_empty() && name.chars().all(is_plain) {
        return Ok(());
    }
    let message = format!("`{}` is not the name of a service", name.escape_debug());
    Err(("name", message))
}
