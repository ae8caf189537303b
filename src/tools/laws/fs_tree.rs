//! Calls that work on folders, links and whole trees.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::json;

use super::{Row, at};

pub(super) fn rows(folder: &Path) -> Vec<Row> {
    let at = |name: &str| at(folder, name);
    fs::create_dir_all(at("full/deep")).unwrap();
    fs::write(at("full/deep/file"), "x").unwrap();
    symlink("/", at("full/link")).unwrap();
    fs::create_dir_all(at("src/sub")).unwrap();
    fs::write(at("src/sub/tool"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(at("src/sub/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(at("src/large"), vec![7; 100_000]).unwrap();
    symlink("large", at("src/link")).unwrap();
    vec![
        (
            "fs.directory",
            json!({ "path": at("one/two/three"), "mode": "0750" }),
        ),
        ("fs.symlink", json!({ "path": at("link"), "target": "lines" })),
        (
            "fs.symlink",
            json!({ "path": at("link"), "target": "/elsewhere" }),
        ),
        ("fs.remove", json!({ "path": at("full"), "recursive": true })),
        (
            "fs.copy",
            json!({ "src": at("src"), "dest": at("copy"), "parents": true }),
        ),
        ("fs.copy", json!({ "src": at("src/large"), "dest": at("copied") })),
    ]
}
