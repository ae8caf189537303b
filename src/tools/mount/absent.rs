//! Makes sure that nothing is mounted somewhere.

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::system::{Domain, Reader, Writer};
use crate::tool::{Access, Area, Controller, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::fs::deploy::compare_edit;
use crate::tools::mount::change::{self, MountChange, Step};
use crate::tools::mount::fstab;
use crate::tools::mount::look::real;
use crate::tools::mount::table::Table;

/// `mount.absent`.
#[derive(Debug)]
pub(crate) struct Absent;

/// Makes sure that nothing is mounted at a path, and that `/etc/fstab` has no line for it. What is mounted is unmounted first:
/// where a program uses it, or something else is mounted below it, the call fails and nothing has changed. The directory
/// stays.
///
/// Check mode: says whether it would be unmounted, and how the file would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Where nothing is to be mounted.
    path: HostPath,
    /// Leaves its line in `/etc/fstab`: it is mounted again at the next start.
    #[serde(default)]
    keep_line: bool,
}

/// The path.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where nothing is mounted.
    path: Text,
}

impl Tool for Absent {
    const NAME: &'static str = "mount.absent";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "mount.absent: /srv/old";
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
        let file = if args.keep_line {
            None
        } else {
            let before = change::read_fstab(host)?;
            let after = fstab::without(&before, args.path.as_path());
            if after == before {
                None
            } else {
                compare_edit(&change::wanted(&change::fstab()?), &before, after, host)?.err()
            }
        };
        let step = unmounting(&args.path, false, host)?;
        let change = MountChange {
            title: args.path.to_string(),
            file,
            directory: false,
            step,
        };
        Ok(if change.is_empty() {
            Finding::Settled(args.output())
        } else {
            host.check_root(&format!("what is mounted at `{}` cannot be changed", args.path))?;
            Finding::Pending(change)
        })
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

/// What is to be done so that nothing is mounted at a path.
pub(super) fn unmounting(path: &HostPath, lazy: bool, host: &Reader<'_>) -> Result<Step, Failure> {
    let Some(real) = real(path.as_path(), host)? else {
        return Ok(Step::Nothing);
    };
    let table = Table::read(host)?;
    let count = table.at(&real).len();
    if let (1.., Some(below), false) = (count, table.below(&real).first(), lazy) {
        let message = format!(
            "cannot unmount `{path}`: `{}` is mounted below it; unmount that first",
            below.path.display()
        );
        return Err(Failure::new(Kind::Conflict, message));
    }
    Ok(if count == 0 {
        Step::Nothing
    } else {
        Step::Unmount { count, lazy }
    })
}
