//! Lists paths that match a pattern.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use globset::{GlobBuilder, GlobMatcher};
use rustix::fs::FileType;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::system::{Enter, Follow, Mounts, Reader, Seen, Unreadable, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};

/// Sorts of things.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Only {
    /// Anything.
    #[default]
    Any,
    /// Regular files.
    File,
    /// Directories.
    Directory,
    /// Symbolic links.
    Link,
}

/// `fs.glob`.
#[derive(Debug)]
pub(crate) struct Glob;

/// Lists the paths below a directory that match a pattern, sorted by their bytes. `*` and `?` stop at a slash, `**` does
/// not; `[a-z]` and `{a,b}` work. Links are listed but not followed. What may not be read is a warning.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The directory to look in; one that does not exist gives an empty list.
    path: HostPath,
    /// What a path must match, counted from the directory.
    pattern: GlobPattern,
    /// Only things of this sort.
    #[serde(default, rename = "type")]
    only: Only,
    /// Whether `*`, `?` and `**` also match names that begin with a dot.
    #[serde(default)]
    hidden: bool,
    /// Also looks into other file systems that are mounted below; otherwise they are left out, and a warning says so.
    #[serde(default)]
    other_file_systems: bool,
}

/// What was found.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Absolute paths; one that is not UTF-8 is bytes.
    paths: Vec<Text>,
}

impl Tool for Glob {
    const NAME: &'static str = "fs.glob";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.glob: { path: /etc, pattern: \"**/*.conf\", type: file }";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        Footprint::reads(args.path.area())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let mut search = Search {
            args,
            found: Vec::new(),
            size: 0,
        };
        let place = host.locate(args.path.as_path(), Follow::Yes)?;
        if let Some(place) = place
            && place.stat()?.is_some()
        {
            let mounts = Mounts::searched(args.other_file_systems);
            host.walk_over(&place, Unreadable::Warn, mounts, &mut |seen| search.look(&seen))?;
        }
        let mut paths = search.found;
        paths.sort_unstable();
        Ok(Finding::Settled(Output { paths }))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}

/// A pattern that compiles.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(with = "String", inline)]
struct GlobPattern {
    text: String,
    #[schemars(skip)]
    whole: GlobMatcher,
    /// Its parts that begin with a dot, which hidden names must match.
    #[schemars(skip)]
    dotted: Vec<GlobMatcher>,
    /// How far down it can match.
    #[schemars(skip)]
    depth: usize,
}

impl GlobPattern {
    fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.starts_with('/') || text.split('/').any(|part| part == "..") {
            return Err("a pattern is relative to `path`, and must not be empty or contain `..`".into());
        }
        let build = |text: &str| {
            let glob = GlobBuilder::new(text)
                .literal_separator(true)
                .backslash_escape(true)
                .build();
            glob.map(|glob| glob.compile_matcher())
                .map_err(|error| format!("`{text}` is not a pattern: {}", error.kind()))
        };
        let dotted = text.split('/').filter(|part| part.starts_with('.'));
        Ok(Self {
            whole: build(text)?,
            dotted: dotted.map(build).collect::<Result<_, _>>()?,
            depth: if text.contains("**") {
                usize::MAX
            } else {
                text.split('/').count()
            },
            text: text.to_owned(),
        })
    }
}

impl Serialize for GlobPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for GlobPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        Self::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A list longer than this, in bytes, is no use as a result.
const LONGEST: usize = 8 << 20;

struct Search<'a> {
    args: &'a Args,
    found: Vec<Text>,
    size: usize,
}

impl Search<'_> {
    fn look(&mut self, seen: &Seen) -> Result<Enter, Failure> {
        if !self.sees(seen.name()) {
            return Ok(Enter::No);
        }
        let pattern = &self.args.pattern;
        if self.args.only.accepts(seen.sort()) && pattern.whole.is_match(&seen.below) {
            let path = self.args.path.as_path().join(&seen.below);
            let path = Text::from(path.into_os_string());
            self.size += path.0.len() + 8;
            if self.size > LONGEST {
                let message = format!(
                    "`{}` matches too many paths below `{}`",
                    pattern.text, self.args.path
                );
                return Err(Failure::new(Kind::Invalid, message));
            }
            self.found.push(path);
        }
        let is_deep = seen.below.components().count() >= pattern.depth;
        Ok(if is_deep { Enter::No } else { Enter::Yes })
    }

    fn sees(&self, name: &OsStr) -> bool {
        self.args.hidden
            || !name.as_bytes().starts_with(b".")
            || self.args.pattern.dotted.iter().any(|part| part.is_match(name))
    }
}

impl Only {
    fn accepts(self, sort: FileType) -> bool {
        match self {
            Self::Any => true,
            Self::File => sort == FileType::RegularFile,
            Self::Directory => sort == FileType::Directory,
            Self::Link => sort == FileType::Symlink,
        }
    }
}
