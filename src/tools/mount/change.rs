//! What is done about a mount: the mount itself first, its line in `/etc/fstab` then.

use std::path::{Path, PathBuf};

use rustix::mount::MountFlags;

use crate::argument::{Argv, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Program, Reader, Writer};
use crate::tool::{Describe, HostPath};
use crate::tools::fs::deploy::{FileChange, Texts, Wanted, caution, deploy};
use crate::tools::fs::old::read_old;
use crate::tools::mount::look::{Asked, conflict, denied, differs, possible, real};
use crate::tools::mount::options::{self, Atime, Flags};
use crate::tools::mount::table::{Mount, Table};
use crate::tools::said;

/// What is to be done for a file system.
#[derive(Debug)]
pub(crate) struct MountChange {
    pub(super) title: String,
    pub(super) file: Option<FileChange>,
    /// The directory is to be made.
    pub(super) directory: bool,
    pub(super) step: Step,
}

/// What is to be done to the mount itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Nothing,
    Mount,
    /// Other options are put in force.
    Remount {
        /// Some of them are the file system's own.
        specific: bool,
        from: String,
        to: String,
    },
    /// So many mounts, one on the other, are taken away; `lazy`: also while they are used.
    Unmount {
        count: usize,
        lazy: bool,
    },
}

impl Describe for MountChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = self.file.as_ref().map(Describe::diff).unwrap_or_default();
        let mut add = |property, before, after| {
            diffs.push(Diff::of_property(&self.title, property, before, Some(after)));
        };
        if self.directory {
            add("directory", None, "present");
        }
        match &self.step {
            Step::Nothing => {}
            Step::Mount => add("mounted", Some("false"), "true"),
            Step::Remount { from, to, .. } => add("options in force", Some(from), to),
            Step::Unmount { .. } => add("mounted", Some("true"), "false"),
        }
        diffs
    }
}

impl MountChange {
    pub(super) fn is_empty(&self) -> bool {
        self.file.is_none() && self.step == Step::Nothing && !self.directory
    }

    /// Does it. What fails leaves what it found.
    pub(super) fn make(mut self, asked: &Asked<'_>, host: &Writer<'_>) -> Result<(), Failure> {
        let made = if self.directory {
            make_directories(asked.path, host)?
        } else {
            Vec::new()
        };
        let done = self.mount(asked, host).and_then(|old| {
            let written = self.write(host).and_then(|()| self.keep(asked, host));
            written.inspect_err(|failure| {
                // A line that somebody else changed meanwhile is tried again.
                if failure.kind != Kind::Raced {
                    self.undo(asked, old, host);
                }
            })
        });
        if done.as_ref().is_err_and(|it| it.kind != Kind::Raced) {
            for path in made.iter().rev() {
                // One that somebody else has put something into stays.
                if let Ok(Some(at)) = host.locate(path, Follow::No) {
                    host.remove(&at).ok();
                }
            }
        }
        done
    }

    /// Unmounts, and writes then.
    pub(super) fn take_away(mut self, path: &Path, host: &Writer<'_>) -> Result<(), Failure> {
        if let Step::Unmount { count, lazy } = self.step {
            for _ in 0..count {
                unmount(path, lazy, host)?;
            }
            let left = real(path, host)?.map_or(Ok(false), |it| {
                Ok::<_, Failure>(!Table::read(host)?.at(&it).is_empty())
            })?;
            if left {
                let message = format!("`umount` ended well, but `{}` is still mounted", path.display());
                return Err(Failure::new(Kind::Conflict, message));
            }
        }
        self.write(host)
    }

    /// Mounts it, or puts its options in force; the flags that it had.
    fn mount(&self, asked: &Asked<'_>, host: &Writer<'_>) -> Result<Option<Flags>, Failure> {
        match &self.step {
            Step::Nothing | Step::Unmount { .. } => Ok(None),
            Step::Mount => {
                mount(asked, host)?;
                settle(asked, host).inspect_err(|_| {
                    unmount(asked.path, false, host).ok();
                })?;
                Ok(None)
            }
            Step::Remount { specific, .. } => {
                let table = Table::read(host)?;
                let found = seen(asked, &table, host)?;
                let before = Flags::in_force(&found.options);
                let wanted = asked.wanted(&table, Some(found), host);
                let flags = possible(&wanted, found);
                let whole_ro = Flags::in_force(&found.whole).ro;
                let is_shared = table.others(found).next().is_some();
                if !wanted.is_bind && whole_ro && !flags.ro && is_shared {
                    return Err(conflict(
                        asked.path,
                        "its file system is read-only as a whole, and is mounted elsewhere, too",
                    ));
                }
                // A file system of which others see a part is as a whole what it was.
                let ro = if is_shared { whole_ro } else { flags.ro };
                if !wanted.is_bind && (*specific || ro != whole_ro) {
                    remount(asked, Flags { ro, ..flags }, host)?;
                }
                settle(asked, host).inspect_err(|_| {
                    host.set_mount_flags(&found.path, bits(before)).ok();
                })?;
                Ok(Some(before))
            }
        }
    }

    fn write(&mut self, host: &Writer<'_>) -> Result<(), Failure> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        deploy(&wanted(&fstab()?), file, host)?;
        let is_systemd = host
            .metadata(Path::new("/run/systemd/system"), Follow::Yes)?
            .is_some();
        if is_systemd {
            // systemd makes units of that file.
            run(host, &["systemctl", "daemon-reload"])?;
        }
        Ok(())
    }

    /// systemd takes away what is mounted where it knew another device by an older line: then it is mounted once more.
    fn keep(&self, asked: &Asked<'_>, host: &Writer<'_>) -> Result<(), Failure> {
        if self.step != Step::Mount || seen(asked, &Table::read(host)?, host).is_ok() {
            return Ok(());
        }
        mount(asked, host)?;
        settle(asked, host)
    }

    fn undo(&self, asked: &Asked<'_>, old: Option<Flags>, host: &Writer<'_>) {
        match (&self.step, old, real(asked.path, host)) {
            (Step::Mount, ..) => {
                unmount(asked.path, false, host).ok();
            }
            (Step::Remount { .. }, Some(old), Ok(Some(path))) => {
                host.set_mount_flags(&path, bits(old)).ok();
            }
            _ => {}
        }
    }
}

/// Sees to it that a mount is there with the flags that it was asked for.
fn settle(asked: &Asked<'_>, host: &Writer<'_>) -> Result<(), Failure> {
    for is_last in [false, true] {
        let table = Table::read(host)?;
        let found = seen(asked, &table, host)?;
        if found.kind == "autofs" {
            return Ok(());
        }
        let wanted = asked.wanted(&table, Some(found), host);
        let flags = possible(&wanted, found);
        if let Some(word) = denied(&wanted, found) {
            let why = format!(
                "`{word}` is not in force, and cannot be while it is mounted; `mount.absent` with `keep_line: true` unmounts it"
            );
            return Err(conflict(asked.path, &why));
        }
        if !differs(flags, found, &wanted) {
            return Ok(());
        }
        if is_last {
            let why = format!(
                "it has the options `{}` and not `{}`",
                found.options,
                flags.words()
            );
            return Err(conflict(asked.path, &why));
        }
        let is_fuse = found.kind.starts_with("fuse");
        let in_force = Flags::in_force(&found.options);
        let flags = Flags {
            nosuid: flags.nosuid || is_fuse && in_force.nosuid,
            nodev: flags.nodev || is_fuse && in_force.nodev,
            ..flags
        };
        host.set_mount_flags(&found.path, bits(flags))?;
    }
    Ok(())
}

/// What is mounted at the path.
fn seen<'t>(asked: &Asked<'_>, table: &'t Table, host: &Reader<'_>) -> Result<&'t Mount, Failure> {
    let found = real(asked.path, host)?.and_then(|path| table.at(&path).pop());
    found.ok_or_else(|| conflict(asked.path, "`mount` ended well, but nothing is mounted there"))
}

fn mount(asked: &Asked<'_>, host: &Writer<'_>) -> Result<(), Failure> {
    let path = real(asked.path, host)?.unwrap_or_else(|| asked.path.to_owned());
    let options = options::for_mount(asked.options);
    call(
        host,
        &["mount", "-t", asked.kind, "-o", &options, asked.source],
        &path,
    )
}

/// Puts options of the whole file system in force. With the source and the path, neither fstab nor what was there before
/// is mixed in.
fn remount(asked: &Asked<'_>, flags: Flags, host: &Writer<'_>) -> Result<(), Failure> {
    let path = real(asked.path, host)?.unwrap_or_else(|| asked.path.to_owned());
    let options = format!("remount,{},{}", options::for_mount(asked.options), flags.words());
    call(host, &["mount", "-o", &options, asked.source], &path)
}

/// Takes away what is seen at the path.
fn unmount(path: &Path, lazy: bool, host: &Writer<'_>) -> Result<(), Failure> {
    let path = real(path, host)?.unwrap_or_else(|| path.to_owned());
    let words: &[&str] = if lazy { &["umount", "-l"] } else { &["umount"] };
    call(host, words, &path)
}

/// Makes the directory and what is missing above it; those that were made.
fn make_directories(path: &Path, host: &Writer<'_>) -> Result<Vec<PathBuf>, Failure> {
    let is_missing = |it: &&Path| !matches!(host.metadata(it, Follow::No), Ok(Some(_)));
    let mut made: Vec<PathBuf> = path
        .ancestors()
        .take_while(is_missing)
        .map(Path::to_owned)
        .collect();
    made.reverse();
    let at = host.make_place(path, Follow::Yes)?;
    host.make_folder(&at, &Attributes::default())?;
    Ok(made)
}

/// The flags as the kernel takes them: all of them, since those that are left out are taken away.
fn bits(flags: Flags) -> MountFlags {
    // Newer than the names that there are.
    const NOSYMFOLLOW: MountFlags = MountFlags::from_bits_retain(256);
    let mut bits = match flags.atime {
        Atime::Sometimes => MountFlags::RELATIME,
        Atime::Never => MountFlags::NOATIME,
        Atime::Always => MountFlags::STRICTATIME,
    };
    bits.set(MountFlags::RDONLY, flags.ro);
    bits.set(MountFlags::NOSUID, flags.nosuid);
    bits.set(MountFlags::NODEV, flags.nodev);
    bits.set(MountFlags::NOEXEC, flags.noexec);
    bits.set(MountFlags::NODIRATIME, flags.nodiratime);
    bits.set(NOSYMFOLLOW, flags.nosymfollow);
    bits
}

fn call(host: &Writer<'_>, words: &[&str], path: &Path) -> Result<(), Failure> {
    let words = words.iter().map(|it| Text::from(*it));
    let argv = Argv(words.chain([path.as_os_str().to_owned().into()]).collect());
    end(host, &argv)
}

fn run(host: &Writer<'_>, words: &[&str]) -> Result<(), Failure> {
    end(host, &Argv(words.iter().map(|it| Text::from(*it)).collect()))
}

fn end(host: &Writer<'_>, argv: &Argv) -> Result<(), Failure> {
    let ended = host.act(&Program::of(argv))?;
    if ended.exit_code == 0 {
        return Ok(());
    }
    let words = argv.0.iter().map(Text::to_string_lossy).collect::<Vec<_>>();
    Err(said::failure(&ended, &words.join(" ")))
}

pub(super) fn fstab() -> Result<HostPath, Failure> {
    HostPath::new(b"/etc/fstab").map_err(|error| Failure::new(Kind::Invalid, error))
}

/// What the file holds; nothing where it does not exist.
pub(super) fn read_fstab(host: &Reader<'_>) -> Result<Vec<u8>, Failure> {
    Ok(read_old(&fstab()?, true, true, host)?.unwrap_or_default())
}

pub(super) fn wanted(path: &HostPath) -> Wanted<'_> {
    Wanted {
        path,
        mode: None,
        owner: None,
        group: None,
        caution: caution(false, None),
        parents: false,
        text: Texts::Kept,
    }
}
