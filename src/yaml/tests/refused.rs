//! What is refused, and with which words.

use std::fmt::Write as _;

use crate::diagnostic::Code;
use crate::yaml::Kind;
use crate::yaml::tests::{found, get, good, lines, map, parse, text};

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
            "no anchor `&web` is above the alias `*web`",
            "Quote a text that begins with `*`: `\"*web\"`.",
        ),
        (
            "a: &x [*x]",
            Code::YamlSyntax,
            "*x",
            "the alias is inside its own anchor",
            "Repeat the value, or move the anchor.",
        ),
    ]);
}

#[test]
fn what_was_refused_is_known_in_the_tree_so_that_no_second_error_follows() {
    for source in ["a: !db", "a: &staging", "a: *web", "a: 1.10"] {
        assert_eq!(
            get(&parse(source).node.unwrap(), "a").kind,
            Kind::Refused,
            "{source}"
        );
    }
    assert_eq!(text(get(&parse("a: {{ x }}").node.unwrap(), "a")), "{{ x }}");
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
        (
            "a: {b: 1\nc: d\n",
            ":",
            "a `,` or the closing bracket was expected here",
        ),
        ("a: \"x", "\"", "a quote is never closed"),
        ("a:\n\t- b", "-", "a tab is not allowed as indentation"),
        ("a: b\n c: d\n", ":", "a key is deeper than the text above it"),
        (
            "a:\n  b: 1\n c: 2\n",
            "c",
            "this is where a key or an entry of the list was expected",
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
    let many = lines(0..50, |n| format!("k{n}: 1\n"));
    assert_eq!(found(&format!("{many}k49: 2\n"))[0].0, Code::DuplicateKey);
}

#[test]
fn bombs_and_absurd_depth_are_refused_quickly() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        let _ = writeln!(bomb, "a{level}: &a{level} [{aliases}]");
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
    let block = lines(0..200, |n| format!("{}a:\n", " ".repeat(n)));
    assert_eq!(found(&block)[0].0, Code::TooDeep);
    let mut chained = String::from("a0: &a0 [x]\n");
    for level in 1..100 {
        let _ = writeln!(chained, "a{level}: &a{level} [*a{}]", level - 1);
    }
    assert_eq!(found(&chained)[0].0, Code::TooDeep);
}
