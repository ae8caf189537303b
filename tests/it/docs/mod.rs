//! The documentation is true: what it shows is run or checked, what can be generated is generated, and every link leads
//! somewhere.

mod blocks;
mod execution;
mod pages;
mod readme;
mod reference;
mod trouble;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

/// A page of the documentation.
struct Page {
    /// Below `docs/`.
    name: String,
    text: String,
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every page, in the order of their names.
fn pages() -> Vec<Page> {
    fn search(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                search(&path, found);
            } else if path.extension().is_some_and(|it| it == "md") {
                found.push(path);
            }
        }
    }
    let docs = root("docs");
    let mut found = Vec::new();
    search(&docs, &mut found);
    found.sort();
    let page = |path: PathBuf| Page {
        name: path.strip_prefix(&docs).unwrap().display().to_string(),
        text: fs::read_to_string(&path).unwrap(),
    };
    found.into_iter().map(page).collect()
}
