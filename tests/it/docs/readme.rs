//! What README.md shows is true: its playbook validates, its commands are the ones that CI runs, its tables are whole.

use std::path::Path;

use crate::support::Fixture;

const README: &str = include_str!("../../../README.md");

/// The blocks of code of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    README
        .split(opening.as_str())
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect()
}

#[test]
fn every_playbook_in_it_is_correct() {
    let playbooks = blocks("yaml");
    assert!(!playbooks.is_empty());
    for playbook in playbooks {
        let scene = Fixture::new(playbook)
            .file("templates/site.conf.j2", "{{ port }}")
            .file("dist/x", "")
            .build();
        scene.rmote_play(&["validate", "--strict", "site.yml"]).code(0);
    }
}

#[test]
fn ci_runs_the_commands_that_it_names() {
    let ci = include_str!("../../../.ci/run");
    let commands: Vec<_> = blocks("sh").into_iter().flat_map(str::lines).collect();
    let quickstart = "cargo run --release -- examples/quickstart.yml";
    let tests = "cargo test";
    for command in [quickstart, tests] {
        assert!(
            commands.contains(&command),
            "`{command}` is not in README.md: {commands:?}"
        );
        assert!(
            ci.lines().any(|line| line.contains(command)),
            "`{command}` is not run by .ci/run"
        );
    }
}

#[test]
fn every_tool_has_its_line() {
    let scene = Fixture::new("").build();
    let list = scene.rmote_play(&["tools", "--format", "json"]).code(0).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let names: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        assert!(
            README.contains(&format!("`{name}`")),
            "README.md does not mention {name}"
        );
    }
}

#[test]
fn what_it_links_to_is_there() {
    let link = regex::Regex::new(r"\]\(([^)#]+)\)").unwrap();
    for found in link.captures_iter(README) {
        let target = &found[1];
        if !target.contains("://") {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(target);
            assert!(path.exists(), "README.md links to {target}");
        }
    }
}
