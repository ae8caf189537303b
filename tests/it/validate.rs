//! Every file of `playbooks/invalid` has exactly the mistakes that its head names; those of `playbooks/valid` have none.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Fixture, Ran, Scene};

fn playbooks(folder: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/playbooks")
        .join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    paths.sort();
    paths
}

fn scene() -> Scene {
    Fixture::new("").build()
}

/// What `validate` finds, as `code line:column`.
fn found(ran: &Ran) -> Vec<String> {
    let all: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {ran}"));
    let place = |it: &Value| {
        format!(
            "{} {}:{}",
            it["code"].as_str().unwrap(),
            it["labels"][0]["line"],
            it["labels"][0]["column"]
        )
    };
    let mut found: Vec<_> = all.as_array().unwrap().iter().map(place).collect();
    found.sort();
    found
}

#[test]
fn every_mistake_is_found_with_its_code_and_its_place_and_nothing_else_is() {
    let scene = scene();
    let files = playbooks("invalid");
    assert!(files.len() >= 80, "{} files", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let mut expected: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# expect: "))
            .collect();
        expected.sort_unstable();
        let ran = scene.rmote_play(&["validate", "--format", "json", path.to_str().unwrap()]);
        let found = found(&ran);
        if ran.code != Some(1) || expected != found {
            wrong.push(format!("{}: {expected:?} is expected\n{ran}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn people_read_the_code_the_place_and_the_line_that_is_wrong() {
    let path = playbooks("invalid")
        .into_iter()
        .find(|path| path.ends_with("unknown_argument.yml"))
        .unwrap();
    let ran = scene().rmote_play(&["validate", path.to_str().unwrap()]).code(1);
    ran.says("unknown-argument")
        .says("unknown_argument.yml:7:31")
        .says("contents: y")
        .says("`content`");
}

#[test]
fn correct_playbooks_have_no_errors() {
    let scene = scene();
    for path in playbooks("valid")
        .into_iter()
        .filter(|path| !path.ends_with("more.yml"))
    {
        let ran = scene
            .rmote_play(&["validate", "--format", "json", path.to_str().unwrap()])
            .code(0);
        let errors = ran.stdout.matches("\"severity\": \"error\"").count();
        assert_eq!(errors, 0, "{}: {ran}", path.display());
    }
}

#[test]
fn warnings_are_errors_where_strict_is_asked_for() {
    let scene = Fixture::new(
        "
hosts: [a]
rounds:
  - name: one
    hosts: all
    calls:
      - exec.shell: make # all
",
    )
    .build();
    scene
        .rmote_play(&["validate", "site.yml"])
        .code(0)
        .says("comment-in-command");
    scene
        .rmote_play(&["validate", "--strict", "site.yml"])
        .code(1)
        .says("comment-in-command");
}

#[test]
fn mistakes_suggest_what_was_meant() {
    let scene = Fixture::new(
        "
hosts: [web]
rounds:
  - name: one
    hosts: wbe
    calls:
      - fs.wriet: { path: /x, content: y }
      - fs.write: { path: /x, contnet: y }
",
    )
    .build();
    scene
        .rmote_play(&["validate", "site.yml"])
        .code(1)
        .says("`fs.write`")
        .says("`content`")
        .says("`web`");
}

#[test]
fn several_playbooks_are_validated_in_one_run_and_each_is_told() {
    let scene = Fixture::new("hosts: [a]\nrounds: 3\n")
        .file("other.yml", "hosts: 4\nrounds: []\n")
        .build();
    scene
        .rmote_play(&["validate", "site.yml", "other.yml"])
        .code(1)
        .says("site.yml:2")
        .says("other.yml:1");
}

#[test]
fn a_big_playbook_is_validated_quickly() {
    let mut text = String::from("hosts:\n");
    for n in 0..10_000 {
        writeln!(text, "  host{n}: {{ vars: {{ n: {n} }} }}").unwrap();
    }
    text.push_str("rounds:\n  - name: one\n    hosts: all\n    calls:\n");
    for n in 0..1_000 {
        writeln!(
            text,
            "      - fs.write: {{ path: '/srv/{{{{ n }}}}/{n}', content: x }}"
        )
        .unwrap();
    }
    let scene = Fixture::new(text)
        .limit(std::time::Duration::from_mins(1))
        .build();
    let begun = std::time::Instant::now();
    scene.rmote_play(&["validate", "site.yml"]).code(0);
    // An unoptimized build on a busy machine; the figure itself is measured by the benchmarks.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}
