//! The messages that docs/trouble.md explains are messages of the program, or of ssh as the program knows them.

use std::fs;
use std::path::Path;

use regex::Regex;

use super::root;

/// All of the sources, strings that go on in the next line as one.
fn sources(directory: &Path, all: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if let Ok(text) = fs::read_to_string(&path) {
            all.push_str(&text);
        }
    }
}

#[test]
fn every_message_that_is_explained_is_one() {
    let mut all = String::new();
    sources(&root("src"), &mut all);
    let all = Regex::new(r"\\\n\s*").unwrap().replace_all(&all, "").into_owned();
    let page = fs::read_to_string(root("docs/trouble.md")).unwrap();
    let quoted = Regex::new("`([^`]+)`").unwrap();
    let mut is_table = false;
    let mut count = 0;
    for line in page.lines() {
        is_table = line.starts_with("| message") || is_table && line.starts_with('|');
        let place = match line {
            _ if line.starts_with('#') => line,
            _ if is_table => line.split('|').nth(1).unwrap(),
            _ => continue,
        };
        for message in quoted.captures_iter(place) {
            // What is between the parts differs; so does what ssh was doing.
            let parts = message[1].split("...").flat_map(|part| part.split(" while "));
            for part in parts.map(str::trim).filter(|it| !it.is_empty()) {
                assert!(
                    all.contains(part),
                    "docs/trouble.md explains `{part}`, which nothing says"
                );
                count += 1;
            }
        }
    }
    assert!(count > 20, "only {count} messages");
}
