//! Replaces what a regular expression finds in a file.

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, ModeChange, Pattern, Text};
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::{
    FileChange, Texts, Wanted, Written, caution, compare_edit, deploy, footprint, verify_file,
};
use crate::tools::fs::old::read_old;

/// `fs.replace`.
#[derive(Debug)]
pub(crate) struct Replace;

/// Replaces everything in a file that a regular expression finds. The expression sees the whole text, so that it may
/// reach over lines; `^` and `$` are the ends of every line. If it finds what it was replaced by, every run changes the
/// file again, and a warning says so.
///
/// Check mode: says whether the file would change, and how.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The file.
    path: HostPath,
    /// What is looked for.
    regexp: Pattern,
    /// What takes its place: `$1` or `${1}` is what the first group found, `${name}` a named one, `$$` a dollar sign. A group
    /// that the expression does not have is an error; so is `\1` where it has such a group.
    #[serde(default)]
    replace: Text,
    /// Only what comes after the first match of this is replaced; where it is not found, nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Pattern>,
    /// Only what comes before the first match of this (behind that of `after`) is replaced; where it is not found,
    /// nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Pattern>,
    /// The permission bits, such as 0644 or u=rw,go=r; by default they stay.
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

/// What became of the file.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is, links followed.
    path: Text,
    /// The backup that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<Text>,
    /// How many matches were replaced by something else.
    replaced: u64,
}

/// What is to be done to the file.
#[derive(Debug)]
pub(crate) struct Change {
    file: FileChange,
    replaced: u64,
    is_repeated: bool,
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        self.file.diff()
    }
}

impl Tool for Replace {
    const NAME: &'static str = "fs.replace";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.replace: { path: /etc/app.conf, regexp: \"^port = .*$\", replace: port = 8080, after: \"^\\\\[web\\\\]\" }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let account = args.owner.as_ref().or(args.group.as_ref());
        footprint(&args.path, account, args.validate.as_ref())
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        verify_file("path", &args.path, args.validate.as_ref())?;
        args.regexp
            .check_replacement(&args.replace.0)
            .map_err(|message| ("replace regexp", message))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let before = read_old(&args.path, false, true, host)?.unwrap_or_default();
        let (after, replaced) = args.edit(&before);
        let is_repeated = replaced > 0 && args.edit(&after).1 > 0;
        Ok(match compare_edit(&wanted(args), &before, after, host)? {
            Ok(settled) => Finding::Settled(Output::of(settled, 0)),
            Err(file) => Finding::Pending(Change {
                file,
                replaced,
                is_repeated,
            }),
        })
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        if change.is_repeated {
            let message = format!(
                "`{}` finds its own replacement: every run changes `{}`",
                args.regexp, args.path
            );
            host.link().warn(message);
        }
        let written = deploy(&wanted(args), change.file, host)?;
        Ok(Output::of(written, change.replaced))
    }
}

impl Output {
    fn of(written: Written, replaced: u64) -> Self {
        Self {
            path: written.path,
            backup: written.backup,
            replaced,
        }
    }
}

impl Args {
    /// The text afterwards, and how many matches are something else then.
    fn edit(&self, text: &[u8]) -> (Vec<u8>, u64) {
        let untouched = || (text.to_vec(), 0);
        let start = match &self.after {
            None => 0,
            Some(after) => match after.of_lines().find(text) {
                Some(found) => found.end(),
                None => return untouched(),
            },
        };
        let end = match &self.before {
            None => text.len(),
            Some(before) => match before.of_lines().find_at(text, start) {
                Some(found) => found.start(),
                None => return untouched(),
            },
        };
        let pattern = self.regexp.of_lines();
        let mut after = text[..start].to_vec();
        let (mut at, mut replaced) = (start, 0);
        // Looked for in the whole text, so that what is around the part counts for `^`, `$` and `\b`.
        let mut from = start;
        while from <= end {
            let Some(found) = pattern.captures_at(text, from) else {
                break;
            };
            let whole = found.get_match();
            if whole.end() > end {
                break;
            }
            after.extend_from_slice(&text[at..whole.start()]);
            let begin = after.len();
            found.expand(&self.replace.0, &mut after);
            replaced += u64::from(&after[begin..] != whole.as_bytes());
            at = whole.end();
            from = if whole.is_empty() { at + 1 } else { at };
        }
        after.extend_from_slice(&text[at..]);
        (after, replaced)
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn edit(mut args: serde_json::Value, text: &str) -> (String, u64) {
        args["path"] = json!("/f");
        let args: Args = serde_json::from_value(args).unwrap();
        let (after, replaced) = args.edit(text.as_bytes());
        (String::from_utf8(after).unwrap(), replaced)
    }

    #[test]
    fn every_match_is_replaced_over_lines_and_with_groups() {
        let args = json!({ "regexp": "^(\\w+) = old$", "replace": "$1 = new" });
        let (text, replaced) = edit(args, "a = old\nb = old\r\nc = older\n");
        assert_eq!((text.as_str(), replaced), ("a = new\nb = old\r\nc = older\n", 1));
        let args = json!({ "regexp": "(?s)<a>.*?</a>\n", "replace": "" });
        assert_eq!(edit(args, "x\n<a>\n1\n</a>\ny\n<a></a>\n"), ("x\ny\n".into(), 2));
        assert_eq!(
            edit(json!({ "regexp": "^", "replace": "# " }), "a\nb"),
            ("# a\n# b".into(), 2)
        );
    }

    #[test]
    fn only_what_lies_between_the_limits_is_replaced() {
        let text = "p=1\n[a]\np=1\n[b]\np=1\n";
        let args = json!({ "regexp": "p=.", "replace": "p=2", "after": "^\\[a\\]", "before": "^\\[b\\]" });
        assert_eq!(edit(args, text), ("p=1\n[a]\np=2\n[b]\np=1\n".into(), 1));
        let args = json!({ "regexp": "p=.", "replace": "p=2", "before": "^\\[a\\]" });
        assert_eq!(edit(args, text), ("p=2\n[a]\np=1\n[b]\np=1\n".into(), 1));
        let args = json!({ "regexp": "p=.", "replace": "p=2", "after": "^\\[c\\]" });
        assert_eq!(edit(args, text), (text.into(), 0));
    }

    #[test]
    fn what_already_stands_there_does_not_count() {
        assert_eq!(
            edit(json!({ "regexp": "p=.", "replace": "p=1" }), "p=1\np=2\n"),
            ("p=1\np=1\n".into(), 1)
        );
    }
}
