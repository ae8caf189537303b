//! Runs a program.

use serde::{Deserialize, Serialize};

use crate::system::{Reader, Writer};
use crate::tool::{Access, Argv, Blob, Failure, FileMode, Finding, Footprint, HostPath, Text, Tool};
use std::collections::BTreeMap;

const fn yes() -> bool {
    true
}

/// A command as text for the shell or as a list of words.
type Unless = Argv;

/// `exec.command`.
#[derive(Debug)]
pub struct Command;

/// Runs a program without a shell. It runs in a process group of its own, which is killed when the call times out or is
/// canceled; the call ends when the program ends, even if something it started lives on.
///
/// Check mode: it does not run; `creates`, `removes` and `unless` are asked.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The program and its arguments: a list of words, or text that is split at blanks as a shell would, without
    /// expanding anything.
    #[schemars(extend("x-role" = "command"))]
    argv: Argv,
    /// The folder to run in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cwd: Option<HostPath>,
    /// Variables added to the environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<String, Text>,
    /// What it reads from standard input; by default nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stdin: Option<Text>,
    /// If this path exists, there is nothing to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    creates: Option<HostPath>,
    /// If this path does not exist, there is nothing to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    removes: Option<HostPath>,
    /// If this command succeeds, there is nothing to do. It must change nothing, since it runs in check mode too. Text
    /// goes to the shell, a list is run as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "command"))]
    unless: Option<Unless>,
    /// An exit code other than 0 is a failure.
    #[serde(default = "yes")]
    check: bool,
}

/// How it ended.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Output {
    /// What was run.
    argv: Argv,
    /// Whether it ran; if not, its guards found nothing to do, and the other fields are missing.
    ran: bool,
    /// The exit code; 128 + n where signal n ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    /// Its standard output without newlines at the end; bytes where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    stdout: Option<Text>,
    /// Its standard error, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    stderr: Option<Text>,
    /// Whether it wrote more than 1 MiB to one of them, of which the middle is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
}

impl Tool for Command {
    const NAME: &'static str = "exec.command";
    const ACCESS: Access = Access::Opaque;
    const SHORTHAND: Option<&'static str> = Some("argv");
    const EXAMPLE: &'static str =
        "exec.command: { argv: [createdb, shop], unless: [psql, -d, shop, -c, \"\"] }";

    type Args = Args;
    type Change = ();
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        {
            let _ = args;
            Footprint::EVERYTHING
        }
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let _ = (args, host);
        unimplemented!()
    }

    fn apply(args: &Args, change: (), host: &Writer<'_>) -> Result<Output, Failure> {
        let _ = (args, change, host);
        unimplemented!()
    }
}
