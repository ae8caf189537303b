//! README.md is short, and its two commands are those that CI runs. What it shows is checked as in every page.

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

/// A reader who wants more is a reader of docs/.
#[test]
fn it_is_short() {
    let lines = README.lines().count();
    assert!(lines <= 150, "README.md has {lines} lines");
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
