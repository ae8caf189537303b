//! Why a call could not do its work, as data that travels from the host to every report.

use serde::{Deserialize, Serialize};

/// The closed list of causes. `results.<id>.error.kind` holds one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A file, program, account or package does not exist.
    NotFound,
    /// The account on the host may not do it.
    PermissionDenied,
    /// A program ended with a failure.
    CommandFailed,
    /// An argument or what the host answered makes no sense; an assertion that does not hold.
    Invalid,
    /// It took longer than it may.
    Timeout,
    /// This host cannot do it at all.
    Unsupported,
    /// Something else is in the way: a directory where a file is wanted, a lock.
    Conflict,
    /// Somebody else changed the same thing at the same time, however often it was tried.
    Raced,
    /// The run was interrupted.
    Canceled,
    /// No connection could be made.
    Unreachable,
    /// The connection broke: whether the call happened is not known.
    Lost,
    /// A bug in the tool: it panicked, and only this call is hurt.
    Crashed,
}

impl Kind {
    /// The word that playbooks and JSON use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::PermissionDenied => "permission_denied",
            Self::CommandFailed => "command_failed",
            Self::Invalid => "invalid",
            Self::Timeout => "timeout",
            Self::Unsupported => "unsupported",
            Self::Conflict => "conflict",
            Self::Raced => "raced",
            Self::Canceled => "canceled",
            Self::Unreachable => "unreachable",
            Self::Lost => "lost",
            Self::Crashed => "crashed",
        }
    }
}

/// A failure: its kind, a message that names the thing and the cause, and for programs how they ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What sort.
    pub kind: Kind,
    /// One lower-case fragment that names the object in backticks and the cause.
    pub message: String,
    /// The exit code of the program that failed; 128 + n for one killed by signal n.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The end of its standard error, at most 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    /// The end of its standard output, at most 4 KiB, where it wrote nothing to standard error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
}

impl Failure {
    /// What the program wrote of it: to standard error, or where that is empty to standard output.
    pub fn written(&self) -> Option<&str> {
        self.stderr.as_deref().or(self.stdout.as_deref())
    }
}

impl Failure {
    /// A failure without a program behind it.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            exit_code: None,
            stderr: None,
            stdout: None,
        }
    }

    /// What an I/O error on the thing `what` (such as "cannot write `/etc/x`") means.
    pub fn io(what: impl std::fmt::Display, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let kind = match error.kind() {
            ErrorKind::NotFound => Kind::NotFound,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Kind::PermissionDenied,
            ErrorKind::AlreadyExists
            | ErrorKind::IsADirectory
            | ErrorKind::NotADirectory
            | ErrorKind::DirectoryNotEmpty
            | ErrorKind::ResourceBusy
            | ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded => Kind::Conflict,
            ErrorKind::TimedOut => Kind::Timeout,
            ErrorKind::Unsupported => Kind::Unsupported,
            _ => Kind::Invalid,
        };
        let cause = error.to_string();
        let cause = cause.split(" (os error").next().unwrap_or(&cause);
        Self::new(kind, format!("{what}: {}", lower_first(cause)))
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
