//! The table of all keys.

use crate::playbook::keys::{COUNT_OR_ASKED, DURATION_OR_ASKED, FLAG_OR_ASKED, Key, Site};

pub(super) const fn key(
    name: &'static str,
    sites: &'static [Site],
    schema: &'static str,
    doc: &'static str,
) -> Key {
    Key {
        name,
        sites,
        doc,
        schema,
    }
}

pub(super) const TEXT: &str = r#"{"type": "string"}"#;
pub(super) const TEXTS: &str = r##"{"$ref": "#/$defs/texts"}"##;
pub(super) const FLAG: &str = r#"{"type": "boolean"}"#;
pub(super) const COUNT: &str = r#"{"type": "integer", "minimum": 0}"#;
const BECOME: &str = r##"{"anyOf": [{"type": ["boolean", "string"]}, {"$ref": "#/$defs/become"}]}"##;
pub(super) const DURATION: &str = r##"{"$ref": "#/$defs/duration"}"##;
const CONDITIONS: &str = r##"{"$ref": "#/$defs/conditions"}"##;
pub(super) const VARIABLES: &str = r##"{"$ref": "#/$defs/variables"}"##;
pub(super) const VARS_FILES: &str = r##"{"$ref": "#/$defs/vars_files"}"##;
pub(super) const CALLS: &str = r##"{"type": "array", "items": {"$ref": "#/$defs/entry"}}"##;

const ENTRIES: &[Site] = &[Site::Call, Site::EntryGroup, Site::Fail, Site::Import];
const ROUND_AND_ENTRIES: &[Site] = &[
    Site::Round,
    Site::Call,
    Site::EntryGroup,
    Site::Fail,
    Site::Import,
];
const OWN_VARS: &[Site] = &[Site::Call, Site::EntryGroup, Site::Fail];
const CALL: &[Site] = &[Site::Call];
pub(super) const REACHED: &[Site] = &[Site::Host, Site::Connection];

/// All keys, in the order in which they are best written.
pub(super) const KEYS: &[Key] = &[
    key("name", &[Site::Playbook], TEXT, "A label for the playbook."),
    key(
        "description",
        &[Site::Playbook],
        TEXT,
        "What the playbook is for, in words.",
    ),
    key(
        "inventory",
        &[Site::Playbook],
        TEXTS,
        "Inventories in Ansible's formats: INI, YAML, a directory, or an executable that prints JSON; paths count from the directory of the playbook.",
    ),
    key(
        "hosts",
        &[Site::Playbook],
        r##"{"anyOf": [{"type": "object", "additionalProperties": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/host"}]}}, {"type": "array", "items": {"type": "string"}}]}"##,
        "The hosts: a map of names (ranges such as `web[1:3]` allowed) to settings, or a list of names.",
    ),
    key(
        "groups",
        &[Site::Playbook],
        r##"{"type": "object", "additionalProperties": {"$ref": "#/$defs/group"}}"##,
        "Groups of hosts: a name to a list of patterns, or to `hosts`, `children` and `vars`.",
    ),
    key(
        "vars",
        &[Site::Playbook],
        VARIABLES,
        "Variables for every host; values may be templates.",
    ),
    key(
        "vars_files",
        &[Site::Playbook],
        VARS_FILES,
        "YAML files of variables, over `vars`; paths count from the directory of the playbook. A map names files of which one is chosen on each host.",
    ),
    key(
        "connection",
        &[Site::Playbook],
        r##"{"$ref": "#/$defs/connection"}"##,
        "How hosts are reached where they do not say otherwise.",
    ),
    key(
        "rounds",
        &[Site::Playbook],
        r##"{"type": "array", "items": {"$ref": "#/$defs/round"}}"##,
        "The rounds, in order.",
    ),
    key(
        "name",
        &[Site::Round],
        TEXT,
        "The round's name; unique in the playbook.",
    ),
    key(
        "hosts",
        &[Site::Round],
        TEXT,
        "The hosts of the round: a pattern of names, groups, globs and `~regex`, joined by `,`; `&` narrows, `!` excludes.",
    ),
    key(
        "needs",
        &[Site::Round],
        TEXTS,
        "Rounds that come first; default: the one written before; `[]`: none.",
    ),
    key(
        "barrier",
        &[Site::Round],
        FLAG,
        "Whether the round starts only when every host has ended the rounds it needs; default true.",
    ),
    key(
        "serial",
        &[Site::Round],
        r##"{"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]+%$"}, {"$ref": "#/$defs/template"}, {"type": "array", "minItems": 1, "items": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]+%$"}, {"$ref": "#/$defs/template"}]}}]}"##,
        "Runs the round in batches, one after the other: their sizes as counts or percentages of its hosts; the last one repeats.",
    ),
    key(
        "max_failures",
        &[Site::Round],
        r##"{"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+%$"}, {"$ref": "#/$defs/template"}]}"##,
        "When strictly more of its hosts than this count or percentage have failed or were not reached, nothing new starts anywhere.",
    ),
    key(
        "id",
        ENTRIES,
        r#"{"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}"#,
        "Names the result, as in `results.<id>`; unique in the file.",
    ),
    key("name", ENTRIES, TEXT, "A label for people; may hold templates."),
    key(
        "when",
        ROUND_AND_ENTRIES,
        CONDITIONS,
        "An expression that gives a boolean, or a list of them of which all must hold.",
    ),
    key(
        "on_change",
        ENTRIES,
        TEXTS,
        "Runs only if one of these, written above, changed something on this host.",
    ),
    key(
        "on_failure",
        ENTRIES,
        TEXTS,
        "Runs only if one of these, written above in this round, failed on this host.",
    ),
    key("always", ENTRIES, FLAG, "Runs even if the host has failed."),
    key(
        "loop",
        ENTRIES,
        r#"{"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "object", "minProperties": 1, "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "object"}]}}]}"#,
        "Repeats the call or the group for each item of a list or map: an expression or a list binds `item`; a map binds each of its names. A `fail` fails once, with the messages of all items for which its `when` holds.",
    ),
    key(
        "until",
        CALL,
        CONDITIONS,
        "Repeats the call until this holds of its `result`.",
    ),
    key(
        "retries",
        CALL,
        COUNT_OR_ASKED,
        "How many more times `until` repeats the call; default 3.",
    ),
    key(
        "delay",
        CALL,
        DURATION_OR_ASKED,
        "How long `until` waits in between; default 5s.",
    ),
    key(
        "timeout",
        &[Site::Round, Site::Call, Site::EntryGroup, Site::Import],
        DURATION_OR_ASKED,
        "How long it may take: of a call each attempt, of a group or round the whole.",
    ),
    key(
        "ignore_errors",
        ENTRIES,
        FLAG_OR_ASKED,
        "A failure of it does not count.",
    ),
    key(
        "changed_when",
        CALL,
        CONDITIONS,
        "Decides in the tool's stead whether the call changed something; sees `result`.",
    ),
    key(
        "failed_when",
        CALL,
        CONDITIONS,
        "Decides in the tool's stead whether the call failed; sees `result`.",
    ),
    key(
        "vars",
        &[Site::Round],
        VARIABLES,
        "Variables of the round, over those of hosts.",
    ),
    key(
        "vars",
        OWN_VARS,
        VARIABLES,
        "Variables of the entry and what is in it, over all others.",
    ),
    key(
        "env",
        CALL,
        r#"{"anyOf": [{"type": "object", "additionalProperties": {"type": "string"}}, {"type": "string"}]}"#,
        "Environment variables of the program that the call starts.",
    ),
    key(
        "tags",
        ROUND_AND_ENTRIES,
        TEXTS,
        "Tags by which `--tags` selects; inherited downward.",
    ),
    key(
        "reads",
        CALL,
        TEXTS,
        "Paths that an opaque call reads; default: everything.",
    ),
    key(
        "writes",
        CALL,
        TEXTS,
        "Paths that an opaque call writes; default: everything; `[]`: it only reads.",
    ),
    key(
        "no_log",
        ENTRIES,
        FLAG_OR_ASKED,
        "Nothing of the arguments, output and result is shown; an expression hides until it is known to be false.",
    ),
    key(
        "diff",
        ENTRIES,
        FLAG,
        "`false`: no differences of it are shown, nor of what is in it.",
    ),
    key(
        "become",
        &[
            Site::Playbook,
            Site::Round,
            Site::Call,
            Site::EntryGroup,
            Site::Fail,
            Site::Import,
        ],
        BECOME,
        "As whom calls act: `true` (root, or the user that is named further out), `false` (whoever logged in), a user, or a map of `user`, `method` and `password`. Inherited downward; `localhost` takes it from entries alone.",
    ),
    key(
        "become",
        REACHED,
        BECOME,
        "As whom calls act where they do not say otherwise. A map without `user` says only how, for those that say it.",
    ),
    key(
        "user",
        &[Site::Become],
        TEXT,
        "The user; default: the one that is named further out, else root.",
    ),
    key(
        "method",
        &[Site::Become],
        r#"{"enum": ["sudo", "doas", "su"]}"#,
        "The program that changes the user; default: the first of `sudo` and `doas` that the host has.",
    ),
    key(
        "password",
        &[Site::Become],
        TEXT,
        "The name of the secret that is the password; default: what `-K` asked for.",
    ),
    key(
        "run_once",
        ENTRIES,
        FLAG_OR_ASKED,
        "Done once in its round, on the first host that is reached and for which `when` holds; every host has the result.",
    ),
    key(
        "delegate_to",
        ENTRIES,
        TEXT,
        "Makes the call on another host's connection, with this host's variables; of a group or a unit: every call in it.",
    ),
    key("calls", &[Site::Round], CALLS, "The entries, in order."),
    key(
        "calls",
        &[Site::EntryGroup],
        CALLS,
        "Makes the entry a group: its entries, in order.",
    ),
    key(
        "fail",
        &[Site::Fail],
        TEXT,
        "Makes the entry fail with this message.",
    ),
];
