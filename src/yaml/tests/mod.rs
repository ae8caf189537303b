//! Through the entry point: what is read, and what is refused with which words.

mod read;
mod refused;

use std::path::Path;

use proptest::prelude::*;

use crate::diagnostic::{Code, Diagnostics};
use crate::source::{SourceMap, Spanned};
use crate::yaml::{Kind, Node};

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

/// One text of many.
fn lines(range: std::ops::Range<usize>, line: impl Fn(usize) -> String) -> String {
    range.map(line).collect::<Vec<_>>().concat()
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[-a-c0-9 \\n:{}\\[\\]|>&*!'\"#,%@.?~é\\\\]{0,60}") {
        parse(&text);
    }
}
