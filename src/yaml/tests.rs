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

/// A text, the code, the marked text, the message, the help.
type Case = (&'static str, Code, &'static str, &'static str, &'static str);

fn check(cases: &[Case]) {
    for (text, code, marked, message, help) in cases {
        let all = found(text);
        let all: Vec<_> = all
            .iter()
            .map(|(c, a, m, h)| (*c, a.as_str(), m.as_str(), h.as_str()))
            .collect();
        assert_eq!(all, [(*code, *marked, *message, *help)], "{text:?}");
    }
}

const NEGATION: &str =
    "For a negation write `not results.a.changed`; quote the value if it is text that begins with `!`.";
const QUOTE: &str = "Put the whole value into quotes, or write it as a block after `|`.";

#[test]
fn tags_and_bangs_and_anchors_never_pass_silently() {
    check(&[
        (
            "hosts: !db",
            Code::YamlTag,
            "!db",
            "`!db` is a YAML tag, which is not supported",
            "For a negation write `not db`; quote the value if it is text that begins with `!`.",
        ),
        (
            "when: !results.a.changed\nname: x",
            Code::YamlTag,
            "!results.a.changed",
            "`!results.a.changed` is a YAML tag, which is not supported",
            NEGATION,
        ),
        (
            "p: !vault |\n  $ANSIBLE_VAULT;1.1\n  6162\n",
            Code::YamlTag,
            "!vault",
            "the tag `!vault` is not supported",
            "Declare the value under `secrets:`; a ciphertext must not become the value.",
        ),
        (
            "a: [!!str 1]",
            Code::YamlTag,
            "!!str",
            "`!!str` is a YAML tag, which is not supported",
            "For a negation write `not str`; quote the value if it is text that begins with `!`.",
        ),
        (
            "when: ! results.a.changed",
            Code::LeadingBang,
            "!",
            "YAML drops a `!` before a value",
            "For a negation write `not results.a.changed`; quote the value if it is text.",
        ),
        (
            "password: !",
            Code::LeadingBang,
            "!",
            "YAML drops a `!` before a value",
            "Quote it if it is meant as text: `\"!\"`.",
        ),
        (
            "hosts: &staging\nb: c",
            Code::UnusedAnchor,
            "&staging",
            "`&staging` is an anchor, and leaves the value empty",
            "Quote a text that begins with `&`: `\"&staging\"`.",
        ),
        (
            "exec.shell: &run now",
            Code::UnusedAnchor,
            "&run",
            "no alias refers to the anchor `&run`",
            "Quote the value if it is text that begins with `&`; else remove the anchor.",
        ),
        (
            "hosts: *web",
            Code::YamlSyntax,
            "*web",
            "no anchor `&web` stands above the alias `*web`",
            "Quote a text that begins with `*`: `\"*web\"`.",
        ),
        (
            "a: &x [*x]",
            Code::YamlSyntax,
            "*x",
            "the alias stands inside its own anchor",
            "Repeat the value, or move the anchor.",
        ),
    ]);
}

#[test]
fn what_was_refused_is_text_in_the_tree_so_that_no_second_error_follows() {
    for (source, expected) in [
        ("a: !db", "!db"),
        ("a: &staging", "&staging"),
        ("a: *web", "*web"),
        ("a: 1.10", "1.10"),
        ("a: {{ x }}", "{{ x }}"),
    ] {
        assert_eq!(text(get(&parse(source).node.unwrap(), "a")), expected);
    }
}

#[test]
fn templates_ranges_and_colons_without_quotes_are_named() {
    let template = "a template must be quoted";
    let flow = |written: &str| format!("`{written}` must be quoted inside brackets");
    let one = "Write `\"web[0]\"`, or each entry on a line of its own without brackets.";
    let range = "Write `\"web[1:3]\"`, or each entry on a line of its own without brackets.";
    check(&[
        (
            "a: {{ x }}",
            Code::UnquotedTemplate,
            "{{ x }}",
            template,
            "Put the whole value into quotes: `\"{{ x }}\"`.",
        ),
        (
            "a: {{ x }}/y",
            Code::UnquotedTemplate,
            "{{ x }}",
            template,
            "Put the whole value into quotes: `\"{{ x }}\"`.",
        ),
        (
            "{{ x }}: y",
            Code::UnquotedTemplate,
            "{{ x }}",
            template,
            "Put the whole value into quotes: `\"{{ x }}\"`.",
        ),
        (
            "a: {{ f(\"x\", 1) }}",
            Code::UnquotedTemplate,
            "{{ f(\"x\", 1) }}",
            template,
            "Put the whole value into quotes: `\"{{ f(\"x\", 1) }}\"`.",
        ),
        (
            "a: { dest: /srv/{{ app }}/x }",
            Code::UnquotedTemplate,
            "/srv/{{ app }}/x",
            template,
            "Put the whole value into quotes: `\"/srv/{{ app }}/x\"`.",
        ),
        (
            "a: { hosts: web[0] }",
            Code::FlowRange,
            "web[0]",
            &flow("web[0]").leak()[..],
            one,
        ),
        (
            "hosts: { web[1:3]: { user: x } }",
            Code::FlowRange,
            "web[1:3]",
            &flow("web[1:3]").leak()[..],
            range,
        ),
        (
            "hosts:\n  [a,\n   web[1:3],\n   b]",
            Code::FlowRange,
            "web[1:3]",
            &flow("web[1:3]").leak()[..],
            range,
        ),
    ]);
    for source in [
        "exec.shell: echo \"a: b\"",
        "exec.shell: sed 's/x: //'",
        "name: Disable: x",
        "a: NOPASSWD: ALL",
        "a: x {{ y }}: z",
    ] {
        let message = "a text without quotes must not contain `: `";
        assert_eq!(
            found(source),
            [(Code::ColonInText, ":".into(), message.into(), QUOTE.into())],
            "{source}"
        );
    }
    let two = found("- {{ a }}\n- b: {{ c | default('x') }}\n- d\n");
    assert_eq!(two.len(), 2);
    assert_eq!(two[1].1, "{{ c | default('x') }}");
}

#[test]
fn syntax_errors_say_what_was_probably_meant() {
    for (source, marked, message) in [
        ("when: 'a' in x", "i", "text follows a closed quote"),
        ("re: \"^\\s*Port\"", "\"", "double quotes do not know this escape"),
        ("t: [ -f /x ] && y", "&", "text follows a closed bracket"),
        (
            "s: %sudo ALL",
            "%",
            "a text without quotes must not begin with `%`",
        ),
        ("hosts: *", "*", "a text without quotes must not begin with `*`"),
        (
            "hosts: @here",
            "@",
            "a text without quotes must not begin with `@`",
        ),
        (
            "a: `x`",
            "`",
            "a text without quotes must not begin with a backtick",
        ),
        (
            "a: b\0c",
            "\0",
            "the control character U+0000 is not allowed in YAML",
        ),
        ("a: [1, 2", "[", "`[` is never closed"),
        ("a: {b: 1\nc: d\n", "{", "`{` is never closed"),
        ("a: \"x", "\"", "a quote is never closed"),
        ("a:\n\t- b", "-", "a tab is not allowed as indentation"),
        ("a: b\n c: d\n", ":", "a key stands deeper than the text above it"),
        (
            "a:\n  b: 1\n c: 2\n",
            "c",
            "this stands where a key or an entry of the list was expected",
        ),
        ("a: - c", "-", "a list must begin on a line of its own"),
        ("a: | x\n  y", "|", "text follows a `|` or `>`"),
        ("%sudo x", "", "a text without quotes must not begin with `%`"),
    ] {
        let all = found(source);
        assert_eq!(all.len(), 1, "{source:?} {all:?}");
        let (code, at, said, help) = &all[0];
        assert_eq!(
            (*code, at.as_str(), said.as_str()),
            (Code::YamlSyntax, marked, message),
            "{source:?}"
        );
        assert!(help.ends_with('.'), "{source:?} has no help");
    }
}

#[test]
fn whole_files_that_cannot_be_playbooks_are_refused() {
    for source in ["", "# only\n", "---\n", "\n\n", "\u{feff}", "null"] {
        assert_eq!(found(source)[0].0, Code::EmptyFile, "{source:?}");
        assert!(parse(source).node.is_none());
    }
    let two = parse("a: 1\n---\nb: 2\n");
    assert_eq!(two.diagnostics.sorted()[0].code, Code::MultipleDocuments);
    assert_eq!(map(&two.node.unwrap()).len(), 1);
    let keys = ["? [a, b]\n: c", "[a]: c", ": c", "{a: 1}: b"];
    for source in keys {
        assert_eq!(found(source)[0].0, Code::InvalidKey, "{source:?}");
    }
}

#[test]
fn every_duplicate_key_is_found_with_both_places() {
    let parsed = parse("a: 1\nb: { c: 1, c: 2 }\na: 2\na: 3\n");
    let all = parsed.diagnostics.sorted();
    assert_eq!(all.len(), 3);
    for diagnostic in all {
        assert_eq!(diagnostic.code, Code::DuplicateKey);
        let [again, first] = &*diagnostic.labels else {
            panic!()
        };
        assert!(first.span < again.span);
        assert_eq!(parsed.sources.text(first.span), parsed.sources.text(again.span));
    }
    let many: String = (0..50).map(|n| format!("k{n}: 1\n")).collect();
    assert_eq!(found(&format!("{many}k49: 2\n"))[0].0, Code::DuplicateKey);
}

#[test]
fn scalars_have_the_types_of_yaml_1_2_and_their_places() {
    let parsed = good("n: ~\ne:\nb: true\ny: yes\ni: -3\nm: 0644\nq: \"1.10\"\nf: 1.5\n1: x\nt: True\n");
    let root = parsed.node.as_ref().unwrap();
    assert_eq!(get(root, "n").kind, Kind::Null);
    assert_eq!(get(root, "e").kind, Kind::Null);
    assert_eq!(parsed.sources.text(get(root, "e").span), "e");
    assert_eq!(get(root, "b").kind, Kind::Bool(true));
    assert_eq!(get(root, "i").kind, Kind::Int(-3));
    assert_eq!(get(root, "f").kind, Kind::Float(1.5));
    assert_eq!(
        ["y", "m", "q", "1", "t"].map(|key| text(get(root, key))),
        ["yes", "0644", "1.10", "x", "True"]
    );
    let styles = ["m", "q"].map(|key| match &get(root, key).kind {
        Kind::Str(text) => text.style,
        _ => panic!(),
    });
    assert_eq!(styles, [Style::Plain, Style::Quoted]);
    assert_eq!(parsed.sources.text(get(root, "q").span), "\"1.10\"");
    let error = found("a: 1.10")[0].clone();
    assert_eq!(error.2, "the number `1.10` would be read as `1.1`");
    assert_eq!(error.3, "Quote it to keep it as text: `\"1.10\"`.");
    for source in ["a: 1e3", "a: 0x10", "a: .5", "a: [+1]", "a: .inf"] {
        assert_eq!(found(source)[0].0, Code::ImpreciseNumber, "{source}");
    }
}

#[test]
fn spans_of_collections_reach_from_their_first_to_their_last_byte() {
    let parsed = good("a:\n  b: 1\n  c:\n    - x\n    - y z  # no\nf: { g: [1, 2] }\n");
    let root = parsed.node.as_ref().unwrap();
    let marked = |node: &Node| parsed.sources.text(node.span).to_owned();
    assert_eq!(marked(get(root, "a")), "b: 1\n  c:\n    - x\n    - y z");
    assert_eq!(marked(get(get(root, "a"), "c")), "x\n    - y z");
    assert_eq!(marked(get(root, "f")), "{ g: [1, 2] }");
    assert_eq!(marked(get(get(root, "f"), "g")), "[1, 2]");
}

#[test]
fn texts_on_one_line_are_placed_exactly_and_escaped_ones_as_a_whole() {
    let source = "p: pl áin {{ x }}\nq: \"qu {{ x }}\"\ns: 'it {{ x }}'\ne: \"\\t{{ x }}\"\nf: >\n  a\n  {{ x }}\nt: 'it''s {{ x }}'\n";
    let parsed = good(source);
    let root = parsed.node.as_ref().unwrap();
    for (key, is_exact) in [
        ("p", true),
        ("q", true),
        ("s", true),
        ("e", false),
        ("f", false),
        ("t", false),
    ] {
        let Kind::Str(text) = &get(root, key).kind else {
            panic!()
        };
        let at = text.text.find("{{").unwrap();
        let marked = parsed.sources.text(text.place.span(at, at + 7));
        assert_eq!(marked == "{{ x }}", is_exact, "{key}: {marked}");
        assert!(marked.contains("{{ x }}"));
    }
}

#[test]
fn anchors_aliases_and_merge_keys_work() {
    let parsed = good(
        "base: &base { a: 1, b: 2 }\nmore: &more { b: 3, c: 4 }\none: { <<: *base, b: 5 }\ntwo:\n  <<: [*base, *more]\n  d: 6\nx: &k key\n*k : v\n",
    );
    let root = parsed.node.as_ref().unwrap();
    let flat = |key| {
        let entries = map(get(root, key)).iter();
        let say = |(key, node): &(Spanned<String>, Node)| match node.kind {
            Kind::Int(number) => format!("{}{number}", key.value),
            _ => panic!(),
        };
        entries.map(say).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(flat("one"), "a1 b5");
    assert_eq!(flat("two"), "a1 b2 c4 d6");
    assert_eq!(text(get(root, "key")), "v");
    assert_eq!(found("<<: 5\na: b")[0].0, Code::InvalidMerge);
    let many: String = (0..150)
        .map(|n| format!("k{n}: {{ <<: *d, n: {n} }}\n"))
        .collect();
    good(&format!("d: &d {{ retries: 3, x: [1, 2, 3] }}\n{many}"));
}

#[test]
fn bombs_and_absurd_depth_are_refused_quickly() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    assert_eq!(found(&bomb)[0].0, Code::TooLarge);
    let long = "x".repeat(1 << 20);
    let text_bomb = format!("a: &a {long}\nb: [{}]\n", vec!["*a"; 100].join(", "));
    assert_eq!(found(&text_bomb)[0].0, Code::TooLarge);
    let nested = |depth: usize| format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
    good(&nested(63));
    for depth in [64, 300, 100_000] {
        assert_eq!(found(&nested(depth))[0].0, Code::TooDeep, "{depth}");
    }
    let block: String = (0..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    assert_eq!(found(&block)[0].0, Code::TooDeep);
    let mut chained = String::from("a0: &a0 [x]\n");
    for level in 1..100 {
        chained += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    assert_eq!(found(&chained)[0].0, Code::TooDeep);
}

#[test]
fn large_files_are_read_in_little_time() {
    let start = std::time::Instant::now();
    let hosts: String = (0..10_000)
        .map(|n| format!("  web{n}: {{ address: 10.0.0.{n}, port: 22 }}\n"))
        .collect();
    let calls: String = (0..1000)
        .map(|n| format!("      - fs.write: {{ path: /tmp/{n}, content: \"x {{{{ y }}}}\" }}\n"))
        .collect();
    let source = format!("hosts:\n{hosts}rounds:\n  - name: a\n    hosts: all\n    calls:\n{calls}");
    good(&source);
    let small = start.elapsed();
    let blocks: String = (0..100_000)
        .map(|n| format!("- exec.shell: |\n    echo {n} {}\n", "word ".repeat(15)))
        .collect();
    let start = std::time::Instant::now();
    good(&blocks);
    let big = start.elapsed();
    println!(
        "{} bytes in {small:?}, {} bytes in {big:?}",
        source.len(),
        blocks.len()
    );
    // Generous: tests run unoptimised, beside others.
    assert!(small.as_secs() < 10 && big.as_secs() < 60, "{small:?} {big:?}");
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
