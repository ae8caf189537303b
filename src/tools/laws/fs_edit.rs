//! Calls that write one file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use super::{Row, at};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";

pub(super) fn rows(folder: &Path) -> Vec<Row> {
    let at = |name: &str| at(folder, name);
    fs::write(at("lines"), "a\r\nb").unwrap();
    fs::write(at("text"), "a\nb\n").unwrap();
    fs::set_permissions(at("lines"), fs::Permissions::from_mode(0o640)).unwrap();
    vec![
        (
            "fs.write",
            json!({ "path": at("written"), "content": "text\n", "mode": "0600", "backup": true }),
        ),
        (
            "fs.write",
            json!({ "path": at("lines"), "content": "new", "backup": true, "validate": "test -s %s" }),
        ),
        (
            "fs.write",
            json!({ "path": at("once"), "content": "text\n", "only_if_absent": true }),
        ),
        ("fs.touch", json!({ "path": at("stamp"), "mode": "0600" })),
        (
            "fs.touch",
            json!({ "path": at("stamp"), "modified": "2026-01-31T23:59:59Z" }),
        ),
        (
            "fs.line_in_file",
            json!({ "path": at("lines"), "line": "c", "regexp": "^b" }),
        ),
        (
            "fs.line_in_file",
            json!({ "path": at("lines"), "regexp": "^[nc]", "state": "absent" }),
        ),
        (
            "fs.block_in_file",
            json!({ "path": at("lines"), "block": "1\n2\n", "insert_before": "BOF" }),
        ),
        (
            "fs.block_in_file",
            json!({ "path": at("lines"), "state": "absent" }),
        ),
        (
            "fs.replace",
            json!({ "path": at("text"), "regexp": "^a$", "replace": "z", "backup": true }),
        ),
        ("fs.attributes", json!({ "path": at("lines"), "mode": "u+x,g=u" })),
        (
            "cron.job",
            json!({ "name": "backup", "job": "backup", "special": "daily", "file": at("cron"), "env": { "MAILTO": "x" } }),
        ),
        (
            "cron.job",
            json!({ "name": "backup", "state": "absent", "file": at("cron") }),
        ),
        (
            "fs.edit",
            json!({ "path": at("data.yml"), "at": "web.port", "value": 80, "create": true }),
        ),
        (
            "fs.edit",
            json!({ "path": at("data.yml"), "at": "web.port", "value": 81, "backup": true }),
        ),
        (
            "fs.edit",
            json!({ "path": at("data.conf"), "format": "ini", "create": true, "sets": [{ "at": "a.b", "value": "c" }, { "at": ["a", "d"], "value": true }] }),
        ),
        (
            "ssh.known_host",
            json!({ "name": "web", "key": KEY, "path": at("known") }),
        ),
        (
            "ssh.known_host",
            json!({ "name": "web", "state": "absent", "path": at("known") }),
        ),
        (
            "template.file",
            json!({ "src": "rendered\n", "dest": at("rendered"), "parents": true }),
        ),
    ]
}
