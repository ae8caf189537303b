//! The programs with which a host changes its accounts.

use std::collections::BTreeMap;
use std::path::Path;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Program, Reader, Writer};
use crate::tools::accounts::foreseen::foresee;

/// Which set of programs a host has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tools) enum Kit {
    /// `useradd`, `usermod`, `groupadd` and their kin.
    Shadow,
    /// `adduser`, `addgroup`, `deluser`, `delgroup` of `BusyBox`.
    BusyBox,
}

impl Kit {
    /// What is there.
    ///
    /// # Errors
    /// `unsupported` where neither is.
    pub(in crate::tools) fn of(host: &Reader<'_>) -> Result<Self, Failure> {
        for (program, kit) in [("useradd", Self::Shadow), ("adduser", Self::BusyBox)] {
            for folder in ["/usr/sbin", "/sbin", "/usr/bin", "/bin"] {
                let path = format!("{folder}/{program}");
                if host.metadata(Path::new(&path), Follow::Yes)?.is_some() {
                    return Ok(kit);
                }
            }
        }
        let message = "this host has neither `useradd` nor `adduser`";
        Err(Failure::new(Kind::Unsupported, message))
    }
}

/// Runs a program that must end well.
///
/// # Errors
/// What it said.
pub(in crate::tools) fn run(host: &Writer<'_>, words: &[&str]) -> Result<(), Failure> {
    run_with_input(host, words, b"")
}

/// The same for one that reads what must not stand among its arguments.
///
/// # Errors
/// What it said.
pub(in crate::tools) fn run_with_input(
    host: &Writer<'_>,
    words: &[&str],
    input: &[u8],
) -> Result<(), Failure> {
    if host.foreseeing().is_some() && foresee(host, words, input)? {
        return Ok(());
    }
    let argv = Argv(words.iter().map(|it| Text::from(*it)).collect());
    // Where only root looks by itself.
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let env = BTreeMap::from([("PATH".to_owned(), Text::from(&*path))]);
    let program = Program {
        stdin: input,
        env: &env,
        ..Program::of(&argv)
    };
    let ended = host.act(&program)?;
    if ended.exit_code == 0 {
        return Ok(());
    }
    let failure = ended.failure(words[0]);
    // Its last line says only that a file cannot be locked.
    let said = failure.stderr.as_deref().unwrap_or_default();
    let is_refusal = |line: &&str| line.contains("Permission denied") || line.contains("must be root");
    let Some(line) = said.lines().find(is_refusal) else {
        return Err(failure);
    };
    Err(Failure {
        kind: Kind::PermissionDenied,
        message: format!("`{}` {}: {line}", words[0], ended.how()),
        ..failure
    })
}
