//! Mistakes of YAML beside others: each is told once, and what is around them says nothing that is not true.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::{all, load_with};
use crate::playbook::{Loaded, Options, load};

/// What makes an entry no YAML, or no entry; `{n}` is its number.
const DAMAGES: &[&str] = &[
    "- { id: e{n}, log.log: [a, b }",
    "- id: e{n}\n  exec.command: [a, b }",
    "- id: e{n}\n  log.log: \"never closed",
    "- id: e{n}\n  log.log: 'never closed\n  when: run.check",
    "- id: e{n}\n  log.log: a\n  whe",
    "- id: e{n}\n  log.log: a\n  whe\n  no_log: true",
    "- id: e{n}\n  log.log: { a: b",
    "- id: e{n}\n  log.log a\n  no_log: true",
    "- id: e{n}\n    log.log: a",
    "- id: e{n}\n log.log: a",
    "- id: e{n}\n  log.log: text: with a colon",
    "- id: e{n}\n  log.log: \"a\" b",
    "- id: e{n}\n  log.log: @a",
    "- id: e{n}\n  log.log: %a",
    "- id: e{n}\n  log.log: `a`",
    "- id: e{n}\n  log.log: \"\\q\"",
    "- id: e{n}\n  fs.write:\n\tpath: /a",
    "- id: e{n}\n  fs.write:\n    path: /a\n    content",
    "- id: e{n}\n  fs.write:\n    path: /a\n    content: [",
    "- id: e{n}\n  fs.write: { path: /a, content: {{ b }} }",
    "- id: e{n}\n  log.log: {{ b }} and text",
    "- id: e{n}\n  log.log: | text\n    more",
    "- id: e{n}\n  log.log: *nothing here",
    "- id: e{n}\n  vars: { own{n}: [ }\n  log.log: \"{{ own{n} }}\"",
    "- id: e{n}\n  log.log:- a",
    "- id: e{n}\n  log.log: ]",
];

/// Entries that are right, or whose one mistake is the name `zz_{n}`; `{m}` is another entry.
const ENTRIES: &[&str] = &[
    "- id: e{n}\n  log.log: fine",
    "- { id: e{n}, log.log: 'fine' }",
    "- id: e{n}\n  on_change: e0\n  log.log: after the first",
    "- id: e{n}\n  log.log: \"{{ zz_{n} }}\"",
    "- { id: e{n}, fs.write: { path: /a, content: b, zz_{n}: c } }",
    "- id: e{n}\n  zz_{n}: true\n  log.log: a",
    "- id: e{n}\n  exec.shell: |\n    echo \"it's\n    [ -e x ] && { echo a: b\n  when: zz_{n}",
    "- id: e{n}\n  calls:\n    - log.log: \"{{ zz_{n} }}\"\n    - log.log: fine",
];

fn numbered(text: &str, number: usize) -> String {
    text.replace("{n}", &number.to_string())
}

/// A playbook of two rounds with these entries, and at which lines each begins.
fn playbook(entries: &[String]) -> String {
    let mut text = "hosts: [a, b]\nvars: { b: c }\n".to_owned();
    text.push_str("rounds:\n");
    let (first, second) = entries.split_at(entries.len() / 2);
    for (name, entries) in [("one", first), ("two", second)] {
        let _ = write!(text, "  - name: {name}\n    hosts: all\n    calls:\n");
        for line in entries.iter().flat_map(|it| it.lines()) {
            match line.strip_prefix('\t') {
                Some(rest) => _ = writeln!(text, "\t{rest}"),
                None => _ = writeln!(text, "      {line}"),
            }
        }
        text.push_str("      - log.log: the last\n");
    }
    text
}

/// Whether a diagnostic is about YAML itself.
fn is_syntax(line: &str) -> bool {
    ["yaml-syntax", "colon-in-text", "unquoted-template", "flow-range"]
        .iter()
        .any(|code| line.starts_with(code))
}

fn errors(text: &str) -> Vec<String> {
    errors_of(&load_with(text, &[]))
}

fn errors_of(loaded: &Loaded) -> Vec<String> {
    let mut found = all(loaded);
    found.retain(|it| !it.split('`').next().unwrap_or_default().contains('?'));
    found
}

#[test]
fn each_damage_is_told_once_and_hides_nothing() {
    for damage in DAMAGES {
        let entries = [
            ENTRIES[3].replace("{n}", "0"),
            numbered(damage, 1),
            ENTRIES[3].replace("{n}", "2"),
            "- on_change: e1\n  log.log: after it".to_owned(),
            ENTRIES[4].replace("{n}", "4"),
        ];
        let text = playbook(&entries);
        let found = errors(&text);
        for name in ["zz_0", "zz_2", "zz_4"] {
            assert!(
                found.iter().any(|it| it.contains(name)),
                "{name} is lost\n{text}\n{found:#?}"
            );
        }
        assert_eq!(found.len(), 4, "{text}\n{found:#?}");
    }
}

#[test]
fn every_mistake_of_yaml_is_told_at_once() {
    let entries: Vec<String> = DAMAGES
        .iter()
        .take(12)
        .enumerate()
        .map(|(at, it)| numbered(it, at))
        .collect();
    let text = playbook(&entries);
    let found = errors(&text);
    assert_eq!(
        found.iter().filter(|it| is_syntax(it)).count(),
        12,
        "{text}\n{found:#?}"
    );
    assert_eq!(found.len(), 12, "{text}\n{found:#?}");
}

#[test]
fn names_in_what_cannot_be_read_are_no_unknown_names() {
    for (text, files) in [
        (
            "hosts: { a: { vars: { x: [ } } }\nrounds:\n  - name: r\n    hosts: a\n    calls:\n      - log.log: \"{{ x }}\"\n",
            &[][..],
        ),
        (
            "hosts: [a\nrounds:\n  - name: r\n    hosts: a\n    calls:\n      - log.log: \"{{ hosts['a'].name }}\"\n",
            &[],
        ),
        (
            "hosts: [a]\nvars:\n  x: 'open\n  y: fine\nrounds:\n  - name: r\n    hosts: a\n    calls:\n      - log.log: \"{{ x }} {{ y }}\"\n",
            &[],
        ),
        (
            "hosts: [a]\nvars_files: [v.yml\nrounds:\n  - name: r\n    hosts: a\n    calls:\n      - log.log: \"{{ x }}\"\n",
            &[("v.yml", "x: 1\n")],
        ),
        (
            "hosts: [a]\nvars_files: [v.yml]\nrounds:\n  - name: r\n    hosts: a\n    calls:\n      - log.log: \"{{ x }} {{ y }}\"\n",
            &[("v.yml", "x: [\ny: 1\n")],
        ),
        (
            "hosts: [a]\nrounds:\n  - name: r\n    hosts: a\n    vars: { x: [ }\n    calls:\n      - log.log: \"{{ x }}\"\n",
            &[],
        ),
        (
            "hosts: [a]\nrounds:\n  - name: 'r\n    hosts: a\n    calls:\n      - log.log: a\n  - name: s\n    hosts: a\n    needs: [r]\n    calls:\n      - log.log: b\n",
            &[],
        ),
        (
            "hosts: [a]\nvars:\n  x: &base [\n  y: *base\nrounds:\n  - name: r\n    hosts: a\n    calls:\n      - log.log: a\n",
            &[],
        ),
        (
            "hosts: [a]\nvars:\n  x: &base { a: 1 }\n  y: [*base\nrounds:\n  - name: r\n    hosts: a\n    calls:\n      - log.log: a\n",
            &[],
        ),
        (
            "hosts: [a]\nrounds\n  - name: r\n    hosts: a\n    calls:\n      - log.log: a\n",
            &[],
        ),
        ("hosts: [a]\nrounds:\n  - name: r\n    hosts: a\n    cal\n", &[]),
        (
            "hosts: [a]\nrounds:\n  - name: r\n    hosts: a\n    calls:\n      - import: u.yml\n",
            &[(
                "u.yml",
                "inputs:\n  x: { type: string\n  y: { type: string, default: a }\ncalls:\n  - log.log: \"{{ x }} {{ y }}\"\n",
            )],
        ),
    ] {
        let loaded = load_with(text, files);
        assert!(loaded.playbook.is_none(), "{text}");
        let found = errors_of(&loaded);
        assert_eq!(found.len(), 1, "{text}\n{found:#?}");
        assert!(is_syntax(&found[0]), "{text}\n{found:#?}");
    }
}

/// What typing does to a line; `None` where it does nothing to this one.
fn typed(line: &str, kind: usize) -> Option<String> {
    let indent = line.len() - line.trim_start().len();
    let value = line.find(": ").map(|at| at + 2);
    Some(match kind {
        0 => format!("{line} ["),
        1 => format!("{}\"{}", &line[..value?], &line[value?..]),
        2 => format!("{}'{}", &line[..value?], &line[value?..]),
        3 => line[..(indent + 1).max(line.len() / 2)].to_owned(),
        4 => line.replacen([']', '}'], "", 1),
        5 => line.replacen(['[', '{'], "", 1),
        6 => format!(" {line}"),
        _ => format!("{line}\n{}half", &line[..indent]),
    })
}

#[test]
fn a_line_that_is_half_typed_is_all_that_is_wrong_with_an_example() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let registry = crate::tools::registry();
    let (mut broken, mut others) = (0, Vec::new());
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "yml"))
        .collect();
    paths.sort();
    for (turn, path) in paths.iter().enumerate() {
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for at in (turn..lines.len()).step_by(3) {
            let line = lines[at];
            if line.trim().is_empty() || line.trim().starts_with('#') || !line.is_ascii() {
                continue;
            }
            let Some(typed) = typed(line, at % 8) else {
                continue;
            };
            let mut damaged: Vec<&str> = lines.clone();
            damaged[at] = &typed;
            let options = Options {
                text: Some(damaged.join("\n")),
                units: true,
                ..Options::default()
            };
            let loaded = load(path, &registry, &options);
            let found = errors_of(&loaded);
            if found.iter().any(|it| is_syntax(it)) {
                broken += 1;
                if found.len() > 1 {
                    others.push((path.clone(), at + 1, typed, found));
                }
            }
        }
    }
    assert!(broken > 50, "{broken}");
    assert!(
        others.len() * 50 <= broken,
        "{} of {broken}: {others:#?}",
        others.len()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_not_damaged_keeps_its_own_mistakes(
        kinds in prop::collection::vec(0..ENTRIES.len(), 2..9),
        damages in prop::collection::vec((0usize..9, 0..DAMAGES.len()), 1..4),
    ) {
        // The first is one that others may wait for.
        let kinds: Vec<usize> = std::iter::once(0).chain(kinds).collect();
        let mut entries: Vec<String> = (kinds.iter().enumerate())
            .map(|(at, kind)| numbered(ENTRIES[*kind], at))
            .collect();
        let mut own: Vec<Option<String>> = (kinds.iter().enumerate())
            .map(|(at, kind)| ENTRIES[*kind].contains("zz_").then(|| format!("zz_{at}")))
            .collect();
        let whole = errors(&playbook(&entries));
        prop_assert_eq!(whole.len(), own.iter().flatten().count(), "{:#?}", whole);
        let mut damaged = std::collections::BTreeSet::new();
        for (at, kind) in damages {
            let at = at % entries.len();
            entries[at] = numbered(DAMAGES[kind], at);
            own[at] = None;
            damaged.insert(at);
        }
        let text = playbook(&entries);
        let found = errors(&text);
        for name in own.iter().flatten() {
            prop_assert!(found.iter().any(|it| it.contains(&format!("{name}`")) || it.contains(&format!("`{name}"))), "{} is lost\n{}\n{:#?}", name, text, found);
        }
        let syntax = found.iter().filter(|it| is_syntax(it)).count();
        prop_assert_eq!(syntax, damaged.len(), "{}\n{:#?}", text, found);
        prop_assert_eq!(found.len() - syntax, own.iter().flatten().count(), "{}\n{:#?}", text, found);
    }
}
