//! Users and groups, from the account files, else from `getent` where other sources are configured: a static program
//! has no name services of its own.

use std::fs;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Program, Reader, Show};

/// Where a kind of account is kept.
struct Table {
    path: &'static str,
    database: &'static str,
    noun: &'static str,
}

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

    fn id_of(&self, account: &Text, table: &Table) -> Result<u32, Failure> {
        let name = account.to_string_lossy();
        let named = |line: &str| (field(line, 0) == Some(&*name)).then(|| field(line, 2)?.parse().ok())?;
        if let Some(id) = scan(table.path, named) {
            return Ok(id);
        }
        // As chown does: a number is an account's number only where nobody has it as a name.
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        self.ask(&name, table).as_deref().and_then(named).ok_or_else(|| {
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
        scan(table.path, numbered)
            .or_else(|| self.ask(&number, table).as_deref().and_then(numbered))
            .unwrap_or(number)
    }

    fn ask(&self, key: &str, table: &Table) -> Option<String> {
        if key.is_empty() || key.starts_with('-') || !has_other_sources(table.database) {
            return None;
        }
        let argv = Argv(["getent", table.database, key].map(Text::from).to_vec());
        let ended = self
            .run(&Program {
                show: Show::Nothing,
                ..Program::of(&argv)
            })
            .ok()?;
        let line = String::from_utf8(ended.stdout.bytes).ok()?;
        (ended.exit_code == 0).then(|| line.lines().next().map(str::to_owned))?
    }
}

fn field(line: &str, index: usize) -> Option<&str> {
    line.split(':').nth(index)
}

fn scan<T>(path: &str, wanted: impl Fn(&str) -> Option<T>) -> Option<T> {
    let bytes = fs::read(path).ok()?;
    String::from_utf8_lossy(&bytes).lines().find_map(wanted)
}

/// Whether accounts come from anywhere but the files, which were read already.
fn has_other_sources(database: &str) -> bool {
    scan("/etc/nsswitch.conf", |line| {
        let (name, sources) = line.split('#').next()?.split_once(':')?;
        (name.trim() == database).then(|| {
            sources
                .split_whitespace()
                .any(|source| !matches!(source, "files" | "compat"))
        })
    })
    .unwrap_or(false)
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
