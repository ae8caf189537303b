//! Through the entry point: what is read, and what is refused with which words.

use std::path::Path;

use proptest::prelude::*;

use crate::diagnostic::{Code, Diagnostics};
use crate::source::{SourceMap, Spanned};
use crate::yaml::{Kind, Node, Style};

struct Parsed {
    node: Option<Node>,
    sources: SourceMap,
    diagnostics: Diagnostics,
}

fn parse(text: &str) -> Parsed {
    let mut sources = SourceMap::default();
    let mut diagnostics = Diagnostics::default();
    let source = sources.add(Path::new("site.yml"), text);
    let node = Node::parse(source, &sources, &mut diagnostics);
    Parsed {
        node,
        sources,
        diagnostics,
    }
}

/// Parses what must be without fault.
fn good(text: &str) -> Parsed {
    let parsed = parse(text);
    assert!(
        parsed.diagnostics.sorted().is_empty(),
        "{text:?}: {:#?}",
        parsed.diagnostics
    );
    parsed
}

fn map(node: &Node) -> &[(Spanned<String>, Node)] {
    match &node.kind {
        Kind::Map(map) => map,
        other => panic!("not a map: {other:?}"),
    }
}

fn get<'a>(node: &'a Node, key: &str) -> &'a Node {
    &map(node).iter().find(|(k, _)| k.value == key).unwrap().1
}

fn text(node: &Node) -> &str {
    match &node.kind {
        Kind::Str(text) => &text.text,
        other => panic!("not text: {other:?}"),
    }
}

/// Code, the marked text, the message and the help of every diagnostic.
fn found(text: &str) -> Vec<(Code, String, String, String)> {
    let parsed = parse(text);
    let say = |d: &crate::diagnostic::Diagnostic| {
        let marked = d
            .labels
            .first()
            .map_or("", |label| parsed.sources.text(label.span));
        (
            d.code,
            marked.to_owned(),
            d.message.clone(),
            d.help.clone().unwrap_or_default(),
        )
    };
    parsed.diagnostics.sorted().into_iter().map(say).collect()
}

#[test]
fn show() {
    for text in [
        "hosts: !db",
        "hosts: &staging",
        "hosts: &staging\nb: c",
        "when: !results.a.changed",
        "when: ! results.a.changed",
        "p: !vault |\n  $ANSIBLE_VAULT;1.1\n  6162\n",
        "release: 1.10",
        "dest: {{ x }}/y",
        "dest: {{ x }}",
        "dest: {{ x }}\nb: {{ y }}\n",
        "a: { dest: /srv/{{ app }}/x }",
        "a: { hosts: web[0] }",
        "hosts: { web[1:3]: { user: x } }",
        "hosts: [web[1:3], b]",
        "exec.shell: echo \"a: b\"",
        "exec.shell: sed 's/x: //'",
        "name: Disable: x",
        "a: NOPASSWD: ALL",
        "when: 'a' in x",
        "re: \"^\\s*Port\"",
        "t: [ -f /x ] && y",
        "s: %sudo ALL",
        "hosts: *",
        "hosts: *web",
        "hosts: @here",
        "password: !",
        "a: 1\na: 2",
        "",
        "# only\n",
        "---\n",
        "a: 1\n---\nb: 2\n",
        "a: b\0c",
        "a: [1, 2",
        "a: {b: 1",
        "a: \"x",
        "a:\n\t- b",
        "? [a, b]\n: c",
        "[a]: c",
        ": c",
        "~: c",
        "a: `x`",
        "a: &x [*x]",
        "{{ x }}: y",
        "a: {{ f(\"x\", 1) }}",
        "- {{ a }}\n- b: {{ c | default('x') }}\n",
        "a: -\nb: - c",
        "a: b\n c: d\n",
        "a:\n  b: 1\n c: 2\n",
        "<<: 5\na: b",
        "a: | x\n  y",
        "%sudo x",
    ] {
        println!("{text:?}");
        for f in found(text) {
            println!("      {f:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[-a-c0-9 \\n:{}\\[\\]|>&*!'\"#,%@.?~é\\\\]{0,60}") {
        parse(&text);
    }
}

#[test]
fn literal_blocks_are_placed_line_by_line() {
    let source = "a:\n  b: |\n    one {{ x }}\n\n      two\n  c: d\n";
    let parsed = good(source);
    let node = get(get(parsed.node.as_ref().unwrap(), "a"), "b");
    let Kind::Str(text) = &node.kind else { panic!() };
    assert_eq!(text.style, Style::Block);
    for part in ["one", "{{ x }}", "  two"] {
        let at = text.text.find(part).unwrap();
        assert_eq!(parsed.sources.text(text.place.span(at, at + part.len())), part);
    }
    assert_eq!(parsed.sources.text(node.span), "one {{ x }}\n\n      two");
    for (source, part) in [
        ("b: |\n\n\n    one\n", "one"),
        ("b: |2\n    one\n", "  one"),
        ("b: |+\r\n  a\r\n  one\r\n\r\n", "one"),
        ("b: |-\n  one", "one"),
    ] {
        let parsed = good(source);
        let Kind::Str(text) = &get(parsed.node.as_ref().unwrap(), "b").kind else {
            panic!()
        };
        let at = text.text.find(part).unwrap();
        let span = text.place.span(at, at + part.len());
        assert_eq!(parsed.sources.text(span), part, "{source:?} {text:?}");
    }
}
