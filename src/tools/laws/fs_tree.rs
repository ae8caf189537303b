//! Calls that work on directories, links and whole trees.

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
    fs::create_dir_all(at("moved/inner")).unwrap();
    vec![
        (
            "fs.attributes",
            json!({ "path": at("src"), "mode": "a=rX", "recursive": true }),
        ),
        (
            "fs.archive",
            json!({ "paths": [at("src")], "dest": at("made.tar.gz"), "excludes": ["large"] }),
        ),
        (
            "fs.unpack",
            json!({ "host_src": at("made.tar.gz"), "dest": at("unpacked"), "strip": 1 }),
        ),
        (
            "fs.unpack",
            json!({ "src": at("made.tar.gz"), "dest": at("unpacked/again") }),
        ),
        (
            "fs.fetch",
            json!({ "src": at("src/sub/tool"), "dest": at("fetched"), "host": "web1" }),
        ),
        (
            "fs.fetch",
            json!({ "src": format!("{}/", at("src/sub")), "dest": at("flat"), "flat": true }),
        ),
        (
            "fs.sync",
            json!({ "local": at("src"), "path": at("synced"), "excludes": "large" }),
        ),
        (
            "fs.sync",
            json!({ "local": at("src/sub"), "path": at("synced"), "delete": true }),
        ),
        (
            "fs.sync",
            json!({ "local": at("pulled"), "path": at("src/sub"), "direction": "pull", "delete": true }),
        ),
        ("fs.move", json!({ "src": at("moved"), "dest": at("there") })),
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
        (
            "fs.copy",
            json!({ "host_src": at("src"), "dest": at("here"), "parents": true }),
        ),
        (
            "fs.acl",
            json!({ "path": at("here"), "entry": ["user:1234:rwX", "default:group:1234:rx"], "recursive": true }),
        ),
        (
            "fs.acl",
            json!({ "path": at("here"), "type": "user", "entity": 1234, "state": "absent", "recursive": true }),
        ),
        (
            "fs.hardlink",
            json!({ "path": at("named"), "target": at("copied") }),
        ),
    ]
}
