//! Tools that change something.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::json;

use crate::failure::Kind;
use crate::tools::testing::TestLink;

use super::{is_root, names};

#[test]
fn a_write_keeps_mode_and_attributes_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    let file = fs::File::open(&path).unwrap();
    let has_xattrs =
        rustix::fs::fsetxattr(&file, "user.note", b"kept", rustix::fs::XattrFlags::empty()).is_ok();
    let link = TestLink::default();
    // What a killed run has left is removed.
    fs::write(folder.path().join(".f.rmote-play"), "half").unwrap();
    let served = link
        .call(
            "fs.write",
            json!({ "path": path, "content": "new", "backup": true }),
        )
        .unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o604);
    let backup = Path::new(served.fields["backup"].as_str().unwrap());
    assert_eq!(fs::read(backup).unwrap(), b"old");
    assert_eq!(
        names(folder.path()),
        [
            "f".to_owned(),
            backup.file_name().unwrap().to_string_lossy().into_owned()
        ]
    );
    if has_xattrs {
        let mut value = [0; 16];
        let length = rustix::fs::getxattr(&path, "user.note", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"kept");
    }
    assert_eq!(link.warnings(), Vec::<String>::new());
}

#[test]
fn a_file_that_is_refused_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "good").unwrap();
    let before = fs::metadata(&path).unwrap();
    let link = TestLink::default();
    let args = json!({ "path": path, "content": "bad", "backup": true, "validate": "grep -q good %s" });
    let failure = link.call("fs.write", args).unwrap_err();
    assert_eq!(failure.kind, Kind::CommandFailed);
    assert!(failure.message.contains("was not changed"), "{failure}");
    assert_eq!(fs::metadata(&path).unwrap().ino(), before.ino());
    assert_eq!(names(folder.path()), ["f"]);
    let failure = link
        .call(
            "fs.write",
            json!({ "path": path, "content": "x", "validate": "true" }),
        )
        .unwrap_err();
    assert_eq!(failure.kind, Kind::Invalid);
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let failure = link
        .call("fs.write", json!({ "path": "/dev/full", "content": "x" }))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::Conflict);
    let failure = link
        .call(
            "fs.write",
            json!({ "path": folder.path().join("none/f"), "content": "x" }),
        )
        .unwrap_err();
    assert_eq!(failure.kind, Kind::NotFound);
    assert!(failure.message.contains("/none` does not exist"), "{failure}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_hard_link_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "old").unwrap();
    fs::hard_link(&path, folder.path().join("g")).unwrap();
    let link = TestLink::default();
    link.call("fs.write", json!({ "path": path, "content": "new" }))
        .unwrap();
    assert!(link.warnings()[0].contains("hard links"));
    assert_eq!(fs::read(folder.path().join("g")).unwrap(), b"old");
}

#[test]
fn a_link_is_written_through_and_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("real")).unwrap();
    fs::write(folder.path().join("real/f"), "old").unwrap();
    symlink("real", folder.path().join("way")).unwrap();
    symlink("../way/f", folder.path().join("real/l")).unwrap();
    let link = TestLink::default();
    let served = link
        .call(
            "fs.write",
            json!({ "path": folder.path().join("way/l"), "content": "new" }),
        )
        .unwrap();
    assert_eq!(fs::read(folder.path().join("real/f")).unwrap(), b"new");
    assert!(folder.path().join("real/l").is_symlink());
    let real = folder.path().canonicalize().unwrap().join("real/f");
    assert_eq!(served.fields["path"].as_str(), real.to_str());
    symlink("loop", folder.path().join("loop")).unwrap();
    let failure = link
        .call(
            "fs.write",
            json!({ "path": folder.path().join("loop"), "content": "" }),
        )
        .unwrap_err();
    assert!(failure.message.contains("loop of links"), "{failure}");
}

#[test]
fn root_is_not_led_astray_by_a_link_of_another_user() {
    if !is_root() {
        // Only root can give links away; for others there is nothing to be protected.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(4321), Some(4321)).unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "root's").unwrap();
    symlink(&secret, home.join("rc")).unwrap();
    std::os::unix::fs::lchown(home.join("rc"), Some(4321), Some(4321)).unwrap();
    symlink(folder.path(), home.join("up")).unwrap();
    std::os::unix::fs::lchown(home.join("up"), Some(4321), Some(4321)).unwrap();
    let link = TestLink::default();
    for path in [home.join("rc"), home.join("up/secret"), home.join("up/new")] {
        let failure = link
            .call("fs.write", json!({ "path": path, "content": "led astray" }))
            .unwrap_err();
        assert_eq!(failure.kind, Kind::PermissionDenied, "{failure}");
        let failure = link
            .call(
                "fs.line_in_file",
                json!({ "path": path, "line": "x", "create": true }),
            )
            .unwrap_err();
        assert_eq!(failure.kind, Kind::PermissionDenied, "{failure}");
    }
    assert_eq!(fs::read(&secret).unwrap(), b"root's");
    // His own link to what is his own is followed, and the file stays his.
    fs::write(home.join("own"), "").unwrap();
    std::os::unix::fs::chown(home.join("own"), Some(4321), Some(4321)).unwrap();
    symlink("own", home.join("mine")).unwrap();
    std::os::unix::fs::lchown(home.join("mine"), Some(4321), Some(4321)).unwrap();
    link.call("fs.write", json!({ "path": home.join("mine"), "content": "ok" }))
        .unwrap();
    assert_eq!(fs::read(home.join("own")).unwrap(), b"ok");
    assert_eq!(fs::metadata(home.join("own")).unwrap().uid(), 4321);
}

#[test]
fn three_runs_never_append_three_copies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "a\r\nb\u{c}c").unwrap();
    let link = TestLink::default();
    for run in 0..3 {
        let args = json!({ "path": path, "line": "Port 22", "regexp": "^#Port" });
        assert_eq!(link.call("fs.line_in_file", args).unwrap().changed, run == 0);
    }
    assert_eq!(fs::read(&path).unwrap(), "a\r\nb\u{c}c\r\nPort 22\r\n".as_bytes());
    let new = folder.path().join("new");
    let failure = link
        .call("fs.line_in_file", json!({ "path": new, "line": "x" }))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::NotFound);
    link.call(
        "fs.line_in_file",
        json!({ "path": new, "line": "x", "create": true }),
    )
    .unwrap();
    assert_eq!(
        fs::read(&new).unwrap(),
        b"x\n",
        "a new file gets its final newline"
    );
    let args =
        json!({ "path": folder.path().join("never"), "line": "x", "create": true, "validate": "false %s" });
    link.call("fs.line_in_file", args).unwrap_err();
    assert!(
        !folder.path().join("never").exists(),
        "a failed edit creates nothing"
    );
    let failure = link
        .call(
            "fs.line_in_file",
            json!({ "path": path, "line": "x", "regexp": "(" }),
        )
        .unwrap_err();
    assert!(
        failure.message.contains("regexp") && failure.message.contains("not a regular expression"),
        "{failure}"
    );
}

#[test]
fn remove_follows_no_link_and_spares_the_system() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("keep")).unwrap();
    fs::write(at("keep/file"), "x").unwrap();
    fs::create_dir_all(at("gone/deep")).unwrap();
    symlink(at("keep"), at("gone/deep/link")).unwrap();
    symlink(at("keep"), at("link")).unwrap();
    let link = TestLink::default();
    let failure = link
        .check("fs.remove", json!({ "path": at("gone") }))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::Conflict);
    link.call("fs.remove", json!({ "path": at("gone"), "recursive": true }))
        .unwrap();
    link.call("fs.remove", json!({ "path": at("link"), "recursive": true }))
        .unwrap();
    assert_eq!(names(folder.path()), ["keep"]);
    assert_eq!(fs::read(at("keep/file")).unwrap(), b"x");
    for path in ["/", "/etc", "/usr/../etc/", "//"] {
        let failure = link
            .check("fs.remove", json!({ "path": path, "recursive": true }))
            .unwrap_err();
        assert_eq!(failure.kind, Kind::Invalid, "{failure}");
    }
}

#[test]
fn a_link_replaces_a_file_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l");
    fs::write(&path, "").unwrap();
    let link = TestLink::default();
    let args = |force: bool| json!({ "path": path, "target": "t", "force": force });
    assert_eq!(
        link.check("fs.symlink", args(false)).unwrap_err().kind,
        Kind::Conflict
    );
    link.call("fs.symlink", args(true)).unwrap();
    assert_eq!(fs::read_link(&path).unwrap(), Path::new("t"));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    link.call("fs.symlink", args(true)).unwrap();
    assert_eq!(names(folder.path()), ["l"]);
}
