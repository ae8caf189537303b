//! Keeps a module out of the kernel.

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind};
use crate::system::{Domain, Reader, Writer};
use crate::tool::{Access, Area, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::files::{self, Files};
use crate::tools::kernel_module::change::{ModuleChange, Step};
use crate::tools::kernel_module::place::{LOADED, OPTIONS, check_name, file, lists, names, plain, standing};

/// `kernel_module.absent`.
#[derive(Debug)]
pub(crate) struct Absent;

/// Makes sure that a module of the kernel is not loaded when the host starts: no file in `/etc/modules-load.d`, nor
/// `/etc/modules`, names it any more, and a line in `/etc/modprobe.d/blacklist-NAME.conf` keeps it from being loaded by itself,
/// for a device. Where another module needs it, it is loaded all the same. With `now` it is unloaded, too, which fails where
/// something uses it; a module that is a part of the kernel itself cannot be.
///
/// Check mode: says how the files would change, and whether it would be unloaded.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The module, such as `pcspkr`.
    name: String,
    /// Whether it is kept from being loaded by itself.
    #[serde(default = "yes")]
    blacklist: bool,
    /// Whether files that load it at each start lose its line.
    #[serde(default = "yes")]
    persistent: bool,
    /// Whether it is unloaded now.
    #[serde(default)]
    now: bool,
}

const fn yes() -> bool {
    true
}

/// The module.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Whether it is in the running kernel.
    loaded: bool,
}

impl Tool for Absent {
    const NAME: &'static str = "kernel_module.absent";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "kernel_module.absent: { name: pcspkr, now: true }";

    type Args = Args;
    type Change = ModuleChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        let paths = [LOADED[0], LOADED[1], OPTIONS, "/proc/sys", "/sys"];
        Spoils::of(Area::Paths(paths.map(str::to_owned).into())).with(&[Domain::Modules])
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_name(&args.name)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let found = standing(&args.name, host)?;
        if args.now && found.is_built_in {
            let message = format!("`{}` is a part of the kernel, and cannot be unloaded", args.name);
            return Err(Failure::new(Kind::Conflict, message));
        }
        let mut files = Files::default();
        if args.persistent {
            for path in lists(host)? {
                let Some(before) = files::text(&path, host)? else {
                    continue;
                };
                let kept = before.split_inclusive('\n').filter(|it| !names(it, &args.name));
                let after: String = kept.collect();
                // A file of its own with nothing left in it goes.
                if after.is_empty() && is_own(&path, &args.name) {
                    files.remove(path, host)?;
                } else {
                    files.edit(path, Some(&before), after, host)?;
                }
            }
        }
        if args.blacklist {
            let path = file(OPTIONS, &format!("blacklist-{}", args.name))?;
            files.hold(path, format!("blacklist {}\n", args.name), host)?;
        }
        let change = ModuleChange {
            name: args.name.clone(),
            files,
            step: (args.now && found.is_loaded).then_some(Step::Unload),
        };
        if change.is_empty() {
            return Ok(Finding::Settled(Output {
                loaded: found.is_loaded,
            }));
        }
        change.check(&[], host)?;
        Ok(Finding::Pending(change))
    }

    fn apply(_: &Args, change: ModuleChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let loaded = change.make(&[], host)?.is_loaded;
        Ok(Output { loaded })
    }

    fn predict(_: &Args, change: ModuleChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let loaded = change.predict(host)?.is_loaded;
        Ok(Output { loaded })
    }
}

/// Whether a file is named after the module, in one of the two forms of its name.
fn is_own(path: &HostPath, name: &str) -> bool {
    let stem = path.as_path().file_stem().map(|it| it.to_string_lossy());
    stem.is_some_and(|it| plain(&it) == plain(name))
}
