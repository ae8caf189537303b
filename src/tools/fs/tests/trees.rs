//! Trees that are made alike, next to a model of what should come of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::failure::Kind;
use crate::tools::testing::{TestLink, in_own_mounts};

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Thing {
    Folder,
    File(String),
    Link(String),
}

/// Paths below a directory; what is in something has that something before it.
type Tree = BTreeMap<PathBuf, Thing>;

const NAMES: [&str; 4] = ["a", "b", "c", "keep.tmp"];

fn thing() -> impl Strategy<Value = Option<Thing>> {
    prop_oneof![
        3 => Just(None),
        4 => Just(Some(Thing::Folder)),
        3 => "[xyz]{0,3}".prop_map(|text| Some(Thing::File(text))),
        2 => prop_oneof!["[ab]", Just("../outside".to_owned()), Just("nowhere".to_owned())]
            .prop_map(|target| Some(Thing::Link(target))),
    ]
}

/// A tree of three levels.
fn tree() -> impl Strategy<Value = Tree> {
    let paths = 4 + 16 + 64;
    proptest::collection::vec(thing(), paths).prop_map(|things| {
        let mut tree = Tree::new();
        let mut things = things.into_iter();
        let mut level = vec![PathBuf::new()];
        for _ in 0..3 {
            let mut next = Vec::new();
            for above in level {
                for name in NAMES {
                    let Some(Some(thing)) = things.next() else {
                        continue;
                    };
                    let path = above.join(name);
                    if thing == Thing::Folder {
                        next.push(path.clone());
                    }
                    tree.insert(path, thing);
                }
            }
            level = next;
        }
        tree
    })
}

fn make(root: &Path, tree: &Tree) {
    fs::create_dir(root).unwrap();
    for (path, thing) in tree {
        let path = root.join(path);
        match thing {
            Thing::Folder => fs::create_dir(path).unwrap(),
            Thing::File(text) => fs::write(path, text).unwrap(),
            Thing::Link(target) => symlink(target, path).unwrap(),
        }
    }
}

fn seen(root: &Path) -> Tree {
    fn add(root: &Path, below: &Path, tree: &mut Tree) {
        for entry in fs::read_dir(root.join(below)).unwrap() {
            let entry = entry.unwrap();
            let path = below.join(entry.file_name());
            let sort = entry.file_type().unwrap();
            let thing = if sort.is_symlink() {
                Thing::Link(fs::read_link(entry.path()).unwrap().display().to_string())
            } else if sort.is_dir() {
                add(root, &path, tree);
                Thing::Folder
            } else {
                Thing::File(fs::read_to_string(entry.path()).unwrap())
            };
            tree.insert(path, thing);
        }
    }
    let mut tree = Tree::new();
    add(root, Path::new(""), &mut tree);
    tree
}

fn is_excluded(path: &Path) -> bool {
    path.iter().any(|name| name == "keep.tmp")
}

/// What a push should make of a target; nothing where it should refuse to.
fn expected(source: &Tree, target: &Tree, delete: bool, pull: bool) -> Option<Tree> {
    let is_wanted =
        |path: &Path, thing: &Thing| !(is_excluded(path) || pull && matches!(thing, Thing::Link(_)));
    let wanted: Tree = source
        .iter()
        .filter(|(path, thing)| is_wanted(path, thing))
        .map(|(path, thing)| (path.clone(), thing.clone()))
        .collect();
    let mut result = wanted.clone();
    for (path, thing) in target {
        // Below a link of the target that is replaced by a directory there is nothing.
        let stays = if is_excluded(path) {
            true
        } else {
            match wanted.get(path) {
                None => !delete,
                Some(new) => {
                    let same = std::mem::discriminant(new) == std::mem::discriminant(thing);
                    let is_replaced = !pull && matches!(thing, Thing::Link(_));
                    let is_kept = *thing == Thing::Folder
                        && target.keys().any(|it| it.starts_with(path) && is_excluded(it));
                    if !same && (!delete && !is_replaced || delete && is_kept) {
                        return None;
                    }
                    false
                }
            }
        };
        if stays {
            result.insert(path.clone(), thing.clone());
            if is_excluded(path) {
                for above in path.ancestors().skip(1).filter(|it| !it.as_os_str().is_empty()) {
                    if let Some(Thing::File(_) | Thing::Link(_)) = wanted.get(above) {
                        return None;
                    }
                    result.insert(above.to_owned(), Thing::Folder);
                }
            }
        }
    }
    // Something of the source that would lie in a file or link of the target.
    for path in wanted.keys() {
        for above in path.ancestors().skip(1).filter(|it| !it.as_os_str().is_empty()) {
            if !matches!(result.get(above), Some(Thing::Folder)) {
                return None;
            }
        }
    }
    Some(result)
}

#[test]
fn two_random_trees_become_alike_and_nothing_that_is_protected_or_outside_is_touched() {
    let mut runner = TestRunner::new(Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    });
    let pairs = (tree(), tree(), any::<bool>(), any::<bool>());
    let checked = runner.run(&pairs, |(source, target, delete, pull)| {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        make(&at("source"), &source);
        make(&at("target"), &target);
        fs::write(at("outside"), "precious").unwrap();
        let args = if pull {
            json!({ "local": at("target"), "path": at("source"), "direction": "pull", "delete": delete, "excludes": ["*.tmp"] })
        } else {
            json!({ "local": at("source"), "path": at("target"), "delete": delete, "excludes": "*.tmp" })
        };
        let link = TestLink::default();
        let before = seen(&at("target"));
        let looked = link.check("fs.sync", args.clone());
        prop_assert_eq!(&seen(&at("target")), &before, "check mode");
        let done = link.call("fs.sync", args.clone());
        prop_assert_eq!(looked.is_ok(), done.is_ok(), "{:?} and {:?}", looked, done);
        prop_assert_eq!(fs::read_to_string(at("outside")).unwrap(), "precious");
        match expected(&source, &target, delete, pull) {
            None => {
                prop_assert_eq!(done.map(|it| it.changed).map_err(|it| it.kind), Err(Kind::Conflict));
                prop_assert_eq!(seen(&at("target")), before);
            }
            Some(expected) => {
                let done = done.map_err(|failure| TestCaseError::fail(failure.to_string()))?;
                let after = seen(&at("target"));
                prop_assert_eq!(&after, &expected);
                prop_assert_eq!(done.changed, after != before);
                let gone = before.keys().filter(|it| !after.contains_key(*it)).count();
                if delete && !pull {
                    let replaced = before.iter().filter(|(path, thing)| {
                        let new = after.get(*path);
                        new.is_some_and(|new| std::mem::discriminant(new) != std::mem::discriminant(*thing))
                    });
                    let most = gone + replaced.count();
                    let told = match done.fields["removed"] {
                        crate::value::Value::Int(told) => usize::try_from(told).unwrap(),
                        _ => 0,
                    };
                    prop_assert!((gone..=most).contains(&told), "{} gone, {} told", gone, told);
                }
                prop_assert!(!link.call("fs.sync", args).unwrap().changed, "again");
            }
        }
        Ok(())
    });
    checked.unwrap_or_else(|problem| panic!("{problem}"));
}

#[test]
fn two_files_that_are_one_by_a_link_are_not_both_copied() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    make(
        &at("src"),
        &Tree::from([
            ("x".into(), Thing::File("x".into())),
            ("y".into(), Thing::File("y".into())),
        ]),
    );
    make(&at("dest"), &Tree::from([("x".into(), Thing::Link("y".into()))]));
    let link = TestLink::default();
    let args = json!({ "src": format!("{}/", at("src").display()), "dest": at("dest") });
    let failure = link.call("fs.copy", args).unwrap_err();
    assert_eq!(failure.kind, Kind::Conflict, "{failure}");
    assert!(!at("dest/y").exists());
}

/// What is mounted below is gone through only where that was said, by every tool that goes through directories.
#[test]
fn no_tool_goes_into_another_file_system_unless_it_is_told_to() {
    let tried = in_own_mounts(|| {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("t/in")).unwrap();
        fs::create_dir_all(at("elsewhere/deep")).unwrap();
        fs::create_dir(at("src")).unwrap();
        fs::create_dir(at("src/in")).unwrap();
        fs::write(at("elsewhere/deep/data"), "precious").unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.arg("--bind").args([at("elsewhere"), at("t/in")]);
        assert!(mount.status().unwrap().success());
        let link = TestLink::default();
        let refuses = [
            (
                "fs.attributes",
                json!({ "path": at("t"), "mode": "0711", "recursive": true }),
            ),
            ("fs.archive", json!({ "paths": at("t"), "dest": at("a.tar") })),
            (
                "fs.fetch",
                json!({ "src": format!("{}/", at("t").display()), "dest": at("got"), "flat": true }),
            ),
            (
                "fs.sync",
                json!({ "local": at("got"), "path": at("t"), "direction": "pull" }),
            ),
            (
                "fs.sync",
                json!({ "local": at("src"), "path": at("t"), "delete": true }),
            ),
        ];
        for (tool, args) in &refuses {
            let failure = link.check(tool, args.clone()).unwrap_err();
            assert!(
                failure.message.contains("`other_file_systems`"),
                "{tool}: {failure}"
            );
            assert_eq!(
                link.call(tool, args.clone()).unwrap_err().kind,
                Kind::Conflict,
                "{tool}"
            );
        }
        for args in [
            json!({ "path": at("t") }),
            json!({ "path": at("t"), "pattern": "**" }),
        ] {
            let tool = if args["pattern"].is_null() {
                "fs.find"
            } else {
                "fs.glob"
            };
            let found = |args| format!("{:?}", link.call(tool, args).unwrap().fields);
            assert!(!found(args.clone()).contains("data"), "{tool}");
            assert!(link.warnings()[0].contains("`other_file_systems`"), "{tool}");
            let mut told = args;
            told["other_file_systems"] = json!(true);
            assert!(found(told).contains("data"), "{tool}");
        }
        assert_eq!(fs::read_to_string(at("elsewhere/deep/data")).unwrap(), "precious");
        for (tool, args) in refuses {
            let mut told = args;
            told["other_file_systems"] = json!(true);
            link.call(tool, told)
                .unwrap_or_else(|failure| panic!("{tool}: {failure}"));
        }
        assert!(!at("elsewhere/deep").exists(), "told to, it deletes there");
        fs::write(at("elsewhere/data"), "precious").unwrap();
        let all = json!({ "path": at("t"), "recursive": true });
        assert_eq!(link.call("fs.remove", all).unwrap_err().kind, Kind::Conflict);
        assert!(at("t/in/data").exists());
    });
    if !tried {
        eprintln!("left out: nothing can be mounted here");
    }
}
