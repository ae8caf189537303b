//! Runs a script of the controller.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, Text};
use crate::blob::Blob;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, What, Writer};
use crate::tool::{Access, Controller, Finding, Footprint, HostPath, Tool};
use crate::tools::exec::run::{Call, Output, Unless, load, offload};

/// `exec.script`.
#[derive(Debug)]
pub(crate) struct Script;

/// Runs a script that is on the controller. It is sent along, runs from memory, and leaves no file on the host. Its first
/// line (`#!/usr/bin/env python3`) names its interpreter, which the host must have; without such a line it is `/bin/sh`.
/// It runs in a process group of its own, which is killed when the call times out or is canceled.
///
/// Check mode: it does not run; `creates`, `removes` and `unless` are asked.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "what a script gets is called arguments")]
pub(crate) struct Args {
    /// The script on the controller.
    #[schemars(extend("x-role" = "controller_file"))]
    src: String,
    /// What the script gets as arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-role" = "command"))]
    args: Vec<Text>,
    /// The program that runs it, instead of the one that its first line names: a list of words, or text that is split at
    /// blanks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "command"))]
    interpreter: Option<Argv>,
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
    /// The script on its way to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    blob: Option<Blob>,
    /// What is too large to travel within the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    stdin_blob: Option<Blob>,
}

const fn yes() -> bool {
    true
}

/// A script larger than this is no script.
const LARGEST: u64 = 16 << 20;

impl Tool for Script {
    const NAME: &'static str = "exec.script";
    const ACCESS: Access = Access::Opaque;
    const SHORTHAND: Option<&'static str> = Some("src");
    const EXAMPLE: &'static str =
        "exec.script: { src: ./migrate.py, args: [--to, \"42\"], creates: /var/lib/shop/migrated-42 }";

    type Args = Args;
    type Change = ();
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn prepare(mut args: Args, controller: Controller<'_>) -> Result<Args, Failure> {
        if args.blob.is_some() {
            return Err(Failure::new(Kind::Invalid, "unknown argument `blob`"));
        }
        if let Some(stdin) = &mut args.stdin {
            offload(stdin, &mut args.stdin_blob, controller)?;
        }
        let blob = controller.blobs.file(args.src.as_ref())?;
        if blob.size > LARGEST {
            let message = format!("`{}` is too large for a script: {} bytes", args.src, blob.size);
            return Err(Failure::new(Kind::Invalid, message));
        }
        args.blob = Some(blob);
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(match call(args, &[], &[]).guard(host)? {
            Some(output) => Finding::Settled(output),
            None => Finding::Pending(()),
        })
    }

    fn apply(args: &Args, (): (), host: &Writer<'_>) -> Result<Output, Failure> {
        let stdin = match &args.stdin {
            Some(text) => load(text, args.stdin_blob.as_ref(), host)?,
            None => Vec::new().into(),
        };
        let Some(blob) = &args.blob else {
            return Err(Failure::new(Kind::Invalid, "no script was prepared"));
        };
        let script = host.fetch(blob)?;
        let interpreter = match &args.interpreter {
            Some(given) => given.0.clone(),
            None => interpreter(&script),
        };
        call(args, &script, &interpreter).run(&stdin, host)
    }
}

fn call<'a>(args: &'a Args, text: &'a [u8], interpreter: &'a [Text]) -> Call<'a> {
    let name = args.src.rsplit('/').next().unwrap_or(&args.src);
    Call {
        what: What::File {
            name,
            text,
            interpreter,
            args: &args.args,
        },
        name: name.to_owned(),
        cwd: args.cwd.as_ref(),
        env: &args.env,
        creates: args.creates.as_ref(),
        removes: args.removes.as_ref(),
        unless: args.unless.as_ref(),
        check: args.check,
    }
}

/// What runs a script, as the kernel reads its first line: a program and at most one argument. Nothing for a program that
/// the kernel runs itself.
pub(in crate::tools) fn interpreter(script: &[u8]) -> Vec<Text> {
    let Some(line) = script.strip_prefix(b"#!") else {
        let is_program = script.starts_with(b"\x7fELF");
        return if is_program {
            Vec::new()
        } else {
            vec!["/bin/sh".into()]
        };
    };
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.trim_ascii();
    let end = line
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t'))
        .unwrap_or(line.len());
    let (program, rest) = line.split_at(end);
    let words = [program, rest.trim_ascii()];
    words
        .into_iter()
        .filter(|word| !word.is_empty())
        .map(|word| Text(word.to_vec()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_interpreter() {
        let words = |script: &str| {
            let words = interpreter(script.as_bytes());
            let words: Vec<_> = words.iter().map(|it| it.to_string_lossy().into_owned()).collect();
            words.join("|")
        };
        assert_eq!(
            words("#!/bin/bash -eu -o pipefail\nx"),
            "/bin/bash|-eu -o pipefail"
        );
        assert_eq!(words("#! /usr/bin/env python3\r\n"), "/usr/bin/env|python3");
        assert_eq!(words("#!/bin/cat"), "/bin/cat");
        assert_eq!(words("echo"), "/bin/sh");
        assert_eq!(words(""), "/bin/sh");
        assert_eq!(words("\x7fELF..."), "");
    }
}
