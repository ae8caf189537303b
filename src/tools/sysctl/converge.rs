//! Gives several settings of the kernel their values.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::files;
use crate::tools::sysctl::lines::{check_name, check_value, edited, words};
use crate::tools::sysctl::live::{SettingsChange, differs};

/// `sysctl.converge`.
#[derive(Debug)]
pub(crate) struct Converge;

/// Gives several settings of the kernel their values, in one file that is read when the host starts, and at once. The file
/// holds nothing else, unless `exclusive` says otherwise: settings that are named no more go from it, though the running kernel
/// keeps their values until its next start. Where the kernel refuses one value, the file is not written.
///
/// Check mode: says how the file, and the running kernel, would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The settings by name, each with its value.
    values: BTreeMap<String, Text>,
    /// The file, such as `/etc/sysctl.d/90-shop.conf`. Files are read in the order of their names.
    path: HostPath,
    /// Whether the file is to hold nothing else; if not, its other lines stay.
    #[serde(default = "yes")]
    exclusive: bool,
    /// Passes over settings that the running kernel does not have, such as those of a module that is not loaded. They are
    /// written all the same.
    #[serde(default)]
    ignore_unknown: bool,
    /// Sets them in the running kernel, too.
    #[serde(default = "yes")]
    reload: bool,
}

const fn yes() -> bool {
    true
}

/// The settings.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file in which they are.
    path: Text,
    /// Those that got another value in the running kernel.
    changed_names: Vec<String>,
}

impl Tool for Converge {
    const NAME: &'static str = "sysctl.converge";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "sysctl.converge: { path: /etc/sysctl.d/90-router.conf, values: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 } }";

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
        for (name, value) in &args.values {
            check_name(name).map_err(|it| ("values", it))?;
            check_value(&value.0)
                .map_err(|_| ("values", format!("the value of `{name}` must be one line")))?;
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let mut change = SettingsChange::default();
        let before = files::text(&args.path, host)?;
        let values = args
            .values
            .iter()
            .map(|(name, value)| (name, words(&value.to_string_lossy())));
        let values: Vec<_> = values.collect();
        let after = if args.exclusive {
            values.iter().fold(String::new(), |mut text, (name, value)| {
                let _ = writeln!(text, "{name} = {value}");
                text
            })
        } else {
            let before = before.clone().unwrap_or_default();
            values
                .iter()
                .fold(before, |text, (name, value)| edited(&text, name, value))
        };
        change
            .files
            .edit(args.path.clone(), before.as_deref(), after, host)?;
        if args.reload {
            for (name, value) in &values {
                match differs(name, value, host) {
                    Err(failure) if failure.kind == Kind::NotFound && args.ignore_unknown => {}
                    live => change.live.extend(live?),
                }
            }
        }
        Ok(if change.is_empty() {
            Finding::Settled(args.output(Vec::new()))
        } else {
            Finding::Pending(change)
        })
    }

    fn apply(args: &Args, change: SettingsChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let names = change.live.iter().map(|it| it.name.clone()).collect();
        change.make(host)?;
        Ok(args.output(names))
    }
}

impl Args {
    fn output(&self, changed_names: Vec<String>) -> Output {
        Output {
            path: self.path.as_path().as_os_str().to_owned().into(),
            changed_names,
        }
    }
}
