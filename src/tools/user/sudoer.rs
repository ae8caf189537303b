//! What a user may do with sudo.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, FileMode, OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::accounts::check_name;
use crate::tools::fs::deploy::{Content, FileChange, Texts, Wanted, caution, compare, deploy};
use crate::tools::user::sudoers::{self, FOLDER, MAIN};

/// Whether there is such a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// There is.
    #[default]
    Present,
    /// There is not.
    Absent,
}

/// `user.sudoer`.
#[derive(Debug)]
pub(crate) struct Sudoer;

/// Lets a user, or with a `%` before it a group, run commands with sudo, or takes that away. The rule is a file of its own in
/// `/etc/sudoers.d`, named after the user; what sudo does not read in names of files is written by its number, so that `a.b`
/// has the file `a_2eb`. It has the mode 0440 from the start, and takes effect only if `visudo -c` accepts it. A file of that
/// name which holds anything but one rule of the user was written by somebody else: it is neither changed nor removed, and
/// the call fails. A warning says where `/etc/sudoers` does not include the directory, and where a file that sudo reads later
/// has a rule of the same user.
///
/// Check mode: says how the file would change; whether `visudo` accepts it is seen when it is written.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The user, or `%group`.
    name: String,
    /// Whether there is such a rule.
    #[serde(default)]
    state: State,
    /// The commands, with their full paths and, if only those are allowed, their arguments. Where this is not given: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commands: Option<OneOrMany<Text>>,
    /// No password is asked for.
    #[serde(default)]
    nopasswd: bool,
    /// As whom the commands may be run: `ALL`, a user, or `user:group`.
    #[serde(default = "all")]
    runas: String,
}

fn all() -> String {
    "ALL".to_owned()
}

/// The rule.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file in which it is, or would.
    path: Text,
}

/// What is to be done to a rule.
#[derive(Debug)]
pub(crate) struct RuleChange {
    /// The file is written.
    write: Option<Box<FileChange>>,
    /// These files, which hold this, are removed.
    remove: Vec<(HostPath, Vec<u8>)>,
}

impl Describe for RuleChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = self.write.as_ref().map(|it| it.diff()).unwrap_or_default();
        let gone = |(path, text): &(HostPath, Vec<u8>)| Diff::of_text(path.to_string(), text, b"");
        diffs.extend(self.remove.iter().map(gone));
        diffs
    }
}

impl Tool for Sudoer {
    const NAME: &'static str = "user.sudoer";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str =
        "user.sudoer: { name: deploy, commands: [/usr/bin/systemctl restart shop], nopasswd: true }";

    type Args = Args;
    type Change = RuleChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::ACCOUNTS
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        let (noun, name) = match args.name.strip_prefix('%') {
            Some(group) => ("group", group),
            None => ("user", &*args.name),
        };
        check_name(noun, name).map_err(|it| ("name", it))?;
        // Letters in capitals are the name of an alias there, and `ALL` is everybody.
        let is_alias = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if name == "Defaults"
            || noun == "user"
                && name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.chars().all(is_alias)
        {
            let message = format!("sudo does not read `{name}` as the name of a {noun}");
            return Err(("name", message));
        }
        let is_runas = |c: char| c.is_ascii_alphanumeric() || "_.-:%$".contains(c);
        if args.runas.is_empty() || !args.runas.chars().all(is_runas) {
            return Err((
                "runas",
                format!(
                    "`{}` is not somebody as whom commands can be run",
                    args.runas.escape_debug()
                ),
            ));
        }
        for command in args.commands.iter().flat_map(|it| &it.0) {
            let command = command.to_string_lossy();
            let is_command = command.trim_start_matches('!').starts_with('/')
                || command.starts_with("sudoedit ")
                || command == "ALL"
                || command.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            if !is_command || command.contains('\n') || command.is_empty() {
                return Err((
                    "commands",
                    format!(
                        "`{}` is not a command with its absolute path",
                        command.escape_debug()
                    ),
                ));
            }
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = path(&sudoers::file_name(&args.name))?;
        if host.metadata(Path::new(FOLDER), Follow::Yes)?.is_none() && args.state == State::Present {
            let message = format!("this host has no sudo: `{FOLDER}` does not exist");
            return Err(Failure::new(Kind::Unsupported, message));
        }
        let found = read(&path, host)?;
        if let Some(text) = found
            .as_ref()
            .filter(|text| !sudoers::is_rule_of(text, &args.name))
        {
            let first = String::from_utf8_lossy(text).lines().count();
            let message = format!(
                "`{path}` was written by somebody else: its {first} lines hold more than one rule of `{}`, \
                 and it stays as it is; move what is to stay into another file, and remove this one",
                args.name
            );
            return Err(Failure::new(Kind::Conflict, message));
        }
        let mut remove = Vec::new();
        if let Some(old) = sudoers::old_file_name(&args.name) {
            let old = self::path(&old)?;
            let text = read(&old, host)?;
            let is_own = |it: &Vec<u8>| !it.is_empty() && sudoers::is_rule_of(it, &args.name);
            remove.extend(text.filter(is_own).map(|text| (old, text)));
        }
        let mut write = None;
        if args.state == State::Absent {
            remove.extend(found.map(|text| (path.clone(), text)));
        } else {
            let content = Content::Bytes(rule(args).into_bytes());
            let (visudo, root) = (visudo(), Text::from("0"));
            write = compare(&wanted(&path, &visudo, &root), content, host)?
                .err()
                .map(Box::new);
            warn_of_order(args, &path, host)?;
        }
        Ok(if write.is_none() && remove.is_empty() {
            Finding::Settled(output(&path))
        } else {
            Finding::Pending(RuleChange { write, remove })
        })
    }

    fn apply(args: &Args, change: RuleChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let path = path(&sudoers::file_name(&args.name))?;
        if let Some(file) = change.write {
            deploy(&wanted(&path, &visudo(), &"0".into()), *file, host)?;
        }
        for (path, _) in change.remove {
            if let Some(at) = host.locate(path.as_path(), Follow::No)? {
                host.remove(&at)?;
            }
        }
        Ok(output(&path))
    }
}

fn path(name: &str) -> Result<HostPath, Failure> {
    HostPath::new(format!("{FOLDER}/{name}").as_bytes()).map_err(|error| Failure::new(Kind::Invalid, error))
}

fn read(path: &HostPath, host: &Reader<'_>) -> Result<Option<Vec<u8>>, Failure> {
    match host.metadata(path.as_path(), Follow::No)? {
        None => Ok(None),
        Some(_) => host.read(path.as_path(), 1 << 20).map(Some),
    }
}

/// What keeps the rule from being what holds.
fn warn_of_order(args: &Args, path: &HostPath, host: &Reader<'_>) -> Result<(), Failure> {
    // Who may not read it cannot write rules, either.
    let after = sudoers::after_folder(host).unwrap_or_else(|_| Some(String::new()));
    let mut later = sudoers::later_rules(&args.name, path.as_path(), host)?;
    match after {
        None => host.link().warn(format!(
            "`{MAIN}` does not include `{FOLDER}`: sudo reads the rule only if another file includes it"
        )),
        Some(text) if sudoers::has_rule_of(&text, &args.name) => later.push(MAIN.into()),
        Some(_) => {}
    }
    for later in later {
        host.link().warn(format!(
            "`{}` has a rule of `{}` as well, and sudo reads it after `{path}`: of two rules for a command the last one holds",
            later.display(),
            args.name
        ));
    }
    Ok(())
}

fn rule(args: &Args) -> String {
    let commands = match &args.commands {
        None => vec!["ALL".to_owned()],
        Some(commands) => commands
            .0
            .iter()
            .map(|it| escaped(&it.to_string_lossy()))
            .collect(),
    };
    let tag = if args.nopasswd { "NOPASSWD: " } else { "" };
    let runas = if args.runas == "ALL" {
        "ALL:ALL"
    } else {
        &args.runas
    };
    format!("{} ALL=({runas}) {tag}{}\n", args.name, commands.join(", "))
}

/// What would end or split a command in sudo's grammar is meant as it is.
fn escaped(command: &str) -> String {
    let mut out = String::new();
    for c in command.chars() {
        if matches!(c, ',' | ':' | '=' | '\\' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn visudo() -> Argv {
    Argv(["visudo", "-cf", "%s"].map(Text::from).into())
}

/// sudo reads only files of root.
fn wanted<'a>(path: &'a HostPath, visudo: &'a Argv, root: &'a Text) -> Wanted<'a> {
    Wanted {
        path,
        mode: Some(FileMode(0o440).into()),
        owner: Some(root),
        group: Some(root),
        caution: caution(false, Some(visudo)),
        parents: false,
        text: Texts::Kept,
    }
}

fn output(path: &HostPath) -> Output {
    Output {
        path: path.as_path().as_os_str().to_owned().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::testing::value;
    use serde_json::json;

    fn rule_of(args: serde_json::Value) -> (String, String) {
        let args: Args = value(args).parse().unwrap();
        let path = path(&sudoers::file_name(&args.name)).unwrap();
        (rule(&args), path.to_string())
    }

    #[test]
    fn a_rule_asks_for_a_password_unless_told_and_commands_are_meant_as_they_stand() {
        assert_eq!(
            rule_of(json!({ "name": "web" })),
            ("web ALL=(ALL:ALL) ALL\n".into(), "/etc/sudoers.d/web".into())
        );
        let args = json!({ "name": "%ops", "nopasswd": true, "runas": "shop:www",
            "commands": ["/bin/a -o x=1,y", "/bin/b #1"] });
        let rule = "%ops ALL=(shop:www) NOPASSWD: /bin/a -o x\\=1\\,y, /bin/b \\#1\n";
        assert_eq!(rule_of(args), (rule.into(), "/etc/sudoers.d/_25ops".into()));
    }

    #[test]
    fn a_name_with_a_dot_has_a_file_that_sudo_reads() {
        let (rule, path) = rule_of(json!({ "name": "john.doe" }));
        assert!(rule.starts_with("john.doe "));
        assert_eq!(path, "/etc/sudoers.d/john_2edoe");
    }
}
