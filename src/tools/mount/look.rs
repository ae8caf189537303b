//! What is mounted next to what is asked for.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind};
use crate::system::Reader;
use crate::tools::mount::change::Step;
use crate::tools::mount::options::{self, Atime, Flags, Wanted};
use crate::tools::mount::source::Named;
use crate::tools::mount::table::{Mount, Table};

/// What is to be mounted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) path: &'a Path,
    pub(super) source: &'a str,
    pub(super) kind: &'a str,
    pub(super) options: &'a str,
    /// What its line has forbidden so far.
    pub(super) old: Flags,
}

/// File systems that nothing can be written to, whatever they are asked for.
const READ_ONLY: [&str; 5] = ["iso9660", "squashfs", "erofs", "cramfs", "romfs"];

/// Where a path leads, links followed; nothing where it does not exist.
pub(super) fn real(path: &Path, host: &Reader<'_>) -> Result<Option<PathBuf>, Failure> {
    host.real_path(path)
}

/// Whether anything is mounted at a path.
pub(super) fn is_mounted(path: &Path, host: &Reader<'_>) -> Result<bool, Failure> {
    let Some(path) = real(path, host)? else {
        return Ok(false);
    };
    Ok(!Table::read(host)?.at(&path).is_empty())
}

/// What is to be done so that it is mounted, and whether its directory is to be made. `before`: the options that its line has
/// had so far.
///
/// # Errors
/// `conflict` where something else is mounted there, or below.
pub(super) fn look(
    asked: &Asked<'_>,
    before: Option<&str>,
    host: &Reader<'_>,
) -> Result<(Step, bool), Failure> {
    let Some(path) = real(asked.path, host)? else {
        return Ok((Step::Mount, true));
    };
    let table = Table::read(host)?;
    let Some(found) = table.at(&path).pop() else {
        return match table.below(&path).first() {
            None => Ok((Step::Mount, false)),
            Some(hidden) => Err(conflict(
                asked.path,
                &format!(
                    "`{}` is mounted below it and would be hidden; unmount it first",
                    hidden.path.display()
                ),
            )),
        };
    };
    // What is mounted when it is needed is not mounted for a look.
    if found.kind == "autofs" {
        return Ok((Step::Nothing, false));
    }
    let wanted = asked.wanted(&table, Some(found), host);
    if let Some(other) = asked.named(&wanted).other(found, &table, host)? {
        return Err(conflict(asked.path, &format!("{other} is mounted there")));
    }
    let flags = possible(&wanted, found);
    let is_other_line =
        before.is_none_or(|before| options::wanted(before, Flags::default()).specific != wanted.specific);
    let has_specific = !wanted.is_bind
        && (denied(&wanted, found).is_some()
            || is_other_line && (before.is_some() || !wanted.specific.is_empty()));
    let differs = differs(flags, found, &wanted);
    Ok(if differs || has_specific {
        let (from, to) = if differs {
            (Flags::in_force(&found.options).words(), flags.words())
        } else {
            (found.whole.clone(), wanted.specific.join(","))
        };
        let step = Step::Remount {
            specific: has_specific,
            from,
            to,
        };
        (step, false)
    } else {
        (Step::Nothing, false)
    })
}

/// An option of the file system that is plainly not in force.
pub(super) fn denied<'a>(wanted: &Wanted<'a>, found: &Mount) -> Option<&'a str> {
    let is_denied = |it: &&str| options::is_denied(&found.kind, it, &found.whole);
    wanted
        .specific
        .iter()
        .copied()
        .find(|it| !wanted.is_bind && is_denied(it))
}

/// Whether a mount has other flags than these.
pub(super) fn differs(flags: Flags, found: &Mount, wanted: &Wanted<'_>) -> bool {
    let in_force = Flags::in_force(&found.options);
    if found.kind.starts_with("fuse") {
        // Their programs forbid more than they are asked for.
        return !flags.are_kept_by(in_force);
    }
    let is_whole_ro = !wanted.is_bind && !flags.ro && Flags::in_force(&found.whole).ro;
    in_force != flags || is_whole_ro
}

impl<'a> Asked<'a> {
    /// What the options ask for; `found`: what is mounted there already.
    pub(super) fn wanted(&self, table: &Table, found: Option<&Mount>, host: &Reader<'_>) -> Wanted<'a> {
        let wanted = options::wanted(self.options, Flags::default());
        if !wanted.is_bind {
            return wanted;
        }
        let source = host.real_path(Path::new(self.source));
        let holder = source
            .ok()
            .flatten()
            .and_then(|it| Some(table.holder(&it, found)?.0.options.clone()));
        let below = holder.map_or_else(Flags::default, |it| Flags::in_force(&it));
        // What the line does not name is as what is shown has it, or stricter: programs differ in what they take along. What
        // the line has named so far and names no more is given up.
        let base = found.map_or(below, |found| {
            let found = Flags::in_force(&found.options);
            Flags {
                ro: below.ro,
                nosuid: if self.old.nosuid {
                    below.nosuid
                } else {
                    found.nosuid
                },
                nodev: if self.old.nodev { below.nodev } else { found.nodev },
                noexec: if self.old.noexec {
                    below.noexec
                } else {
                    found.noexec
                },
                nosymfollow: if self.old.nosymfollow {
                    below.nosymfollow
                } else {
                    found.nosymfollow
                },
                nodiratime: if self.old.nodiratime {
                    below.nodiratime
                } else {
                    found.nodiratime
                },
                atime: if self.old.atime == Atime::Sometimes {
                    found.atime
                } else {
                    below.atime
                },
            }
        });
        options::wanted(self.options, base)
    }

    pub(super) fn named(&self, wanted: &Wanted<'_>) -> Named<'a> {
        Named {
            source: self.source,
            kind: self.kind,
            is_bind: wanted.is_bind,
        }
    }
}

/// The flags that a mount can have.
pub(super) fn possible(wanted: &Wanted<'_>, found: &Mount) -> Flags {
    let is_media = READ_ONLY.contains(&&*found.kind) && !wanted.is_rw;
    let in_force = Flags::in_force(&found.options);
    Flags {
        ro: wanted.flags.ro || is_media && in_force.ro,
        ..wanted.flags
    }
}

pub(super) fn conflict(path: &Path, why: &str) -> Failure {
    Failure::new(
        Kind::Conflict,
        format!("cannot mount `{}`: {why}", path.display()),
    )
}
