//! What docs/ shows is true: every playbook validates, every rule has its number once, every link leads somewhere.

use std::path::Path;

use regex::Regex;

use crate::support::Fixture;

const EXECUTION: &str = include_str!("../../../docs/execution.md");
/// How many rules there are.
const RULES: usize = 46;

/// The blocks of code: their language and their text.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let parts = EXECUTION.split("\n```").skip(1).step_by(2);
    parts.filter_map(|part| part.split_once('\n')).collect()
}

#[test]
fn every_playbook_of_the_rules_is_correct() {
    let blocks = blocks();
    assert!(blocks.len() >= 5, "{blocks:?}");
    for (language, text) in blocks {
        assert_eq!(language, "yaml", "a block that nothing checks:\n{text}");
        assert!(text.contains("\nrounds:\n"), "no whole playbook:\n{text}");
        let scene = Fixture::new(text).build();
        scene.rmote_play(&["validate", "--strict", "site.yml"]).code(0);
    }
}

#[test]
fn every_rule_has_its_number_once_and_in_order() {
    let anchor = Regex::new(r"(?m)^\*\*R(\d+)\.\*\* ").unwrap();
    let found = |pattern: &Regex| -> Vec<usize> {
        let numbers = pattern.captures_iter(EXECUTION);
        numbers.map(|it| it[1].parse().unwrap()).collect()
    };
    assert_eq!(found(&anchor), (1..=RULES).collect::<Vec<_>>());
    let named = found(&Regex::new(r"\bR(\d+)\b").unwrap());
    assert!(
        named.iter().all(|number| (1..=RULES).contains(number)),
        "{named:?}"
    );
}

#[test]
fn the_rules_are_linked_and_their_links_lead_somewhere() {
    for from in ["README.md", "ARCHITECTURE.md"] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(from)).unwrap();
        assert!(
            text.contains("(docs/execution.md)"),
            "{from} does not link to the rules"
        );
    }
    let link = Regex::new(r"\]\(([^)#]+)\)").unwrap();
    for found in link.captures_iter(EXECUTION) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(&found[1]);
        assert!(path.exists(), "docs/execution.md links to {}", &found[1]);
    }
}

/// Words of an older manual, for each of which there is a plainer one.
#[test]
fn the_rules_are_in_plain_words() {
    let words = [
        "anew", "behind", "beside", "folder", "lies", "stands", "told", "tells", "whatever", "whoever",
    ];
    let refused = Regex::new(&format!(r"(?i)\b({})\b", words.join("|"))).unwrap();
    let found: Vec<&str> = refused.find_iter(EXECUTION).map(|it| it.as_str()).collect();
    assert!(found.is_empty(), "{found:?}");
}
