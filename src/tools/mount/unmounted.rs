//! Makes sure that nothing is mounted somewhere for now.

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::Failure;
use crate::system::{Domain, Reader, Writer};
use crate::tool::{Access, Area, Controller, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::mount::absent::unmounting;
use crate::tools::mount::change::{MountChange, Step};

/// `mount.unmounted`.
#[derive(Debug)]
pub(crate) struct Unmounted;

/// Makes sure that nothing is mounted at a path for now; its line in `/etc/fstab` stays, and mounts it again at the next start.
/// Where a program uses it, or something else is mounted below it, the call fails and nothing has changed, unless it is `lazy`.
///
/// Check mode: says whether it would be unmounted.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Where nothing is to be mounted.
    path: HostPath,
    /// Takes it out of sight at once, also while programs use it; it is gone when the last of them has ended.
    #[serde(default)]
    lazy: bool,
}

/// The path.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where nothing is mounted.
    path: Text,
}

impl Tool for Unmounted {
    const NAME: &'static str = "mount.unmounted";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "mount.unmounted: /srv/backup";
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
        if args.path.as_path().parent().is_none() {
            return Err(("path", "the root of a host cannot be unmounted".to_owned()));
        }
        Ok(())
    }

    fn prepare(mut args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        args.path = args.path.without_slash();
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let step = unmounting(&args.path, args.lazy, host)?;
        if step == Step::Nothing {
            return Ok(Finding::Settled(args.output()));
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
        change.take_away(args.path.as_path(), host)?;
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
