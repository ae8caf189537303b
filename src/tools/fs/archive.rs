//! Packs files and directories into an archive.

use std::io::Write;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

use crate::argument::{ModeChange, OneOrMany, Text};
use crate::blob::Hash;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Fresh, Location, Mounts, Reader, Seen, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::{caution, footprint, no_folder, require_file};
use crate::tools::fs::pack::{Contents, Format, Packed, pack};

/// `fs.archive`.
#[derive(Debug)]
pub(crate) struct Archive;

/// Packs files and directories of the host into an archive on the host. The same files give the same archive, byte by byte: names
/// are sorted, and nothing is kept of when and by whom it was made. It keeps modes, the numbers of owners, and the times of
/// files. A directory `app` is packed as `app/...`; `app/`, with a slash, means what is in it. Pipes, sockets and devices in a
/// directory are left out, and a warning says so; so is the archive itself.
///
/// Check mode: says whether the archive would be another one.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What is packed.
    paths: OneOrMany<HostPath>,
    /// The archive.
    dest: HostPath,
    /// By default what the name of `dest` says: `.tar`, `.tar.gz` or `.tgz`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<Format>,
    /// Patterns such as `*.log`: names that match one of them are left out, directories with all that is in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    excludes: Option<OneOrMany<String>>,
    /// Also goes into other file systems that are mounted below; otherwise such a mount is a failure.
    #[serde(default)]
    other_file_systems: bool,
    /// The permission bits, such as 0640 or u=rw,g=r,o=; a new file gets 0644 less the umask, an old one keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<ModeChange>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// Keeps the old archive next to the new one, as `NAME.20260131-235959~`.
    #[serde(default)]
    backup: bool,
}

/// The archive.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is, links followed.
    path: Text,
    /// How many files, directories and links are in it.
    entries: u64,
    /// The backup that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<Text>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    at: Location,
    attributes: Attributes,
    has_content: bool,
    entries: u64,
    diffs: Vec<Diff>,
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        self.diffs.clone()
    }
}

impl Tool for Archive {
    const NAME: &'static str = "fs.archive";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str =
        "fs.archive: { paths: /etc/ssl, dest: /var/backups/ssl.tar.gz, mode: 0600 }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = footprint(&args.dest, args.owner.as_ref().or(args.group.as_ref()), None);
        for path in &args.paths.0 {
            footprint.reads.extend(&path.area());
        }
        footprint
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        args.format()
            .map_err(|failure| ("format dest", failure.message))?;
        args.excludes().map_err(|failure| ("excludes", failure.message))?;
        if args.paths.0.is_empty() {
            return Err(("paths", "`paths` names nothing".to_owned()));
        }
        if let Some(own) = args
            .paths
            .0
            .iter()
            .find(|path| path.as_path() == args.dest.as_path())
        {
            let message = format!("`paths` names the archive itself, `{own}`");
            return Err(("paths dest", message));
        }
        let mut names: Vec<_> = args.paths.0.iter().map(name_in_archive).collect();
        names.sort();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let message = format!("two of `paths` would be `{}` in the archive", twice[0].display());
            return Err(("paths", message));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let title = args.dest.to_string();
        let at = host
            .locate(args.dest.as_path(), Follow::Yes)?
            .ok_or_else(|| no_folder(&args.dest))?;
        let stat = at.stat()?;
        let attributes = Attributes::of(host, None, args.owner.as_ref(), args.group.as_ref())?;
        let attributes = attributes.with_mode(args.mode.as_ref(), stat.as_ref(), Fresh::File);
        let mut hasher = blake3::Hasher::new();
        let Contents { entries, left_out } = args.pack(&at, &mut hasher, host)?;
        if left_out > 0 {
            host.link().warn(format!(
                "{left_out} pipes, sockets and devices are left out of `{title}`"
            ));
        }
        let hash = Hash(*hasher.finalize().as_bytes());
        let told = if args.is_foreseen(host) {
            "known once it is packed".to_owned()
        } else {
            hash.to_string()
        };
        let content = |old: Option<&str>| Diff::of_property(&title, "blake3", old, Some(&told));
        let Some(stat) = stat else {
            let mut diffs = vec![content(None)];
            diffs.extend(attributes.diff(host, &title, None));
            host.check_placeable(&at)?;
            host.check_giveable(&title, &attributes)?;
            return Ok(Finding::Pending(Change {
                at,
                attributes,
                has_content: true,
                entries,
                diffs,
            }));
        };
        require_file(&title, &stat)?;
        let old = host.hash_at(&at)?;
        let missing = attributes.missing_in(&stat);
        let has_content = old != hash;
        if !has_content && missing.is_empty() {
            return Ok(Finding::Settled(Output::of(&at, entries, None)));
        }
        let mut diffs = Vec::new();
        if has_content {
            host.check_placeable(&at)?;
            host.check_giveable(&title, &attributes)?;
            diffs.push(content(Some(&old.to_string())));
        } else {
            host.check_changeable(&at, &stat, &missing)?;
        }
        diffs.extend(missing.diff(host, &title, Some(&stat)));
        Ok(Finding::Pending(Change {
            at,
            attributes: if has_content { attributes } else { missing },
            has_content,
            entries,
            diffs,
        }))
    }

    fn predict(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        if args.is_foreseen(host)
            && let Some(failure) = host.unforeseen()
        {
            return Err(failure);
        }
        Self::apply(args, change, host)
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let Change { at, attributes, .. } = change;
        if !change.has_content {
            host.set_attributes(&at, &attributes)?;
            return Ok(Output::of(&at, change.entries, None));
        }
        let mut entries = 0;
        let backup = host.replace(&at, &attributes, &caution(args.backup, None), &mut |file| {
            entries = args.pack(&at, file, host)?.entries;
            Ok(())
        })?;
        Ok(Output::of(
            &at,
            entries,
            backup.map(|path| path.into_os_string().into()),
        ))
    }
}

impl Output {
    fn of(at: &Location, entries: u64, backup: Option<Text>) -> Self {
        Self {
            path: at.path().into_os_string().into(),
            entries,
            backup,
        }
    }
}

/// What a thing is called in the archive; nothing where only what is in it is meant.
fn name_in_archive(path: &HostPath) -> std::path::PathBuf {
    if path.ends_in_slash() {
        return std::path::PathBuf::new();
    }
    path.as_path().file_name().unwrap_or_default().into()
}

impl Args {
    /// In check mode: whether anything to be packed would be changed before. Its time, which is packed, is not known then.
    fn is_foreseen(&self, host: &Reader<'_>) -> bool {
        self.paths.0.iter().any(|path| host.is_foreseen(path.as_path()))
    }

    fn format(&self) -> Result<Format, Failure> {
        let name = self.dest.to_string().to_lowercase();
        let ends_in = |end: &str| name.ends_with(end);
        match self.format {
            Some(format) => Ok(format),
            None if ends_in(".tar.gz") || ends_in(".tgz") => Ok(Format::TarGz),
            None if ends_in(".tar") => Ok(Format::Tar),
            None => {
                let message =
                    format!("the name `{name}` does not say what sort of archive it is: give `format`");
                Err(Failure::new(Kind::Invalid, message))
            }
        }
    }

    fn excludes(&self) -> Result<GlobSet, Failure> {
        let mut set = GlobSetBuilder::new();
        for pattern in self.excludes.iter().flat_map(|it| &it.0) {
            set.add(Glob::new(pattern).map_err(|error| {
                let message = format!("`{pattern}` is not a pattern: {}", error.kind());
                Failure::new(Kind::Invalid, message)
            })?);
        }
        set.build()
            .map_err(|error| Failure::new(Kind::Invalid, format!("too many patterns: {error}")))
    }

    fn pack(&self, dest: &Location, to: &mut dyn Write, host: &Reader<'_>) -> Result<Contents, Failure> {
        let mut things = Vec::new();
        let own = dest.path();
        for path in &self.paths.0 {
            let missing = || Failure::new(Kind::NotFound, format!("`{path}` does not exist"));
            // With a slash at its end, a link stands for the directory that it points to.
            let follow = if path.ends_in_slash() {
                Follow::Yes
            } else {
                Follow::No
            };
            let at = host.locate(path.as_path(), follow)?.ok_or_else(missing)?;
            at.stat()?.ok_or_else(missing)?;
            if at.path() == own {
                let message = format!("`{path}`, of `paths`, is the archive itself");
                return Err(Failure::new(Kind::Invalid, message));
            }
            things.push(Packed {
                at,
                name: name_in_archive(path),
            });
        }
        things.sort_by(|a, b| a.name.cmp(&b.name));
        let excludes = self.excludes()?;
        let is_wanted = |seen: &Seen| !excludes.is_match(seen.name()) && seen.at.path() != own;
        let mounts = Mounts::entered(self.other_file_systems);
        pack(&things, self.format()?, mounts, &is_wanted, to, host)
    }
}
