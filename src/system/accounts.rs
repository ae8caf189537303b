//! Users and groups, from the account files, else from `getent` where other sources are configured: a static program
//! has no name services of its own.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Program, Reader, table_cache};

/// In check mode: the numbers of accounts for which the host would choose one.
pub const PROVISIONAL: Range<u32> = 0xFFF0_0000..0xFFFF_0000;

/// Where a kind of account is kept.
struct Table {
    path: &'static str,
    database: &'static str,
    noun: &'static str,
}

/// A sort of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// Users, as lines of `/etc/passwd`.
    User,
    /// Groups, as lines of `/etc/group`.
    Group,
}

impl AccountKind {
    const fn table(self) -> &'static Table {
        match self {
            Self::User => &USERS,
            Self::Group => &GROUPS,
        }
    }
}

/// A table of accounts that is larger is not one.
const LARGEST: u64 = 64 << 20;

const USERS: Table = Table {
    path: "/etc/passwd",
    database: "passwd",
    noun: "user",
};
const GROUPS: Table = Table {
    path: "/etc/group",
    database: "group",
    noun: "group",
};

impl Reader<'_> {
    /// The number of a user who is given by name or number.
    ///
    /// # Errors
    /// `not_found`.
    pub fn uid_of(&self, user: &Text) -> Result<u32, Failure> {
        self.id_of(user, &USERS)
    }

    /// The number of a group that is given by name or number.
    ///
    /// # Errors
    /// `not_found`.
    pub fn gid_of(&self, group: &Text) -> Result<u32, Failure> {
        self.id_of(group, &GROUPS)
    }

    /// The name of a user; the number as text where there is none.
    pub fn user_name(&self, uid: u32) -> String {
        self.name_of(uid, &USERS)
    }

    /// The name of a group; the number as text where there is none.
    pub fn group_name(&self, gid: u32) -> String {
        self.name_of(gid, &GROUPS)
    }

    /// The line of an account by name, or by number; a number that is nobody's name is taken for one.
    pub fn account_line(&self, kind: AccountKind, key: &str, is_number: bool) -> Option<String> {
        let table = kind.table();
        let at = |index: usize| move |line: &str| (field(line, index) == Some(key)).then(|| line.to_owned());
        let named = if is_number {
            None
        } else {
            self.scan(table.path, at(0))
        };
        named
            .or_else(|| self.scan(table.path, at(2)))
            .or_else(|| self.getent(key, table))
    }

    /// The lines of all accounts that the host lists.
    pub fn account_lines(&self, kind: AccountKind) -> Vec<String> {
        let table = kind.table();
        let mut lines: Vec<String> = Vec::new();
        let mut add = |line: &str| {
            if !lines.iter().any(|it| field(it, 0) == field(line, 0)) {
                lines.push(line.to_owned());
            }
        };
        self.scan(table.path, |line| {
            add(line);
            None::<()>
        });
        if self.has_other_sources(table.database) {
            let argv = Argv(["getent", table.database].map(Text::from).to_vec());
            let ended = self.ask(&Program::of(&argv), &[About::Domain(Domain::Accounts)]);
            let bytes = ended.map(|it| it.stdout.bytes).unwrap_or_default();
            String::from_utf8_lossy(&bytes).lines().for_each(add);
        }
        lines
    }

    /// The home directory of an account by name; of the account that the call runs as where that is empty.
    ///
    /// # Errors
    /// `not_found` for an account that is not there, `invalid` where its home directory is no absolute path.
    pub fn home_of(&self, name: &[u8]) -> Result<PathBuf, Failure> {
        let own = rustix::process::geteuid().as_raw().to_string();
        let name = String::from_utf8_lossy(name);
        let (key, at) = if name.is_empty() { (&*own, 2) } else { (&*name, 0) };
        let home = |line: &str| (field(line, at) == Some(key)).then(|| field(line, 5).map(str::to_owned))?;
        let known = self
            .scan(USERS.path, home)
            .or_else(|| self.getent(key, &USERS).as_deref().and_then(home));
        let known = match known {
            // An account that no table has: what logged in knows it.
            None if name.is_empty() => std::env::var("HOME").ok(),
            known => known,
        };
        let whose = if name.is_empty() { "this account" } else { &*name };
        let Some(home) = known else {
            self.miss_account();
            let message = if name.is_empty() {
                "the home directory of this account is not known".to_owned()
            } else {
                format!("there is no user `{name}` on this host")
            };
            return Err(Failure::new(Kind::NotFound, message));
        };
        if !home.starts_with('/') {
            let message = format!("the home directory of `{whose}`, `{home}`, is not an absolute path");
            return Err(Failure::new(Kind::Invalid, message));
        }
        Ok(PathBuf::from(home))
    }

    /// In check mode: whether a user is one that an earlier call would make.
    pub fn is_foreseen_user(&self, name: &str) -> bool {
        let named = |line: &str| (field(line, 0) == Some(name)).then_some(());
        let is_there = || table_cache::text(USERS.path).is_ok_and(|it| it.lines().find_map(named).is_some());
        self.differing().is_some() && self.scan(USERS.path, named).is_some() && !is_there()
    }

    /// In check mode: an account is not there, which a package may bring along.
    pub fn miss_account(&self) {
        if let Some(model) = self.differing() {
            for table in [&USERS, &GROUPS] {
                model.raise_coming(Path::new(table.path));
            }
        }
    }

    fn id_of(&self, account: &Text, table: &Table) -> Result<u32, Failure> {
        let name = account.to_string_lossy();
        let named = |line: &str| (field(line, 0) == Some(&*name)).then(|| field(line, 2)?.parse().ok())?;
        if let Some(id) = self.scan(table.path, named) {
            return Ok(id);
        }
        // As chown does: a number is an account's number only where nobody has it as a name.
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let found = self.getent(&name, table).as_deref().and_then(named);
        found.ok_or_else(|| {
            self.miss_account();
            Failure::new(
                Kind::NotFound,
                format!("there is no {} `{name}` on this host", table.noun),
            )
        })
    }

    fn name_of(&self, id: u32, table: &Table) -> String {
        let number = id.to_string();
        let numbered =
            |line: &str| (field(line, 2) == Some(&*number)).then(|| field(line, 0).map(str::to_owned))?;
        self.scan(table.path, numbered)
            .or_else(|| self.getent(&number, table).as_deref().and_then(numbered))
            .unwrap_or(number)
    }

    fn getent(&self, key: &str, table: &Table) -> Option<String> {
        if key.is_empty() || key.starts_with('-') || !self.has_other_sources(table.database) {
            return None;
        }
        let argv = Argv(["getent", table.database, key].map(Text::from).to_vec());
        let ended = self
            .ask(&Program::of(&argv), &[About::Domain(Domain::Accounts)])
            .ok()?;
        let line = String::from_utf8(ended.stdout.bytes).ok()?;
        (ended.exit_code == 0).then(|| line.lines().next().map(str::to_owned))?
    }

    fn scan<T>(&self, path: &'static str, wanted: impl FnMut(&str) -> Option<T>) -> Option<T> {
        if self.differing().is_some() {
            let bytes = self.read(Path::new(path), LARGEST).ok()?;
            return String::from_utf8_lossy(&bytes).lines().find_map(wanted);
        }
        table_cache::text(path).ok()?.lines().find_map(wanted)
    }

    /// Whether accounts come from anywhere but the files, which were read already.
    fn has_other_sources(&self, database: &str) -> bool {
        let is_other = |source: &str| !matches!(source, "files" | "compat");
        let found = self.scan("/etc/nsswitch.conf", |line| {
            let (name, sources) = line.split('#').next()?.split_once(':')?;
            (name.trim() == database).then(|| sources.split_whitespace().any(is_other))
        });
        found.unwrap_or(false)
    }
}

fn field(line: &str, index: usize) -> Option<&str> {
    line.split(':').nth(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Writer;
    use crate::tools::testing::TestLink;

    #[test]
    fn accounts_are_found_by_name_and_number() {
        let link = TestLink::default();
        let host = Writer::new(&link);
        assert_eq!(host.uid_of(&"root".into()), Ok(0));
        assert_eq!(host.gid_of(&"0".into()), Ok(0));
        assert_eq!(host.user_name(0), "root");
        assert_eq!(host.user_name(4_000_000_001), "4000000001");
        let error = host.uid_of(&"no-such-user".into()).unwrap_err();
        assert_eq!(error.kind, Kind::NotFound);
        assert_eq!(error.message, "there is no user `no-such-user` on this host");
    }
}
