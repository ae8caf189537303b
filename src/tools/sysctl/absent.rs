//! Takes settings of the kernel out of a file.

use serde::{Deserialize, Serialize};

use crate::argument::{OneOrMany, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::files;
use crate::tools::sysctl::lines::{check_name, without};
use crate::tools::sysctl::live::{SettingsChange, differs};
use crate::tools::sysctl::{order, set};

/// `sysctl.absent`.
#[derive(Debug)]
pub(crate) struct Absent;

/// Makes sure that a file sets these settings of the kernel no more. Other lines of the file, comments too, stay as they are,
/// and so does the file, also where nothing is left in it. The running kernel keeps the values that it has; with `reload` it
/// gets those that other files give them, as at the next start.
///
/// Check mode: says how the file, and the running kernel, would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The settings, such as `net.ipv4.ip_forward`; with slashes where a name in it has a dot.
    name: OneOrMany<String>,
    /// The file.
    #[serde(default = "set::file")]
    path: HostPath,
    /// Gives the running kernel the values that other files set. A setting of which no other file says anything keeps the value
    /// that it has until the next start, and a warning says so.
    #[serde(default)]
    reload: bool,
}

/// The settings.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file in which they are not.
    path: Text,
}

impl Tool for Absent {
    const NAME: &'static str = "sysctl.absent";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str =
        "sysctl.absent: { name: [vm.swappiness, vm.overcommit_memory], path: /etc/sysctl.conf }";

    type Args = Args;
    type Change = SettingsChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(args: &Args) -> Spoils {
        Spoils::SYSTEM.and(args.path.area())
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        args.name
            .0
            .iter()
            .try_for_each(|it| check_name(it).map_err(|it| ("name", it)))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let mut change = SettingsChange::default();
        let before = files::text(&args.path, host)?;
        let names = &args.name.0;
        let after = names
            .iter()
            .fold(before.clone().unwrap_or_default(), |text, name| {
                without(&text, name)
            });
        if before.as_ref().is_some_and(|it| *it != after) {
            change
                .files
                .edit(args.path.clone(), before.as_deref(), after.clone(), host)?;
        }
        if args.reload {
            for name in names {
                match order::value_at_start(name, args.path.as_path(), &after, host)? {
                    // What the kernel does not have it cannot keep.
                    Some(value) => match differs(name, &value, host) {
                        Err(failure) if failure.kind == Kind::NotFound => {}
                        live => change.live.extend(live?),
                    },
                    None if !change.files.is_empty() => host.link().warn(format!(
                        "no other file sets `{name}`: the running kernel keeps its value until the next start"
                    )),
                    None => {}
                }
            }
        }
        Ok(if change.is_empty() {
            Finding::Settled(args.output())
        } else {
            Finding::Pending(change)
        })
    }

    fn apply(args: &Args, change: SettingsChange, host: &Writer<'_>) -> Result<Output, Failure> {
        change.make(host)?;
        Ok(args.output())
    }
}

impl Args {
    fn output(&self) -> Output {
        Output {
            path: self.path.as_path().as_os_str().to_owned().into(),
        }
    }
}
