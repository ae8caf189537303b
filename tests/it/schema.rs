//! The committed schemas are those of this version, and the examples keep to them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Fixture, violations};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A YAML file as JSON.
fn document(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap();
    let options = serde_yaml::options! { leading_zero_numbers_as_strings: true };
    serde_yaml::from_str_with_options(&text, options).unwrap()
}

/// Holds a committed schema against what the binary prints, or rewrites it where `RMOTE_PLAY_REWRITE` is set.
fn committed(file: &str, args: &[&str]) -> Value {
    let scene = Fixture::new("").build();
    let printed = scene.rmote_play(args).code(0).stdout;
    let printed = format!("{}\n", printed.trim_end());
    let path = root("schemas").join(file);
    if std::env::var_os("RMOTE_PLAY_REWRITE").is_some() {
        fs::write(&path, &printed).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        text == printed,
        "schemas/{file} is stale; set RMOTE_PLAY_REWRITE=1 and run this test again"
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_playbook_schema_is_current_and_describes_every_tool() {
    let schema = committed("playbook.schema.json", &["schema", "playbook"]);
    let text = schema.to_string();
    for tool in ["fs.write", "exec.shell", "template.file", "assert.that"] {
        assert!(text.contains(&format!("\"{tool}\"")), "{tool}");
    }
}

#[test]
fn the_unit_schema_is_current_and_holds_units_and_nothing_else() {
    let schema = committed("unit.schema.json", &["schema", "unit"]);
    let mut units: Vec<PathBuf> = ["web", "cycle", "curious", "items"]
        .iter()
        .map(|name| root("tests/playbooks/invalid/units").join(format!("{name}.yml")))
        .collect();
    if let Ok(folder) = fs::read_dir(root("examples/units")) {
        let folders = folder.map(|entry| entry.unwrap().path());
        units.extend(folders.map(|it| if it.is_dir() { it.join("main.yml") } else { it }));
    }
    for path in units {
        let broken = violations(&schema, &document(&path));
        assert!(broken.is_empty(), "{}:\n{}", path.display(), broken.join("\n"));
    }
    let playbook = document(&root("examples/quickstart.yml"));
    assert!(!violations(&schema, &playbook).is_empty());
}

#[test]
fn the_event_schema_is_current() {
    committed("event.schema.json", &["schema", "event"]);
}

#[test]
fn examples_and_correct_playbooks_keep_to_the_playbook_schema() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root("schemas/playbook.schema.json")).unwrap()).unwrap();
    let mut files = Vec::new();
    for folder in ["examples", "tests/playbooks/valid"] {
        files.extend(
            fs::read_dir(root(folder))
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
    }
    files.retain(|path| path.extension().is_some_and(|it| it == "yml") && !path.ends_with("more.yml"));
    assert!(files.len() > 8, "{files:?}");
    for path in files {
        let broken = violations(&schema, &document(&path));
        assert!(broken.is_empty(), "{}:\n{}", path.display(), broken.join("\n"));
    }
}

#[test]
fn every_example_tells_editors_which_schema_it_has() {
    for entry in fs::read_dir(root("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "yml") {
            let text = fs::read_to_string(&path).unwrap();
            let modeline = "# yaml-language-server: $schema=../schemas/playbook.schema.json";
            assert_eq!(text.lines().next(), Some(modeline), "{}", path.display());
        }
    }
}
