//! The pages as a book: each is in the table of contents, none is too long, every link and anchor exists.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use regex::Regex;

use super::{pages, root};

/// A page that is longer is two pages. Generated ones are as long as what they list.
const LONGEST: usize = 300;

/// Those that are longer on purpose: the rules of execution are cited by their numbers, and stay together.
const LONGER: [&str; 1] = ["execution.md"];

/// `a/../b` as `b`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            assert!(out.pop(), "{} leads out", path.display());
        } else {
            out.push(part);
        }
    }
    out
}

/// The anchor of a heading, as mdBook and GitHub make it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The anchors of a page, of headings outside of blocks.
fn anchors(text: &str) -> BTreeSet<String> {
    let parts = text.split("\n```").step_by(2);
    let lines = parts.flat_map(str::lines).filter(|line| line.starts_with('#'));
    lines.map(anchor).collect()
}

#[test]
fn every_page_is_in_the_table_of_contents_and_short() {
    let summary = std::fs::read_to_string(root("docs/SUMMARY.md")).unwrap();
    for page in pages().iter().filter(|page| page.name != "SUMMARY.md") {
        assert!(
            summary.contains(&format!("({})", page.name)),
            "docs/SUMMARY.md does not list {}",
            page.name
        );
        let lines = page.text.lines().count();
        let is_long = page.text.starts_with("<!-- generated") || LONGER.contains(&page.name.as_str());
        assert!(
            is_long || lines <= LONGEST,
            "docs/{} has {lines} lines: {LONGEST} are the limit",
            page.name
        );
        assert!(
            page.text.lines().any(|line| line.starts_with("# ")),
            "docs/{} has no title",
            page.name
        );
    }
}

#[test]
fn every_link_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let others = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ];
    let read = |name: &str| (PathBuf::from(name), std::fs::read_to_string(root(name)).unwrap());
    let pages = pages()
        .into_iter()
        .map(|it| (Path::new("docs").join(it.name), it.text));
    for (name, text) in pages.chain(others.map(read)) {
        // What stands in a block is no link.
        let prose: String = text.split("\n```").step_by(2).collect();
        for found in link.captures_iter(&prose) {
            let target = &found[1];
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, part) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() {
                name.clone()
            } else {
                normal(&name.parent().unwrap().join(file))
            };
            let place = root(path.to_str().unwrap());
            assert!(place.exists(), "{} links to {target}", name.display());
            if !part.is_empty() {
                let text = std::fs::read_to_string(&place).unwrap();
                assert!(
                    anchors(&text).contains(part),
                    "{} links to {target}: there is no such heading",
                    name.display()
                );
            }
        }
    }
}
