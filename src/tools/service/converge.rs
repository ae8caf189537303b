//! Brings a service to what it is to be.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::service::change::{ServiceChange, Wanted, act, look};
use crate::tools::service::manager::{Scope, check_name};
use crate::tools::service::state::State;

/// `service.converge`.
#[derive(Debug)]
pub(crate) struct Converge;

/// Makes sure that a service runs or does not, is started with the host or is not, and can be started at all or cannot.
/// Only what differs is done; where nothing does, one process is started to find that out. What is started must stay up for
/// a moment, as with `service.start`.
///
/// Check mode: says what would be done.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The service: `nginx`, `nginx.service`, `backup.timer`, `getty@tty1`.
    name: String,
    /// Whether it runs; left as it is where this is null. Where it is not given and `masked` is true, it is left as it is, too.
    #[serde(default, skip_serializing_if = "Will::is_unsaid")]
    #[schemars(with = "Option<bool>", extend("default" = true))]
    started: Will,
    /// Whether it is started when the host is; left as it is where this is null. Where it is not given and `masked` is true,
    /// it is left as it is, too.
    #[serde(default, skip_serializing_if = "Will::is_unsaid")]
    #[schemars(with = "Option<bool>", extend("default" = true))]
    enabled: Will,
    /// Whether nothing can start it; systemd only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    masked: Option<bool>,
    /// Whose service it is: `user` is for units of the account that the call runs as.
    #[serde(default)]
    scope: Scope,
}

/// What is said of a state: null is something else than nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Will {
    #[default]
    Unsaid,
    /// It is left as it is.
    Left,
    Be(bool),
}

impl Will {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_unsaid(&self) -> bool {
        *self == Self::Unsaid
    }

    /// What is wanted, where nothing is said the default.
    const fn or(self, default: Option<bool>) -> Option<bool> {
        match self {
            Self::Unsaid => default,
            Self::Left => None,
            Self::Be(it) => Some(it),
        }
    }
}

impl<'de> Deserialize<'de> for Will {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Left, Self::Be))
    }
}

impl Serialize for Will {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.or(None).serialize(serializer)
    }
}

impl Args {
    fn wanted(&self) -> Wanted {
        // What nothing can start is neither running nor enabled.
        let default = (self.masked != Some(true)).then_some(true);
        Wanted {
            running: self.started.or(default),
            enabled: self.enabled.or(default),
            masked: self.masked,
            again: None,
        }
    }
}

impl Tool for Converge {
    const NAME: &'static str = "service.converge";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "service.converge: { name: nginx, started: true, enabled: true }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = ServiceChange;
    type Output = State;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::UNITS
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_name(&args.name)?;
        for (name, both, value) in [
            ("started", "masked started", args.started),
            ("enabled", "masked enabled", args.enabled),
        ] {
            if args.masked == Some(true) && value == Will::Be(true) {
                let message = format!(
                    "`masked: true` and `{name}: true` cannot both hold: what is masked is not started by anything"
                );
                return Err((both, message));
            }
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(match look(&args.name, args.scope, args.wanted(), host)? {
            Ok(state) => Finding::Settled(state),
            Err(change) => Finding::Pending(change),
        })
    }

    fn apply(args: &Args, change: ServiceChange, host: &Writer<'_>) -> Result<State, Failure> {
        act(&args.name, &change, host)
    }
}
