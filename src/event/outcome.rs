//! How calls, hosts and runs come out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::HostName;

/// How a call ended on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing was to be done.
    Ok,
    /// Something was changed; in check mode: would be.
    Changed,
    /// It failed.
    Failed,
    /// Its conditions do not hold.
    Skipped,
    /// Check mode: it depends on something that did not happen yet.
    Unknown,
    /// The connection broke, and it may or may not have happened.
    Lost,
    /// It did not start, or did not come to its end, because a call before it failed or the run was stopped.
    Canceled,
}

/// How a host came out of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HostOutcome {
    /// All that was for it was done.
    Ok,
    /// A call failed and nothing rescued it, or was lost with the connection and may have happened.
    Failed,
    /// It was not reached, or its connection was lost with nothing at stake.
    Unreachable,
    /// The run stopped before it had ended.
    Aborted,
    /// Nothing of the run was begun on it.
    NotStarted,
}

impl HostOutcome {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::Aborted => "aborted",
            Self::NotStarted => "not_started",
        }
    }
}

/// How a run came out; exit codes follow from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "six facts that hold or not, each on its own"
)]
pub struct RunOutcome {
    /// Some call failed, or was lost, on some host.
    pub failed: bool,
    /// Some host was not reached.
    pub unreachable: bool,
    /// The user stopped it.
    pub interrupted: bool,
    /// More hosts of a round failed than it allows, and that stopped it.
    #[serde(default)]
    pub stopped: bool,
    /// Something changed, or in check mode would.
    pub changed: bool,
    /// Check mode: of something it is not known whether it would change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// What works on some host crashed: a bug in rmote-play.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub crashed: bool,
}

/// A host in the recap: how it came out and its calls counted. A call counts once, looped or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recap {
    /// The host.
    pub host: HostName,
    /// How it came out.
    pub outcome: HostOutcome,
    /// Calls that did not fail, changed ones and ignored failures included.
    pub ok: u32,
    /// Calls that changed something, or in check mode would; also those that failed or were canceled after that.
    pub changed: u32,
    /// Calls that failed and were not rescued or ignored; lost ones too.
    pub failed: u32,
    /// Calls whose conditions did not hold.
    pub skipped: u32,
    /// Failures that an `on_failure` entry handled.
    pub rescued: u32,
    /// Failures that `ignore_errors` let pass.
    pub ignored: u32,
    /// Check mode: calls that depend on what did not happen yet.
    pub unknown: u32,
    /// The paths of the handlers that it owes: a source has changed, in this run or in an earlier one, and the handler has not
    /// run. The next run of the playbook there runs them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<String>,
    /// Why it is unreachable or failed, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Recap {
    /// A host of which no call was counted.
    pub fn of(host: HostName, outcome: HostOutcome) -> Self {
        Self {
            host,
            outcome,
            ok: 0,
            changed: 0,
            failed: 0,
            skipped: 0,
            rescued: 0,
            ignored: 0,
            unknown: 0,
            owed: Vec::new(),
            reason: None,
        }
    }
}
