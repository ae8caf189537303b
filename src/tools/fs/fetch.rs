//! Brings files from the host to the controller.

use std::path::{Path, PathBuf};

use globset::GlobSet;
use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::blob::Blob;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Location, Reader, Target, Writer};
use crate::tool::{Access, Controller, Finding, Footprint, HostPath, Tool};
use crate::tools::fs::fetched::{Sending, Sent, Wanted, compare, send};
use crate::tools::fs::held::{Have, have};

/// `fs.fetch`.
#[derive(Debug)]
pub(crate) struct Fetch;

/// Brings a file, or with a slash at the end of `src` a whole directory, from the host to the controller. Only files whose
/// content differs are sent, and each takes its place whole; of a large file (above 8 MiB) only the parts that the file in its
/// place does not have, and none of its holes. Each host has a directory of its own below `dest`, in which the path is as on the
/// host: `dest/web1/etc/motd`. With `flat`, `dest` is the path itself. Only files and directories come; links are left out, and
/// nothing is removed.
///
/// Check mode: says what would be fetched.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The file on the host; with a slash at its end the directory.
    src: HostPath,
    /// Where to, on the controller; relative to the playbook's file. Directories are created.
    #[schemars(extend("x-role" = "controller_target"))]
    dest: String,
    /// `dest` is the path itself, or with a slash at its end the directory that a file goes into. Where several hosts do this, it
    /// must have the host's name in it.
    #[serde(default)]
    flat: bool,
    /// Also goes into other file systems that are mounted below the directory; otherwise such a mount is a failure.
    #[serde(default)]
    other_file_systems: bool,
    /// The host's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    host: Option<String>,
    /// What the controller has, on its way to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    have: Option<Blob>,
}

/// What was fetched.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is on the controller.
    path: Text,
    /// Files that were sent.
    files: u64,
    /// Bytes that were sent.
    bytes: u64,
}

impl Tool for Fetch {
    const NAME: &'static str = "fs.fetch";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.fetch: { src: /etc/ssh/ssh_host_ed25519_key.pub, dest: fetched }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = Sending;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        Footprint::reads(args.src.area())
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        if args.src.home().is_some() && !args.flat {
            let message = format!(
                "where `{}` is, only the host knows, so that `dest` cannot have the same path below it; write the path in full, or set `flat`",
                args.src
            );
            return Err(("src flat", message));
        }
        Ok(())
    }

    fn prepare(mut args: Args, controller: Controller<'_>) -> Result<Args, Failure> {
        if args.have.is_some() {
            return Err(Failure::new(Kind::Invalid, "unknown argument `have`"));
        }
        let is_folder = args.src.ends_in_slash();
        let mut path = absolute(&args.dest)?;
        if !args.flat {
            let host = args.host.as_deref().unwrap_or("localhost");
            path.push(host);
            path.push(args.src.as_path().strip_prefix("/").unwrap_or(args.src.as_path()));
        } else if args.dest.ends_with('/') && !is_folder {
            path.push(args.src.as_path().file_name().unwrap_or_default());
        }
        args.dest = path
            .into_os_string()
            .into_string()
            .map_err(|_| Failure::new(Kind::Invalid, "`dest` would not be UTF-8 text"))?;
        args.have = Some(offer_have(Path::new(&args.dest), controller)?);
        Ok(args)
    }

    fn target(args: &Args) -> Option<Target> {
        Some(Target {
            path: PathBuf::from(&args.dest),
            is_folder: args.src.ends_in_slash(),
            may_remove: false,
        })
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let root = existing(&args.src, host)?;
        let wanted = Wanted {
            root,
            shown: PathBuf::from(&args.dest),
            have: read_have(args.have.as_ref(), host)?,
            excludes: &GlobSet::empty(),
            delete: false,
            other_file_systems: args.other_file_systems,
        };
        Ok(match compare(wanted, host)? {
            None => Finding::Settled(args.output(&Sent::default())),
            Some(sending) => Finding::Pending(sending),
        })
    }

    fn apply(args: &Args, sending: Sending, host: &Writer<'_>) -> Result<Output, Failure> {
        send(sending, host).map(|sent| args.output(&sent))
    }
}

impl Args {
    fn output(&self, sent: &Sent) -> Output {
        Output {
            path: Text::from(&*self.dest),
            files: sent.files,
            bytes: sent.bytes,
        }
    }
}

/// A path on the controller that holds wherever the run may be.
pub(super) fn absolute(path: &str) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::io(format_args!("cannot find `{path}`"), &error))
}

/// Tells the host what the controller has.
pub(super) fn offer_have(target: &Path, controller: Controller<'_>) -> Result<Blob, Failure> {
    let packed = rmp_serde::to_vec(&have(target, controller.blobs)?).map_err(|error| {
        Failure::new(
            Kind::Invalid,
            format!("the list of files cannot be sent: {error}"),
        )
    })?;
    Ok(controller.blobs.bytes(packed))
}

/// What the controller has.
pub(super) fn read_have(blob: Option<&Blob>, host: &Reader<'_>) -> Result<Vec<Have>, Failure> {
    let blob = blob.ok_or_else(|| Failure::new(Kind::Invalid, "nothing was prepared to be fetched"))?;
    rmp_serde::from_slice(&host.fetch(blob)?)
        .map_err(|error| Failure::new(Kind::Invalid, format!("the list of files is damaged: {error}")))
}

/// The place on the host; a slash at the end of its path says that it is a directory.
pub(super) fn existing(src: &HostPath, host: &Reader<'_>) -> Result<Location, Failure> {
    let missing = || Failure::new(Kind::NotFound, format!("`{src}` does not exist"));
    let root = host.locate(src.as_path(), Follow::Yes)?.ok_or_else(missing)?;
    let stat = root.stat()?.ok_or_else(missing)?;
    let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
    let message = match (is_folder, src.ends_in_slash()) {
        (true, false) => format!("`{src}` is a directory: with a slash at its end all of it is fetched"),
        (false, true) => format!("`{src}/` is not a directory"),
        _ => return Ok(root),
    };
    Err(Failure::new(Kind::Conflict, message))
}
