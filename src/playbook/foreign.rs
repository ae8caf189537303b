//! Keys that are known nowhere: those that others have, and what is written here instead.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::keys::{self, Site};

/// Where there are no more keys, all of them are named.
const FEW: usize = 6;

const KEYS: &[(&str, &str)] = &[
    ("block", "A group is an entry with `calls`."),
    ("environment", "Write `env`."),
    (
        "gather_facts",
        "Leave it out: facts are gathered where something reads them.",
    ),
    (
        "handlers",
        "Write each as a call with `on_change`, below what it waits for.",
    ),
    ("include_role", "Write `import` with the path of a unit."),
    ("include_tasks", "Write `import` with the path of a unit."),
    ("import_playbook", "Write `import` among the rounds."),
    ("import_role", "Write `import` with the path of a unit."),
    ("import_tasks", "Write `import` with the path of a unit."),
    (
        "notify",
        "Write `on_change` with this call's `id` on what is to run then.",
    ),
    (
        "post_tasks",
        "Tasks are `calls` here, in the order in which they are written.",
    ),
    (
        "pre_tasks",
        "Tasks are `calls` here, in the order in which they are written.",
    ),
    ("register", "Give the call an `id`: its result is `results.<id>`."),
    (
        "remote_user",
        "Write `user` on the host, or in `connection` for all of them.",
    ),
    (
        "rescue",
        "Write a group with `on_failure` below, which names this one.",
    ),
    (
        "roles",
        "Roles are units: write `import: units/NAME` among the calls.",
    ),
    ("tasks", "Tasks are `calls` here."),
    ("vars_prompt", "Declare `inputs`, or a secret with `prompt`."),
    ("with_dict", "Write `loop`."),
    ("with_items", "Write `loop`."),
];

/// The error for a key that is known nowhere.
pub(super) fn unknown_key(site: Site, key: &str) -> Diagnostic {
    let message = format!("{} has no key `{key}`", site.name());
    let error = Diagnostic::error(Code::UnknownKey, message);
    if let Some((_, instead)) = KEYS.iter().find(|(name, _)| *name == key) {
        return error.help(*instead);
    }
    let error = error.did_you_mean(key, keys::names(site));
    if error.help.is_some() || keys::names(site).count() > FEW {
        return error;
    }
    let known: Vec<_> = keys::names(site).map(|name| format!("`{name}`")).collect();
    error.help(format!("It has {}.", known.join(", ")))
}
