//! How calls come to act as another user of their host.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The program that changes the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// `sudo`, or `sudo-rs` under that name. It asks for the password of the account that logged in.
    Sudo,
    /// `doas`. It asks for the same.
    Doas,
    /// `su`. It asks for the password of the account that is changed to, and root is not asked.
    Su,
}

impl Method {
    /// All of them, in the order in which they are tried where none is named.
    pub const ALL: [Self; 3] = [Self::Sudo, Self::Doas, Self::Su];

    /// The program.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Sudo => "sudo",
            Self::Doas => "doas",
            Self::Su => "su",
        }
    }

    /// The method whose program this is.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.program() == name)
    }
}

/// How long a password may be that is typed at a terminal, in bytes: a line there has no more.
pub const PASSWORD_LIMIT: usize = 4094;

/// A password. It travels to the agent that needs it, and is never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password(String);

impl Password {
    /// A password; line ends after it are not part of it.
    pub fn new(text: &str) -> Self {
        Self(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// The password itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// An account that calls act as, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The user.
    pub user: String,
    /// How; where nothing is said, the first of [`Method::ALL`] that the host has.
    pub method: Option<Method>,
    /// What is answered where a password is asked for.
    pub password: Option<Password>,
    /// How long the start of that user's agent may take, in milliseconds.
    pub timeout_ms: u64,
}

/// Whether a text can be the name of a user: a program takes it as an argument, and a shell as `~name`.
pub fn is_user(name: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || "_.-@".contains(c);
    let name = name.strip_suffix('$').unwrap_or(name);
    name.len() <= 256
        && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let login = Login {
            user: "root".into(),
            method: None,
            password: Some(Password::new("hunter2\n")),
            timeout_ms: 1,
        };
        assert!(!format!("{login:?}").contains("hunter2"));
        assert_eq!(login.password.unwrap().reveal(), "hunter2");
    }

    #[test]
    fn what_is_an_option_or_a_word_of_the_shell_is_no_user() {
        for name in ["root", "www-data", "svc.app", "joe@corp", "host$", "_x"] {
            assert!(is_user(name), "{name}");
        }
        for name in ["", "-u", "a b", "$(x)", "a/b", "#0", "a;b", "~x", "a$b"] {
            assert!(!is_user(name), "{name}");
        }
    }
}
