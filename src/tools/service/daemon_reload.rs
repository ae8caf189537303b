//! Has systemd read its units again.

use serde::{Deserialize, Serialize};

use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, Pending, Spoils, Tool};
use crate::tools::service::manager::{Action, Manager, Scope};
use crate::tools::service::systemd;

/// `service.daemon_reload`.
#[derive(Debug)]
pub(crate) struct DaemonReload;

/// Has systemd read its units again, where the file of any unit that it knows differs from what it read, or with `force` in
/// any case. The other tools of `service` do so by themselves for the unit that they work on.
///
/// Check mode: says whether it would, and because of which units.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// In any case, as for what generators make of other files.
    #[serde(default)]
    force: bool,
    /// Whose units: `user` is for those of the account that the call runs as.
    #[serde(default)]
    scope: Scope,
}

/// The units that were read again.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Those whose files had changed.
    units: Vec<String>,
}

/// Units to be read again.
#[derive(Debug)]
pub(crate) struct Outdated(Vec<String>, Pending);

impl Describe for Outdated {
    fn pending(&self) -> Pending {
        self.1
    }

    fn diff(&self) -> Vec<Diff> {
        let lines = self
            .0
            .iter()
            .map(|name| format!("-{name} as it was\n+{name} as it is\n"));
        let mut text = lines.collect::<Vec<_>>().concat();
        if text.is_empty() {
            text.push_str("+all units are read again\n");
        }
        let title = "systemd".to_owned();
        vec![Diff { title, text }]
    }
}

impl Tool for DaemonReload {
    const NAME: &'static str = "service.daemon_reload";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "service.daemon_reload: { force: true }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = Outdated;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::UNITS
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let Manager::Systemd(scope) = Manager::of(host, args.scope)? else {
            let message = "systemd does not run on this host";
            return Err(Failure::new(Kind::Unsupported, message));
        };
        let units = systemd::any_is_outdated(host, scope)?;
        Ok(if units.is_empty() && !args.force {
            Finding::Settled(Output { units })
        } else {
            Finding::Pending(Outdated(units, scope.pending(host)))
        })
    }

    fn apply(args: &Args, change: Outdated, host: &Writer<'_>) -> Result<Output, Failure> {
        systemd::act(host, args.scope, "", Action::DaemonReload)?;
        let left = systemd::any_is_outdated(host, args.scope)?;
        if let Some(unit) = change.0.iter().find(|it| left.contains(it)) {
            let message =
                format!("systemd has read its units again, and `{unit}` is still not as its file says");
            return Err(Failure::new(Kind::CommandFailed, message));
        }
        Ok(Output { units: change.0 })
    }
}
