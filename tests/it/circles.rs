//! Files import each other in no circle of more than three. So what a file does can be read without the rest of its module.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// The largest circle that may be.
const LARGEST: usize = 3;
/// Modules that still have a larger one, and its size: none may grow, and there is no other.
const KNOTS: [(&str, usize); 6] = [
    ("agent", 4),
    ("cli", 7),
    ("playbook", 22),
    ("system", 5),
    ("template", 15),
    ("tools", 4),
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_dir() && name != "tests" {
            files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// A file's module, such as `runner::schedule::call`.
fn module(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap().with_extension("");
    let parts = path.iter().map(|part| part.to_str().unwrap());
    parts.filter(|part| *part != "mod").collect::<Vec<_>>().join("::")
}

/// What a file names of the crate: the paths behind `crate::`.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]\nmod").next().unwrap_or(text);
    let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1).map(path))
}

fn path(text: &str) -> &str {
    let end = text.find(|it: char| !(it.is_alphanumeric() || it == '_' || it == ':'));
    text[..end.unwrap_or(text.len())].trim_end_matches(':')
}

/// The largest circle of files in each module at the top of a crate.
fn circles(modules: &BTreeMap<String, String>) -> BTreeMap<&str, Vec<&str>> {
    let mut graph = DiGraph::<&str, ()>::new();
    let nodes: BTreeMap<&str, NodeIndex> = modules
        .keys()
        .map(|module| (module.as_str(), graph.add_node(module)))
        .collect();
    for (module, text) in modules {
        for named in named(text) {
            let mut parts: Vec<_> = named.split("::").collect();
            while !parts.is_empty() {
                if let Some(known) = nodes.get(parts.join("::").as_str()) {
                    if *known != nodes[module.as_str()] {
                        graph.add_edge(nodes[module.as_str()], *known, ());
                    }
                    break;
                }
                parts.pop();
            }
        }
    }
    let mut largest: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for circle in tarjan_scc(&graph) {
        let circle: Vec<&str> = circle.into_iter().map(|node| graph[node]).collect();
        let top = circle[0].split("::").next().unwrap();
        let known = largest.entry(top).or_default();
        if circle.len() > known.len() {
            *known = circle;
        }
    }
    largest
}

#[test]
fn files_import_each_other_in_small_circles_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&root, &mut found);
    let modules: BTreeMap<String, String> = found
        .iter()
        .map(|path| (module(&root, path), fs::read_to_string(path).unwrap()))
        .collect();
    for (top, mut circle) in circles(&modules) {
        let known = KNOTS.iter().find(|(module, _)| *module == top);
        let most = known.map_or(LARGEST, |(_, most)| *most);
        circle.sort_unstable();
        let size = circle.len();
        assert!(size <= most, "{top}: {size} files import each other: {circle:?}");
        assert!(
            known.is_none() || size > LARGEST,
            "{top}: its circles are small by now, take it out of the list"
        );
    }
}

#[test]
fn a_circle_is_found() {
    let module = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let modules = BTreeMap::from([
        module("a::x", "use crate::a::y::Thing;\n"),
        module("a::y", "use crate::a::z;\n"),
        module("a::z", "fn f() { crate::a::x::g() }\n"),
        module("a::w", "use crate::a::x;\n// use crate::a::x;\n"),
    ]);
    assert_eq!(circles(&modules)["a"].len(), 3);
}
