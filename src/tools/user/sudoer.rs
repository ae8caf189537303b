//! What a user may do with sudo.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, FileMode, OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Controller, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_name;
use crate::tools::fs::deploy::{Content, FileChange, Texts, Wanted, caution, compare, deploy};

/// Where sudo looks for more rules.
const FOLDER: &str = "/etc/sudoers.d";

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
/// `/etc/sudoers.d`, named after the user with `_` in the place of what sudo does not read, such as dots. It has the mode 0440
/// from the start, and takes effect only if `visudo -c` accepts it.
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
    /// The file in which it stands, or would.
    path: Text,
}

/// What is to be done to a rule.
#[derive(Debug)]
pub(crate) enum RuleChange {
    /// It is written.
    Write(Box<FileChange>),
    /// The file, which holds this, is removed.
    Remove(Vec<u8>),
}

impl Describe for RuleChange {
    fn diff(&self) -> Vec<Diff> {
        match self {
            Self::Write(file) => file.diff(),
            Self::Remove(text) => vec![Diff::of_text("sudo", text, b"")],
        }
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

    fn prepare(args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        let (noun, name) = match args.name.strip_prefix('%') {
            Some(group) => ("group", group),
            None => ("user", &*args.name),
        };
        check_name(noun, name)?;
        let refuse = |message: String| Err(Failure::new(Kind::Invalid, message));
        let is_runas = |c: char| c.is_ascii_alphanumeric() || "_.-:%$".contains(c);
        if args.runas.is_empty() || !args.runas.chars().all(is_runas) {
            return refuse(format!(
                "`{}` is nobody as whom commands can be run",
                args.runas.escape_debug()
            ));
        }
        for command in args.commands.iter().flat_map(|it| &it.0) {
            let command = command.to_string_lossy();
            let is_command = command.trim_start_matches('!').starts_with('/')
                || command.starts_with("sudoedit ")
                || command == "ALL"
                || command.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            if !is_command || command.contains('\n') || command.is_empty() {
                return refuse(format!(
                    "`{}` is no command with its full path",
                    command.escape_debug()
                ));
            }
        }
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = path(args)?;
        if host.metadata(Path::new(FOLDER), Follow::Yes)?.is_none() && args.state == State::Present {
            let message = format!("this host has no sudo: `{FOLDER}` does not exist");
            return Err(Failure::new(Kind::Unsupported, message));
        }
        let settled = || Finding::Settled(output(&path));
        if args.state == State::Absent {
            return Ok(match host.metadata(path.as_path(), Follow::No)? {
                None => settled(),
                Some(_) => Finding::Pending(RuleChange::Remove(host.read(path.as_path(), 1 << 20)?)),
            });
        }
        let visudo = visudo();
        Ok(
            match compare(
                &wanted(&path, &visudo),
                Content::Bytes(rule(args).into_bytes()),
                host,
            )? {
                Ok(_) => settled(),
                Err(file) => Finding::Pending(RuleChange::Write(Box::new(file))),
            },
        )
    }

    fn apply(args: &Args, change: RuleChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let path = path(args)?;
        match change {
            RuleChange::Write(file) => {
                deploy(&wanted(&path, &visudo()), *file, host)?;
            }
            RuleChange::Remove(_) => {
                if let Some(at) = host.locate(path.as_path(), Follow::No)? {
                    host.remove(&at)?;
                }
            }
        }
        Ok(output(&path))
    }
}

/// sudo passes over files with a dot in their names or a tilde at their ends.
fn path(args: &Args) -> Result<HostPath, Failure> {
    let is_read = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let name: String = args
        .name
        .chars()
        .map(|c| if is_read(c) { c } else { '_' })
        .collect();
    HostPath::new(format!("{FOLDER}/{name}").as_bytes()).map_err(|error| Failure::new(Kind::Invalid, error))
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

/// What would end or split a command in sudo's grammar is meant as it stands.
fn escaped(command: &str) -> String {
    let mut out = String::new();
    for c in command.chars() {
        if matches!(c, ',' | ':' | '=' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn visudo() -> Argv {
    Argv(["visudo", "-cf", "%s"].map(Text::from).into())
}

fn wanted<'a>(path: &'a HostPath, visudo: &'a Argv) -> Wanted<'a> {
    Wanted {
        path,
        mode: Some(FileMode(0o440)),
        owner: None,
        group: None,
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
        (rule(&args), path(&args).unwrap().to_string())
    }

    #[test]
    fn a_rule_asks_for_a_password_unless_told_and_commands_are_meant_as_they_stand() {
        assert_eq!(
            rule_of(json!({ "name": "web" })),
            ("web ALL=(ALL:ALL) ALL\n".into(), "/etc/sudoers.d/web".into())
        );
        let args = json!({ "name": "%ops", "nopasswd": true, "runas": "shop:www",
            "commands": ["/bin/a -o x=1,y", "/bin/b"] });
        let rule = "%ops ALL=(shop:www) NOPASSWD: /bin/a -o x\\=1\\,y, /bin/b\n";
        assert_eq!(rule_of(args), (rule.into(), "/etc/sudoers.d/_ops".into()));
    }

    #[test]
    fn a_name_with_a_dot_has_a_file_that_sudo_reads() {
        let (rule, path) = rule_of(json!({ "name": "john.doe" }));
        assert!(rule.starts_with("john.doe "));
        assert_eq!(path, "/etc/sudoers.d/john_doe");
    }
}
