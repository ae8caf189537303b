//! Copies from one place of the host to another, and other names of files.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::json;

use crate::failure::Kind;
use crate::system::PredictedHost;
use crate::tools::testing::{TestLink, value};
use crate::value::Value;

use super::names;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_copy_on_the_host_has_content_and_mode_of_its_source_and_no_special_bits() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("key"), "secret\n").unwrap();
    set_mode(&at("key"), 0o600);
    fs::write(at("tool"), "#!/bin/sh\n").unwrap();
    set_mode(&at("tool"), 0o4755);
    let link = TestLink::default();
    let args = json!({ "host_src": at("key"), "dest": at("copy") });
    let served = link.call("fs.copy", args.clone()).unwrap();
    assert!(served.diff[0].text.contains("secret"), "{:?}", served.diff);
    assert_eq!(
        (mode(&at("copy")), served.fields["bytes"].clone()),
        (0o600, Value::Int(7))
    );
    assert!(!link.call("fs.copy", args).unwrap().changed);
    let into =
        json!({ "host_src": at("tool"), "dest": format!("{}/", at("here").display()), "parents": true });
    let served = link.call("fs.copy", into).unwrap();
    assert_eq!(served.fields["path"].as_str(), at("here/tool").to_str());
    assert_eq!(mode(&at("here/tool")), 0o755);
    let given = json!({ "host_src": at("key"), "dest": at("given"), "mode": "0640" });
    link.call("fs.copy", given).unwrap();
    assert_eq!(mode(&at("given")), 0o640);
}

#[test]
fn a_directory_is_copied_on_the_host_as_a_whole_or_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("app/sub")).unwrap();
    fs::write(at("app/sub/large"), vec![7; 3 << 20]).unwrap();
    symlink("sub", at("app/link")).unwrap();
    let link = TestLink::default();
    let whole = json!({ "host_src": at("app"), "dest": at("all"), "parents": true });
    let served = link.call("fs.copy", whole.clone()).unwrap();
    assert_eq!(served.fields["path"].as_str(), at("all/app").to_str());
    assert_eq!(names(&at("all/app")), ["link", "sub"]);
    assert_eq!(fs::read_link(at("all/app/link")).unwrap(), Path::new("sub"));
    assert_eq!(fs::read(at("all/app/sub/large")).unwrap(), vec![7; 3 << 20]);
    assert!(!link.call("fs.copy", whole.clone()).unwrap().changed);
    // Of a large file a hash decides.
    fs::write(at("app/sub/large"), vec![8; 3 << 20]).unwrap();
    assert_eq!(
        link.call("fs.copy", whole).unwrap().fields["files"],
        Value::Int(1)
    );
    let inner = json!({ "host_src": format!("{}/", at("app").display()), "dest": at("inner") });
    link.call("fs.copy", inner).unwrap();
    assert_eq!(names(&at("inner")), ["link", "sub"]);
    for dest in ["app", "app/deep"] {
        let args = json!({ "host_src": at("app"), "dest": at(dest), "parents": true });
        let failure = link.call("fs.copy", args).unwrap_err();
        assert_eq!(failure.kind, Kind::Conflict, "{failure}");
    }
    symlink("app/sub", at("into")).unwrap();
    let led = json!({ "host_src": at("app"), "dest": at("into") });
    assert_eq!(link.call("fs.copy", led).unwrap_err().kind, Kind::Conflict);
    rustix::fs::mkfifoat(rustix::fs::CWD, at("app/pipe"), rustix::fs::Mode::RUSR).unwrap();
    let pipe = json!({ "host_src": at("app"), "dest": at("third"), "parents": true });
    assert_eq!(link.call("fs.copy", pipe).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn what_is_copied_in_check_mode_is_what_an_earlier_call_would_have_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let link = TestLink::default();
    let host = PredictedHost::default();
    let write = value(json!({ "path": at("a"), "content": "new\n", "mode": "0600" }));
    link.foresee("fs.write", &write, &host, 1).unwrap();
    let copy = value(json!({ "host_src": at("a"), "dest": at("b") }));
    let said = link.foresee("fs.copy", &copy, &host, 2).unwrap();
    assert!(said.changed && said.diff[0].text.contains("+new"), "{said:?}");
    let read = value(json!({ "path": at("b") }));
    let read = link.foresee("fs.read_str", &read, &host, 3).unwrap();
    assert_eq!(read.fields["content"].as_str(), Some("new\n"));
    let name = value(json!({ "path": at("c"), "target": at("b") }));
    assert!(link.foresee("fs.hardlink", &name, &host, 4).unwrap().changed);
    assert!(!link.foresee("fs.hardlink", &name, &host, 5).unwrap().changed);
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn what_is_there_stays_as_it_is_where_only_what_is_absent_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["old", "src/file", "src/new", "dest/src/file"] {
        fs::create_dir_all(at(name).parent().unwrap()).unwrap();
        fs::write(at(name), name).unwrap();
        set_mode(&at(name), 0o640);
    }
    let link = TestLink::default();
    for (tool, args) in [
        ("fs.write", json!({ "path": at("old"), "content": "other" })),
        ("template.file", json!({ "src": "other", "dest": at("old") })),
        (
            "fs.copy",
            json!({ "host_src": at("src/file"), "dest": at("old") }),
        ),
    ] {
        let mut args = args;
        args["only_if_absent"] = json!(true);
        args["mode"] = json!("0600");
        assert!(!link.call(tool, args).unwrap().changed, "{tool}");
        assert_eq!(
            (fs::read_to_string(at("old")).unwrap(), mode(&at("old"))),
            ("old".into(), 0o640)
        );
    }
    let tree = json!({ "src": at("src"), "dest": at("dest"), "mode": "0600", "only_if_absent": true, "directory_mode": "0700" });
    let served = link.call("fs.copy", tree).unwrap();
    assert_eq!(served.fields["files"], Value::Int(1));
    assert_eq!(fs::read(at("dest/src/file")).unwrap(), b"dest/src/file");
    assert_eq!(
        (mode(&at("dest/src/file")), mode(&at("dest/src/new"))),
        (0o640, 0o600)
    );
    assert_ne!(mode(&at("dest/src")), 0o700);
    // A directory in its place is no such file.
    let folder = json!({ "path": at("dest"), "content": "x", "only_if_absent": true });
    assert_eq!(link.call("fs.write", folder).unwrap_err().kind, Kind::Conflict);
}

#[test]
fn a_copy_keeps_the_modes_of_its_source_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "x").unwrap();
    set_mode(&at("file"), 0o2751);
    let link = TestLink::default();
    let args = json!({ "src": at("file"), "dest": at("kept"), "mode": "preserve" });
    link.call("fs.copy", args.clone()).unwrap();
    assert_eq!(mode(&at("kept")), 0o751);
    set_mode(&at("kept"), 0o600);
    assert!(link.call("fs.copy", args).unwrap().changed);
    let usual = json!({ "src": at("file"), "dest": at("kept") });
    link.call("fs.copy", usual).unwrap();
    assert_eq!(mode(&at("kept")), 0o755);
}

#[test]
fn a_hard_link_is_another_name_of_a_file_and_replaces_others_by_force_only() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "x").unwrap();
    fs::write(at("other"), "y").unwrap();
    fs::create_dir(at("folder")).unwrap();
    let link = TestLink::default();
    let args = |path: &str, force: bool| json!({ "path": at(path), "target": at("file"), "force": force });
    assert!(link.call("fs.hardlink", args("name", false)).unwrap().changed);
    assert_eq!(fs::metadata(at("name")).unwrap().nlink(), 2);
    assert!(!link.call("fs.hardlink", args("name", false)).unwrap().changed);
    let failure = link.call("fs.hardlink", args("other", false)).unwrap_err();
    assert!(
        failure
            .message
            .contains("a file is there, and `force` is not set"),
        "{failure}"
    );
    assert_eq!(fs::read(at("other")).unwrap(), b"y");
    assert!(link.call("fs.hardlink", args("other", true)).unwrap().changed);
    assert_eq!(fs::metadata(at("file")).unwrap().nlink(), 3);
    for (path, target) in [("folder", "file"), ("new", "folder"), ("new", "missing")] {
        let args = json!({ "path": at(path), "target": at(target), "force": true });
        link.call("fs.hardlink", args).unwrap_err();
    }
    assert_eq!(names(folder.path()), ["file", "folder", "name", "other"]);
}
