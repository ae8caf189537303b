//! Puts options of a mount in force.

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::system::{Domain, Reader, Writer};
use crate::tool::{Access, Area, Controller, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::mount::change::{self, MountChange, Step};
use crate::tools::mount::fstab;
use crate::tools::mount::look::{Asked, look, real};
use crate::tools::mount::options::{self, Flags};
use crate::tools::mount::table::Table;

/// `mount.remounted`.
#[derive(Debug)]
pub(crate) struct Remounted;

/// Makes sure that what is mounted at a path has these options in force, or those of its line in `/etc/fstab`. The file stays as it
/// is. What is compared, and how, is as with `mount.present`. Where nothing is mounted, the call fails.
///
/// Check mode: says which options would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Where it is mounted.
    path: HostPath,
    /// Options, separated by commas; default: those of its line in `/etc/fstab`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    options: Option<String>,
}

/// The file system.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is.
    path: Text,
    /// The options that are in force for the mount itself.
    options: String,
}

/// What is mounted, as it would be asked for.
struct Found {
    source: String,
    kind: String,
    options: String,
}

impl Tool for Remounted {
    const NAME: &'static str = "mount.remounted";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "mount.remounted: { path: /usr, options: ro }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = MountChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(args: &Args) -> Spoils {
        let mut area = args.path.area();
        area.extend(&Area::path("/proc"));
        Spoils::of(area).with(&[Domain::Mounts])
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        match &args.options {
            Some(text) if text.is_empty() || text.starts_with('-') || text.contains(char::is_whitespace) => {
                Err((
                    "options",
                    format!("`{}` makes no sense as `options`", text.escape_debug()),
                ))
            }
            Some(text)
                if text
                    .split(',')
                    .any(|it| matches!(it, "remount" | "move" | "bind" | "rbind")) =>
            {
                Err((
                    "options",
                    "`options` are those that the mount is to have".to_owned(),
                ))
            }
            _ => Ok(()),
        }
    }

    fn prepare(mut args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        args.path = args.path.without_slash();
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let found = args.found(host)?;
        let (step, _) = look(&args.asked(&found), Some(&found.options), host)?;
        if step == Step::Mount {
            return Err(nothing(&args.path));
        }
        if step == Step::Nothing {
            return Ok(Finding::Settled(args.output(host)?));
        }
        host.check_root(&format!("what is mounted at `{}` cannot be changed", args.path))?;
        Ok(Finding::Pending(MountChange {
            title: args.path.to_string(),
            file: None,
            directory: false,
            step,
        }))
    }

    fn apply(args: &Args, change: MountChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let found = args.found(host)?;
        change.make(&args.asked(&found), host)?;
        args.output(host)
    }
}

impl Args {
    /// What is asked for: the line of the path, or what is mounted there, with the options that are given.
    fn found(&self, host: &Reader<'_>) -> Result<Found, Failure> {
        let path = self.path.as_path();
        let text = change::read_fstab(host)?;
        let table = Table::read(host)?;
        let mount = real(path, host)?.and_then(|it| table.at(&it).pop().cloned());
        let line = fstab::line(&text, path, mount.as_ref().map(|it| &*it.source));
        let given = self.options.clone();
        match (line, mount) {
            (Some((source, kind, options)), _) => {
                let is_bind = options.split(',').find(|it| matches!(*it, "bind" | "rbind"));
                let options = match (given, is_bind) {
                    (Some(given), Some(bind)) => format!("{bind},{given}"),
                    (given, _) => given.unwrap_or(options.clone()),
                };
                Ok(Found {
                    source,
                    kind,
                    options,
                })
            }
            (None, Some(mount)) => {
                let options = given.ok_or_else(|| {
                    let message = format!(
                        "`/etc/fstab` has no line for `{}`, so that `options` must say which it is to have",
                        self.path
                    );
                    Failure::new(Kind::NotFound, message)
                })?;
                Ok(Found {
                    source: mount.source,
                    kind: mount.kind,
                    options,
                })
            }
            (None, None) => Err(nothing(&self.path)),
        }
    }

    fn asked<'a>(&'a self, found: &'a Found) -> Asked<'a> {
        Asked {
            path: self.path.as_path(),
            source: &found.source,
            kind: &found.kind,
            options: &found.options,
            old: options::wanted(&found.options, Flags::default()).flags,
        }
    }

    fn output(&self, host: &Reader<'_>) -> Result<Output, Failure> {
        let path = real(self.path.as_path(), host)?;
        let table = Table::read(host)?;
        let options = path.and_then(|it| table.at(&it).pop().map(|it| it.options.clone()));
        Ok(Output {
            path: self.path.as_path().as_os_str().to_owned().into(),
            options: options.unwrap_or_default(),
        })
    }
}

fn nothing(path: &HostPath) -> Failure {
    Failure::new(Kind::Conflict, format!("nothing is mounted at `{path}`"))
}
