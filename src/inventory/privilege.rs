//! What is said of the user that calls act as, at each level of a playbook.

use crate::login::Method;
use crate::source::Spanned;
use crate::template::Form;

/// What one level says; an inner level says it over an outer one, part by part.
#[derive(Debug, Clone, Default)]
pub struct Privilege {
    /// Whether calls act as another user than the one who logged in.
    pub is_on: Option<bool>,
    /// As whom: a text, possibly with templates.
    pub user: Option<Spanned<Form>>,
    /// How.
    pub method: Option<Method>,
    /// The password.
    pub password: Option<Spanned<Answer>>,
}

/// What is answered where a password is asked for.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The secret of this name.
    Secret(String),
    /// This value, which an inventory gives: it is read when it is needed, and is a secret, too.
    Value(Form),
}

impl Privilege {
    /// What this level says, and where it says nothing, what the one around it says.
    #[must_use]
    pub fn over(&self, outer: &Self) -> Self {
        Self {
            is_on: self.is_on.or(outer.is_on),
            user: self.user.as_ref().or(outer.user.as_ref()).cloned(),
            method: self.method.or(outer.method),
            password: self.password.as_ref().or(outer.password.as_ref()).cloned(),
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.is_on.is_none() && self.user.is_none() && self.method.is_none() && self.password.is_none()
    }
}
