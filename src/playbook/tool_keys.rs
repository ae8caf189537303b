//! The keys of tools that a file brings along.

use crate::playbook::keys::{Key, Site};
use crate::playbook::table::{FLAG, TEXT, TEXTS, key};

/// All of them.
pub(super) const KEYS: &[Key] = &[
    key(
        "tools",
        &[Site::Playbook, Site::Unit, Site::RoundsFile],
        r##"{"type": "object", "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}, "additionalProperties": {"$ref": "#/$defs/tool"}}"##,
        "Tools that the file brings along, for its own calls: executables in any language, called as `NAME.METHOD`.",
    ),
    key(
        "description",
        &[Site::Tool, Site::Method],
        TEXT,
        "What it does, in words.",
    ),
    key(
        "src",
        &[Site::Tool],
        TEXT,
        "The executable on the controller; the path counts from this file.",
    ),
    key(
        "methods",
        &[Site::Tool],
        r##"{"type": "object", "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}, "additionalProperties": {"$ref": "#/$defs/method"}, "minProperties": 1}"##,
        "What it can be asked to do: the method is its first argument.",
    ),
    key(
        "args",
        &[Site::Method],
        r##"{"type": "object", "additionalProperties": {"anyOf": [{"enum": ["string", "integer", "number", "boolean", "list", "map", "any"]}, {"$ref": "#/$defs/argument"}]}}"##,
        "Its arguments: a name to a type, or to a declaration. It reads them as JSON; a call may give the first one alone.",
    ),
    key(
        "returns",
        &[Site::Method],
        r##"{"type": "object", "additionalProperties": {"anyOf": [{"enum": ["string", "integer", "number", "boolean", "list", "map", "any"]}, {"$ref": "#/$defs/returned"}]}}"##,
        "The fields of its answer: a name to a type, or to a declaration.",
    ),
    key(
        "check",
        &[Site::Method],
        FLAG,
        "Whether it can be asked in check mode (`RMOTE_CHECK=1`) what it would change; default false: it does not run there.",
    ),
    key(
        "reads",
        &[Site::Method],
        TEXTS,
        "Paths that it reads; default: everything.",
    ),
    key(
        "writes",
        &[Site::Method],
        TEXTS,
        "Paths that it writes; default: everything; `[]`: it only reads, so it runs in check mode and is never `changed`.",
    ),
    key(
        "required",
        &[Site::Argument],
        FLAG,
        "Whether it must be given; default: if it has no `default`.",
    ),
    key(
        "default",
        &[Site::Argument],
        "{}",
        "What it is where it is not given.",
    ),
    key(
        "required",
        &[Site::Returned],
        FLAG,
        "Whether it is always there; default true.",
    ),
];
