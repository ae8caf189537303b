//! Chooses what a name stands for.

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Domain, Follow, Program, Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::alternatives::database::{FOLDERS, Group, LINKS, read};
use crate::tools::said;

/// `alternatives.set`.
#[derive(Debug)]
pub(crate) struct Set;

/// Chooses which of several programs a name stands for, by `update-alternatives`: `path` from now on, whatever is installed
/// later, or with `auto` that of the highest priority. A path that is not among the choices of the name is added to them where
/// `link` says which name it is to have, and is a failure otherwise.
///
/// Check mode: says what the name leads to before and after.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The name, such as `editor` or `java`.
    name: String,
    /// What it is to stand for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<HostPath>,
    /// The link that people use, such as `/usr/bin/editor`: for a path that is not among the choices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<HostPath>,
    /// With which priority the path is added to the choices.
    #[serde(default = "fifty")]
    priority: i32,
    /// Other links that follow the choice, such as that of a manual page; they are added together with the path.
    #[serde(default)]
    slaves: Vec<Slave>,
    /// Whether the choice of the highest priority is taken.
    #[serde(default)]
    auto: bool,
}

/// A link that follows the choice.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Slave {
    /// Its name.
    name: String,
    /// The link that people use.
    link: HostPath,
    /// What it leads to with this path.
    path: HostPath,
}

const fn fifty() -> i32 {
    50
}

/// The choice.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// What the name led to before; not there where it was not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
}

/// What is to be done to a choice.
#[derive(Debug)]
pub(crate) struct Choice {
    name: String,
    before: Option<Group>,
    path: Option<String>,
    /// Whether the path is to be added to the choices.
    is_new: bool,
}

impl Describe for Choice {
    fn diff(&self) -> Vec<Diff> {
        let title = format!("alternative {}", self.name);
        let before = self.before.as_ref();
        let mut diffs = Vec::new();
        if self.is_new {
            diffs.push(Diff::of_property(&title, "choice", None, self.path.as_deref()));
        }
        let target = before.and_then(|it| it.target.as_deref());
        if let Some(path) = self.path.as_deref().filter(|it| Some(*it) != target) {
            diffs.push(Diff::of_property(&title, "path", target, Some(path)));
        }
        let word = |is_auto: bool| if is_auto { "auto" } else { "manual" };
        let (is_auto, was_auto) = (self.path.is_none(), before.map(|it| it.is_auto));
        if was_auto != Some(is_auto) {
            diffs.push(Diff::of_property(
                &title,
                "mode",
                was_auto.map(word),
                Some(word(is_auto)),
            ));
        }
        diffs
    }
}

impl Tool for Set {
    const NAME: &'static str = "alternatives.set";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "alternatives.set: { name: editor, path: /usr/bin/vim.basic }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = Choice;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(args: &Args) -> Spoils {
        let mut area = Area::Paths([FOLDERS[0], FOLDERS[1], LINKS].map(str::to_owned).into());
        for link in args.link.iter().chain(args.slaves.iter().map(|it| &it.link)) {
            area.extend(&link.area());
        }
        Spoils::of(area).with(&[Domain::Packages])
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
        let names = args.slaves.iter().map(|it| ("slaves", &it.name));
        for (field, name) in [("name", &args.name)].into_iter().chain(names) {
            if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(is_plain) {
                let message = format!("`{}` is not the name of an alternative", name.escape_debug());
                return Err((field, message));
            }
        }
        if args.path.is_some() == args.auto {
            let message = "one of `path` and `auto: true` says what the name stands for";
            return Err((" path auto", message.to_owned()));
        }
        if args.link.is_none() && !args.slaves.is_empty() {
            return Err((
                "slaves link",
                "`slaves` are added together with a path, for which `link` is missing".to_owned(),
            ));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let found = read(&args.name, host)?;
        let path = args
            .path
            .as_ref()
            .map(|it| it.as_path().to_string_lossy().into_owned());
        let group = found.as_ref();
        let is_new = path
            .as_ref()
            .is_some_and(|path| !group.is_some_and(|it| it.choices.contains(path)));
        if is_new && args.link.is_none() || path.is_none() && group.is_none() {
            let known = group.map_or_else(String::new, |it| format!("; there are {}", it.choices.join(", ")));
            let message = match &path {
                Some(path) => format!(
                    "`{path}` is not among the choices of `{}`, and `link` is not given{known}",
                    args.name
                ),
                None => format!("this host has no alternatives of the name `{}`", args.name),
            };
            return Err(Failure::new(Kind::NotFound, message));
        }
        if let Some(path) = args.path.as_ref().filter(|_| is_new)
            && host.metadata(path.as_path(), Follow::Yes)?.is_none()
        {
            return Err(Failure::new(Kind::NotFound, format!("`{path}` does not exist")));
        }
        let is_settled = !is_new
            && group.is_some_and(|it| match &path {
                Some(path) => !it.is_auto && it.target.as_ref() == Some(path),
                None => it.is_auto,
            });
        if is_settled {
            let before = found.and_then(|it| it.target);
            return Ok(Finding::Settled(Output { before }));
        }
        host.check_root(&format!("the alternative `{}` cannot be chosen", args.name))?;
        Ok(Finding::Pending(Choice {
            name: args.name.clone(),
            before: found,
            path,
            is_new,
        }))
    }

    fn apply(args: &Args, change: Choice, host: &Writer<'_>) -> Result<Output, Failure> {
        let priority = args.priority.to_string();
        if let (Some(path), Some(link), true) = (&args.path, &args.link, change.is_new) {
            let mut words = vec![
                Text::from("--install"),
                text(link),
                Text::from(&*args.name),
                text(path),
                Text::from(&*priority),
            ];
            for slave in &args.slaves {
                words.extend([
                    Text::from("--slave"),
                    text(&slave.link),
                    Text::from(&*slave.name),
                    text(&slave.path),
                ]);
            }
            run(words, host)?;
        }
        match &args.path {
            Some(path) => run(vec!["--set".into(), Text::from(&*args.name), text(path)], host)?,
            None => run(vec!["--auto".into(), Text::from(&*args.name)], host)?,
        }
        let now = read(&args.name, host)?.unwrap_or_default();
        let is_done = match &change.path {
            Some(path) => !now.is_auto && now.target.as_ref() == Some(path),
            None => now.is_auto,
        };
        if !is_done {
            let message = format!(
                "`update-alternatives` ended well, but `{}` is what it was",
                args.name
            );
            return Err(Failure::new(Kind::CommandFailed, message));
        }
        Ok(Output {
            before: change.before.and_then(|it| it.target),
        })
    }
}

fn text(path: &HostPath) -> Text {
    path.as_path().as_os_str().to_owned().into()
}

fn run(words: Vec<Text>, host: &Writer<'_>) -> Result<(), Failure> {
    let argv = Argv(
        [Text::from("update-alternatives")]
            .into_iter()
            .chain(words)
            .collect(),
    );
    let ended = host
        .act(&Program::of(&argv))
        .map_err(|failure| match failure.kind {
            Kind::NotFound => Failure::new(
                Kind::Unsupported,
                format!("this host has no `update-alternatives`: {}", failure.message),
            ),
            _ => failure,
        })?;
    if ended.exit_code == 0 {
        return Ok(());
    }
    Err(said::failure(&ended, "update-alternatives"))
}
