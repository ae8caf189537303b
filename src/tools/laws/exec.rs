//! Calls of programs, with the guards that make them run once.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::{Row, at};

pub(super) fn rows(folder: &Path) -> Vec<Row> {
    let at = |name: &str| at(folder, name);
    fs::write(
        at("script"),
        format!("#!/bin/sh -eu\necho \"$1\" > {}\n", at("scripted")),
    )
    .unwrap();
    let mut rows = vec![
        (
            "exec.script",
            json!({ "src": at("script"), "args": ["it ran"], "creates": at("scripted") }),
        ),
        (
            "exec.command",
            json!({ "argv": ["touch", at("touched")], "creates": at("touched") }),
        ),
        (
            "exec.shell",
            json!({ "script": format!("echo x > {}", at("shell")), "unless": format!("test -e {}", at("shell")) }),
        ),
    ];
    // Where there is no git, its own tests say so.
    if crate::tools::git::tests::repository(&folder.join("origin")).is_some() {
        rows.push((
            "git.checkout",
            json!({ "repo": at("origin"), "dest": at("tree"), "version": "v1" }),
        ));
    }
    rows
}
