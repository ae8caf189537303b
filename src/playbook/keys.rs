//! Every key of the language: where it may stand, and what it means.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::playbook::chosen;
use crate::playbook::each;
use crate::playbook::host_keys;
use crate::playbook::secrets;
use crate::playbook::table::KEYS;
use crate::playbook::tool_keys;
use crate::playbook::unit_keys;

/// Where keys stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Site {
    Playbook,
    Host,
    Group,
    Connection,
    Secret,
    Round,
    Call,
    EntryGroup,
    Fail,
    Become,
    /// An entry of `calls` that imports a unit.
    Import,
    /// An item of `rounds` that imports a file of them.
    RoundsImport,
    /// A file with `calls`.
    Unit,
    /// A file with `rounds` that is imported.
    RoundsFile,
    /// The declaration of an input.
    Input,
    /// What is in a list or map that is an input.
    Items,
    /// A tool that the file brings along.
    Tool,
    /// A method of it.
    Method,
    /// An argument of that.
    Argument,
    /// A field of what that gives.
    Returned,
    /// A variable that is made of items.
    Each,
    /// A file of variables that is chosen on each host.
    ChosenFile,
}

impl Site {
    /// The thing whose keys these are, as messages say it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Playbook => "a playbook",
            Self::Host => "a host",
            Self::Group => "a group of hosts",
            Self::Connection => "`connection`",
            Self::Secret => "a secret",
            Self::Round => "a round",
            Self::Call => "a call",
            Self::EntryGroup => "a group of calls",
            Self::Fail => "a `fail` entry",
            Self::Become => "`become`",
            Self::Import => "an import",
            Self::RoundsImport => "an import of rounds",
            Self::Unit => "a unit",
            Self::RoundsFile => "an imported file of rounds",
            Self::Input => "an input",
            Self::Items => "`items`",
            Self::Tool => "a tool",
            Self::Method => "a method of a tool",
            Self::Argument => "an argument",
            Self::Returned => "a field of a result",
            Self::Each => "a variable with `each`",
            Self::ChosenFile => "a file that is chosen",
        }
    }

    /// Whether it is an entry of `calls`.
    pub(super) const fn is_entry(self) -> bool {
        matches!(self, Self::Call | Self::EntryGroup | Self::Fail | Self::Import)
    }
}

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name.
    pub(super) name: &'static str,
    /// Where it is allowed.
    pub(super) sites: &'static [Site],
    /// Its meaning: one sentence.
    pub(super) doc: &'static str,
    /// The JSON Schema of its value.
    pub(super) schema: &'static str,
}

/// A count, or an expression.
pub(super) const COUNT_OR_ASKED: &str =
    r##"{"anyOf": [{"type": "integer", "minimum": 0}, {"$ref": "#/$defs/template"}]}"##;
/// A length of time, or an expression.
pub(super) const DURATION_OR_ASKED: &str =
    r##"{"anyOf": [{"$ref": "#/$defs/duration"}, {"$ref": "#/$defs/template"}]}"##;
/// A boolean, or an expression.
pub(super) const FLAG_OR_ASKED: &str = r##"{"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/template"}]}"##;

/// What is known of a name at a site.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known {
    /// It may stand there.
    Here,
    /// It is allowed elsewhere.
    Elsewhere(&'static Key),
    /// No site has it.
    Nowhere,
}

/// Looks a name up.
pub(super) fn find(site: Site, name: &str) -> Known {
    static BY_NAME: LazyLock<HashMap<&str, Vec<&Key>>> = LazyLock::new(|| {
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for key in all() {
            by_name.entry(key.name).or_default().push(key);
        }
        by_name
    });
    let Some(named) = BY_NAME.get(name) else {
        return Known::Nowhere;
    };
    if named.iter().any(|key| key.sites.contains(&site)) {
        return Known::Here;
    }
    named.first().map_or(Known::Nowhere, |key| Known::Elsewhere(key))
}

/// Every key.
fn all() -> impl Iterator<Item = &'static Key> {
    KEYS.iter()
        .chain(host_keys::KEYS)
        .chain(unit_keys::KEYS)
        .chain(tool_keys::KEYS)
        .chain(each::KEYS)
        .chain(chosen::KEYS)
        .chain(secrets::KEYS)
}

/// The names that may stand at a site.
pub(super) fn names(site: Site) -> impl Iterator<Item = &'static str> {
    at(site).map(|key| key.name)
}

/// The keys that may stand at a site.
pub(super) fn at(site: Site) -> impl Iterator<Item = &'static Key> {
    all().filter(move |key| key.sites.contains(&site))
}
