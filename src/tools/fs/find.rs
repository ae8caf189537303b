//! Finds files by what they are.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use crate::argument::{Duration, FileMode, OneOrMany, Pattern, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Enter, Follow, Location, Mounts, Reader, Seen, Unreadable, Writer};
use crate::tool::{Access, Area, Finding, Footprint, HostPath, Tool};
use crate::tools::fs::sort::Sort;

/// `fs.find`.
#[derive(Debug)]
pub(crate) struct Find;

/// Finds what is in a directory, by name, sort, size and age; every condition that is given must hold. Symbolic links are
/// found, and never followed. What may not be read is a warning. The result is sorted by path.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The directory to look in; one that does not exist gives an empty list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<HostPath>,
    /// Several of them, instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paths: Option<OneOrMany<HostPath>>,
    /// Patterns of which the name must match one, such as `*.log`; `{a,b}` and `[a-z]` work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patterns: Option<OneOrMany<String>>,
    /// A regular expression that must be found in the name; `^` and `$` are its ends. There is no look-around.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    regexp: Option<Pattern>,
    /// A regular expression that must be found in a line. Only files are read, and each as far as a line is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contains: Option<Pattern>,
    /// Patterns of which the name must match none. A directory that matches is not looked into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    excludes: Option<OneOrMany<String>>,
    /// The sort that it must be.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "type")]
    sort: Option<Sort>,
    /// At least so many bytes. Only files have a size here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_size: Option<u64>,
    /// At most so many bytes. Only files have a size here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_size: Option<u64>,
    /// Last changed longer ago than this, by the host's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    older_than: Option<Duration>,
    /// Last changed less long ago than this, by the host's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newer_than: Option<Duration>,
    /// How deep to look: 1 is what is right in the directory. By default everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    max_depth: Option<usize>,
    /// Also names that begin with a dot, and what is below them.
    #[serde(default)]
    hidden: bool,
    /// Also looks into other file systems that are mounted below; otherwise they are left out, and a warning says so.
    #[serde(default)]
    other_file_systems: bool,
    /// At most so many are listed.
    #[serde(default = "limit")]
    limit: usize,
}

/// So many bytes of a line are held in memory.
const LONGEST_LINE: u64 = 1 << 20;

const fn limit() -> usize {
    10_000
}

/// What was found.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// What matches, sorted by path.
    files: Vec<File>,
    /// How many match, those included that are not listed.
    matched: u64,
    /// How many were looked at.
    examined: u64,
    /// Whether there are more than are listed.
    truncated: bool,
}

/// One thing that matches.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct File {
    /// Its absolute path; one that is not UTF-8 is bytes.
    path: Text,
    /// What it is.
    #[serde(rename = "type")]
    sort: Sort,
    /// Bytes.
    size: u64,
    /// When it was last changed, in seconds since 1970.
    mtime: i64,
    /// Its permission bits as text, such as `0644`.
    mode: FileMode,
    /// The number of its owner.
    uid: u32,
    /// The number of its group.
    gid: u32,
}

impl Tool for Find {
    const NAME: &'static str = "fs.find";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str =
        "fs.find: { path: /var/log, patterns: [\"*.log\", \"*.gz\"], type: file, older_than: 30d }";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut area = Area::NOTHING;
        for path in args.roots() {
            area.extend(&path.area());
        }
        Footprint::reads(area)
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        match (&args.path, &args.paths) {
            (None, None) => return Err((" path paths", "one of `path` and `paths` is needed".to_owned())),
            (Some(_), Some(_)) => {
                let message = "`path` and `paths` exclude each other";
                return Err(("paths path", message.to_owned()));
            }
            _ => {}
        }
        for (argument, patterns) in [("patterns", &args.patterns), ("excludes", &args.excludes)] {
            if let Some(patterns) = patterns {
                set(patterns).map_err(|failure| (argument, failure.message))?;
            }
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let mut output = Output {
            files: Vec::new(),
            matched: 0,
            examined: 0,
            truncated: false,
        };
        let test = Test::of(args)?;
        let mut seen = BTreeSet::new();
        for path in args.roots() {
            let Some(place) = host.locate(path.as_path(), Follow::Yes)? else {
                continue;
            };
            // One directory by two paths, or one in another, is looked at once.
            let real = place.path();
            if place.stat()?.is_none()
                || seen
                    .iter()
                    .any(|it: &PathBuf| args.max_depth.is_none() && real.starts_with(it))
            {
                continue;
            }
            if seen.insert(real) {
                search(&place, &test, host, &mut output)?;
            }
        }
        output.truncated = output.matched > output.files.len() as u64;
        output.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        output.files.dedup_by(|a, b| a.path == b.path);
        Ok(Finding::Settled(output))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}

/// Adds what matches in a directory.
fn search(place: &Location, test: &Test<'_>, host: &Reader<'_>, output: &mut Output) -> Result<(), Failure> {
    let args = test.args;
    let judges_age = args.older_than.is_some() || args.newer_than.is_some();
    if judges_age && host.is_foreseen(&place.path()) {
        host.doubt(&place.path());
    }
    let mounts = Mounts::searched(args.other_file_systems);
    host.walk_over(place, Unreadable::Warn, mounts, &mut |seen| {
        let is_hidden = seen.name().as_bytes().starts_with(b".");
        if is_hidden && !args.hidden || test.excludes.is_match(seen.name()) {
            return Ok(Enter::No);
        }
        output.examined += 1;
        if test.holds(&seen) && test.is_contained(&seen, host)? {
            // Nobody knows when it will have been changed.
            if host.is_foreseen(&seen.at.path()) {
                host.unsure("files");
            }
            output.matched += 1;
            if output.files.len() < args.limit {
                output.files.push(File::of(&seen));
            }
        }
        let depth = seen.below.components().count();
        let is_deep = args.max_depth.is_some_and(|most| depth >= most);
        Ok(if is_deep { Enter::No } else { Enter::Yes })
    })
}

fn set(patterns: &OneOrMany<String>) -> Result<GlobSet, Failure> {
    let mut set = GlobSetBuilder::new();
    for pattern in &patterns.0 {
        let wrong = |error: globset::Error| {
            let message = format!("`{pattern}` is not a pattern: {}", error.kind());
            Failure::new(Kind::Invalid, message)
        };
        if pattern.contains('/') {
            let message = format!(
                "`{pattern}` is matched against names, in which there is no `/`; `fs.glob` takes paths"
            );
            return Err(Failure::new(Kind::Invalid, message));
        }
        set.add(
            GlobBuilder::new(pattern)
                .backslash_escape(true)
                .build()
                .map_err(wrong)?,
        );
    }
    set.build()
        .map_err(|error| Failure::new(Kind::Invalid, format!("too many patterns: {error}")))
}

/// What must hold.
struct Test<'a> {
    args: &'a Args,
    patterns: Option<GlobSet>,
    excludes: GlobSet,
    now: i64,
}

impl<'a> Test<'a> {
    fn of(args: &'a Args) -> Result<Self, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            args,
            patterns: args.patterns.as_ref().map(set).transpose()?,
            excludes: args.excludes.as_ref().map_or_else(|| Ok(GlobSet::empty()), set)?,
            now: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
        })
    }

    fn holds(&self, seen: &Seen) -> bool {
        let args = self.args;
        let size = u64::try_from(seen.stat.st_size).unwrap_or(0);
        let is_file = seen.sort() == FileType::RegularFile;
        let age = self.now.saturating_sub(seen.stat.st_mtime);
        let seconds = |it: Duration| i64::try_from(it.0.as_secs()).unwrap_or(i64::MAX);
        self.patterns.as_ref().is_none_or(|set| set.is_match(seen.name()))
            && args
                .regexp
                .as_ref()
                .is_none_or(|it| it.is_match(seen.name().as_bytes()))
            && args.sort.is_none_or(|sort| sort == Sort::of(seen.sort()))
            && args.min_size.is_none_or(|least| is_file && size >= least)
            && args.max_size.is_none_or(|most| is_file && size <= most)
            && args.older_than.is_none_or(|it| age > seconds(it))
            && args.newer_than.is_none_or(|it| age < seconds(it))
    }
}

impl Test<'_> {
    /// Whether a line of a file is as it must be. One that may not be read is not, and a warning says so.
    fn is_contained(&self, seen: &Seen, host: &Reader<'_>) -> Result<bool, Failure> {
        let Some(pattern) = &self.args.contains else {
            return Ok(true);
        };
        if seen.sort() != FileType::RegularFile {
            return Ok(false);
        }
        let file = match host.open_at(&seen.at) {
            Ok(file) => file,
            Err(failure) if host.raised().is_some() => return Err(failure),
            Err(failure) => {
                host.link().warn(failure.message);
                return Ok(false);
            }
        };
        let mut lines = BufReader::with_capacity(64 << 10, file);
        let mut line = Vec::new();
        loop {
            host.check_canceled()?;
            line.clear();
            // A line that is longer is looked at in pieces.
            let read = lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
            match read {
                Ok(0) => return Ok(false),
                Ok(_) => {
                    let end = line.strip_suffix(b"\n").map_or(line.len(), <[u8]>::len);
                    let text = line[..end].strip_suffix(b"\r").unwrap_or(&line[..end]);
                    if pattern.is_match(text) {
                        return Ok(true);
                    }
                }
                Err(error) => {
                    let path = seen.at.path();
                    host.link()
                        .warn(format!("cannot read `{}`: {error}", path.display()));
                    return Ok(false);
                }
            }
        }
    }
}

impl Args {
    /// Where is looked.
    fn roots(&self) -> impl Iterator<Item = &HostPath> {
        self.path.iter().chain(self.paths.iter().flat_map(|it| &it.0))
    }
}

impl File {
    fn of(seen: &Seen) -> Self {
        Self {
            path: seen.at.path().into_os_string().into(),
            sort: Sort::of(seen.sort()),
            size: u64::try_from(seen.stat.st_size).unwrap_or(0),
            mtime: seen.stat.st_mtime,
            mode: FileMode(seen.stat.st_mode & 0o7777),
            uid: seen.stat.st_uid,
            gid: seen.stat.st_gid,
        }
    }
}
