//! Tools that only look.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::json;

use crate::failure::Kind;
use crate::tools::testing::TestLink;
use crate::value::Value;

#[test]
fn text_is_utf8_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let path = folder.path().join("f");
    fs::write(&path, "žluť\r\n").unwrap();
    let served = link.call("fs.read_str", json!({ "path": path })).unwrap();
    assert_eq!(served.fields["content"].as_str(), Some("žluť\r\n"));
    fs::write(&path, b"ab\xff").unwrap();
    let failure = link.call("fs.read_str", json!({ "path": path })).unwrap_err();
    assert_eq!(failure.kind, Kind::Invalid);
    assert!(failure.message.contains("byte 2"), "{failure}");
    let served = link.call("fs.read_bytes", json!({ "path": path })).unwrap();
    assert_eq!(served.fields["content"], Value::Bytes(b"ab\xff".to_vec()));
    let failure = link
        .call("fs.read_bytes", json!({ "path": path, "max_bytes": 2 }))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::Invalid);
    assert_eq!(
        link.call("fs.read_str", json!({ "path": folder.path() }))
            .unwrap_err()
            .kind,
        Kind::Conflict
    );
    assert_eq!(
        link.call("fs.read_str", json!({ "path": "/no/such" }))
            .unwrap_err()
            .kind,
        Kind::NotFound
    );
    assert_eq!(
        link.call("fs.read_bytes", json!({ "path": "/dev/zero" }))
            .unwrap_err()
            .kind,
        Kind::Conflict
    );
    let served = link
        .call("fs.read_str", json!({ "path": "/proc/self/status" }))
        .unwrap();
    assert!(served.fields["content"].as_str().unwrap().contains("Pid:"));
}

#[test]
fn a_glob_is_sorted_and_knows_types_and_hidden_names() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("b/deep")).unwrap();
    for name in ["z.conf", "a.conf", "b/deep/c.conf", ".hidden.conf", "b/x.txt"] {
        fs::write(at(name), "").unwrap();
    }
    symlink("z.conf", at("link.conf")).unwrap();
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"\xff.conf")), "").unwrap();
    let link = TestLink::default();
    let glob = |args: serde_json::Value| {
        let mut all = json!({ "path": folder.path() });
        all.as_object_mut()
            .unwrap()
            .extend(args.as_object().unwrap().clone());
        let served = link.call("fs.glob", all).unwrap();
        let skip = folder.path().as_os_str().len() + 1;
        let paths = served.fields["paths"].as_list().unwrap().to_vec();
        paths
            .into_iter()
            .map(|path| match path {
                Value::Str(text) => text[skip..].to_owned(),
                Value::Bytes(bytes) => bytes[skip..].escape_ascii().to_string(),
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        glob(json!({ "pattern": "*.conf" })),
        ["a.conf", "link.conf", "z.conf", "\\xff.conf"]
    );
    assert_eq!(
        glob(json!({ "pattern": "**/*.conf", "type": "file" })),
        ["a.conf", "b/deep/c.conf", "z.conf", "\\xff.conf"]
    );
    assert_eq!(
        glob(json!({ "pattern": "**", "type": "directory" })),
        ["b", "b/deep"]
    );
    assert_eq!(glob(json!({ "pattern": ".*.conf" })), [".hidden.conf"]);
    assert_eq!(glob(json!({ "pattern": "**/*.none" })), [""; 0]);
    assert_eq!(
        glob(json!({ "pattern": "*.conf", "hidden": true, "type": "link" })),
        ["link.conf"]
    );
    let none = link
        .call("fs.glob", json!({ "path": "/no/such", "pattern": "*" }))
        .unwrap();
    assert_eq!(none.fields["paths"], Value::List(vec![]));
}

#[test]
fn what_is_missing_is_an_answer_of_stat() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let served = link
        .call("fs.stat", json!({ "path": folder.path().join("none/x") }))
        .unwrap();
    assert_eq!(served.fields.len(), 1);
    assert_eq!(served.fields["exists"], Value::Bool(false));
    fs::write(folder.path().join("f"), "abc").unwrap();
    fs::set_permissions(folder.path().join("f"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("f", folder.path().join("l")).unwrap();
    let args = json!({ "path": folder.path().join("l"), "follow": true, "hash": true });
    let fields = link.call("fs.stat", args).unwrap().fields;
    assert_eq!(
        (fields["mode"].as_str(), fields["type"].as_str()),
        (Some("0640"), Some("file"))
    );
    assert_eq!(fields["size"], Value::Int(3));
    assert_eq!(
        fields["hash"].as_str(),
        Some(blake3::hash(b"abc").to_hex().as_str())
    );
    let fields = link
        .call("fs.stat", json!({ "path": folder.path().join("l") }))
        .unwrap()
        .fields;
    assert_eq!(
        (fields["type"].as_str(), fields["link_target"].as_str()),
        (Some("link"), Some("f"))
    );
}
