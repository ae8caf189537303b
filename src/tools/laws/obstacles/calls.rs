//! A call of each tool that writes at a path, all at the same one.

use serde_json::{Value as Json, json};

use super::scene::{Obstacle, Scene};
use super::sources::{checksum, repository_path, url};

/// A call whose target is the scene's.
pub(super) struct Call {
    pub(super) tool: &'static str,
    pub(super) name: &'static str,
    pub(super) args: fn(&Scene, &Obstacle) -> Json,
    /// Whether links below what it is given are never followed.
    pub(super) replaces_links: bool,
    /// Whether it works on what is there, so that there is nothing to do where nothing is.
    pub(super) needs_target: bool,
    /// Whether it is a program that refuses, which check mode does not ask.
    pub(super) is_refused: bool,
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";

/// Arguments with the owner that the obstacle asks for.
fn owned(mut args: Json, obstacle: &Obstacle) -> Json {
    if let Some(owner) = obstacle.owner {
        args["owner"] = json!(owner);
    }
    args
}

const REFUSED: &str = "refused by its validator";
// A file has no other name on the file systems that obstacles bring along, so that `another name` is left out as well.
const NEED_IT: [&str; 7] = [
    "a word",
    "from the target",
    "all",
    "one",
    "attributes",
    "another name",
    REFUSED,
];

macro_rules! call {
    ($tool:literal, $name:expr, $links:expr, |$scene:ident| $args:expr) => {
        Call {
            tool: $tool,
            name: $name,
            args: |$scene, obstacle| owned($args, obstacle),
            replaces_links: $links,
            needs_target: NEED_IT.contains(&$name),
            is_refused: $name == REFUSED,
        }
    };
    ($tool:literal, $name:expr, $links:expr, unowned |$scene:ident| $args:expr) => {
        Call {
            tool: $tool,
            name: $name,
            args: |$scene, _| $args,
            replaces_links: $links,
            needs_target: NEED_IT.contains(&$name),
            is_refused: $name == REFUSED,
        }
    };
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn calls() -> Vec<Call> {
    vec![
        call!(
            "fs.write",
            "a file",
            false,
            |s| json!({ "path": s.target(), "content": "new\n" })
        ),
        call!(
            "fs.write",
            "validated, above it directories",
            false,
            |s| json!({ "path": s.at("t/new/deep/x"), "content": "new\n", "parents": true, "validate": "test -s %s" })
        ),
        call!(
            "fs.write",
            "refused by its validator",
            false,
            |s| json!({ "path": s.at("t/new/deep/x"), "content": "new\n", "parents": true, "validate": "false %s" })
        ),
        call!(
            "template.file",
            "a file",
            false,
            |s| json!({ "src": "new\n", "dest": s.target() })
        ),
        call!(
            "fs.line_in_file",
            "a new line",
            false,
            |s| json!({ "path": s.target(), "line": "new", "create": true })
        ),
        call!(
            "fs.edit",
            "a new value",
            false,
            |s| json!({ "path": s.target(), "format": "env", "at": "NEW", "value": 1, "create": true })
        ),
        call!(
            "fs.block_in_file",
            "a new block",
            false,
            |s| json!({ "path": s.target(), "block": "new", "create": true })
        ),
        call!(
            "fs.replace",
            "a word",
            false,
            |s| json!({ "path": s.target(), "regexp": "old", "replace": "new" })
        ),
        call!(
            "fs.copy",
            "a file",
            false,
            |s| json!({ "src": s.at("src/tree/file"), "dest": s.target() })
        ),
        call!(
            "fs.copy",
            "a directory",
            false,
            |s| json!({ "src": s.at("src/tree/"), "dest": s.target() })
        ),
        call!(
            "fs.copy",
            "a file of the host",
            false,
            |s| json!({ "host_src": s.at("src/tree/file"), "dest": s.target() })
        ),
        call!(
            "fs.copy",
            "a directory of the host",
            false,
            |s| json!({ "host_src": s.at("src/tree/"), "dest": s.target() })
        ),
        call!(
            "fs.touch",
            "a file that is touched",
            false,
            |s| json!({ "path": s.target(), "modified": 1_700_000_000 })
        ),
        call!(
            "fs.hardlink",
            "another name",
            true,
            unowned | s | json!({ "path": s.target(), "target": s.at("src/moved"), "force": true })
        ),
        call!(
            "fs.sync",
            "a push",
            true,
            |s| json!({ "local": s.at("src/tree"), "path": s.target() })
        ),
        call!(
            "fs.sync",
            "a push that deletes",
            true,
            |s| json!({ "local": s.at("src/tree"), "path": s.target(), "delete": true })
        ),
        call!(
            "fs.sync",
            "a pull",
            true,
            unowned | s | json!({ "path": s.at("src/tree"), "local": s.target(), "direction": "pull" })
        ),
        call!(
            "fs.sync",
            "a pull that deletes",
            true,
            unowned
                | s
                | json!({ "path": s.at("src/tree"), "local": s.target(), "direction": "pull", "delete": true })
        ),
        call!(
            "fs.fetch",
            "a file",
            true,
            unowned | s | json!({ "src": s.at("src/tree/file"), "dest": s.target(), "flat": true })
        ),
        call!(
            "fs.fetch",
            "a directory",
            true,
            unowned | s | json!({ "src": s.at("src/tree/"), "dest": s.target(), "flat": true })
        ),
        call!(
            "fs.archive",
            "a tree",
            false,
            |s| json!({ "paths": s.at("src/tree"), "dest": s.target(), "format": "tar" })
        ),
        call!(
            "fs.unpack",
            "a tree",
            true,
            |s| json!({ "host_src": s.at("src/a.tar"), "dest": s.target() })
        ),
        call!(
            "fs.move",
            "a file",
            true,
            unowned | s | json!({ "src": s.at("src/moved"), "dest": s.target(), "force": true })
        ),
        call!(
            "fs.move",
            "from the target",
            true,
            unowned | s | json!({ "src": s.target(), "dest": s.at("gone") })
        ),
        call!(
            "fs.directory",
            "a directory",
            false,
            |s| json!({ "path": s.target(), "mode": "0750" })
        ),
        call!(
            "fs.directory",
            "deep",
            false,
            |s| json!({ "path": s.at("t/new/deep/x"), "mode": "0750" })
        ),
        call!(
            "fs.symlink",
            "a link",
            true,
            |s| json!({ "path": s.target(), "target": "y", "force": true })
        ),
        call!(
            "fs.remove",
            "all",
            true,
            unowned | s | json!({ "path": s.target(), "recursive": true })
        ),
        call!(
            "fs.remove",
            "one",
            true,
            unowned | s | json!({ "path": s.target() })
        ),
        call!(
            "http.download",
            "a file",
            false,
            |s| json!({ "url": url(), "dest": s.target(), "checksum": checksum() })
        ),
        call!(
            "git.checkout",
            "a work tree",
            false,
            unowned | s | json!({ "repo": repository_path(), "dest": s.target() })
        ),
        call!(
            "sysctl.set",
            "a setting",
            false,
            unowned
                | s
                | json!({ "name": "kernel.domainname", "value": "new", "path": s.target(), "reload": false })
        ),
        call!(
            "ssh.known_host",
            "a key",
            false,
            unowned | s | json!({ "name": "web", "key": KEY, "path": s.target() })
        ),
        call!(
            "cron.job",
            "a job",
            false,
            unowned | s | json!({ "name": "new", "job": "true", "minute": 1, "file": s.target() })
        ),
        call!(
            "fs.attributes",
            "all",
            false,
            |s| json!({ "path": s.target(), "mode": "u+x,g-w,o-r", "recursive": true })
        ),
    ]
}
