//! What is answered where ssh asks for a password.

use crate::login::Password;

/// What is answered to one ssh.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// The password of the account that it logs in as.
    pub password: Option<Password>,
    /// The passphrase of a private key.
    pub passphrase: Option<Password>,
}

impl Answers {
    /// Whether there is an answer to nothing: ssh does not ask then.
    pub fn is_empty(&self) -> bool {
        self.password.is_none() && self.passphrase.is_none()
    }
}

/// What is answered to the ssh of a host, and to each on the way to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Of the host itself.
    pub own: Answers,
    /// Of its jump hosts, in the order in which they are passed; those that are not listed are answered nothing.
    pub way: Vec<Answers>,
}

impl Credentials {
    /// Whether no ssh asks.
    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.way.iter().all(Answers::is_empty)
    }

    /// Whether the jump host at a place asks.
    pub(super) fn asks_at(&self, place: usize) -> bool {
        self.way.get(place).is_some_and(|it| !it.is_empty())
    }
}
