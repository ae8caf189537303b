//! Files that come to the controller, and what a hostile host may try.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::json;

use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::system::{Collected, Push, Target, Writer};
use crate::tools::fs::tests::names;
use crate::tools::testing::TestLink;

fn file(path: &str, content: &str) -> [Push; 2] {
    [
        Push::File {
            path: path.into(),
            size: content.len() as u64,
            hash: Hash::of(content.as_bytes()),
            is_executable: false,
            old: None,
        },
        Push::Bytes(content.into()),
    ]
}

fn collect(
    folder: &Path,
    may_remove: bool,
    pushes: impl IntoIterator<Item = Push>,
) -> Result<Collected, Failure> {
    let link = TestLink::default();
    let mut pushes: VecDeque<_> = pushes.into_iter().collect();
    let target = Target {
        path: folder.to_path_buf(),
        is_folder: true,
        may_remove,
    };
    Writer::new(&link).collect(&target, &link.blobs, &mut || pushes.pop_front())
}

#[test]
fn what_a_hostile_host_sends_never_leaves_the_target() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("target")).unwrap();
    fs::create_dir(at("outside")).unwrap();
    fs::write(at("outside/file"), "safe").unwrap();
    symlink(at("outside"), at("target/link")).unwrap();
    let victim = at("outside/file").display().to_string();
    let bad = |path: &str| collect(&at("target"), true, file(path, "evil"));
    for path in [
        "../outside/file",
        victim.as_str(),
        "a/../../outside/file",
        "link/file",
        "",
        "a\0b",
        "..",
    ] {
        assert!(bad(path).is_err(), "{path}");
    }
    let removals = ["../outside", "link/file", "", "/"];
    for path in removals {
        let removal = Push::Remove { path: path.into() };
        assert!(collect(&at("target"), true, [removal]).is_err(), "{path}");
    }
    let removal = Push::Remove { path: "link".into() };
    assert!(
        collect(&at("target"), false, [removal.clone()]).is_err(),
        "nobody asked for removals"
    );
    assert!(
        collect(
            &at("target"),
            true,
            [Push::Folder {
                path: "../new".into()
            }]
        )
        .is_err()
    );
    assert_eq!(fs::read_to_string(at("outside/file")).unwrap(), "safe");
    assert_eq!(names(folder.path()), ["outside", "target"]);
    // A link itself may go; what it points to stays.
    collect(&at("target"), true, [removal]).unwrap();
    assert_eq!(names(&at("outside")), ["file"]);
    assert_eq!(names(&at("target")), Vec::<String>::new());
}

#[test]
fn content_that_is_not_what_was_announced_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let [head, _] = file("f", "good");
    for rest in [
        vec![Push::Bytes(b"evil".to_vec())],
        vec![Push::Bytes(b"good and more".to_vec())],
        vec![Push::Bytes(b"go".to_vec())],
        vec![Push::Folder { path: "x".into() }],
    ] {
        let pushes = [vec![head.clone()], rest].concat();
        assert!(collect(folder.path(), true, pushes).is_err());
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }
    assert_eq!(
        collect(folder.path(), true, [Push::Bytes(vec![1])])
            .unwrap_err()
            .kind,
        Kind::Invalid
    );
    collect(folder.path(), true, file("deep/f", "good")).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("deep/f")).unwrap(), "good");
}

#[test]
fn a_fetch_brings_only_what_differs_to_a_folder_of_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("src/deep")).unwrap();
    fs::write(at("src/a"), "a").unwrap();
    fs::write(at("src/deep/run"), vec![7; 200_000]).unwrap();
    fs::set_permissions(at("src/deep/run"), fs::Permissions::from_mode(0o4755)).unwrap();
    symlink("/etc/passwd", at("src/link")).unwrap();
    let link = TestLink::default();
    let args = json!({ "src": format!("{}/", at("src").display()), "dest": at("got"), "host": "web1" });
    let checked = link.check("fs.fetch", args.clone()).unwrap();
    assert!(checked.changed && !at("got").exists());
    link.warnings();
    let served = link.call("fs.fetch", args.clone()).unwrap();
    assert_eq!(served.diff, checked.diff);
    assert_eq!(link.warnings().len(), 1, "the link is named as left out");
    let below = at("got/web1").join(at("src").strip_prefix("/").unwrap());
    assert_eq!(names(&below), ["a", "deep"]);
    assert_eq!(
        fs::metadata(below.join("deep/run")).unwrap().permissions().mode() & 0o7777,
        0o755
    );
    assert!(!link.call("fs.fetch", args.clone()).unwrap().changed);
    fs::write(at("src/a"), "b").unwrap();
    let served = link.call("fs.fetch", args).unwrap();
    assert_eq!(serde_json::to_value(&served.fields["files"]).unwrap(), json!(1));
    let flat = json!({ "src": at("src/a"), "dest": format!("{}/", at("flat").display()), "flat": true });
    link.call("fs.fetch", flat).unwrap();
    assert_eq!(fs::read_to_string(at("flat/a")).unwrap(), "b");
    for (src, kind) in [("src", Kind::Conflict), ("none", Kind::NotFound)] {
        let failure = link
            .call("fs.fetch", json!({ "src": at(src), "dest": at("got") }))
            .unwrap_err();
        assert_eq!(failure.kind, kind, "{failure}");
    }
}

#[test]
fn two_folders_are_kept_alike_either_way() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("one/deep")).unwrap();
    fs::create_dir_all(at("one/.git")).unwrap();
    fs::create_dir_all(at("two/old/deep")).unwrap();
    for (name, text) in [
        ("one/a", "a"),
        ("one/deep/b", "b"),
        ("one/.git/c", "c"),
        ("one/x.tmp", "x"),
        ("two/old/deep/d", "d"),
        ("two/keep.tmp", "k"),
    ] {
        fs::write(at(name), text).unwrap();
    }
    symlink("a", at("one/link")).unwrap();
    let link = TestLink::default();
    let push =
        json!({ "local": at("one"), "path": at("two"), "delete": true, "excludes": [".git", "*.tmp"] });
    let checked = link.check("fs.sync", push.clone()).unwrap();
    assert_eq!(names(&at("two")), ["keep.tmp", "old"]);
    let served = link.call("fs.sync", push.clone()).unwrap();
    assert_eq!(served.diff, checked.diff);
    assert_eq!(names(&at("two")), ["a", "deep", "keep.tmp", "link"]);
    assert!(!link.call("fs.sync", push).unwrap().changed);
    fs::write(at("two/a"), "other").unwrap();
    fs::create_dir_all(at("two/new")).unwrap();
    fs::remove_file(at("two/deep/b")).unwrap();
    let pull = json!({ "local": at("one"), "path": at("two"), "direction": "pull", "delete": true, "excludes": [".git", "*.tmp"] });
    link.call("fs.sync", pull.clone()).unwrap();
    assert_eq!(fs::read_to_string(at("one/a")).unwrap(), "other");
    assert_eq!(names(&at("one")), [".git", "a", "deep", "new", "x.tmp"]);
    assert_eq!(names(&at("one/deep")), Vec::<String>::new());
    assert!(!link.call("fs.sync", pull).unwrap().changed);
    let missing = json!({ "local": at("none"), "path": at("two") });
    assert_eq!(link.call("fs.sync", missing).unwrap_err().kind, Kind::NotFound);
}
