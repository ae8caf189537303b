//! What is answered where ssh asks on its way to a host.

use crate::inventory::privilege::Answer;
use crate::source::Spanned;

/// What a host says of it.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// The password of the account that logs in.
    pub password: Option<Spanned<Answer>>,
    /// The passphrase of a private key.
    pub passphrase: Option<Spanned<Answer>>,
}

impl Answers {
    /// All that are there.
    pub fn all(&self) -> impl Iterator<Item = &Spanned<Answer>> {
        self.password.iter().chain(&self.passphrase)
    }
}
