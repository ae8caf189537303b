//! The house is as ARCHITECTURE.md draws it: layers, sizes, opening sentences.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

const ARCHITECTURE: &str = include_str!("../../ARCHITECTURE.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of these folders with its text.
fn sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The layer table: the modules of a layer, and those below that they may name.
fn layers() -> Vec<(Vec<String>, Vec<String>)> {
    let words = |cell: &str| {
        let names = cell
            .split(',')
            .map(|word| word.trim().trim_matches('`').to_owned());
        names
            .filter(|name| !name.is_empty() && name != "–")
            .collect::<Vec<_>>()
    };
    let rows = ARCHITECTURE
        .lines()
        .skip_while(|line| *line != "| module | may name |")
        .skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').collect();
            let [modules, named] = cells[..] else {
                panic!("not a row of two: {line}")
            };
            (words(modules), words(named))
        })
        .collect()
}

/// A file's text without its tests.
fn code<'a>(path: &Path, text: &'a str) -> &'a str {
    let is_test = |part: &OsStr| {
        ["tests", "tests.rs", "testing.rs"]
            .iter()
            .any(|name| part == *name)
    };
    if path.iter().any(is_test) {
        return "";
    }
    text.split("#[cfg(test)]\nmod").next().unwrap_or(text)
}

/// The module at the top of the crate that a file is of.
fn module(path: &Path) -> String {
    let inner = path.strip_prefix("src").unwrap();
    let first = inner.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_go_one_way() {
    let layers = layers();
    assert!(layers.len() > 10, "the layer table is read: {layers:?}");
    let mut wrong = Vec::new();
    for (path, text) in sources(&["src"]) {
        let own = module(&path);
        if ["lib", "main", "bin"].contains(&own.as_str()) {
            continue;
        }
        let Some((beside, below)) = layers.iter().find(|(modules, _)| modules.contains(&own)) else {
            wrong.push(format!("{}: `{own}` is not in the layer table", path.display()));
            continue;
        };
        for (number, line) in code(&path, &text).lines().enumerate() {
            let line = line.split("//").next().unwrap();
            for rest in line.split("crate::").skip(1) {
                let named: String = rest
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let allowed = beside.contains(&named) || below.contains(&named) || below == &["everything"];
                if named.is_empty() {
                    wrong.push(format!(
                        "{}:{}: an import names one module",
                        path.display(),
                        number + 1
                    ));
                } else if !allowed {
                    wrong.push(format!(
                        "{}:{}: `{own}` may not name `{named}`",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_layer_names_only_those_above_it_in_the_table() {
    let mut before: Vec<String> = Vec::new();
    for (modules, named) in layers() {
        for name in named.iter().filter(|name| *name != "everything") {
            assert!(
                before.contains(name),
                "`{name}` is named by {modules:?} before its own row"
            );
        }
        for module in modules {
            let file = root().join("src").join(format!("{module}.rs"));
            let folder = root().join("src").join(&module).join("mod.rs");
            assert!(file.exists() || folder.exists(), "there is no module `{module}`");
            before.push(module);
        }
    }
}

#[test]
fn every_file_opens_with_a_sentence_and_stays_short() {
    let mut wrong = Vec::new();
    for (path, text) in sources(&["src", "tests", "benches"]) {
        if !text.starts_with("//! ") {
            wrong.push(format!("{} does not open with `//!`", path.display()));
        }
        let lines = text.lines().count();
        if lines > 400 {
            wrong.push(format!("{} has {lines} lines; 400 are the limit", path.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_module_is_named_after_nothing() {
    for (path, _) in sources(&["src"]) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            !["util", "utils", "common", "helper", "helpers", "misc", "types"].contains(&name),
            "{}",
            path.display()
        );
    }
}

#[test]
fn only_the_layers_that_may_own_a_terminal_or_a_process() {
    let mut wrong = Vec::new();
    for (path, text) in sources(&["src"]) {
        let own = module(&path);
        let lines = code(&path, &text)
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in lines {
            let prints = [
                "io::stdout()",
                "io::stderr()",
                "print!(",
                "println!(",
                "eprintln!(",
            ];
            if !["cli", "agent", "main"].contains(&own.as_str()) && prints.iter().any(|it| line.contains(it))
            {
                wrong.push(format!(
                    "{}: only `cli` and `agent` own the standard streams: {line}",
                    path.display()
                ));
            }
            if line.contains("process::Command") && !["transport", "system", "agent"].contains(&own.as_str())
            {
                wrong.push(format!(
                    "{}: only `transport` and `system` start processes: {line}",
                    path.display()
                ));
            }
            if line.contains("async fn")
                && [
                    "plan",
                    "playbook",
                    "template",
                    "inventory",
                    "yaml",
                    "tool",
                    "tools",
                    "system",
                ]
                .contains(&own.as_str())
            {
                wrong.push(format!(
                    "{}: what is before the runner does not wait: {line}",
                    path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
