//! Several who change one file at once.

use std::fs;
use std::sync::Barrier;
use std::thread;

use serde_json::{Value as Json, json};

use crate::tools::testing::TestLink;

use super::names;

/// Runs so many workers at once, each with calls of its own.
fn together(workers: usize, calls: usize, call: impl Fn(usize, usize) -> (&'static str, Json) + Sync) {
    let start = Barrier::new(workers);
    thread::scope(|scope| {
        for worker in 0..workers {
            let (start, call) = (&start, &call);
            scope.spawn(move || {
                let link = TestLink::default();
                start.wait();
                for number in 0..calls {
                    let (tool, args) = call(worker, number);
                    link.call(tool, args)
                        .unwrap_or_else(|failure| panic!("{worker}, {number}: {failure}"));
                }
            });
        }
    });
}

#[test]
fn five_who_write_one_file_never_fail_by_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("same");
    fs::write(&path, "x").unwrap();
    together(5, 600, |worker, number| {
        // Each third one is looked at before it takes its place, and has a name until then.
        let content = format!("{worker}").repeat(3000) + &number.to_string();
        let mut args = json!({ "path": path, "content": content });
        if number % 3 == 0 {
            args["validate"] = json!("test -s %s");
        }
        ("fs.write", args)
    });
    let text = fs::read_to_string(&path).unwrap();
    let first = &text[..1];
    assert!(text.starts_with(&first.repeat(3000)), "half a file");
    assert_eq!(names(folder.path()), ["same"]);
}

#[test]
fn five_who_edit_one_file_lose_no_line_even_if_others_write_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines");
    fs::write(&path, "# begin\n").unwrap();
    together(5, 100, |worker, number| {
        let line = format!("{worker}-{number}");
        ("fs.line_in_file", json!({ "path": path, "line": line }))
    });
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!((lines.len(), text.lines().count()), (501, 501));
    assert_eq!(names(folder.path()), ["lines"]);
}

#[test]
fn five_who_make_one_link_never_fail_by_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("link");
    together(5, 200, |worker, number| {
        let target = format!("{worker}-{number}");
        ("fs.symlink", json!({ "path": path, "target": target }))
    });
    assert!(path.is_symlink());
    assert_eq!(names(folder.path()), ["link"]);
}
