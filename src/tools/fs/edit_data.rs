//! Sets values in a file of data.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::argument::{Argv, ModeChange, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::data::{self, Format, Place, Set, Step};
use crate::tools::fs::deploy::{
    FileChange, Texts, Wanted, caution, compare_edit, deploy, footprint, verify_file,
};
use crate::tools::fs::old::{as_text, read_old};

/// `fs.edit`.
#[derive(Debug)]
pub(crate) struct Edit;

/// Sets values in an INI, JSON, TOML or YAML file, or in one of `KEY=value`. Comments, order, quotes and layout of all else stay.
/// Values are compared as values: `1.0` and `1.00` are the same number. What is on the way to a new value is made. If a value
/// cannot be set without a change to another one, nothing is written; so is a file that is not valid in its format, or in
/// which the key or section is there twice. Files with Windows line ends keep them.
///
/// `at` is a place such as `server.ports[0]`, or a list such as `[server, ports, 0]` for keys with dots in them. In INI files it is
/// `section.key`, or a key that is in no section. In YAML, values that have a second name (`&`, `*`, `<<`), several documents and brackets over
/// several lines are not edited; null cannot be set.
///
/// Check mode: says how the file would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The file.
    path: HostPath,
    /// By default what the name says: `.ini`, `.json`, `.toml`, `.yaml`, `.yml`, `.env`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<Format>,
    /// Where the value is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<At>,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    /// Whether it is there.
    #[serde(default)]
    state: State,
    /// Several of them, in order, instead of `at`, `value` and `state`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sets: Option<Vec<One>>,
    /// Creates the file if it is missing.
    #[serde(default)]
    create: bool,
    /// Whether blanks are put around the `=` of an INI file; by default as the file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spaces: Option<bool>,
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

/// Where a value is.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
enum At {
    /// Keys with dots between them, and numbers in brackets.
    Text(String),
    /// Keys and numbers.
    Steps(Vec<Step>),
}

/// Whether a value is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It is.
    #[default]
    Present,
    /// It is not.
    Absent,
}

/// One value to set.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct One {
    /// Where it is.
    at: At,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    /// Whether it is there.
    #[serde(default)]
    state: State,
}

/// What became of the file.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is, links followed.
    path: Text,
    /// What was at each place before, in order; null where nothing was.
    before: Vec<Json>,
    /// The backup that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<Text>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    file: FileChange,
    before: Vec<Json>,
}

impl crate::tool::Describe for Change {
    fn diff(&self) -> Vec<crate::diff::Diff> {
        self.file.diff()
    }
}

impl Tool for Edit {
    const NAME: &'static str = "fs.edit";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.edit: { path: /etc/app/app.toml, at: server.port, value: 8080 }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

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
        let Some(format) = args.format() else {
            let message = format!(
                "the name of `{}` does not say what is in it: `format` is needed",
                args.path
            );
            return Err(("format path", message));
        };
        if args.spaces.is_some() && format != Format::Ini {
            let message = "`spaces` is for INI files";
            return Err(("spaces format path", message.to_owned()));
        }
        let name = if args.sets.is_some() { "sets" } else { "at" };
        match (&args.at, &args.sets) {
            (None, None) => return Err((" at sets", "one of `at` and `sets` is needed".to_owned())),
            (_, Some(_)) if args.at.is_some() || args.value.is_some() || args.state != State::Present => {
                let message = "`sets` has `at`, `value` and `state` of its own";
                return Err(("sets at value state", message.to_owned()));
            }
            _ => {}
        }
        for set in args
            .sets(format)
            .map_err(|message| (if name == "at" { "at value state" } else { "sets" }, message))?
        {
            format.check(&set.place, set.value.as_ref()).map_err(|message| {
                (
                    if name == "at" {
                        "at value format path"
                    } else {
                        "sets format path"
                    },
                    message,
                )
            })?;
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let invalid = |message: String| Failure::new(Kind::Invalid, message);
        let format = args
            .format()
            .ok_or_else(|| invalid("`format` is needed".to_owned()))?;
        let sets = args.sets(format).map_err(invalid)?;
        let is_needed = sets.iter().any(|it| it.value.is_some());
        let Some(before) = read_old(&args.path, args.create, is_needed, host)? else {
            return Ok(Finding::Settled(Output {
                path: args.path.as_path().as_os_str().to_owned().into(),
                before: vec![Json::Null; sets.len()],
                backup: None,
            }));
        };
        let before = as_text(&args.path, before)?;
        let edited = data::edit(format, &before, &sets, args.spaces)
            .map_err(|message| invalid(format!("`{}`: {message}", args.path)))?;
        let found = compare_edit(&wanted(args), before.as_bytes(), edited.text.into_bytes(), host)?;
        Ok(match found {
            Ok(written) => Finding::Settled(Output {
                path: written.path,
                before: edited.before,
                backup: None,
            }),
            Err(file) => Finding::Pending(Change {
                file,
                before: edited.before,
            }),
        })
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let written = deploy(&wanted(args), change.file, host)?;
        Ok(Output {
            path: written.path,
            before: change.before,
            backup: written.backup,
        })
    }
}

impl Args {
    fn format(&self) -> Option<Format> {
        let name = self.path.as_path().to_string_lossy();
        self.format.or_else(|| Format::of_name(&name))
    }

    /// What is to be set, in order.
    fn sets(&self, format: Format) -> Result<Vec<Set>, String> {
        let one = self.at.iter().map(|at| One {
            at: at.clone(),
            value: self.value.clone(),
            state: self.state,
        });
        let all = one.chain(self.sets.iter().flatten().cloned());
        all.map(|it| it.read(format)).collect()
    }
}

impl One {
    fn read(self, format: Format) -> Result<Set, String> {
        let place = match (self.at, format) {
            // The names of sections have dots in them more often than keys have.
            (At::Text(text), Format::Ini) => match text.rsplit_once('.') {
                Some((section, key)) => Place(vec![Step::Key(section.to_owned()), Step::Key(key.to_owned())]),
                None => Place(vec![Step::Key(text)]),
            },
            (At::Text(text), Format::Env) => Place(vec![Step::Key(text)]),
            (At::Text(text), _) => Place::read(&text)?,
            (At::Steps(steps), _) => Place(steps),
        };
        if place.0.is_empty() {
            return Err("`at` is empty".to_owned());
        }
        let value = match (self.state, self.value) {
            (State::Present, Some(value)) => Some(value),
            (State::Present, None) => return Err(format!("`value` of `{place}` is needed")),
            (State::Absent, None) if matches!(place.0.last(), Some(Step::Index(_))) => {
                return Err(format!(
                    "each run would take another item away than `{place}`: set the list as a whole"
                ));
            }
            (State::Absent, None) => None,
            (State::Absent, Some(_)) => {
                return Err(format!("`{place}` is to be absent, and has a `value`"));
            }
        };
        Ok(Set { place, value })
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
