//! Makes a file or directory for as long as a run takes.

use serde::{Deserialize, Serialize};

use rustix::fs::FileType;

use crate::argument::{FileMode, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Caution, Follow, Location, Reader, Writer, keep_until_end, temporary_name};
use crate::tool::{Access, Area, Describe, Finding, Footprint, HostPath, Pending, Spoils, Tool};

/// `fs.temp`.
#[derive(Debug)]
pub(crate) struct Temp;

/// Makes a file or directory that nobody else has or can look into, under a name that nobody else thinks of. It is removed when the
/// run has ended on the host, or the agent there ends before, as with `host.reboot` and `agent.reset`; what a killed agent leaves stays. Each call
/// makes another one, which is not a change: nothing of it is left.
///
/// Check mode: nothing is made, and its path is unknown; so is what depends on it.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What is made.
    #[serde(default)]
    kind: What,
    /// The directory that it is made in; by default `/tmp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<HostPath>,
    /// What its name begins with.
    #[serde(default = "prefix")]
    prefix: String,
    /// What its name ends with, such as `.conf`.
    #[serde(default)]
    suffix: String,
    /// Leaves it when the run has ended. Then it is a change.
    #[serde(default)]
    keep: bool,
}

/// What is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum What {
    /// An empty file.
    File,
    /// A directory.
    #[default]
    Directory,
}

fn prefix() -> String {
    "rmote-".to_owned()
}

/// What was made.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is.
    path: Text,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    above: Location,
    is_kept: bool,
}

impl Describe for Change {
    fn pending(&self) -> Pending {
        if self.is_kept {
            Pending::Doubtful
        } else {
            Pending::Unknown
        }
    }

    fn diff(&self) -> Vec<Diff> {
        Vec::new()
    }
}

impl Tool for Temp {
    const NAME: &'static str = "fs.temp";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("kind");
    const EXAMPLE: &'static str = "fs.temp: { prefix: build- }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        // Its name is its own, so that it is in nobody's way.
        Footprint::reads(
            args.parent
                .as_ref()
                .map_or_else(|| Area::path("/tmp"), HostPath::area),
        )
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::default()
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        for (name, text) in [("prefix", &args.prefix), ("suffix", &args.suffix)] {
            if text.contains(['/', '\0']) || text.len() > 100 {
                return Err((name, format!("`{name}` is a part of a name, without `/`")));
            }
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = args
            .parent
            .as_ref()
            .map_or_else(|| "/tmp".into(), |it| it.as_path().to_owned());
        let missing = || Failure::new(Kind::NotFound, format!("`{}` does not exist", path.display()));
        let above = host.locate(&path, Follow::Yes)?.ok_or_else(missing)?;
        let stat = above.stat()?.ok_or_else(missing)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            let message = format!("`{}` is not a directory", path.display());
            return Err(Failure::new(Kind::Conflict, message));
        }
        host.check_makeable(&above.path().join("x"))?;
        Ok(Finding::Pending(Change {
            above,
            is_kept: args.keep,
        }))
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let path = change
            .above
            .path()
            .join(temporary_name(&args.prefix, &args.suffix));
        let at = host.make_place(&path, Follow::No)?;
        let own = |mode| Attributes {
            mode: Some(FileMode(mode).0),
            ..Attributes::default()
        };
        match args.kind {
            What::Directory => host.make_folder(&at, &own(0o700))?,
            What::File => {
                host.replace(&at, &own(0o600), &Caution::default(), &mut |_| Ok(()))?;
            }
        }
        if !args.keep {
            keep_until_end(&at);
        }
        Ok(Output {
            path: path.into_os_string().into(),
        })
    }
}
