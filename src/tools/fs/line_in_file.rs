//! Keeps a line in a file.

use serde::{Deserialize, Serialize};

use crate::system::{Reader, Writer};
use crate::tool::{Access, Argv, Blob, Failure, FileMode, Finding, Footprint, HostPath, Text, Tool};

/// Whether a line is to be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It is.
    #[default]
    Present,
    /// It is not.
    Absent,
}

/// Which of several matching lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Match {
    /// The first.
    First,
    /// The last.
    #[default]
    Last,
    /// All of them.
    All,
}

/// `fs.line_in_file`.
#[derive(Debug)]
pub struct LineInFile;

/// Makes sure that a line is in a file, or is not. If the very line is there already, nothing happens. Otherwise it takes
/// the place of a line that `regexp` finds, else it is put in after or before the line that `insert_after` or
/// `insert_before` finds, else at the end. Everything else in the file stays as it is, to the byte: line ends, a missing
/// final newline, odd bytes.
///
/// Check mode: says whether the file would change, and how.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file.
    path: HostPath,
    /// The line, without a line end. For `absent` it may be left out where `regexp` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<Text>,
    /// Finds, anywhere in a line, the line to be replaced or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    regexp: Option<String>,
    /// Whether the line is to be there.
    #[serde(default)]
    state: State,
    /// Which of the lines that `regexp` finds is replaced. `absent` removes all of them.
    #[serde(default)]
    r#match: Match,
    /// Compares with lines without regard to blanks at their ends.
    #[serde(default)]
    strip: bool,
    /// A new line goes after the last line that this finds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    insert_after: Option<String>,
    /// A new line goes before the last line that this finds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    insert_before: Option<String>,
    /// Creates the file where it does not exist.
    #[serde(default)]
    create: bool,
    /// The permission bits, such as 0644; a new file gets 0644 less the umask, an old one keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<FileMode>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// Keeps the old file beside the new one, as `NAME.20260131-235959~`.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it takes its place; `%s` in it is the path of the new file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "command"))]
    validate: Option<Argv>,
}

/// The file.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Output {
    /// Where it is, links followed.
    path: Text,
    /// The backup that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<Text>,
}

impl Tool for LineInFile {
    const NAME: &'static str = "fs.line_in_file";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.line_in_file: { path: /etc/ssh/sshd_config, regexp: \"^#?PermitRootLogin \", line: PermitRootLogin no, validate: sshd -t -f %s }";

    type Args = Args;
    type Change = ();
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        Footprint::writes(args.path.area())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let _ = (args, host);
        unimplemented!()
    }

    fn apply(args: &Args, change: (), host: &Writer<'_>) -> Result<Output, Failure> {
        let _ = (args, change, host);
        unimplemented!()
    }
}
