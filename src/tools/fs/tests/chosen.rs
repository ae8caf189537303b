//! What of an archive is unpacked, and how.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use crate::failure::Kind;
use crate::tools::testing::TestLink;
use crate::value::Value;

use super::names;

/// Directories `bin` and `etc` with files from a time, packed as `app.tar.gz`.
fn pack(folder: &Path) -> TestLink {
    let at = |name: &str| folder.join(name);
    for name in ["app/bin", "app/etc/deep"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    for name in [
        "app/bin/tool",
        "app/etc/a.conf",
        "app/etc/deep/b.conf",
        "app/etc/note",
    ] {
        fs::write(at(name), name).unwrap();
        let file = fs::File::options().write(true).open(at(name)).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_700_000_000))
            .unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o664)).unwrap();
    }
    let link = TestLink::default();
    link.call(
        "fs.archive",
        json!({ "paths": at("app/"), "dest": at("app.tar.gz") }),
    )
    .unwrap();
    link
}

#[test]
fn only_what_patterns_choose_is_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let link = pack(folder.path());
    let unpack = |dest: &str, more: Json| {
        let mut args = json!({ "host_src": at("app.tar.gz"), "dest": at(dest) });
        args.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let served = link.call("fs.unpack", args.clone())?;
        assert!(served.changed && !link.call("fs.unpack", args)?.changed, "{dest}");
        Ok::<_, crate::failure::Failure>(served.fields["written"].clone())
    };
    unpack("one", json!({ "includes": "*.conf" })).unwrap();
    let has = |dest: &str, name: &str| at(dest).join(name).exists();
    assert!(has("one", "etc/a.conf") && has("one", "etc/deep/b.conf"));
    assert!(!has("one", "etc/note") && !has("one", "bin"));
    unpack(
        "two",
        json!({ "includes": ["./etc/", "nothing"], "excludes": "deep" }),
    )
    .unwrap();
    assert!(has("two", "etc/note") && !has("two", "etc/deep") && !has("two", "bin"));
    let failure = unpack("three", json!({ "includes": "nothing" })).unwrap_err();
    assert_eq!(failure.kind, Kind::Invalid, "{failure}");
    assert_eq!(names(folder.path()).len(), 4, "a refused archive leaves nothing");
}

#[test]
fn a_file_that_was_changed_later_stays_and_modes_are_counted_from_those_in_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let link = pack(folder.path());
    let args = json!({ "host_src": at("app.tar.gz"), "dest": at("out"), "mode": "u=rwX,go=", "includes": "**/*.conf" });
    link.call("fs.unpack", args).unwrap();
    let mut files = Vec::new();
    let mut folders = vec![at("out")];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    assert_eq!(files.len(), 2);
    assert!(
        files
            .iter()
            .all(|it| fs::metadata(it).unwrap().mode() & 0o777 == 0o600)
    );
    for (seconds, written) in [(1_800_000_000, 0), (1_600_000_000, 1)] {
        fs::write(&files[0], "mine").unwrap();
        let file = fs::File::options().write(true).open(&files[0]).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds))
            .unwrap();
        let args = json!({ "host_src": at("app.tar.gz"), "dest": at("out"), "mode": "u=rwX,go=", "includes": "**/*.conf", "only_newer": true });
        let served = link.call("fs.unpack", args).unwrap();
        assert_eq!(served.fields["written"], Value::Int(written));
    }
}
