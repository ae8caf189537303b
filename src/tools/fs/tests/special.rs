//! Sockets, pipes, owners, modes and times: what is kept, and what is never waited for.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::failure::Kind;
use crate::tools::testing::{TestLink, become_nobody};

use super::{is_root, names};

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().mode() & 0o7777
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_file_that_is_larger_than_what_is_compared_as_text_is_edited_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    let link = TestLink::default();
    let long = "x".repeat(63);
    fs::write(&path, format!("{long}\n").repeat(16_400)).unwrap();
    for (tool, args) in [
        (
            "fs.line_in_file",
            json!({ "path": path, "line": "new", "backup": true }),
        ),
        (
            "fs.block_in_file",
            json!({ "path": path, "block": "new", "backup": true }),
        ),
        (
            "fs.replace",
            json!({ "path": path, "regexp": "^new$", "replace": "old", "backup": true }),
        ),
    ] {
        assert!(link.call(tool, args.clone()).unwrap().changed, "{tool}");
        let before = (fs::metadata(&path).unwrap().ino(), names(folder.path()));
        assert!(!link.call(tool, args).unwrap().changed, "{tool}");
        assert_eq!(
            (fs::metadata(&path).unwrap().ino(), names(folder.path())),
            before,
            "{tool}"
        );
    }
}

#[test]
fn a_path_that_holds_the_mark_of_its_place_is_put_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p%s%sq");
    let link = TestLink::default();
    let args = json!({ "path": path, "content": "new", "validate": ["sh", "-c", "test \"$1\" = \"$2\" && grep -q new \"$1\"", "sh", "%s", "%s"] });
    assert!(link.call("fs.write", args).unwrap().changed);
    assert_eq!(names(folder.path()), ["p%s%sq"]);
}

#[test]
fn modes_of_sockets_pipes_and_all_else_are_set_without_opening_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("d")).unwrap();
    for file in ["d/a", "d/z"] {
        fs::write(at(file), "").unwrap();
    }
    let _socket = UnixListener::bind(at("d/m")).unwrap();
    pipe(&at("d/n"));
    let link = TestLink::default();
    let args = json!({ "path": at("d"), "mode": "0700", "recursive": true });
    assert!(link.call("fs.attributes", args.clone()).unwrap().changed);
    for name in ["d", "d/a", "d/m", "d/n", "d/z"] {
        assert_eq!(mode(&at(name)), 0o700, "{name}");
    }
    assert!(!link.call("fs.attributes", args).unwrap().changed);
}

#[test]
fn a_new_owner_takes_no_bit_of_the_mode_away() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let link = TestLink::default();
    for (tool, path) in [
        ("fs.attributes", "path"),
        ("fs.write", "path"),
        ("template.file", "dest"),
        ("fs.copy", "dest"),
    ] {
        fs::write(at("f"), "x").unwrap();
        chown(at("f"), Some(0), Some(0)).unwrap();
        fs::set_permissions(at("f"), fs::Permissions::from_mode(0o6755)).unwrap();
        let mut args = json!({ path: at("f"), "owner": "1234", "group": "1235" });
        match tool {
            "fs.write" => args["content"] = json!("x"),
            "template.file" => args["src"] = json!("x"),
            "fs.copy" => {
                args["src"] = json!(at("f"));
                args["mode"] = json!("06755");
            }
            _ => {}
        }
        let served = link.call(tool, args.clone()).unwrap();
        let text: String = served.diff.iter().map(|it| it.text.as_str()).collect();
        assert!(!text.contains("mode") && text.contains("1234"), "{tool}: {text}");
        let meta = fs::metadata(at("f")).unwrap();
        assert_eq!(
            (meta.mode() & 0o7777, meta.uid(), meta.gid()),
            (0o6755, 1234, 1235),
            "{tool}"
        );
        assert!(!link.call(tool, args).unwrap().changed, "{tool}");
    }
}

#[test]
fn a_path_may_lead_through_a_link_that_is_given_away_on_the_way() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("d/sub")).unwrap();
    fs::set_permissions(at("d"), fs::Permissions::from_mode(0o777)).unwrap();
    std::os::unix::fs::symlink(folder.path(), at("d/link")).unwrap();
    let link = TestLink::default();
    let args = json!({ "path": at("d/link/d"), "owner": "1234", "recursive": true });
    let served = link.call("fs.attributes", args).unwrap();
    assert_eq!(served.fields["count"], crate::value::Value::Int(3));
    for name in ["d", "d/sub", "d/link"] {
        assert_eq!(at(name).symlink_metadata().unwrap().uid(), 1234, "{name}");
    }
}

#[test]
fn modes_are_changed_as_chmod_changes_them_wherever_one_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let link = TestLink::default();
    fs::create_dir(at("src")).unwrap();
    fs::write(at("src/run"), "x").unwrap();
    fs::set_permissions(at("src/run"), fs::Permissions::from_mode(0o755)).unwrap();
    for (text, file) in [
        ("u=rw,g=r,o=", 0o640),
        ("go-w,u+x", 0o744),
        ("-w", 0o466),
        ("+x", 0o777),
    ] {
        for (tool, path, rest) in [
            ("fs.write", "path", json!({ "content": "x" })),
            ("template.file", "dest", json!({ "src": "x" })),
            ("fs.copy", "dest", json!({ "src": at("src/run") })),
            ("fs.line_in_file", "path", json!({ "line": "l" })),
            ("fs.block_in_file", "path", json!({ "block": "l" })),
            ("fs.replace", "path", json!({ "regexp": "q" })),
            (
                "fs.archive",
                "dest",
                json!({ "paths": at("src"), "format": "tar" }),
            ),
            ("fs.attributes", "path", json!({})),
        ] {
            fs::write(at("f"), "old").unwrap();
            fs::set_permissions(at("f"), fs::Permissions::from_mode(0o666)).unwrap();
            let mut args = rest;
            args[path] = json!(at("f"));
            args["mode"] = json!(text);
            link.call(tool, args.clone()).unwrap();
            let script = "umask 022; chmod \"$1\" -- \"$2\" 2>/dev/null; stat -c %a \"$2\"";
            let mut told = Command::new("sh");
            told.args(["-c", script, "sh", text]);
            fs::write(at("told"), "").unwrap();
            fs::set_permissions(at("told"), fs::Permissions::from_mode(0o666)).unwrap();
            let told = told.arg(at("told")).output().unwrap();
            assert_eq!(
                format!("{file:o}"),
                String::from_utf8(told.stdout).unwrap().trim(),
                "{text}"
            );
            assert_eq!(mode(&at("f")), file, "{tool} {text}");
            assert!(!link.call(tool, args).unwrap().changed, "{tool} {text}");
        }
    }
    let args = json!({ "path": at("new/deep"), "mode": "u=rwx,g=rx,o=" });
    link.call("fs.directory", args).unwrap();
    assert_eq!((mode(&at("new")), mode(&at("new/deep"))), (0o750, 0o750));
}

#[test]
fn a_pipe_a_socket_or_a_device_as_a_source_is_refused_and_never_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    pipe(&at("pipe"));
    let _socket = UnixListener::bind(at("socket")).unwrap();
    let link = TestLink::default();
    for source in [at("pipe"), at("socket"), "/dev/zero".into()] {
        for (tool, args) in [
            ("fs.copy", json!({ "src": source, "dest": at("out") })),
            ("fs.unpack", json!({ "src": source, "dest": at("out") })),
            ("fs.unpack", json!({ "host_src": source, "dest": at("out") })),
            ("fs.sync", json!({ "local": source, "path": at("out") })),
            (
                "fs.sync",
                json!({ "path": source, "local": at("out"), "direction": "pull" }),
            ),
            (
                "fs.fetch",
                json!({ "src": source, "dest": at("out"), "flat": true }),
            ),
            ("fs.archive", json!({ "paths": source, "dest": at("out.tar") })),
            ("fs.read_str", json!({ "path": source })),
            ("fs.read_bytes", json!({ "path": source })),
            ("fs.write", json!({ "path": source, "content": "x" })),
            ("template.file", json!({ "src": "x", "dest": source })),
            ("fs.line_in_file", json!({ "path": source, "line": "x" })),
            ("fs.block_in_file", json!({ "path": source, "block": "x" })),
            ("fs.replace", json!({ "path": source, "regexp": "x" })),
        ] {
            let called = link.call(tool, args);
            // An archive of a pull holds nothing: what is not a file is left out, and said so.
            let is_left_out = tool == "fs.fetch" && called.as_ref().is_ok_and(|it| !it.changed);
            assert!(called.is_err() || is_left_out, "{tool} of {}", source.display());
        }
        assert!(
            link.call("fs.stat", json!({ "path": source, "hash": true }))
                .is_ok()
        );
    }
    assert!(!at("out").exists());
    // In a directory they are left out of an archive, which a warning says, and of what is copied they are an error.
    link.warnings();
    fs::create_dir(at("d")).unwrap();
    fs::write(at("d/a"), "x").unwrap();
    pipe(&at("d/pipe"));
    let args = json!({ "paths": at("d"), "dest": at("d.tar") });
    assert!(link.call("fs.archive", args.clone()).unwrap().changed);
    assert!(link.warnings()[0].contains("1 pipes, sockets and devices are left out"));
    assert!(!link.call("fs.archive", args).unwrap().changed);
}

#[test]
fn an_archive_does_not_hold_itself() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("d")).unwrap();
    fs::write(at("d/a"), "x").unwrap();
    fs::write(at("d/o.tar"), "old").unwrap();
    std::os::unix::fs::symlink(at("d"), at("link")).unwrap();
    let link = TestLink::default();
    for own in [at("d/o.tar"), at("link/o.tar")] {
        let args = json!({ "paths": [at("d"), own], "dest": at("d/o.tar") });
        assert_eq!(link.call("fs.archive", args).unwrap_err().kind, Kind::Invalid);
    }
    let args = json!({ "paths": at("d"), "dest": at("d/o.tar") });
    assert!(link.call("fs.archive", args.clone()).unwrap().changed);
    assert!(!link.call("fs.archive", args).unwrap().changed);
}

#[test]
fn what_is_missing_is_no_obstacle_and_a_new_empty_file_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("f"), "x").unwrap();
    let link = TestLink::default();
    assert!(
        !link
            .call("fs.remove", json!({ "path": at("f/below") }))
            .unwrap()
            .changed
    );
    for (tool, args) in [
        ("fs.write", json!({ "path": at("empty"), "content": "" })),
        ("template.file", json!({ "src": "", "dest": at("none") })),
    ] {
        let served = link.call(tool, args).unwrap();
        assert!(
            served.diff[0].text.contains("+state: empty file"),
            "{tool}: {:?}",
            served.diff
        );
    }
    let kept = json!({ "path": at("f"), "content": "other", "mode": "0600", "force": false });
    assert!(link.call("fs.write", kept.clone()).unwrap().changed);
    assert_eq!(
        (fs::read_to_string(at("f")).unwrap().as_str(), mode(&at("f"))),
        ("x", 0o600)
    );
    assert!(!link.call("fs.write", kept).unwrap().changed);
    let new = json!({ "src": "text", "dest": at("g"), "force": false });
    assert!(link.call("template.file", new).unwrap().changed);
    fs::write(at("a.tar"), vec![0; 1024]).unwrap();
    let onto = json!({ "host_src": at("a.tar"), "dest": at("f") });
    assert_eq!(link.call("fs.unpack", onto).unwrap_err().kind, Kind::Conflict);
    let into = json!({ "host_src": at("a.tar"), "dest": at("made") });
    assert!(!link.call("fs.unpack", into.clone()).unwrap().diff.is_empty());
    assert!(at("made").is_dir() && !link.call("fs.unpack", into).unwrap().changed);
}

#[test]
fn directories_that_are_made_above_belong_to_the_same_owner() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let link = TestLink::default();
    for (tool, args) in [
        ("fs.directory", json!({ "path": at("directory/deep/x") })),
        (
            "fs.write",
            json!({ "path": at("write/deep/x"), "content": "x", "parents": true }),
        ),
        (
            "template.file",
            json!({ "dest": at("template/deep/x"), "src": "x", "parents": true }),
        ),
        (
            "fs.copy",
            json!({ "src": "/etc/passwd", "dest": at("copy/deep/x"), "parents": true }),
        ),
    ] {
        let mut args = args;
        args["owner"] = json!("1234");
        args["group"] = json!("1235");
        link.call(tool, args).unwrap();
        let room = tool.split_once('.').unwrap().1.replace("file", "template");
        for path in ["", "/deep", "/deep/x"] {
            let meta = fs::metadata(at(&format!("{room}{path}"))).unwrap();
            assert_eq!((meta.uid(), meta.gid()), (1234, 1235), "{tool} {path}");
        }
    }
}

#[test]
fn what_may_not_be_read_is_a_warning_where_things_are_looked_for() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let at = |name: &str| folder.path().join(name);
    for (name, mode) in [("closed", 0o700), ("listed", 0o744), ("open", 0o755)] {
        fs::create_dir(at(name)).unwrap();
        fs::write(at(name).join("f"), "").unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            become_nobody();
            for (tool, args) in [
                ("fs.glob", json!({ "path": folder.path(), "pattern": "**/f" })),
                ("fs.find", json!({ "path": folder.path(), "type": "file" })),
            ] {
                let link = TestLink::default();
                let found = format!("{:?}", link.call(tool, args).unwrap().fields);
                assert!(
                    found.contains("open/f") && !found.contains("closed/f"),
                    "{tool}: {found}"
                );
                let warnings = link.warnings().join("\n");
                for name in ["closed", "listed/f"] {
                    assert!(warnings.contains(name), "{tool}: {warnings}");
                }
            }
        });
    });
}
