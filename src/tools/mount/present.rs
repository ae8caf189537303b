//! Makes sure that a filesystem is mounted.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Program, Reader, Writer};
use crate::tool::{Access, Controller, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::fs::deploy::{FileChange, Texts, Wanted, caution, compare_edit, deploy};
use crate::tools::fs::old::{as_text, read_old};
use crate::tools::mount::fstab::{Line, unescaped};

/// `mount.present`.
#[derive(Debug)]
pub(crate) struct Present;

/// Makes sure that a filesystem stands in `/etc/fstab`, and is mounted. The folder is made where it does not exist. Where its
/// line changes and it is mounted already, it is mounted anew with its new options; another filesystem that is mounted
/// there is a failure.
///
/// Check mode: says how the file would change, and whether it would be mounted.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Where it is to be.
    path: HostPath,
    /// What: a device, `UUID=...`, `server:/share`, `tmpfs`.
    source: String,
    /// Its type, such as `ext4`, `nfs`, `tmpfs`.
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
    /// Mounts it now; if not, it is at the next start.
    #[serde(default = "yes")]
    mounted: bool,
}

fn defaults() -> String {
    "defaults".to_owned()
}

const fn yes() -> bool {
    true
}

/// The filesystem.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is.
    path: Text,
    /// Whether it is mounted.
    mounted: bool,
}

/// What is to be done for a filesystem.
#[derive(Debug)]
pub(crate) struct MountChange {
    title: String,
    file: Option<FileChange>,
    /// The folder is to be made.
    folder: bool,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    Mount,
    Remount,
}

impl Describe for MountChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = self.file.as_ref().map(Describe::diff).unwrap_or_default();
        let mut add = |property, before, after| {
            diffs.push(Diff::of_property(&self.title, property, before, Some(after)));
        };
        if self.folder {
            add("folder", None, "present");
        }
        match self.step {
            Step::Nothing => {}
            Step::Mount => add("mounted", Some("false"), "true"),
            Step::Remount => add("mounted", Some("with old options"), "with new options"),
        }
        diffs
    }
}

impl Tool for Present {
    const NAME: &'static str = "mount.present";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "mount.present: { path: /srv/data, source: UUID=0a3407de-014b-458b-b5c1-848e92a327a3, type: ext4, options: noatime }";

    type Args = Args;
    type Change = MountChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn prepare(args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        for (name, value) in [
            ("source", &args.source),
            ("type", &args.kind),
            ("options", &args.options),
        ] {
            if value.is_empty() || value.starts_with(['-', '#']) || value.contains('\n') {
                let message = format!("`{}` makes no sense as `{name}`", value.escape_debug());
                return Err(Failure::new(Kind::Invalid, message));
            }
        }
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let fstab = fstab()?;
        let before = as_text(&fstab, read_old(&fstab, true, true, host)?.unwrap_or_default())?;
        let path = args.path.to_string();
        let after = line(args, &path).put(&before);
        let file = compare_edit(&wanted(&fstab), before.as_bytes(), after.into_bytes(), host)?.err();
        let found = mounted(host, &path)?;
        let step = match found {
            _ if !args.mounted => Step::Nothing,
            None => Step::Mount,
            Some(kind) if kind != args.kind && args.kind != "auto" && !args.options.contains("bind") => {
                let message =
                    format!("cannot mount `{path}`: a filesystem of the type {kind} is mounted there");
                return Err(Failure::new(Kind::Conflict, message));
            }
            Some(_) if file.is_some() => Step::Remount,
            Some(_) => Step::Nothing,
        };
        let folder = args.mounted && host.metadata(args.path.as_path(), Follow::Yes)?.is_none();
        let change = MountChange {
            title: path,
            file,
            folder,
            step,
        };
        let is_done = change.file.is_none() && change.step == Step::Nothing && !change.folder;
        Ok(if is_done {
            Finding::Settled(output(args, host)?)
        } else {
            Finding::Pending(change)
        })
    }

    fn apply(args: &Args, change: MountChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let fstab = fstab()?;
        if let Some(file) = change.file {
            deploy(&wanted(&fstab), file, host)?;
            if host
                .metadata(Path::new("/run/systemd/system"), Follow::Yes)?
                .is_some()
            {
                // systemd makes units of that file.
                run(host, &["systemctl", "daemon-reload"])?;
            }
        }
        if change.folder {
            let at = host.make_place(args.path.as_path(), Follow::Yes)?;
            host.make_folder(&at, &Attributes::default())?;
        }
        let path = args.path.to_string();
        match change.step {
            Step::Nothing => {}
            Step::Mount => run(host, &["mount", &path])?,
            Step::Remount => run(host, &["mount", "-o", "remount", &path])?,
        }
        output(args, host)
    }
}

fn fstab() -> Result<HostPath, Failure> {
    HostPath::new(b"/etc/fstab").map_err(|error| Failure::new(Kind::Invalid, error))
}

fn line<'a>(args: &'a Args, path: &'a str) -> Line<'a> {
    Line {
        source: &args.source,
        path,
        kind: &args.kind,
        options: &args.options,
        dump: args.dump,
        pass: args.pass,
    }
}

/// The type of the filesystem that is mounted at a path.
fn mounted(host: &Reader<'_>, path: &str) -> Result<Option<String>, Failure> {
    let mounts = host.read(Path::new("/proc/self/mounts"), 16 << 20)?;
    let mounts = String::from_utf8_lossy(&mounts);
    let kind = mounts.lines().rev().find_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        (unescaped(words.get(1)?) == path).then(|| words.get(2).map(|it| (*it).to_owned()))?
    });
    Ok(kind)
}

fn run(host: &Reader<'_>, words: &[&str]) -> Result<(), Failure> {
    let argv = Argv(words.iter().map(|it| Text::from(*it)).collect());
    let ended = host.run(&Program::of(&argv))?;
    if ended.exit_code == 0 {
        Ok(())
    } else {
        Err(ended.failure(&words.join(" ")))
    }
}

fn wanted(path: &HostPath) -> Wanted<'_> {
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

fn output(args: &Args, host: &Reader<'_>) -> Result<Output, Failure> {
    Ok(Output {
        path: args.path.as_path().as_os_str().to_owned().into(),
        mounted: mounted(host, &args.path.to_string())?.is_some(),
    })
}
