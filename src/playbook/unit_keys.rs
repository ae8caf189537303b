//! The keys of imports, of the files that they name, and of inputs.

use crate::playbook::keys::{Key, Site};
use crate::playbook::table::{CALLS, TEXT, TEXTS, VARIABLES, VARS_FILES, key};

const FILES: &[Site] = &[Site::Unit, Site::RoundsFile];
const DECLARED: &[Site] = &[Site::Input, Site::Items, Site::Argument, Site::Returned];
const INPUTS: &str = r##"{"type": "object", "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}, "additionalProperties": {"anyOf": [{"enum": ["string", "integer", "number", "boolean", "list", "map", "file", "secret", "any"]}, {"$ref": "#/$defs/input"}]}}"##;

/// All of them.
pub(super) const KEYS: &[Key] = &[
    key(
        "import",
        &[Site::Import],
        TEXT,
        "Makes the entry an import: a unit, that is a file with `calls`, or a directory whose `main.yml` is one; the path counts from this file.",
    ),
    key(
        "vars",
        &[Site::Import],
        VARIABLES,
        "Values for the inputs of the unit; they see what the import sees.",
    ),
    key(
        "import",
        &[Site::RoundsImport],
        TEXT,
        "Makes the item an import: a file with `rounds`, which stand here; the path counts from this file.",
    ),
    key(
        "id",
        &[Site::RoundsImport],
        r#"{"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}"#,
        "Names its results, as in `results.<id>.<id of an entry>`, and begins the names of its rounds.",
    ),
    key(
        "vars",
        &[Site::RoundsImport],
        VARIABLES,
        "Values for the inputs of the file.",
    ),
    key("tags", &[Site::RoundsImport], TEXTS, "Tags of all its entries."),
    key("name", FILES, TEXT, "A label for what the file holds."),
    key("description", FILES, TEXT, "What the file is for, in words."),
    key(
        "inputs",
        &[Site::Playbook],
        INPUTS,
        "Typed declarations of variables, which `-e` or any other place defines.",
    ),
    key(
        "inputs",
        FILES,
        INPUTS,
        "Typed declarations of variables: what is passed by `vars` of the import, or defined where the import is.",
    ),
    key(
        "vars",
        FILES,
        VARIABLES,
        "Variables of the file alone; they see its inputs.",
    ),
    key(
        "vars_files",
        FILES,
        VARS_FILES,
        "YAML files of variables of the file alone, over `vars`; paths count from this file. A map names files of which one is chosen on each host.",
    ),
    key("calls", &[Site::Unit], CALLS, "The entries, in order."),
    key(
        "rounds",
        &[Site::RoundsFile],
        r##"{"type": "array", "items": {"$ref": "#/$defs/round"}}"##,
        "The rounds, in order.",
    ),
    key(
        "type",
        DECLARED,
        r#"{"enum": ["string", "integer", "number", "boolean", "list", "map", "file", "secret", "any"]}"#,
        "The type; default: any. A `file` is a path on the controller that counts from the file in which it is written; `file` and `secret` are types of inputs alone.",
    ),
    key(
        "items",
        DECLARED,
        r##"{"anyOf": [{"enum": ["string", "integer", "number", "boolean", "list", "map", "any"]}, {"$ref": "#/$defs/items"}]}"##,
        "The type of what is in the list or map.",
    ),
    key(
        "enum",
        DECLARED,
        r#"{"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1}"#,
        "The values that it may have.",
    ),
    key(
        "description",
        &[Site::Input, Site::Argument, Site::Returned],
        TEXT,
        "What it is for, in words.",
    ),
    key(
        "default",
        &[Site::Input],
        "{}",
        "What it is where nothing defines it, below all other variables; may be a template. Without it the input is required.",
    ),
];
