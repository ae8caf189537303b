//! Keeps a line in a file.

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, ModeChange, Pattern, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::{
    FileChange, Texts, Wanted, Written, caution, compare_edit, deploy, footprint, verify_file,
};
use crate::tools::fs::edit::{self, Which, with_line, without_line};
use crate::tools::fs::old::read_old;
use crate::tools::fs::spot::Spot;

/// Whether a line is to be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
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
pub(crate) struct LineInFile;

/// Makes sure that a line is in a file, or is not. It takes the place of the line that `regexp` finds; of several, `match`
/// says which. Where `regexp` finds none, or is not given, and the very line is in the file, nothing happens; else it is put
/// in after or before the line that `insert_after` or `insert_before` finds, else at the end. Everything else in the file
/// stays as it is, to the byte: line ends, odd bytes, a missing final newline unless the new line comes behind it.
///
/// Check mode: says whether the file would change, and how.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The file.
    path: HostPath,
    /// The line, without a line end. For `absent` it may be left out where `regexp` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<Text>,
    /// Finds, anywhere in a line, the line to be replaced or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    regexp: Option<Pattern>,
    /// Whether the line is to be there.
    #[serde(default)]
    state: State,
    /// Which of the lines that `regexp` finds is replaced, and next to which of those that `insert_after` or `insert_before`
    /// finds a new line goes: the last, as Ansible does, unless this says otherwise; `all` replaces all of them. `absent`
    /// removes all of them.
    #[serde(default)]
    r#match: Match,
    /// Compares with lines without regard to blanks at their ends.
    #[serde(default)]
    strip: bool,
    /// A new line goes after the line that this regular expression finds; `EOF`: to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    insert_after: Option<Spot>,
    /// A new line goes before the line that this finds; `BOF`: to the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    insert_before: Option<Spot>,
    /// Creates the file where it does not exist.
    #[serde(default)]
    create: bool,
    /// The permission bits, such as 0644 or u=rw,go=r; a new file gets 0644 less the umask, an old one keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<ModeChange>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// Keeps the old file next to the new one, as `NAME.20260131-235959~`.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it takes its place; `%s` in it is the path of the new file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "command"))]
    validate: Option<Argv>,
}

impl Tool for LineInFile {
    const NAME: &'static str = "fs.line_in_file";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.line_in_file: { path: /etc/ssh/sshd_config, regexp: \"^#?PermitRootLogin \", line: PermitRootLogin no, validate: sshd -t -f %s }";

    type Args = Args;
    type Change = FileChange;
    type Output = Written;

    fn footprint(args: &Args) -> Footprint {
        footprint(
            &args.path,
            args.owner.as_ref().or(args.group.as_ref()),
            args.validate.as_ref(),
        )
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        verify_file("path", &args.path, args.validate.as_ref())?;
        let refuse = |argument, message: &str| Err((argument, message.to_owned()));
        match (args.state, &args.line, &args.regexp) {
            (State::Present, None, _) => return refuse("line state", "`line` is missing"),
            (State::Absent, None, None) => {
                return refuse("line regexp state", "`line` or `regexp` is missing");
            }
            _ => {}
        }
        if args.insert_after.is_some() && args.insert_before.is_some() {
            return refuse(
                "insert_before insert_after",
                "`insert_after` and `insert_before` exclude each other",
            );
        }
        if args.line.as_ref().is_some_and(|line| line.0.contains(&b'\n')) {
            return refuse("line", "`line` must be one line, without a line end");
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let is_wanted = args.state == State::Present;
        let Some(before) = read_old(&args.path, args.create, is_wanted, host)? else {
            return Ok(Finding::Settled(Written::at(args.path.as_path())));
        };
        let after = match (args.state, &args.line) {
            (State::Absent, line) => without_line(&before, line.as_ref(), args.regexp.as_ref(), args.strip),
            (State::Present, None) => return Err(Failure::new(Kind::Invalid, "`line` is missing")),
            (State::Present, Some(line)) => {
                let wanted = edit::Wanted {
                    line,
                    regexp: args.regexp.as_ref(),
                    which: match args.r#match {
                        Match::First => Which::First,
                        Match::Last => Which::Last,
                        Match::All => Which::All,
                    },
                    strip: args.strip,
                    insert_after: args.insert_after.as_ref(),
                    insert_before: args.insert_before.as_ref(),
                };
                with_line(&before, &wanted)
            }
        };
        Ok(match compare_edit(&wanted(args), &before, after, host)? {
            Ok(settled) => Finding::Settled(settled),
            Err(change) => Finding::Pending(change),
        })
    }

    fn apply(args: &Args, change: FileChange, host: &Writer<'_>) -> Result<Written, Failure> {
        deploy(&wanted(args), change, host)
    }
}

fn wanted(args: &Args) -> Wanted<'_> {
    Wanted {
        path: &args.path,
        mode: args.mode.clone(),
        owner: args.owner.as_ref(),
        group: args.group.as_ref(),
        caution: caution(args.backup, args.validate.as_ref()),
        parents: false,
        text: Texts::Kept,
    }
}
