//! Access lists.

use rustix::fs::{FileType, Stat};
use serde::{Deserialize, Serialize};

use crate::argument::{OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{
    AclEntry, AclKind, Attributes, Enter, Follow, Location, Mounts, Reader, Unreadable, Writer,
};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::fs::acl_entry::{Asked, Sort, Wanted, bits, edited, is_base, shown};
use crate::tools::fs::deploy::accounts;

/// `fs.acl`.
#[derive(Debug)]
pub(crate) struct Acl;

/// Gives users and groups rights to what exists, beside its owner, group and mode: entries of its access list. What is not named
/// stays. The mask is made to let through what the entries give, unless one is given; `fs.stat` then shows it as the group's bits. No
/// program is needed. Links in a directory are passed over.
///
/// Check mode: says which lists would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an argument of its own, none a state"
)]
pub(crate) struct Args {
    /// The file or directory. A link at the end of the path stands for what it points to.
    path: HostPath,
    /// Whom the entry is about.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "type")]
    sort: Option<Sort>,
    /// The user or group, by name or number; without it the owner or the group of the thing is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entity: Option<Text>,
    /// What it may do, such as `rw`, `r-x` or `rwX`, where `X` is `x` for directories and for what somebody may execute already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permissions: Option<String>,
    /// The entry is for what is made in the directory from then on.
    #[serde(default)]
    default: bool,
    /// Entries as `setfacl` takes them, such as `user:deploy:rwX` or `default:group:www:rx`, instead of `type` and the others; with `state: absent`
    /// without what they may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<OneOrMany<String>>,
    /// Also everything in the directory; entries for what is made later go to directories alone.
    #[serde(default)]
    recursive: bool,
    /// With `recursive`: also goes into other file systems that are mounted below; otherwise such a mount is a failure.
    #[serde(default)]
    other_file_systems: bool,
    /// Takes away the entries of all other users and groups, of the lists that are named.
    #[serde(default)]
    exclusive: bool,
    /// Whether the entries are there.
    #[serde(default)]
    state: State,
}

/// Whether entries are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// They are.
    #[default]
    Present,
    /// They are not.
    Absent,
}

/// What was changed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The path, links followed.
    path: Text,
    /// The entries of it as they are then, such as `user:deploy:rwx`.
    entries: Vec<String>,
}

/// One list: what it is to be.
#[derive(Debug)]
struct Step {
    path: HostPath,
    kind: AclKind,
    after: Option<Vec<AclEntry>>,
}

/// What is to be changed.
#[derive(Debug)]
pub(crate) struct Change {
    root: Text,
    /// The entries of it as they are to be: names are looked up before anything is changed.
    entries: Vec<String>,
    steps: Vec<Step>,
    diffs: Vec<Diff>,
}

/// More differences than this are counted rather than shown.
const SHOWN: usize = 100;

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        self.diffs.clone()
    }
}

impl Tool for Acl {
    const NAME: &'static str = "fs.acl";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.acl: { path: /srv/app, type: other, permissions: rx }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = Footprint::writes(args.path.area());
        footprint.reads.extend(&accounts());
        footprint
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        let asked = args.asked().map_err(|message| {
            (
                if args.entry.is_some() {
                    "entry state"
                } else {
                    " type entry permissions state entity"
                },
                message,
            )
        })?;
        let is_bad = |it: &&Asked| {
            it.permissions
                .as_ref()
                .is_some_and(|it| bits(it, false).is_none())
        };
        if let Some(bad) = asked.iter().find(is_bad) {
            let text = bad.permissions.as_deref().unwrap_or_default().escape_debug();
            let message =
                format!("`{text}` does not say what somebody may do; write `r`, `w`, `x`, `X` and `-`");
            return Err((
                if args.entry.is_some() {
                    "entry"
                } else {
                    "permissions"
                },
                message,
            ));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let missing = || Failure::new(Kind::NotFound, format!("`{}` does not exist", args.path));
        let place = host
            .locate(args.path.as_path(), Follow::Yes)?
            .ok_or_else(missing)?;
        let stat = place.stat()?.ok_or_else(missing)?;
        let asked = args
            .asked()
            .map_err(|message| Failure::new(Kind::Invalid, message))?;
        let wanted: Vec<Wanted> = asked
            .into_iter()
            .map(|it| it.numbered(host))
            .collect::<Result<_, _>>()?;
        let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        if !is_folder && wanted.iter().any(|it| it.kind == AclKind::Default) {
            let message = format!(
                "`{}` is not a directory, in which things could be made",
                args.path
            );
            return Err(Failure::new(Kind::Conflict, message));
        }
        let mut change = Change {
            root: place.path().into_os_string().into(),
            entries: Vec::new(),
            steps: Vec::new(),
            diffs: Vec::new(),
        };
        look(args, &wanted, &place, &stat, &mut change, host)?;
        if args.recursive && is_folder {
            let mounts = Mounts::entered(args.other_file_systems);
            host.walk_over(&place, Unreadable::Fail, mounts, &mut |seen| {
                look(args, &wanted, &seen.at, &seen.stat, &mut change, host)?;
                Ok(Enter::Yes)
            })?;
        }
        if change.steps.is_empty() {
            return Output::of(&place, &[], host).map(Finding::Settled);
        }
        change.entries = Output::of(&place, &change.steps, host)?.entries;
        Ok(Finding::Pending(change))
    }

    fn apply(_: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        // What is deepest comes first, so that a directory is left open until all in it is done.
        for step in change.steps.iter().rev() {
            host.check_canceled()?;
            if let Some(at) = host.locate(step.path.as_path(), Follow::No)? {
                host.set_acl(&at, step.kind, step.after.as_deref())?;
            }
        }
        Ok(Output {
            path: change.root,
            entries: change.entries,
        })
    }
}

/// What differs about one thing.
fn look(
    args: &Args,
    wanted: &[Wanted],
    at: &Location,
    stat: &Stat,
    change: &mut Change,
    host: &Reader<'_>,
) -> Result<(), Failure> {
    let sort = FileType::from_raw_mode(stat.st_mode);
    if sort == FileType::Symlink {
        return Ok(());
    }
    let is_folder = sort == FileType::Directory;
    for kind in [AclKind::Access, AclKind::Default] {
        let own: Vec<&Wanted> = wanted.iter().filter(|it| it.kind == kind).collect();
        if own.is_empty() || kind == AclKind::Default && !is_folder {
            continue;
        }
        let before = host.acl(at, kind)?;
        let base = match (&before, kind) {
            (Some(before), _) => before.clone(),
            (None, _) => host
                .acl(at, AclKind::Access)?
                .unwrap_or_default()
                .into_iter()
                .filter(|(tag, _)| is_base(*tag))
                .collect(),
        };
        let is_executable = is_folder || stat.st_mode & 0o111 != 0;
        let after = edited(
            base,
            &own,
            args.state == State::Present,
            args.exclusive,
            is_executable,
        );
        let after = match (&before, args.state) {
            (None, State::Absent) => None,
            _ => Some(after),
        };
        if after == before {
            continue;
        }
        let path = at.path();
        let title = path.to_string_lossy().into_owned();
        host.check_changeable(at, stat, &Attributes::default())?;
        if change.diffs.len() < SHOWN {
            let name = match kind {
                AclKind::Access => "access list",
                AclKind::Default => "access list of what is made in it",
            };
            let text =
                |entries: &Option<Vec<AclEntry>>| entries.as_ref().map(|it| shown(it, host).join(", "));
            change.diffs.push(Diff::of_property(
                &title,
                name,
                text(&before).as_deref(),
                text(&after).as_deref(),
            ));
        }
        let path = HostPath::new(Text::from(path.into_os_string()).as_bytes())
            .map_err(|message| Failure::new(Kind::Invalid, message))?;
        change.steps.push(Step { path, kind, after });
    }
    Ok(())
}

impl Output {
    /// What is to be known of a thing once these steps are done.
    fn of(at: &Location, steps: &[Step], host: &Reader<'_>) -> Result<Self, Failure> {
        let path = at.path();
        let list = |kind: AclKind| {
            let step = steps
                .iter()
                .find(|it| it.kind == kind && it.path.as_path() == path);
            step.map_or_else(|| host.acl(at, kind), |it| Ok(it.after.clone()))
        };
        let mut entries = shown(&list(AclKind::Access)?.unwrap_or_default(), host);
        let stat = at.stat()?.map_or(0, |it| it.st_mode);
        if FileType::from_raw_mode(stat) == FileType::Directory {
            let made = list(AclKind::Default)?.unwrap_or_default();
            entries.extend(shown(&made, host).into_iter().map(|it| format!("default:{it}")));
        }
        Ok(Self {
            path: path.into_os_string().into(),
            entries,
        })
    }
}

impl Args {
    fn asked(&self) -> Result<Vec<Asked>, String> {
        let is_present = self.state == State::Present;
        match (&self.entry, self.sort) {
            (Some(all), None) if self.entity.is_none() && self.permissions.is_none() && !self.default => {
                all.0.iter().map(|it| Asked::read(it, is_present)).collect()
            }
            (Some(_), _) => Err(
                "`entry` says it all: `type`, `entity`, `permissions` and `default` are not given beside it"
                    .to_owned(),
            ),
            (None, None) => Err("one of `type` and `entry` is needed".to_owned()),
            (None, Some(sort)) => {
                let asked = Asked {
                    kind: if self.default {
                        AclKind::Default
                    } else {
                        AclKind::Access
                    },
                    sort,
                    entity: self.entity.clone(),
                    permissions: self.permissions.clone(),
                };
                asked.verify(is_present)?;
                Ok(vec![asked])
            }
        }
    }
}
