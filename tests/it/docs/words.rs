//! The documentation is in plain words: a word for which the field has a better one may not come back.

use regex::Regex;

use super::{pages, root};

/// Words of an older manual, for each of which there is a plainer one.
const REFUSED: [&str; 14] = [
    "anew", "beside", "folder", "folders", "lies", "stands", "told", "tells", "whatever", "whoever",
    "thereby", "therein", "whilst", "hereby",
];

#[test]
fn the_pages_are_in_plain_words() {
    let refused = Regex::new(&format!(r"(?i)\b({})\b", REFUSED.join("|"))).unwrap();
    let code = Regex::new("`[^`\n]*`").unwrap();
    let hand_written = |text: &str| !text.starts_with("<!-- generated");
    let pages = pages()
        .into_iter()
        .map(|it| (format!("docs/{}", it.name), it.text));
    let others = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"];
    let others = others.map(|name| (name.to_owned(), std::fs::read_to_string(root(name)).unwrap()));
    for (name, text) in pages.chain(others).filter(|(_, text)| hand_written(text)) {
        // Names of code keep theirs.
        let text = code.replace_all(&text, "");
        let found: Vec<&str> = refused.find_iter(&text).map(|it| it.as_str()).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}
