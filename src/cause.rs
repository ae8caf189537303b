//! Why a host could not be reached.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The sorts of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its name does not resolve.
    Dns,
    /// Nothing listens on the port.
    Refused,
    /// It was there and hung up at once, as one does that is asked for too many connections.
    Dropped,
    /// There is no way to its network.
    NoRoute,
    /// It did not answer in time; the message says in which phase.
    Timeout,
    /// Its key is not known.
    KeyUnknown,
    /// Its key is not the one that is known.
    KeyChanged,
    /// It refused the login.
    LoginRefused,
    /// The remote shell did not start the agent.
    Shell,
    /// The agent could not be put there or does not start.
    Agent,
    /// The connection was there and broke.
    Lost,
    /// The program that connects could not be started, or its settings are wrong.
    Local,
    /// Anything else; the message is what ssh said.
    Other,
}

/// A host that could not be reached, or whose connection broke.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unreachable {
    /// The sort of cause.
    pub cause: Cause,
    /// The cause in words, without control characters.
    pub message: String,
    /// What to do about it, as a whole sentence.
    pub help: Option<String>,
}

impl Unreachable {
    /// A cause in words.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self {
            cause,
            message: message.into(),
            help: None,
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
