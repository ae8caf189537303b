//! Names and ids that cross module boundaries, each with one checking constructor.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A host of the inventory, by its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostId(pub u32);

/// A round of the playbook, by its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoundId(pub u32);

/// An entry (call, group, fail) of the playbook, numbered in written order over all rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub u32);

/// A file in use: the playbook itself, or what an import brings in, once for each import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitId(pub u32);

impl UnitId {
    /// The playbook itself.
    pub const PLAYBOOK: Self = Self(0);
}

macro_rules! index {
    ($($name:ident),*) => {$(
        impl $name {
            /// The number as an index.
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The id at an index.
            pub fn at(index: usize) -> Self {
                Self(u32::try_from(index).expect("fewer than 2^32 of them"))
            }
        }
    )*};
}
index!(HostId, RoundId, EntryId, UnitId);

/// The name of a host: what `host.name` gives and every message shows.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct HostName(Arc<str>);

impl HostName {
    /// Checks a name: letters, digits and `._:%@-`, not empty, not beginning with `-`, at most 255 bytes. What
    /// passes can stand as an argument of `ssh` and in a file name.
    ///
    /// # Errors
    /// Gives the sentence that says what is wrong.
    pub fn new(name: &str) -> Result<Self, String> {
        if name.is_empty() {
            return Err("a host name must not be empty".into());
        }
        if name.len() > 255 {
            return Err("a host name has at most 255 bytes".into());
        }
        if name.starts_with('-') {
            return Err(format!("the host name `{name}` begins with `-`"));
        }
        match name
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || "._:%@-".contains(*c)))
        {
            Some(bad) => Err(format!(
                "the host name `{name}` contains `{}`",
                bad.escape_default()
            )),
            None => Ok(Self(name.into())),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for HostName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether what has this name is a password or the like, by how such things are called: never shown by those who only
/// explain where it is.
pub fn is_private(name: &str) -> bool {
    const ENDS: [&str; 12] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "api_key",
        "apikey",
        "access_key",
        "secret_key",
        "private_key",
        "credential",
        "credentials",
    ];
    let name = name.to_ascii_lowercase().replace('-', "_");
    if ["update_password", "nopasswd", "no_password"].contains(&name.as_str()) {
        return false;
    }
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let last = bare.rsplit(['_', '.']).next().unwrap_or(bare);
    ENDS.iter().any(|end| bare.ends_with(end)) || matches!(last, "pass" | "pwd" | "pw")
}
