//! What is read, and where its parts stand.

use crate::diagnostic::Code;
use crate::source::Spanned;
use crate::yaml::tests::{found, get, good, lines, map, text};
use crate::yaml::{Kind, Node, Style};

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
fn texts_are_placed_exactly_in_quotes_with_escapes_and_folded() {
    let source = "p: pl áin {{ x }}\nq: \"qu {{ x }}\"\ns: 'it {{ x }}'\ne: \"\\t{{ x }}\"\nf: >\n  a\n  {{ x }}\nt: 'it''s {{ x }}'\n";
    let parsed = good(source);
    let root = parsed.node.as_ref().unwrap();
    for (key, is_exact) in [
        ("p", true),
        ("q", true),
        ("s", true),
        ("e", true),
        ("f", true),
        ("t", true),
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
    let many = lines(0..150, |n| format!("k{n}: {{ <<: *d, n: {n} }}\n"));
    good(&format!("d: &d {{ retries: 3, x: [1, 2, 3] }}\n{many}"));
}

#[test]
fn large_files_are_read_in_little_time() {
    let start = std::time::Instant::now();
    let hosts = lines(0..10_000, |n| {
        format!("  web{n}: {{ address: 10.0.0.{n}, port: 22 }}\n")
    });
    let calls = lines(0..1000, |n| {
        format!("      - fs.write: {{ path: /tmp/{n}, content: \"x {{{{ y }}}}\" }}\n")
    });
    let source = format!("hosts:\n{hosts}rounds:\n  - name: a\n    hosts: all\n    calls:\n{calls}");
    good(&source);
    let small = start.elapsed();
    let blocks = lines(0..100_000, |n| {
        format!("- exec.shell: |\n    echo {n} {}\n", "word ".repeat(15))
    });
    let start = std::time::Instant::now();
    good(&blocks);
    let big = start.elapsed();
    println!(
        "{} bytes in {small:?}, {} bytes in {big:?}",
        source.len(),
        blocks.len()
    );
    // Generous: tests run unoptimised, next to others.
    assert!(small.as_secs() < 10 && big.as_secs() < 60, "{small:?} {big:?}");
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
