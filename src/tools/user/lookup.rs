//! Looks up an account.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::Failure;
use crate::system::{AccountKind, Reader, Writer};
use crate::tool::{Access, Area, Finding, Footprint, Tool};

/// `user.lookup`.
#[derive(Debug)]
pub(crate) struct Lookup;

/// Says what the host knows of a user or group, by name or number, or of all of them. That there is none is an answer, not a
/// failure. Accounts of a directory service are found where the host's `nsswitch.conf` names one: of a user by `getent`, and
/// among all of them as far as the service lists them.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The name, or a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Text>,
    /// The number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    /// What is looked up; `all`: every user and group, where neither `name` nor `id` is given.
    #[serde(default)]
    kind: Kind,
}

/// What is looked up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// A user.
    #[default]
    User,
    /// A group.
    Group,
    /// Everybody.
    All,
}

/// What is known. All but `exists` is there only if the account is.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Whether there is such an account.
    exists: bool,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The number of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    /// The number of a group, or of a user's own group.
    #[serde(skip_serializing_if = "Option::is_none")]
    gid: Option<u32>,
    /// The home directory of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    home: Option<String>,
    /// The shell of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    shell: Option<String>,
    /// The names of the groups that a user is in, the own one first.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<String>>,
    /// Who a user is, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    /// The names of those who are in a group, but for those whose own group it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<String>>,
    /// Of `all`: every user.
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Vec<UserLine>>,
    /// Of `all`: every group.
    #[serde(skip_serializing_if = "Option::is_none")]
    all_groups: Option<Vec<GroupLine>>,
}

/// A user.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct UserLine {
    /// The name.
    name: String,
    /// The number.
    uid: u32,
    /// The number of the own group.
    gid: u32,
    /// The home directory.
    home: String,
    /// The shell.
    shell: String,
    /// Who it is, for people.
    comment: String,
}

/// A group.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct GroupLine {
    /// The name.
    name: String,
    /// The number.
    gid: u32,
    /// The names of those who are in it.
    members: Vec<String>,
}

impl UserLine {
    fn of(line: &str) -> Option<Self> {
        let [name, _, uid, gid, comment, home, shell] = line.split(':').collect::<Vec<_>>()[..] else {
            return None;
        };
        Some(Self {
            name: name.to_owned(),
            uid: uid.parse().ok()?,
            gid: gid.parse().ok()?,
            home: home.to_owned(),
            shell: shell.to_owned(),
            comment: comment.to_owned(),
        })
    }
}

impl GroupLine {
    fn of(line: &str) -> Option<Self> {
        let [name, _, gid, members] = line.split(':').collect::<Vec<_>>()[..] else {
            return None;
        };
        let members = members.split(',').filter(|it| !it.is_empty());
        Some(Self {
            name: name.to_owned(),
            gid: gid.parse().ok()?,
            members: members.map(str::to_owned).collect(),
        })
    }
}

impl Tool for Lookup {
    const NAME: &'static str = "user.lookup";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "user.lookup: www-data";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        let paths = ["/etc/passwd", "/etc/group", "/etc/nsswitch.conf"];
        Footprint::reads(Area::Paths(paths.map(str::to_owned).into()))
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        match (&args.name, args.id, args.kind) {
            (Some(_), Some(_), _) => {
                let message = "`name` and `id` exclude each other";
                Err(("id name", message.to_owned()))
            }
            (None, None, Kind::User | Kind::Group) => {
                let message = "one of `name` and `id` is needed, or `kind: all`";
                Err((" name id kind", message.to_owned()))
            }
            (Some(_), _, Kind::All) | (_, Some(_), Kind::All) => {
                let message = "`kind: all` takes neither `name` nor `id`";
                Err(("kind name id", message.to_owned()))
            }
            (Some(name), ..) if name.0.is_empty() || name.0.iter().any(|it| b":\n\0,".contains(it)) => {
                let message = "`name` must be the name or number of an account";
                Err(("name", message.to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let key = match (&args.name, args.id) {
            (Some(name), _) => name.to_string_lossy().into_owned(),
            (None, Some(id)) => id.to_string(),
            (None, None) => String::new(),
        };
        let output = match args.kind {
            Kind::User => user(&key, args.id.is_some(), host),
            Kind::Group => group(&key, args.id.is_some(), host),
            Kind::All => Output {
                exists: true,
                users: Some(all(AccountKind::User, UserLine::of, host)),
                all_groups: Some(all(AccountKind::Group, GroupLine::of, host)),
                ..Output::default()
            },
        };
        if !output.exists {
            host.miss_account();
        }
        Ok(Finding::Settled(output))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}

fn all<T>(kind: AccountKind, read: fn(&str) -> Option<T>, host: &Reader<'_>) -> Vec<T> {
    let lines = host.account_lines(kind);
    lines.iter().filter_map(|line| read(line)).collect()
}

fn user(key: &str, is_number: bool, host: &Reader<'_>) -> Output {
    let line = host.account_line(AccountKind::User, key, is_number);
    let Some(user) = line.as_deref().and_then(UserLine::of) else {
        return Output::default();
    };
    let groups = all(AccountKind::Group, GroupLine::of, host);
    let own = groups.iter().find(|it| it.gid == user.gid);
    let is_in = |it: &&GroupLine| it.gid != user.gid && it.members.contains(&user.name);
    let mut others: Vec<_> = groups.iter().filter(is_in).map(|it| it.name.clone()).collect();
    others.sort();
    let mut names: Vec<_> = own.map(|it| it.name.clone()).into_iter().collect();
    names.append(&mut others);
    Output {
        exists: true,
        name: Some(user.name),
        uid: Some(user.uid),
        gid: Some(user.gid),
        home: Some(user.home),
        shell: Some(user.shell),
        groups: Some(names),
        comment: Some(user.comment),
        ..Output::default()
    }
}

fn group(key: &str, is_number: bool, host: &Reader<'_>) -> Output {
    let line = host.account_line(AccountKind::Group, key, is_number);
    let Some(group) = line.as_deref().and_then(GroupLine::of) else {
        return Output::default();
    };
    Output {
        exists: true,
        name: Some(group.name),
        gid: Some(group.gid),
        members: Some(group.members),
        ..Output::default()
    }
}
