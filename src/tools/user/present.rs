//! Makes sure that there is a user.

use std::path::Path;

use rustix::process::getuid;
use serde::{Deserialize, Serialize};

use crate::argument::{FileMode, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Area, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::accounts::day;
use crate::tools::accounts::{AccountChange, Accounts, Property, User, check_name};
use crate::tools::user::{change, home, wanted};

/// When a password is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum UpdatePassword {
    /// Where it differs.
    #[default]
    Always,
    /// For a new user only.
    OnCreate,
}

/// `user.present`.
#[derive(Debug)]
pub(crate) struct Present;

/// Makes sure that there is a user. Only what is given is changed: a shell, a home or a comment that is not given stays as
/// it is. A password is a hash, as `openssl passwd -6` or `mkpasswd` make it; it is never shown, and never an argument of
/// a program. On hosts without `usermod`, such as those with `BusyBox` alone, a user can be made, put into groups and given a
/// password, and what else would have to be changed is an error; that way was not tried on a host. `user.ssh_key`
/// makes keys.
///
/// Check mode: says what would be made or changed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an argument of its own, none a state"
)]
pub(crate) struct Args {
    /// The name.
    pub(super) name: String,
    /// The number; files that belong to the old one, but for the home, are not looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<u32>,
    /// The user's own group, by name or number; a new user gets a group of its own name otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<Text>,
    /// Other groups that the user is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) groups: Option<Vec<String>>,
    /// The user stays in groups that are not named in `groups`.
    #[serde(default = "yes")]
    pub(super) append: bool,
    /// Who it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    /// The home directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) home: Option<HostPath>,
    /// A home that changes is moved to its new place, where nothing may be yet.
    #[serde(default)]
    pub(super) move_home: bool,
    /// Whether a new user's home is made; where this is not given, it is, unless the user is one of the system. What is there
    /// already stays as it is, and a warning names its owner. `true` also makes the home of a user who is there and has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) create_home: Option<bool>,
    /// The shell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shell: Option<HostPath>,
    /// A new user is one of the system: its number is of those for services.
    #[serde(default)]
    pub(super) system: bool,
    /// The hash of the password, such as `$y$j9T$...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password: Option<String>,
    /// When the password is set: always where it differs, or only for a new user.
    #[serde(default)]
    pub(super) update_password: UpdatePassword,
    /// Sets the password only for a new user, as `update_password: on_create` does.
    #[serde(default)]
    pub(super) password_once: bool,
    /// After how many days a password has to be changed; -1: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 99999))]
    pub(super) password_max_days: Option<i32>,
    /// How many days a password has to be kept before it may be changed; -1: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 99999))]
    pub(super) password_min_days: Option<i32>,
    /// How many days before a password has to be changed the user is warned; -1: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 99999))]
    pub(super) password_warn_days: Option<i32>,
    /// How many days after a password had to be changed the account is closed; -1: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 99999))]
    pub(super) password_inactive_days: Option<i32>,
    /// The directory that a new home is filled from, instead of `/etc/skel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) skeleton: Option<HostPath>,
    /// The bits that a new home does not get, such as 0077, instead of what `/etc/login.defs` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) umask: Option<FileMode>,
    /// `uid` may be a number that somebody else has, too.
    #[serde(default)]
    pub(super) non_unique: bool,
    /// Whether the password is locked, so that nobody logs in with it; keys still work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) locked: Option<bool>,
    /// The day from which on nobody logs in, as `2027-01-31`, or `never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<String>,
}

const fn yes() -> bool {
    true
}

/// One of the times after which something comes of a password.
pub(super) struct Age {
    pub(super) name: &'static str,
    /// What is asked for.
    pub(super) days: Option<i32>,
    /// The option of `chage`.
    pub(super) option: &'static str,
    /// What it is of a user.
    pub(super) of: fn(&User) -> Option<i32>,
}

impl Args {
    pub(super) fn ages(&self) -> [Age; 4] {
        let age = |name, days, option, of| Age {
            name,
            days,
            option,
            of,
        };
        [
            age("password_max_days", self.password_max_days, "-M", |it| {
                it.max_days
            }),
            age("password_min_days", self.password_min_days, "-m", |it| {
                it.min_days
            }),
            age("password_warn_days", self.password_warn_days, "-W", |it| {
                it.warn_days
            }),
            age(
                "password_inactive_days",
                self.password_inactive_days,
                "-I",
                |it| it.inactive_days,
            ),
        ]
    }
}

/// The user.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The name.
    name: String,
    /// The number.
    uid: u32,
    /// The number of the user's own group.
    gid: u32,
    /// The home directory.
    home: String,
    /// The shell.
    shell: String,
    /// The other groups that the user is in.
    groups: Vec<String>,
}

impl Tool for Present {
    const NAME: &'static str = "user.present";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "user.present: { name: deploy, groups: [docker], shell: /bin/bash }";

    type Args = Args;
    type Change = AccountChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::ACCOUNTS
    }

    fn establishes(args: &Args) -> Option<Spoils> {
        // Who comes with a package may have another home.
        let home = args.home.is_none().then(|| format!("/home/{}", args.name));
        Some(Spoils::of(Area::Paths(home.into_iter().collect())))
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_name("user", &args.name).map_err(|it| ("name", it))?;
        for group in args.groups.iter().flatten() {
            check_name("group", group).map_err(|it| ("groups", it))?;
        }
        if args.comment.as_ref().is_some_and(|it| it.contains([':', '\n'])) {
            let message = "`comment` must be one line without a colon";
            return Err(("comment", message.to_owned()));
        }
        let paths = [
            ("home", &args.home),
            ("shell", &args.shell),
            ("skeleton", &args.skeleton),
        ];
        for (name, path) in paths {
            let is_odd = |it: &HostPath| it.to_string().contains([':', '\n']);
            if path.as_ref().is_some_and(is_odd) {
                return Err((
                    name,
                    format!("`{name}` must not have a colon or a line break in it"),
                ));
            }
        }
        if let Some(hash) = &args.password {
            let is_hash = hash.starts_with('$') || matches!(&**hash, "*" | "!");
            if !is_hash || hash.contains([':', '\n', ' ']) {
                let message =
                    "`password` must be a hash, as `openssl passwd -6` makes it, not the password itself";
                return Err(("password", message.to_owned()));
            }
        }
        for age in args.ages() {
            if age.days.is_some_and(|it| !(-1..=99_999).contains(&it)) {
                let message = format!("`{}` is a number of days up to 99999, or -1", age.name);
                return Err((age.name, message));
            }
        }
        if args.non_unique && args.uid.is_none() {
            let message = "`non_unique` is about `uid`, which is not given";
            return Err(("non_unique uid", message.to_owned()));
        }
        let day = args.expires.as_deref().filter(|it| *it != "never");
        match day.filter(|it| day::day(it).is_none()) {
            None => Ok(()),
            Some(day) => {
                let day = day.escape_debug();
                let message = format!("`{day}` is not a day; write it as 2027-01-31, or never");
                Err(("expires", message))
            }
        }
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let accounts = Accounts::read(host)?;
        let properties = wanted::differences(args, &accounts);
        accounts.looked(host);
        let mut properties = properties?;
        if args.create_home == Some(true)
            && let Some(user) = accounts.user(&args.name)
            && !properties.iter().any(|it| it.name == "home")
            && host.metadata(Path::new(&user.home), Follow::Yes)?.is_none()
        {
            properties.push(Property {
                name: home::DIRECTORY,
                before: Some("missing".into()),
                after: Some("present".into()),
            });
        }
        if properties.is_empty() {
            return output(args, &accounts).map(Finding::Settled);
        }
        let change = AccountChange {
            title: format!("user {}", args.name),
            properties,
        };
        change::refuse_impossible(args, &change, host)?;
        home::look(args, &accounts, &change, host)?;
        host.check_root(&format!("the user `{}` cannot be changed", args.name))?;
        Ok(Finding::Pending(change))
    }

    fn apply(args: &Args, change: AccountChange, host: &Writer<'_>) -> Result<Output, Failure> {
        change::make(args, &change, host)?;
        let accounts = complete(args, &change, host)?;
        if let (Some(_), Some(user)) = (change.after(home::DIRECTORY), accounts.user(&args.name)) {
            home::make(args, user, host)?;
        }
        let is_own = accounts
            .user(&args.name)
            .is_some_and(|it| it.uid == getuid().as_raw());
        if is_own && change.after("groups").is_some() {
            host.link().warn(format!(
                "`{}` is who the calls run as: new groups count from the next connection on",
                args.name
            ));
        }
        output(args, &accounts)
    }
}

/// The accounts once all that was asked for is true: programs drop in silence what they do not do for a new user.
fn complete(args: &Args, change: &AccountChange, host: &Writer<'_>) -> Result<Accounts, Failure> {
    let mut accounts = Accounts::read(host)?;
    let mut left = wanted::differences(args, &accounts)?;
    if !left.is_empty() && change.is_new() && accounts.user(&args.name).is_some() {
        let rest = AccountChange {
            title: change.title.clone(),
            properties: left,
        };
        change::refuse_impossible(args, &rest, host)?;
        change::make(args, &rest, host)?;
        accounts = Accounts::read(host)?;
        left = wanted::differences(args, &accounts)?;
    }
    if left.is_empty() {
        return Ok(accounts);
    }
    let names: Vec<&str> = left.iter().map(|it| it.name).collect();
    let message = format!(
        "`{}` was changed, and is still not as wanted: {}",
        args.name,
        names.join(", ")
    );
    Err(Failure::new(Kind::CommandFailed, message))
}

fn output(args: &Args, accounts: &Accounts) -> Result<Output, Failure> {
    let user = accounts.user(&args.name).ok_or_else(|| {
        let message = format!("the user `{}` was made, and is not there", args.name);
        Failure::new(Kind::CommandFailed, message)
    })?;
    Ok(Output {
        name: user.name.clone(),
        uid: user.uid,
        gid: user.gid,
        home: user.home.clone(),
        shell: user.shell.clone(),
        groups: accounts.groups_of(&user.name),
    })
}
