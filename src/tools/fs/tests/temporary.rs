//! What is there only for a while.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use serde_json::json;

use crate::system::remove_kept;
use crate::tools::testing::TestLink;

use super::names;

#[test]
fn what_is_temporary_is_another_each_time_and_goes_with_the_agent() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let checked = link.check("fs.temp", json!({ "parent": folder.path() })).unwrap();
    assert!(checked.unknown && !checked.changed);
    assert_eq!(names(folder.path()), Vec::<String>::new());
    let make = |more: serde_json::Value| {
        let mut args = json!({ "parent": folder.path() });
        args.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let served = link.call("fs.temp", args).unwrap();
        (
            PathBuf::from(served.fields["path"].as_str().unwrap()),
            served.changed,
        )
    };
    let (one, changed) = make(json!({}));
    let (two, _) = make(json!({ "kind": "file", "prefix": "a-", "suffix": ".conf" }));
    let (other, _) = make(json!({}));
    let (kept, kept_changed) = make(json!({ "keep": true }));
    assert!(!changed && kept_changed && one != other);
    assert_eq!(fs::metadata(&one).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(fs::metadata(&two).unwrap().mode() & 0o7777, 0o600);
    let name = two.file_name().unwrap().to_str().unwrap();
    assert!(
        name.starts_with("a-") && name.strip_suffix(".conf").is_some(),
        "{name}"
    );
    fs::create_dir(one.join("deep")).unwrap();
    fs::write(one.join("deep/file"), "x").unwrap();
    // Something else that has come in its place is left alone.
    fs::remove_dir(&other).unwrap();
    fs::write(&other, "mine").unwrap();
    remove_kept(&link);
    assert!(!one.exists() && !two.exists() && kept.exists() && other.exists());
    link.call("fs.temp", json!({ "prefix": "a/b" })).unwrap_err();
}
