//! The account files.

use std::cell::Cell;
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::system::Reader;

const LIMIT: u64 = 16 << 20;

/// A line of `/etc/passwd`, with what `/etc/shadow` says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::tools) struct User {
    pub(in crate::tools) name: String,
    pub(in crate::tools) uid: u32,
    pub(in crate::tools) gid: u32,
    pub(in crate::tools) comment: String,
    pub(in crate::tools) home: String,
    pub(in crate::tools) shell: String,
    /// The hash; `None` where it may not be read.
    pub(in crate::tools) password: Option<String>,
    /// The day on which it expires, counted from 1970; `None`: never, or it may not be read.
    pub(in crate::tools) expires: Option<u64>,
    /// After how many days its password has to be changed; `None`: never, or it may not be read.
    pub(in crate::tools) max_days: Option<i32>,
    /// How many days it has to be kept, how many before that end its user is warned, and how many after it the account is
    /// closed; `None`: none of them, or it may not be read.
    pub(in crate::tools) min_days: Option<i32>,
    pub(in crate::tools) warn_days: Option<i32>,
    pub(in crate::tools) inactive_days: Option<i32>,
}

/// A line of `/etc/group`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::tools) struct Group {
    pub(in crate::tools) name: String,
    pub(in crate::tools) gid: u32,
    pub(in crate::tools) members: Vec<String>,
}

/// All accounts of the host's own files.
#[derive(Debug, Default)]
pub(in crate::tools) struct Accounts {
    users: Vec<User>,
    groups: Vec<Group>,
    /// Whether `/etc/shadow` could be read.
    pub(in crate::tools) has_shadow: bool,
    /// Whether one was looked for and is not there.
    is_missed: Cell<bool>,
}

impl Accounts {
    /// Reads the files.
    ///
    /// # Errors
    /// Where `/etc/passwd` or `/etc/group` cannot be read.
    pub(in crate::tools) fn read(host: &Reader<'_>) -> Result<Self, Failure> {
        let read = |path: &str| {
            let bytes = host.read(Path::new(path), LIMIT);
            bytes.map(|it| String::from_utf8_lossy(&it).into_owned())
        };
        let shadow = match read("/etc/shadow") {
            Ok(text) => Some(text),
            Err(failure) if matches!(failure.kind, Kind::PermissionDenied | Kind::NotFound) => None,
            Err(failure) => return Err(failure),
        };
        let all = Self::parse(
            &read("/etc/passwd")?,
            &read("/etc/group")?,
            shadow.as_deref().unwrap_or_default(),
        );
        Ok(Self {
            has_shadow: shadow.is_some(),
            ..all
        })
    }

    fn parse(passwd: &str, group: &str, shadow: &str) -> Self {
        let mut users: Vec<User> = passwd.lines().filter_map(user).collect();
        for line in shadow.lines() {
            let fields: Vec<&str> = line.split(':').collect();
            let named = users
                .iter_mut()
                .find(|it| Some(&*it.name) == fields.first().copied());
            if let (Some(user), [_, password, ..]) = (named, &*fields) {
                user.password = Some((*password).to_owned());
                user.expires = fields.get(7).and_then(|it| it.parse().ok());
                let days = |at: usize| {
                    let days = fields.get(at).and_then(|it| it.parse().ok());
                    days.filter(|it| *it >= 0)
                };
                user.max_days = days(4);
                user.min_days = days(3);
                user.warn_days = days(5);
                user.inactive_days = days(6);
            }
        }
        Self {
            is_missed: Cell::new(false),
            users,
            groups: group.lines().filter_map(self::group).collect(),
            has_shadow: true,
        }
    }

    /// A user by name.
    pub(in crate::tools) fn user(&self, name: &str) -> Option<&User> {
        let found = self.users.iter().find(|it| it.name == name);
        self.is_missed.set(self.is_missed.get() || found.is_none());
        found
    }

    /// A group by name.
    pub(in crate::tools) fn group(&self, name: &str) -> Option<&Group> {
        let found = self.groups.iter().find(|it| it.name == name);
        self.is_missed.set(self.is_missed.get() || found.is_none());
        found
    }

    /// Lets the host know, once all was looked for, whether something is not there.
    pub(in crate::tools) fn looked(&self, host: &Reader<'_>) {
        if self.is_missed.get() {
            host.miss_account();
        }
    }

    /// A group by name or number.
    pub(in crate::tools) fn group_of(&self, text: &str) -> Option<&Group> {
        self.group(text)
            .or_else(|| self.groups.iter().find(|it| Some(it.gid) == text.parse().ok()))
    }

    /// The name of a group; its number where it has none.
    pub(in crate::tools) fn group_name(&self, gid: u32) -> String {
        let found = self.groups.iter().find(|it| it.gid == gid);
        found.map_or_else(|| gid.to_string(), |it| it.name.clone())
    }

    /// The groups that have a user as a member, by name; the user's own group is not among them.
    pub(in crate::tools) fn groups_of(&self, user: &str) -> Vec<String> {
        let is_in = |it: &&Group| it.members.iter().any(|member| member == user);
        let mut names: Vec<String> = self
            .groups
            .iter()
            .filter(is_in)
            .map(|it| it.name.clone())
            .collect();
        names.sort();
        names
    }

    /// Everybody.
    pub(in crate::tools) fn users(&self) -> &[User] {
        &self.users
    }

    /// Who has a number.
    pub(in crate::tools) fn user_with(&self, uid: u32) -> Option<&User> {
        self.users.iter().find(|it| it.uid == uid)
    }
}

fn user(line: &str) -> Option<User> {
    let [name, _, uid, gid, comment, home, shell] = line.split(':').collect::<Vec<_>>()[..] else {
        return None;
    };
    Some(User {
        name: name.to_owned(),
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        comment: comment.to_owned(),
        home: home.to_owned(),
        shell: shell.to_owned(),
        ..User::default()
    })
}

fn group(line: &str) -> Option<Group> {
    let [name, _, gid, members] = line.split(':').collect::<Vec<_>>()[..] else {
        return None;
    };
    let members = members.split(',').filter(|it| !it.is_empty()).map(str::to_owned);
    Some(Group {
        name: name.to_owned(),
        gid: gid.parse().ok()?,
        members: members.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_groups_hashes_and_days_on_which_they_expire() {
        let all = Accounts::parse(
            "root:x:0:0:root:/root:/bin/bash\nweb:x:1001:1001:Web,,,:/srv/web:/usr/sbin/nologin\n+nis\nbroken:x:y\n",
            "root:x:0:\nweb:x:1001:\nadm:x:4:web,syslog\ndocker:x:998:web\n",
            "root:*:19000:0:99999:7:::\nweb:$y$j9T$abc:19000:0:99999:7::20000:\n",
        );
        let web = all.user("web").unwrap();
        assert_eq!(
            (web.uid, web.gid, &*web.comment, &*web.home),
            (1001, 1001, "Web,,,", "/srv/web")
        );
        assert_eq!(
            (web.password.as_deref(), web.expires),
            (Some("$y$j9T$abc"), Some(20000))
        );
        assert_eq!(all.user("root").unwrap().expires, None);
        assert_eq!(all.groups_of("web"), ["adm", "docker"]);
        assert_eq!(all.group_of("998").unwrap().name, "docker");
        assert_eq!(all.group_name(1001), "web");
        assert_eq!(all.user("broken"), None);
    }
}
