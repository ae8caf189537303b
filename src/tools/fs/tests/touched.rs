//! Files that only have to be there, and paths that count from a home directory.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde_json::json;

use crate::failure::Kind;
use crate::tools::testing::TestLink;

#[test]
fn a_file_is_touched_once_and_its_times_change_only_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    let link = TestLink::default();
    let created = link.call("fs.touch", json!({ "path": path })).unwrap();
    assert_eq!(
        (created.changed, created.fields["created"].clone()),
        (true, true.into())
    );
    fs::write(&path, "kept").unwrap();
    let old = json!({ "path": path, "modified": 1_000_000_000, "accessed": "2001-09-09T01:46:41Z" });
    assert!(link.call("fs.touch", old.clone()).unwrap().changed);
    let times = || {
        let meta = fs::metadata(&path).unwrap();
        (meta.mtime(), meta.atime())
    };
    assert_eq!(times(), (1_000_000_000, 1_000_000_001));
    assert!(!link.call("fs.touch", old).unwrap().changed);
    let again = link.call("fs.touch", json!({ "path": path })).unwrap();
    assert_eq!(
        (again.changed, again.fields["created"].clone()),
        (false, false.into())
    );
    assert_eq!(times(), (1_000_000_000, 1_000_000_001));
    let now = json!({ "path": path, "only_if_absent": false });
    for _ in 0..2 {
        assert!(link.call("fs.touch", now.clone()).unwrap().changed);
    }
    assert!(times().0 > 1_700_000_000);
    assert_eq!(fs::read(&path).unwrap(), b"kept");
    assert!(
        !link
            .call("fs.touch", json!({ "path": folder.path() }))
            .unwrap()
            .changed
    );
    let missing = json!({ "path": folder.path().join("no/f") });
    assert_eq!(link.call("fs.touch", missing).unwrap_err().kind, Kind::NotFound);
    let wrong = link
        .call("fs.touch", json!({ "path": path, "modified": "yesterday" }))
        .unwrap_err();
    assert!(wrong.message.contains("seconds since 1970"), "{wrong}");
}

#[test]
fn a_path_counts_from_the_home_directory_that_the_host_knows() {
    let link = TestLink::default();
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let own = rustix::process::geteuid().as_raw().to_string();
    let own_line = passwd
        .lines()
        .find(|it| it.split(':').nth(2) == Some(&*own))
        .unwrap();
    let fields: Vec<_> = own_line.split(':').collect();
    for path in ["~/no-such/f".to_owned(), format!("~{}/no-such/f", fields[0])] {
        let args = json!({ "path": path, "content": "~/x" });
        let failure = link.check("fs.write", args).unwrap_err();
        let whole = format!("`{}/no-such/f`", fields[5].trim_end_matches('/'));
        assert!(failure.message.contains(&whole), "{path}: {failure}");
    }
    let home = link.check("fs.stat", json!({ "path": "~" })).unwrap();
    assert_eq!(home.fields["exists"], fs::exists(fields[5]).unwrap().into());
    let failure = link
        .check("fs.stat", json!({ "path": "~no-such-user/x" }))
        .unwrap_err();
    assert_eq!(
        (failure.kind, &*failure.message),
        (Kind::NotFound, "there is no user `no-such-user` on this host")
    );
    let fetched = json!({ "src": "~/x", "dest": "fetched" });
    assert_eq!(link.check("fs.fetch", fetched).unwrap_err().kind, Kind::Invalid);
}
