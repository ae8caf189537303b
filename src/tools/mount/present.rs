//! Makes sure that a file system is mounted, now and at the next start.

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::Failure;
use crate::system::{Domain, Reader, Writer};
use crate::tool::{Access, Area, Controller, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::fs::deploy::compare_edit;
use crate::tools::mount::change::{self, MountChange, Step};
use crate::tools::mount::fstab::{self, Line};
use crate::tools::mount::look::{Asked, is_mounted, look};
use crate::tools::mount::options::{self, Flags};

/// `mount.present`.
#[derive(Debug)]
pub(crate) struct Present;

/// Makes sure that a file system is mounted, and has a line in `/etc/fstab`. The directory is made where it does not exist. What
/// is mounted there is looked at, not only the line: another file system, or another directory of a `bind` mount, is a
/// failure, and so is a mount that would hide others below it. Options that differ are put in force for this mount alone,
/// and not for other mounts of the same file system. `ro`, `nosuid`, `nodev`, `noexec` and when reads are noted are
/// compared with what is in force, and so are the size, mode and owner of a `tmpfs` and `errors` and `commit` of ext4; other
/// options of a file system are put in force where its line changes.
///
/// It is mounted first and written then: what cannot be mounted gets no line. With `mounted: false` nothing is tried, and a
/// line that is wrong may keep the host from its next start; `nofail` among the options lets it start without.
///
/// Of several lines for one path, that with the same `source` is taken. Swap space is not for this tool.
///
/// Check mode: says how the file would change, and whether it would be mounted or its options changed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Where it is to be.
    path: HostPath,
    /// What: a device, `UUID=...`, `server:/share`, `tmpfs`, a directory with the option `bind`.
    source: String,
    /// Its type, such as `ext4`, `nfs`, `tmpfs`; `none` with the option `bind`.
    #[serde(rename = "type")]
    kind: String,
    /// Options, separated by commas.
    #[serde(default = "defaults")]
    options: String,
    /// In which round it is checked at the start of the host; 0: in none.
    #[serde(default)]
    pass: u32,
    /// Whether `dump` saves it.
    #[serde(default)]
    dump: u32,
    /// Mounts it now; if not, it is at the next start, and what is mounted there now stays as it is.
    #[serde(default = "yes")]
    mounted: bool,
}

fn defaults() -> String {
    "defaults".to_owned()
}

const fn yes() -> bool {
    true
}

/// The file system.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is.
    path: Text,
    /// Whether it is mounted.
    mounted: bool,
}

impl Tool for Present {
    const NAME: &'static str = "mount.present";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "mount.present: { path: /srv/data, source: UUID=0a3407de-014b-458b-b5c1-848e92a327a3, type: ext4, options: noatime }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = MountChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(args: &Args) -> Spoils {
        let mut area = args.path.area();
        area.extend(&Area::Paths(vec!["/etc/fstab".into(), "/proc".into()]));
        Spoils::of(area).with(&[Domain::Mounts])
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        let invalid = |argument, message: String| Err((argument, message));
        for (name, value) in [
            ("source", &args.source),
            ("type", &args.kind),
            ("options", &args.options),
        ] {
            if value.is_empty() || value.starts_with(['-', '#']) || value.contains('\n') {
                return invalid(
                    name,
                    format!("`{}` makes no sense as `{name}`", value.escape_debug()),
                );
            }
        }
        if args.kind == "swap" {
            return invalid(
                "type",
                "`mount.present` does not know swap space, which is not mounted".to_owned(),
            );
        }
        let is_action = |it: &&str| matches!(*it, "remount" | "move") || it.starts_with("make-");
        if let Some(word) = args.options.split(',').find(is_action) {
            return invalid(
                "options",
                format!("`{word}` is not an option that a mount can have"),
            );
        }
        let is_bind = args.options.split(',').any(|it| matches!(it, "bind" | "rbind"));
        if is_bind && !args.source.starts_with('/') {
            return invalid(
                "source options",
                format!(
                    "`{}` is not a directory that could be mounted with `bind`: its path begins with `/`",
                    args.source
                ),
            );
        }
        Ok(())
    }

    fn prepare(mut args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        args.path = args.path.without_slash();
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let before = change::read_fstab(host)?;
        let asked = args.asked(&before);
        let after = args.line().put(&before)?;
        let file = compare_edit(&change::wanted(&change::fstab()?), &before, after, host)?.err();
        let (step, directory) = if args.mounted {
            look(
                &asked,
                fstab::options(&before, asked.path, asked.source).as_deref(),
                host,
            )?
        } else {
            (Step::Nothing, false)
        };
        let change = MountChange {
            title: args.path.to_string(),
            file,
            directory,
            step,
        };
        Ok(if change.is_empty() {
            Finding::Settled(args.output(host)?)
        } else {
            host.check_root(&format!("what is mounted at `{}` cannot be changed", args.path))?;
            Finding::Pending(change)
        })
    }

    fn apply(args: &Args, change: MountChange, host: &Writer<'_>) -> Result<Output, Failure> {
        change.make(&args.asked(&change::read_fstab(host)?), host)?;
        args.output(host)
    }
}

impl Args {
    fn asked(&self, fstab: &[u8]) -> Asked<'_> {
        let old = fstab::options(fstab, self.path.as_path(), &self.source);
        let old = old.map_or_else(Flags::default, |old| {
            options::wanted(&old, Flags::default()).flags
        });
        Asked {
            old,
            path: self.path.as_path(),
            source: &self.source,
            kind: &self.kind,
            options: &self.options,
        }
    }

    fn line(&self) -> Line<'_> {
        Line {
            source: &self.source,
            path: self.path.as_path(),
            kind: &self.kind,
            options: &self.options,
            dump: self.dump,
            pass: self.pass,
        }
    }

    fn output(&self, host: &Reader<'_>) -> Result<Output, Failure> {
        Ok(Output {
            path: self.path.as_path().as_os_str().to_owned().into(),
            mounted: is_mounted(self.path.as_path(), host)?,
        })
    }
}
