//! `validate --fix`: what is certain is put right, and nothing else is touched.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use rmote_play::diagnostic::Severity;
use rmote_play::playbook::{Options, load};
use rmote_play::tools::registry;
use rustix::process::getuid;
use serde_json::Value;

use crate::support::{Fixture, Ran, Scene, is_root};

fn scene(text: &str) -> Scene {
    Fixture::new(text).build()
}

/// Each error of a file with how often it is there.
fn errors(scene: &Scene, path: &str) -> BTreeMap<String, usize> {
    let ran = scene.rmote_play(&["validate", "--format", "json", path]);
    let all: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
    let mut found = BTreeMap::new();
    for it in all
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["severity"] == "error")
    {
        *found
            .entry(format!("{} {}", it["code"], it["message"]))
            .or_default() += 1;
    }
    found
}

const HEAD: &str =
    "hosts: [web1, db]\nvars: { x: text }\nrounds:\n  - name: one\n    hosts: all\n    calls:\n";

#[test]
fn what_is_certain_is_put_right_and_layout_and_comments_stay() {
    for (wrong, right) in [
        (
            "- log.log:   a   # why\n  no_lgo: true\n",
            "- log.log:   a   # why\n  no_log: true\n",
        ),
        (
            "- fs.wirte: { path: /a,  content: b } # why\n",
            "- fs.write: { path: /a,  content: b } # why\n",
        ),
        (
            // The tool hides what is wrong with its arguments.
            "- fs.wirte: { pth: /a, content: b, mode: 644 }\n",
            "- fs.write: { path: /a, content: b, mode: 0644 }\n",
        ),
        (
            "- fs.write: { pth: /a, content: b }\n",
            "- fs.write: { path: /a, content: b }\n",
        ),
        (
            "- fs.directory: { path: /a, mode: 755 }\n",
            "- fs.directory: { path: /a, mode: 0755 }\n",
        ),
        (
            "- log.log: a\n  no_log: yes   # why\n",
            "- log.log: a\n  no_log: true   # why\n",
        ),
        (
            "- log.log: {{ x }} and more # why\n",
            "- log.log: \"{{ x }} and more\" # why\n",
        ),
        (
            "- log.log: {{ x | replace(\"a\", \"b\") }}\n",
            "- log.log: '{{ x | replace(\"a\", \"b\") }}'\n",
        ),
        (
            "- fs.write: { path: /a, content: {{ x }} }\n",
            "- fs.write: { path: /a, content: \"{{ x }}\" }\n",
        ),
        (
            "- id: first\n  fs.directory: /a\n- on_change: frist\n  log.log: b\n",
            "- id: first\n  fs.directory: /a\n- on_change: first\n  log.log: b\n",
        ),
        ("- shell: echo a\n", "- exec.shell: echo a\n"),
        ("- ansible.builtin.command: echo a\n", "- exec.command: echo a\n"),
        ("- block:\n    - log.log: a\n", "- calls:\n    - log.log: a\n"),
        (
            "- exec.shell: env\n  environment: { A: b }\n",
            "- exec.shell: env\n  env: { A: b }\n",
        ),
        (
            "- log.log: a\n  delegate_to: web2\n",
            "- log.log: a\n  delegate_to: web1\n",
        ),
        // What is not certain, and what would make something else wrong, stays.
        ("- log.log: \"{{ y }}\"\n", "- log.log: \"{{ y }}\"\n"),
        (
            "- fs.directory: { path: /a, mode: 999 }\n",
            "- fs.directory: { path: /a, mode: 999 }\n",
        ),
        (
            "- log.log: a\n  tag: [b]\n  tags: [c]\n",
            "- log.log: a\n  tag: [b]\n  tags: [c]\n",
        ),
        (
            "- log.log: {{ x }}\n    and more\n",
            "- log.log: {{ x }}\n    and more\n",
        ),
    ] {
        let indented = |text: &str| {
            let lines: Vec<_> = text.lines().collect();
            format!("{HEAD}      {}\n", lines.join("\n      "))
        };
        let scene = scene(&indented(wrong));
        let ran = scene.rmote_play(&["validate", "--fix", "site.yml"]);
        assert_eq!(scene.read("site.yml"), indented(right), "{ran}");
        let is_right = wrong != right;
        assert_eq!(ran.stdout.contains("put right"), is_right, "{ran}");
        assert_eq!(ran.code, Some(i32::from(!is_right)), "{ran}");
    }
}

#[test]
fn a_diff_is_shown_and_nothing_written() {
    let text = format!("{HEAD}      - fs.wirte: {{ path: /a, content: b }}\n");
    let scene = scene(&text);
    let ran = scene
        .rmote_play(&["validate", "--fix", "--diff", "site.yml"])
        .code(1);
    assert_eq!(scene.read("site.yml"), text);
    assert!(
        ran.stdout.contains("-      - fs.wirte:") && ran.stdout.contains("+      - fs.write:"),
        "{ran}"
    );
    let ran = scene
        .rmote_play(&["validate", "--fix", "--diff", "--format", "json", "site.yml"])
        .code(1);
    assert!(serde_json::from_str::<Value>(&ran.stdout).is_ok(), "{ran}");
    assert!(ran.stderr.contains("+      - fs.write:"), "{ran}");
    scene.rmote_play(&["validate", "--diff", "site.yml"]).code(64);
}

#[test]
fn only_files_of_what_is_validated_are_written_and_keep_their_modes_and_owners() {
    let head = HEAD.replace("vars: { x: text }\n", "");
    let scene = Fixture::new("")
        .file(
            "in/site.yml",
            format!("{head}      - import: unit.yml\n      - import: ../out.yml\n"),
        )
        .file("in/unit.yml", "calls:\n  - log.log: a\n    no_lgo: true\n")
        .file("out.yml", "calls:\n  - log.log: a\n    no_lgo: true\n")
        .build();
    let unit = scene.path("in/unit.yml");
    fs::set_permissions(&unit, fs::Permissions::from_mode(0o604)).unwrap();
    let owner = if is_root() { 4321 } else { getuid().as_raw() };
    chown(&unit, Some(owner), None).unwrap();
    let ran = scene.rmote_play(&["validate", "--fix", "in/site.yml"]).code(1);
    assert!(scene.read("in/unit.yml").contains("no_log"), "{ran}");
    assert!(scene.read("out.yml").contains("no_lgo"), "{ran}");
    assert!(ran.stdout.contains("outside of what is validated"), "{ran}");
    let new = fs::metadata(&unit).unwrap();
    assert_eq!((new.mode() & 0o777, new.uid()), (0o604, owner));
    let left: Vec<_> = fs::read_dir(scene.path("in")).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing else is left there: {left:?}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    found.retain(|it| it.extension().is_some_and(|it| it == "yml"));
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn no_fix_makes_something_else_wrong_in_any_wrong_playbook() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/playbooks/invalid");
    let registry = registry();
    let scene = scene("");
    copy(&root, &scene.path("all"));
    let (mut fixable, mut fixed) = (0, 0);
    for path in files(&root) {
        let loaded = load(&path, &registry, &Options::default());
        let wanted = loaded.diagnostics.sorted().into_iter().any(|it| {
            let is_certain = it.fix.as_ref().is_some_and(|fix| fix.is_certain);
            it.severity == Severity::Error && is_certain && it.edit(&loaded.sources).is_some()
        });
        if !wanted {
            continue;
        }
        fixable += 1;
        let name = format!("all/{}", path.file_name().unwrap().to_str().unwrap());
        let (old, before) = (scene.read(&name), errors(&scene, &name));
        let ran = scene.rmote_play(&["validate", "--fix", &name]);
        let after = errors(&scene, &name);
        let new = scene.read(&name);
        // An unknown tool hides what is wrong with its arguments.
        let is_hidden = |error: &String| error.contains("unknown-tool") && !after.contains_key(error);
        let hid_others = before.keys().any(is_hidden);
        for (error, count) in &after {
            assert!(
                hid_others || count <= before.get(error).unwrap_or(&0),
                "{name}: {error} is new\n{ran}"
            );
        }
        if new != old {
            fixed += 1;
            assert!(
                hid_others || after.values().sum::<usize>() < before.values().sum(),
                "{name}: nothing is gone\n{ran}"
            );
            assert_eq!(old.lines().count(), new.lines().count(), "{name}");
            let comments = |text: &str| {
                text.lines()
                    .filter(|it| it.starts_with('#'))
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            assert_eq!(comments(&old), comments(&new), "{name}");
        }
    }
    assert!(fixable >= 20 && fixed >= 15, "{fixed} of {fixable}");
}

#[test]
fn a_right_playbook_is_not_touched() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let scene = scene("");
    copy(&root, &scene.path("all"));
    let ran: Ran = scene.rmote_play(&["validate", "--fix", "all"]).code(0);
    assert!(!ran.stdout.contains("put right"), "{ran}");
    for path in files(&root) {
        let name = format!("all/{}", path.file_name().unwrap().to_str().unwrap());
        assert_eq!(scene.read(&name), fs::read_to_string(&path).unwrap(), "{name}");
    }
}
