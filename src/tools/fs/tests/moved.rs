//! What is moved.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::failure::Kind;
use crate::tools::testing::{TestLink, in_own_mounts};

use super::names;

#[test]
fn one_hard_link_moved_over_another_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a"), "x").unwrap();
    fs::hard_link(at("a"), at("b")).unwrap();
    let link = TestLink::default();
    let args = json!({ "src": at("a"), "dest": at("b"), "force": true });
    assert!(link.call("fs.move", args.clone()).unwrap().changed);
    assert_eq!(names(folder.path()), ["b"]);
    assert!(!link.call("fs.move", args).unwrap().changed);
}

#[test]
fn a_move_to_another_file_system_keeps_times_holes_and_links() {
    let tried = in_own_mounts(|| {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("m")).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "tmpfs"])
            .arg(at("m"))
            .status();
        assert!(mount.unwrap().success());
        let file = fs::File::create(at("f")).unwrap();
        file.set_len(20 << 20).unwrap();
        let then = std::time::UNIX_EPOCH + std::time::Duration::new(1_000_000_000, 123_000_000);
        file.set_modified(then).unwrap();
        std::os::unix::fs::symlink("nowhere", at("l")).unwrap();
        fs::create_dir(at("d")).unwrap();
        let link = TestLink::default();
        for name in ["f", "l"] {
            let args = json!({ "src": at(name), "dest": at("m").join(name) });
            assert!(link.call("fs.move", args).unwrap().changed, "{name}");
            assert!(at(name).symlink_metadata().is_err(), "{name}");
        }
        let meta = fs::metadata(at("m/f")).unwrap();
        assert_eq!((meta.modified().unwrap(), meta.len()), (then, 20 << 20));
        assert!(meta.blocks() < 100, "{} blocks", meta.blocks());
        assert_eq!(fs::read_link(at("m/l")).unwrap(), Path::new("nowhere"));
        let args = json!({ "src": at("d"), "dest": at("m/d") });
        assert_eq!(
            link.check("fs.move", args.clone()).unwrap_err().kind,
            Kind::Unsupported
        );
        assert_eq!(link.call("fs.move", args).unwrap_err().kind, Kind::Unsupported);
    });
    if !tried {
        eprintln!("left out: nothing can be mounted here");
    }
}
