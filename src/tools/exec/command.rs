//! Runs a program.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, Text};
use crate::blob::Blob;
use crate::failure::Failure;
use crate::system::{Reader, What, Writer};
use crate::tool::{Access, Controller, Finding, Footprint, HostPath, Tool};
use crate::tools::exec::run::{Call, Output, Unless, load, offload};

/// `exec.command`.
#[derive(Debug)]
pub(crate) struct Command;

/// Runs a program without a shell. It runs in a process group of its own, which is killed when the call times out or is
/// canceled; the call ends when the program ends, even if something it started lives on.
///
/// Check mode: it does not run; `creates`, `removes` and `unless` are asked.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The program and its arguments: a list of words, or text that is split at blanks as a shell would, without
    /// expanding anything.
    #[schemars(extend("x-role" = "command"))]
    argv: Argv,
    /// The directory to run in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cwd: Option<HostPath>,
    /// Variables added to the environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<String, Text>,
    /// What it reads from standard input; by default nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stdin: Option<Text>,
    /// If this path exists, there is nothing to do. Nothing else is looked at: where the program fails after it has made the path,
    /// the next run takes it for done, of which the call warns.
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
    /// What is too large to travel within the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    stdin_blob: Option<Blob>,
}

const fn yes() -> bool {
    true
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

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn prepare(mut args: Args, controller: Controller<'_>) -> Result<Args, Failure> {
        if let Some(stdin) = &mut args.stdin {
            offload(stdin, &mut args.stdin_blob, controller)?;
        }
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(match call(args).guard(host)? {
            Some(output) => Finding::Settled(output),
            None => Finding::Pending(()),
        })
    }

    fn apply(args: &Args, (): (), host: &Writer<'_>) -> Result<Output, Failure> {
        let stdin = match &args.stdin {
            Some(text) => load(text, args.stdin_blob.as_ref(), host)?,
            None => Vec::new().into(),
        };
        call(args).run(&stdin, host)
    }
}

fn call(args: &Args) -> Call<'_> {
    Call {
        what: What::Argv(&args.argv),
        name: args.argv.0[0].to_string_lossy().into_owned(),
        cwd: args.cwd.as_ref(),
        env: &args.env,
        creates: args.creates.as_ref(),
        removes: args.removes.as_ref(),
        unless: args.unless.as_ref(),
        check: args.check,
    }
}
