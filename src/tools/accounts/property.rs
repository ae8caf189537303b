//! What differs about an account.

use crate::diff::Diff;
use crate::tool::Describe;

/// One property that is to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tools) struct Property {
    /// Its name.
    pub(in crate::tools) name: &'static str,
    /// What it is; `None`: the account is not there yet.
    pub(in crate::tools) before: Option<String>,
    /// What it is to be; `None`: the account goes.
    pub(in crate::tools) after: Option<String>,
}

/// What is to be done to an account.
#[derive(Debug)]
pub(crate) struct AccountChange {
    /// The account, with its sort: `user web`.
    pub(in crate::tools) title: String,
    /// What differs, in order.
    pub(in crate::tools) properties: Vec<Property>,
}

impl AccountChange {
    /// What a property is to be, if it is to change.
    pub(in crate::tools) fn after(&self, name: &str) -> Option<&str> {
        self.properties
            .iter()
            .find(|it| it.name == name)?
            .after
            .as_deref()
    }

    /// Whether the account is to be made.
    pub(in crate::tools) fn is_new(&self) -> bool {
        self.after("account").is_some()
    }
}

impl Describe for AccountChange {
    fn diff(&self) -> Vec<Diff> {
        let one =
            |it: &Property| Diff::of_property("", it.name, it.before.as_deref(), it.after.as_deref()).text;
        vec![Diff {
            title: self.title.clone(),
            text: self.properties.iter().map(one).collect(),
        }]
    }
}
