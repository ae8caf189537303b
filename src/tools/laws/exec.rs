//! Calls of programs, with the guards that make them run once.

use std::path::Path;

use serde_json::json;

use super::{Row, at};

pub(super) fn rows(folder: &Path) -> Vec<Row> {
    let at = |name: &str| at(folder, name);
    vec![
        (
            "exec.command",
            json!({ "argv": ["touch", at("touched")], "creates": at("touched") }),
        ),
        (
            "exec.shell",
            json!({ "script": format!("echo x > {}", at("shell")), "unless": format!("test -e {}", at("shell")) }),
        ),
    ]
}
