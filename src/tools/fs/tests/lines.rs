//! `fs.line_in_file`, clause by clause.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

use serde_json::{Value, json};

use crate::failure::Kind;
use crate::tools::testing::TestLink;

use super::{is_root, names};

/// What the file holds, what is asked, and what it holds then.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("appended", "a\n", r#"{"line":"b"}"#, "a\nb\n"),
    (
        "appended without a newline at the end",
        "a",
        r#"{"line":"b"}"#,
        "a\nb\n",
    ),
    ("to an empty file", "", r#"{"line":"b"}"#, "b\n"),
    ("there already", "a\nb\nc\n", r#"{"line":"b"}"#, "a\nb\nc\n"),
    (
        "there already, last and without a newline",
        "a\nb",
        r#"{"line":"b"}"#,
        "a\nb",
    ),
    (
        "a part of a line is not the line",
        "abc\n",
        r#"{"line":"b"}"#,
        "abc\nb\n",
    ),
    ("blanks count", " b \n", r#"{"line":"b"}"#, " b \nb\n"),
    (
        "blanks stripped",
        "\t b \n",
        r#"{"line":"b","strip":true}"#,
        "\t b \n",
    ),
    (
        "blanks of the wanted line stripped",
        "b\n",
        r#"{"line":" b ","strip":true}"#,
        "b\n",
    ),
    (
        "last match",
        "k=1\nx\nk=2\n",
        r#"{"line":"k=3","regexp":"^k="}"#,
        "k=1\nx\nk=3\n",
    ),
    (
        "first match",
        "k=1\nx\nk=2\n",
        r#"{"line":"k=3","regexp":"^k=","match":"first"}"#,
        "k=3\nx\nk=2\n",
    ),
    (
        "all matches",
        "k=1\nx\nk=2\n",
        r#"{"line":"k=3","regexp":"^k=","match":"all"}"#,
        "k=3\nx\nk=3\n",
    ),
    (
        "found anywhere in a line",
        "the k is 1\n",
        r#"{"line":"k","regexp":"k is"}"#,
        "k\n",
    ),
    (
        "no match: appended",
        "a\n",
        r#"{"line":"k=3","regexp":"^k="}"#,
        "a\nk=3\n",
    ),
    (
        "no match, and there already",
        "a\n#k\n",
        r##"{"line":"#k","regexp":"^k="}"##,
        "a\n#k\n",
    ),
    (
        "the match is right already",
        "k=3\na\n",
        r#"{"line":"k=3","regexp":"^k="}"#,
        "k=3\na\n",
    ),
    (
        "all are right already",
        "k=3\nk=3\n",
        r#"{"line":"k=3","regexp":"^k=","match":"all"}"#,
        "k=3\nk=3\n",
    ),
    (
        "replaced, newline kept",
        "a\nk=1\n",
        r#"{"line":"k=3","regexp":"^k="}"#,
        "a\nk=3\n",
    ),
    (
        "replaced, none kept",
        "a\nk=1",
        r#"{"line":"k=3","regexp":"^k="}"#,
        "a\nk=3",
    ),
    (
        "carriage returns kept",
        "a\r\nk=1\r\n",
        r#"{"line":"k=3","regexp":"^k="}"#,
        "a\r\nk=3\r\n",
    ),
    (
        "appended behind carriage returns",
        "a\r\n",
        r#"{"line":"b"}"#,
        "a\r\nb\r\n",
    ),
    (
        "separators of Unicode are letters",
        "a\u{c}b\u{85}\u{2028}c\n",
        r#"{"line":"d"}"#,
        "a\u{c}b\u{85}\u{2028}c\nd\n",
    ),
    ("removed", "a\nb\na\n", r#"{"line":"a","state":"absent"}"#, "b\n"),
    (
        "removed by its pattern",
        "k=1\nb\nk=2",
        r#"{"regexp":"^k=","state":"absent"}"#,
        "b\n",
    ),
    (
        "nothing to remove",
        "b\n",
        r#"{"line":"a","state":"absent"}"#,
        "b\n",
    ),
];

#[test]
fn each_clause_holds_and_a_second_call_has_nothing_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    let link = TestLink::default();
    for (name, before, args, after) in CASES {
        fs::write(&path, before).unwrap();
        let mut args: Value = serde_json::from_str(args).unwrap();
        args["path"] = json!(path);
        let changes = before != after;
        let old = fs::metadata(&path).unwrap();
        let checked = link.check("fs.line_in_file", args.clone()).unwrap();
        assert_eq!(checked.changed, changes, "{name}: in check mode");
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            *before,
            "{name}: check mode writes nothing"
        );
        let served = link.call("fs.line_in_file", args.clone()).unwrap();
        assert_eq!((served.changed, &served.diff), (changes, &checked.diff), "{name}");
        assert_eq!(fs::read_to_string(&path).unwrap(), *after, "{name}");
        let new = fs::metadata(&path).unwrap();
        if !changes {
            let stamp = |it: &fs::Metadata| (it.ino(), it.mtime(), it.mtime_nsec(), it.ctime_nsec());
            assert_eq!(stamp(&old), stamp(&new), "{name}: nothing is touched");
            assert!(served.diff.is_empty(), "{name}");
        }
        let again = link.call("fs.line_in_file", args).unwrap();
        assert!(!again.changed, "{name}: again");
        assert_eq!(names(folder.path()), ["f"], "{name}");
    }
}

#[test]
fn bytes_that_are_no_text_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, b"\xff\xfe a\0b\nk=1\n\xe9").unwrap();
    let link = TestLink::default();
    let args = json!({ "path": path, "line": "k=ž", "regexp": "^k=" });
    assert!(link.call("fs.line_in_file", args).unwrap().changed);
    assert_eq!(fs::read(&path).unwrap(), b"\xff\xfe a\0b\nk=\xc5\xbe\n\xe9");
}

#[test]
fn the_diff_is_unified_and_named_after_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "1\n2\n3\n4\n5\n6\n7\n8").unwrap();
    let link = TestLink::default();
    let args = json!({ "path": path, "line": "five", "regexp": "5" });
    let served = link.call("fs.line_in_file", args).unwrap();
    let [diff] = &served.diff[..] else {
        panic!("{served:?}")
    };
    assert_eq!(diff.title, path.display().to_string());
    assert_eq!(
        diff.text,
        "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n\\ No newline at end of file\n"
    );
}

#[test]
fn a_file_keeps_its_owner_and_mode_and_a_new_one_has_what_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let link = TestLink::default();
    let facts = |name: &str| {
        let meta = fs::metadata(at(name)).unwrap();
        (meta.mode() & 0o7777, meta.uid(), meta.gid())
    };
    let own = fs::metadata(folder.path()).unwrap();
    let (uid, gid) = if is_root() {
        (4321, 4322)
    } else {
        (own.uid(), own.gid())
    };
    fs::write(at("old"), "a\n").unwrap();
    chown(at("old"), Some(uid), Some(gid)).unwrap();
    for mode in [0o600, 0o646, 0o4755, 0o444] {
        fs::set_permissions(at("old"), fs::Permissions::from_mode(mode)).unwrap();
        link.call(
            "fs.line_in_file",
            json!({ "path": at("old"), "line": format!("line {mode}") }),
        )
        .unwrap();
        assert_eq!(facts("old"), (mode, uid, gid));
    }
    let args = json!({ "path": at("new"), "line": "x", "create": true, "mode": "0604", "owner": uid.to_string(), "group": gid.to_string() });
    link.call("fs.line_in_file", args.clone()).unwrap();
    assert_eq!(facts("new"), (0o604, uid, gid));
    // Where only they differ, only they are changed.
    fs::set_permissions(at("new"), fs::Permissions::from_mode(0o666)).unwrap();
    let before = fs::metadata(at("new")).unwrap().ino();
    assert!(link.call("fs.line_in_file", args).unwrap().changed);
    assert_eq!(
        (facts("new"), fs::metadata(at("new")).unwrap().ino()),
        ((0o604, uid, gid), before)
    );
}

#[test]
fn a_missing_file_is_made_only_where_that_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    let link = TestLink::default();
    let failure = link
        .call("fs.line_in_file", json!({ "path": path, "line": "x" }))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::NotFound);
    let args = json!({ "path": path, "line": "x", "create": true });
    assert!(link.check("fs.line_in_file", args.clone()).unwrap().changed);
    assert!(names(folder.path()).is_empty(), "check mode makes nothing");
    link.call("fs.line_in_file", args).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"x\n");
    // There is nothing to take away from what is not there.
    let args = json!({ "path": folder.path().join("none"), "line": "x", "state": "absent" });
    assert!(!link.call("fs.line_in_file", args).unwrap().changed);
    assert_eq!(names(folder.path()), ["f"]);
}
