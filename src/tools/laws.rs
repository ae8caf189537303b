//! Laws that every registered tool keeps.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::tool::Apply;
use crate::tools::registry;
use crate::tools::testing::{TestLink, value};

/// A call of each tool that writes, in a folder, after something to work on was put there.
fn calls(folder: &Path) -> Vec<(&'static str, Json)> {
    let at = |name: &str| folder.join(name).to_string_lossy().into_owned();
    fs::write(at("lines"), "a\r\nb").unwrap();
    fs::set_permissions(at("lines"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::create_dir_all(at("full/deep")).unwrap();
    fs::write(at("full/deep/file"), "x").unwrap();
    symlink("/", at("full/link")).unwrap();
    fs::create_dir_all(at("src/sub")).unwrap();
    fs::write(at("src/sub/tool"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(at("src/sub/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(at("src/large"), vec![7; 100_000]).unwrap();
    symlink("large", at("src/link")).unwrap();
    vec![
        (
            "fs.write",
            json!({ "path": at("written"), "content": "text\n", "mode": "0600", "backup": true }),
        ),
        (
            "fs.write",
            json!({ "path": at("lines"), "content": "new", "backup": true, "validate": "test -s %s" }),
        ),
        (
            "fs.directory",
            json!({ "path": at("one/two/three"), "mode": "0750" }),
        ),
        (
            "fs.line_in_file",
            json!({ "path": at("lines"), "line": "c", "regexp": "^b" }),
        ),
        (
            "fs.line_in_file",
            json!({ "path": at("lines"), "regexp": "^[nc]", "state": "absent" }),
        ),
        ("fs.symlink", json!({ "path": at("link"), "target": "lines" })),
        (
            "fs.symlink",
            json!({ "path": at("link"), "target": "/elsewhere" }),
        ),
        ("fs.remove", json!({ "path": at("full"), "recursive": true })),
        (
            "fs.copy",
            json!({ "src": at("src"), "dest": at("copy"), "parents": true }),
        ),
        ("fs.copy", json!({ "src": at("src/large"), "dest": at("copied") })),
        (
            "template.file",
            json!({ "src": "rendered\n", "dest": at("rendered"), "parents": true }),
        ),
        (
            "exec.command",
            json!({ "argv": ["touch", at("touched")], "creates": at("touched") }),
        ),
        (
            "exec.shell",
            json!({ "script": format!("echo x > {}", at("shell")), "unless": format!("test -e {}", at("shell")) }),
        ),
    ]
}

/// Everything that can be seen of a folder, times included.
fn picture(folder: &Path) -> BTreeMap<String, String> {
    let mut picture = BTreeMap::new();
    let meta = folder.symlink_metadata().unwrap();
    let mut seen = format!(
        "{:o} {} {} {}.{}",
        meta.mode(),
        meta.uid(),
        meta.ino(),
        meta.mtime(),
        meta.mtime_nsec()
    );
    if meta.is_symlink() {
        seen += folder.read_link().unwrap().to_str().unwrap();
    } else if meta.is_file() {
        seen += &fs::read(folder).unwrap().escape_ascii().to_string();
    }
    picture.insert(folder.to_string_lossy().into_owned(), seen);
    if meta.is_dir() {
        for entry in fs::read_dir(folder).unwrap() {
            picture.extend(self::picture(&entry.unwrap().path()));
        }
    }
    picture
}

#[test]
fn every_tool_that_writes_is_called_in_these_tests() {
    let folder = tempfile::tempdir().unwrap();
    let called: Vec<&str> = calls(folder.path()).iter().map(|(tool, _)| *tool).collect();
    for entry in registry().iter() {
        let writes = matches!(
            entry.access,
            crate::tool::Access::Writes | crate::tool::Access::Opaque
        );
        assert!(!writes || called.contains(&entry.name), "{}", entry.name);
    }
}

#[test]
fn inspect_changes_nothing_and_a_second_apply_has_nothing_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    for (tool, args) in calls(folder.path()) {
        let args = value(args);
        let before = picture(folder.path());
        let checked = link.serve(tool, &args, Apply::No).unwrap();
        assert_eq!(
            picture(folder.path()),
            before,
            "{tool}: inspect changed something"
        );
        assert!(checked.changed, "{tool}");
        assert!(
            tool.starts_with("exec.") || !checked.diff.is_empty(),
            "{tool}: no diff"
        );
        let applied = link.serve(tool, &args, Apply::Yes).unwrap();
        assert!(applied.changed, "{tool}");
        let after = picture(folder.path());
        assert_ne!(after, before, "{tool}: nothing was done");
        let again = link.serve(tool, &args, Apply::Yes).unwrap();
        assert!(!again.changed, "{tool}: {:?}", again.diff);
        assert_eq!(
            picture(folder.path()),
            after,
            "{tool}: the second run touched something"
        );
    }
    assert_eq!(link.warnings(), Vec::<String>::new());
}

#[test]
fn what_a_call_writes_lies_in_its_footprint() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let registry = registry();
    for (tool, args) in calls(folder.path()) {
        let controller = crate::tool::Controller { blobs: &link.blobs };
        let footprint = registry
            .get(tool)
            .unwrap()
            .prepare(value(args.clone()), controller)
            .unwrap()
            .footprint;
        let before = picture(folder.path());
        link.call(tool, args).unwrap();
        let after = picture(folder.path());
        for path in before
            .keys()
            .chain(after.keys())
            .filter(|path| before.get(*path) != after.get(*path))
        {
            // A folder's time changes with what is put into it; a backup lies beside its file.
            let is_own = footprint.writes.meets(&crate::tool::Area::path(path));
            assert!(
                is_own || Path::new(path).is_dir() || path.ends_with('~'),
                "{tool} wrote {path}"
            );
        }
    }
}

#[test]
fn every_tool_is_documented() {
    for entry in registry().iter() {
        let (args, output) = (entry.args(), entry.output());
        assert!(args.doc.contains("Check mode: "), "{}: {}", entry.name, args.doc);
        for field in args.fields.iter().chain(&output.fields) {
            assert!(
                field.doc.len() > 5,
                "{}: `{}` has no description",
                entry.name,
                field.name
            );
        }
        if let Some(shorthand) = entry.shorthand {
            assert!(args.field(shorthand).is_some(), "{}: `{shorthand}`", entry.name);
        }
        let (namespace, method) = entry.name.split_once('.').unwrap();
        assert!(!namespace.is_empty() && !method.contains('.'));
    }
}

#[test]
fn every_example_is_a_valid_call() {
    for entry in registry().iter() {
        let call: BTreeMap<String, Json> = serde_yaml::from_str(entry.example).unwrap();
        let args = call
            .get(entry.name)
            .unwrap_or_else(|| panic!("{}: {}", entry.name, entry.example));
        let args = match (args, entry.shorthand) {
            (Json::Object(_), _) => args.clone(),
            (scalar, Some(name)) => json!({ name: scalar }),
            (_, None) => panic!("{} has no shorthand", entry.name),
        };
        // YAML as playbooks read it keeps the zero of 0644; here it is put back.
        let args = match args {
            Json::Object(mut map) => {
                if let Some(mode) = map.get_mut("mode").filter(|mode| mode.is_number()) {
                    *mode = json!(format!("0{}", mode.as_f64().unwrap()));
                }
                Json::Object(map)
            }
            other => other,
        };
        for name in args.as_object().unwrap().keys() {
            assert!(entry.args().field(name).is_some(), "{}: `{name}`", entry.name);
        }
        entry
            .check(value(args))
            .unwrap_or_else(|error| panic!("{}: {error}", entry.name));
    }
}

#[test]
fn an_unknown_argument_is_an_error_everywhere() {
    for entry in registry().iter() {
        let error = entry.check(value(json!({ "no_such_argument": 1 }))).unwrap_err();
        assert!(
            error.message.contains("no_such_argument") || error.message.contains("missing"),
            "{error}"
        );
    }
}
