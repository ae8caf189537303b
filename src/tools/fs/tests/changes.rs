//! Attributes, moves, blocks and finds on the real system.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use serde_json::json;

use crate::failure::Kind;
use crate::tools::fs::tests::names;
use crate::tools::testing::TestLink;

#[test]
fn attributes_change_in_a_whole_folder_and_never_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("tree/sub")).unwrap();
    for (file, mode) in [("outside", 0o600), ("tree/plain", 0o600), ("tree/sub/run", 0o700)] {
        fs::write(at(file), "x").unwrap();
        fs::set_permissions(at(file), fs::Permissions::from_mode(mode)).unwrap();
    }
    symlink(at("outside"), at("tree/link")).unwrap();
    let link = TestLink::default();
    let args = json!({ "path": at("tree"), "mode": "u=rwX,go=rX", "recursive": true });
    let served = link.call("fs.attributes", args.clone()).unwrap();
    assert_eq!(serde_json::to_value(&served.fields["count"]).unwrap(), json!(2));
    let mode = |name: &str| fs::metadata(at(name)).unwrap().mode() & 0o777;
    assert_eq!(
        (mode("tree/plain"), mode("tree/sub/run"), mode("tree/sub")),
        (0o644, 0o755, 0o755)
    );
    assert_eq!(mode("outside"), 0o600);
    assert!(!link.call("fs.attributes", args).unwrap().changed);
    let failure = link
        .call("fs.attributes", json!({ "path": at("none"), "mode": "0644" }))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::NotFound);
    assert!(link.call("fs.attributes", json!({ "path": at("tree") })).is_err());
}

#[test]
fn a_move_takes_one_step_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("new"), "new").unwrap();
    fs::write(at("old"), "old").unwrap();
    let link = TestLink::default();
    let args = json!({ "src": at("new"), "dest": at("old") });
    assert_eq!(link.call("fs.move", args).unwrap_err().kind, Kind::Conflict);
    assert_eq!(fs::read_to_string(at("old")).unwrap(), "old");
    let forced = json!({ "src": at("new"), "dest": at("old"), "force": true });
    assert!(link.call("fs.move", forced.clone()).unwrap().changed);
    assert_eq!(
        (fs::read_to_string(at("old")).unwrap(), at("new").exists()),
        ("new".into(), false)
    );
    assert!(!link.call("fs.move", forced).unwrap().changed);
    let none = json!({ "src": at("none"), "dest": at("nothing") });
    assert_eq!(link.call("fs.move", none).unwrap_err().kind, Kind::NotFound);
    fs::create_dir(at("folder")).unwrap();
    let onto = json!({ "src": at("old"), "dest": at("folder"), "force": true });
    assert_eq!(link.call("fs.move", onto).unwrap_err().kind, Kind::Conflict);
    let within = json!({ "src": at("folder"), "dest": at("folder/in") });
    assert_eq!(link.call("fs.move", within).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn a_file_moves_to_another_file_system_with_what_belongs_to_it() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm"));
    let Ok(there) = there else {
        eprintln!("left out: there is no /dev/shm here");
        return;
    };
    let (src, dest) = (here.path().join("f"), there.path().join("f"));
    fs::write(&src, "content").unwrap();
    fs::set_permissions(&src, fs::Permissions::from_mode(0o604)).unwrap();
    let link = TestLink::default();
    link.call("fs.move", json!({ "src": src, "dest": dest })).unwrap();
    assert_eq!(
        (fs::read_to_string(&dest).unwrap(), src.exists()),
        ("content".into(), false)
    );
    assert_eq!(fs::metadata(&dest).unwrap().mode() & 0o777, 0o604);
}

#[test]
fn a_find_knows_names_sorts_sizes_ages_and_depths() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("sub/deep")).unwrap();
    for (name, size) in [
        ("a.log", 10),
        ("b.txt", 1000),
        ("sub/c.log", 2000),
        ("sub/deep/d.log", 0),
        (".hidden.log", 5),
    ] {
        fs::write(at(name), vec![b'x'; size]).unwrap();
    }
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(240);
    fs::File::options()
        .write(true)
        .open(at("sub/c.log"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    symlink("sub", at("link")).unwrap();
    let link = TestLink::default();
    let found = |mut args: serde_json::Value| {
        args["path"] = json!(folder.path());
        let served = link.call("fs.find", args).unwrap();
        let files = served.fields["files"].as_list().unwrap();
        let root = folder.path().to_str().unwrap();
        let path = |it: &crate::value::Value| {
            it.as_map().unwrap()["path"]
                .as_str()
                .unwrap()
                .strip_prefix(root)
                .unwrap()
                .to_owned()
        };
        files.iter().map(path).collect::<Vec<_>>()
    };
    assert_eq!(
        found(json!({ "patterns": "*.log" })),
        ["/a.log", "/sub/c.log", "/sub/deep/d.log"]
    );
    assert_eq!(
        found(json!({ "patterns": ["*.log"], "hidden": true, "max_depth": 1 })),
        ["/.hidden.log", "/a.log"]
    );
    assert_eq!(
        found(json!({ "type": "file", "min_size": 1000 })),
        ["/b.txt", "/sub/c.log"]
    );
    assert_eq!(found(json!({ "type": "directory" })), ["/sub", "/sub/deep"]);
    assert_eq!(found(json!({ "type": "link" })), ["/link"]);
    assert_eq!(
        found(json!({ "older_than": "5d", "type": "file" })),
        ["/sub/c.log"]
    );
    assert_eq!(
        found(json!({ "patterns": "*.log", "excludes": ["deep"] })),
        ["/a.log", "/sub/c.log"]
    );
    let few = link
        .call("fs.find", json!({ "path": folder.path(), "limit": 1 }))
        .unwrap();
    assert_eq!(few.fields["truncated"].as_bool(), Some(true));
    let none = link.call("fs.find", json!({ "path": at("none") })).unwrap();
    assert_eq!(none.fields["files"].as_list().unwrap().len(), 0);
}

#[test]
fn a_file_that_is_to_be_edited_must_exist_or_be_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    let link = TestLink::default();
    let args = json!({ "path": path, "block": "x" });
    assert_eq!(
        link.call("fs.block_in_file", args).unwrap_err().kind,
        Kind::NotFound
    );
    let args = json!({ "path": path, "block": "x", "create": true, "mode": "0600" });
    link.call("fs.block_in_file", args).unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "# BEGIN managed by rmote-play\nx\n# END managed by rmote-play\n"
    );
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let gone = json!({ "path": folder.path().join("none"), "state": "absent" });
    assert!(!link.call("fs.block_in_file", gone).unwrap().changed);
    assert_eq!(names(folder.path()), ["f"]);
    let own = json!({ "path": path, "block": "a\n# END managed by rmote-play\n" });
    assert_eq!(
        link.call("fs.block_in_file", own).unwrap_err().kind,
        Kind::Invalid
    );
}

#[test]
fn a_replacement_that_finds_itself_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "a\n").unwrap();
    let link = TestLink::default();
    let args = json!({ "path": path, "regexp": "a", "replace": "aa" });
    link.call("fs.replace", args).unwrap();
    assert!(link.warnings()[0].contains("finds its own replacement"));
}
