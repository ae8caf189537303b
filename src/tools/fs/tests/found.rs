//! What is found by its name and by what it holds.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::json;

use crate::system::PredictedHost;
use crate::tools::testing::{TestLink, value};
use crate::value::Value;

use super::is_root;

fn paths(fields: &crate::value::Map) -> Vec<String> {
    let Some(Value::List(files)) = fields.get("files") else {
        panic!("{fields:?}")
    };
    let path = |it: &Value| it.as_map().unwrap()["path"].as_str().unwrap().to_owned();
    files.iter().map(path).collect()
}

#[test]
fn files_are_found_by_a_regular_expression_and_by_a_line_in_several_directories() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["a/in", "b"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    fs::write(at("a/one.conf"), "port = 1\r\nlast").unwrap();
    fs::write(at("a/in/two.conf"), "#port = 1\n").unwrap();
    fs::write(at("b/three.cfg"), b"\xff\xfe\nport = 1\n").unwrap();
    symlink("three.cfg", at("b/link.cfg")).unwrap();
    let link = TestLink::default();
    let find = |args: serde_json::Value| paths(&link.call("fs.find", args).unwrap().fields);
    let text = |name: &str| at(name).to_str().unwrap().to_owned();
    let both = json!([at("a"), at("b"), at("a/in"), at("missing")]);
    assert_eq!(
        find(json!({ "paths": both, "regexp": "^t.*[.]c" })),
        [text("a/in/two.conf"), text("b/three.cfg")]
    );
    assert_eq!(
        find(json!({ "paths": both, "contains": "^port = 1$" })),
        [text("a/one.conf"), text("b/three.cfg")]
    );
    assert_eq!(
        find(json!({ "path": at("a"), "contains": "^last$" })),
        [text("a/one.conf")]
    );
    let shallow = json!({ "paths": [at("a"), at("a/in")], "max_depth": 1, "regexp": "conf" });
    assert_eq!(find(shallow), [text("a/in/two.conf"), text("a/one.conf")]);
    if !is_root() {
        fs::set_permissions(at("a/one.conf"), fs::Permissions::from_mode(0o0)).unwrap();
        assert_eq!(
            find(json!({ "path": at("a"), "contains": "last" })),
            Vec::<String>::new()
        );
        assert_eq!(link.warnings().len(), 1);
    }
    // What an earlier call of check mode would write is read as well.
    let host = PredictedHost::default();
    let write = value(json!({ "path": at("b/new"), "content": "port = 1\n" }));
    link.foresee("fs.write", &write, &host, 1).unwrap();
    let found = value(json!({ "path": at("b"), "contains": "port = 1" }));
    let found = link.foresee("fs.find", &found, &host, 2).unwrap();
    assert_eq!(found.fields["matched"], Value::Int(2));
}
