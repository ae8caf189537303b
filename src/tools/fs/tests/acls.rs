//! Access lists, as the kernel holds to them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use serde_json::json;

use crate::failure::Kind;
use crate::system::PredictedHost;
use crate::tools::testing::{TestLink, become_nobody, left_out, value};
use crate::value::Value;

use super::is_root;

fn opens(path: &Path) -> bool {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            become_nobody();
            fs::File::open(path).is_ok()
        });
        other.join().unwrap()
    })
}

fn entries(fields: &crate::value::Map) -> Vec<String> {
    let Value::List(all) = &fields["entries"] else {
        panic!()
    };
    all.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_entry_lets_somebody_in_and_goes_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "x").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let link = TestLink::default();
    let give = json!({ "path": path, "type": "user", "entity": 65534, "permissions": "rX" });
    let served = match link.call("fs.acl", give.clone()) {
        Err(failure) if failure.kind == Kind::Unsupported => return left_out(&failure.message),
        other => other.unwrap(),
    };
    let given = entries(&served.fields);
    assert_eq!(
        (given.len(), &*given[0], &*given[3]),
        (5, "user::rw-", "mask::r--")
    );
    assert!(
        given[1].starts_with("user:") && given[1].ends_with(":r--"),
        "{given:?}"
    );
    assert!(!link.call("fs.acl", give.clone()).unwrap().changed);
    if is_root() {
        assert!(opens(&path));
    }
    // Check mode sees what an earlier call would take.
    let host = PredictedHost::default();
    let take = json!({ "path": path, "type": "user", "entity": 65534, "state": "absent" });
    assert!(
        link.foresee("fs.acl", &value(take.clone()), &host, 1)
            .unwrap()
            .changed
    );
    assert!(
        !link
            .foresee("fs.acl", &value(take.clone()), &host, 2)
            .unwrap()
            .changed
    );
    assert!(link.foresee("fs.acl", &value(give), &host, 3).unwrap().changed);
    let taken = link.call("fs.acl", take).unwrap();
    assert_eq!(entries(&taken.fields), ["user::rw-", "group::r--", "other::---"]);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
    if is_root() {
        assert!(!opens(&path));
    }
}

#[test]
fn what_is_made_in_a_directory_inherits_its_list_and_other_entries_go_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("d/sub")).unwrap();
    fs::write(at("d/file"), "x").unwrap();
    fs::set_permissions(at("d/file"), fs::Permissions::from_mode(0o644)).unwrap();
    std::os::unix::fs::symlink("/", at("d/link")).unwrap();
    let link = TestLink::default();
    let give = json!({ "path": at("d"), "recursive": true, "entry": ["u:65534:rwX", "default:user:65534:rwx", "d:g:65534:rx"] });
    let served = match link.call("fs.acl", give.clone()) {
        Err(failure) if failure.kind == Kind::Unsupported => return left_out(&failure.message),
        other => other.unwrap(),
    };
    assert!(
        entries(&served.fields)
            .iter()
            .any(|it| it.starts_with("default:mask::rwx"))
    );
    assert!(!link.call("fs.acl", give).unwrap().changed);
    fs::write(at("d/sub/new"), "x").unwrap();
    let new = link
        .call(
            "fs.acl",
            json!({ "path": at("d/sub/new"), "type": "other", "permissions": "-" }),
        )
        .unwrap();
    assert!(
        entries(&new.fields)
            .iter()
            .any(|it| it.starts_with("user:") && it.ends_with(":rwx")),
        "{new:?}"
    );
    let only = json!({ "path": at("d"), "type": "group", "entity": 1, "permissions": "r", "exclusive": true, "recursive": true });
    assert!(link.call("fs.acl", only.clone()).unwrap().changed);
    assert!(!link.call("fs.acl", only).unwrap().changed);
    let file = link
        .check(
            "fs.acl",
            json!({ "path": at("d/file"), "type": "other", "permissions": "r" }),
        )
        .unwrap();
    let left = entries(&file.fields);
    assert!(left.len() == 5 && !left[1].starts_with("user:"), "{left:?}");
    let wrong =
        json!({ "path": at("d/file"), "type": "user", "entity": 1, "permissions": "r", "default": true });
    assert_eq!(link.call("fs.acl", wrong).unwrap_err().kind, Kind::Conflict);
}
