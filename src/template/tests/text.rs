//! What texts come to, and what is said of wrong ones.

use std::sync::Arc;

use super::{check, check_error, failure, form, json, place, scope, with_results};
use crate::source::Spanned;
use crate::template::{Expression, Form, Rendering, Root, Scope, Secrecy, Template, Truth};
use crate::value::{Map, Value};

#[test]
fn a_lone_expression_keeps_its_type_and_anything_else_is_text() {
    check("plain", "{}", r#""plain""#);
    check("{{ 1 + 1 }}", "{}", "2");
    check("  {{ a }}\n", r#"{"a": [1, {"b": null}]}"#, r#"[1, {"b": null}]"#);
    check("{{ a }}{{ a }}", r#"{"a": 1}"#, r#""11""#);
    check("port = {{ http_port }}", r#"{"http_port": 80}"#, r#""port = 80""#);
    check("{{ a }} }}", r#"{"a": 1}"#, r#""1 }}""#);
    check("{{ '}}' ~ '{{' }}", "{}", r#""}}{{""#);
    check("{# nothing #}", "{}", r#""""#);
    check("a {{ a }}\n", r#"{"a": "x"}"#, r#""a x\n""#);
}

#[test]
fn numbers_and_the_order_of_maps_stay_as_they_are() {
    check(
        "{{ a }}",
        r#"{"a": 18446744073709551615}"#,
        "18446744073709551615",
    );
    check(
        "{{ a }}",
        r#"{"a": -9223372036854775808}"#,
        "-9223372036854775808",
    );
    check("{{ a }}", r#"{"a": 2.0}"#, "2.0");
    check(
        "{{ a ~ '' }}",
        r#"{"a": 18446744073709551615}"#,
        r#""18446744073709551615""#,
    );
    check(
        "{{ a | list | join(',') }}",
        r#"{"a": {"z": 1, "b": 2, "a": 3}}"#,
        r#""z,b,a""#,
    );
    check("{{ {2: 'x', true: 'y'} }}", "{}", r#"{"2": "x", "true": "y"}"#);
    let bytes = Value::Bytes(vec![0, 255]);
    let scope = Scope::new(Arc::default()).bind("b", Root::Value(bytes.clone()));
    let rendered = form("{{ b }}").render(&scope).unwrap();
    assert_eq!(
        rendered,
        Rendering::Known {
            value: bytes,
            secrecy: Secrecy::Public
        }
    );
    assert!(form("x{{ b }}").render(&scope).is_err());
}

#[test]
fn what_is_undefined_is_named_and_marked() {
    check_error("{{ nope }}", "{}", "`nope` is undefined", "nope");
    check_error("a {{ nope }} b", "{}", "`nope` is undefined", "nope");
    check_error("{{ a.b.c }}", r#"{"a": {}}"#, "`a.b` is undefined", "a.b.c");
    check_error("{{ [a.b] }}", r#"{"a": {}}"#, "`a.b` is undefined", "a.b");
    check_error("x{{ [a.b] }}", r#"{"a": {}}"#, "`a.b` is undefined", "a.b");
    check_error(
        "{{ a[3] | upper }}",
        r#"{"a": []}"#,
        "`a[3]` is undefined",
        "a[3]",
    );
    check_error(
        "{{ a['x-y'] == 1 }}",
        r#"{"a": {}}"#,
        "`a['x-y']` is undefined",
        "a['x-y']",
    );
    check_error(
        "{{ 'y' if a.zz else 'n' }}",
        r#"{"a": {}}"#,
        "`a.zz` is undefined",
        "a.zz",
    );
    check_error(
        "{{ a.b ~ nope }}",
        r#"{"a": {"b": 1}}"#,
        "`nope` is undefined",
        "nope",
    );
    check_error(
        "{% for s in sites %}{{ s.nmae }}{% endfor %}",
        r#"{"sites": [{"name": 1}]}"#,
        "`s.nmae` is undefined",
        "s.nmae",
    );
    let error = failure("{{ web.stdot }}", r#"{"web": {"stdout": "x"}}"#);
    assert_eq!(error.help.as_deref(), Some("Did you mean `stdout`?"));
    let error = failure("{{ htp_port }}", r#"{"http_port": 1}"#);
    assert_eq!(error.help.as_deref(), Some("Did you mean `http_port`?"));
}

#[test]
fn default_and_defined_accept_a_gap_anywhere_in_a_chain() {
    for (text, expected) in [
        ("{{ nope.a | default('d') }}", r#""d""#),
        ("{{ nope.a.b[0]['c'] | d('d') }}", r#""d""#),
        ("{{ m.zz.y is defined }}", "false"),
        ("{{ m.zz.y is not defined }}", "true"),
        ("{{ m.zz.y is undefined }}", "true"),
        ("{{ m.a is defined }}", "true"),
        ("{{ m.a | default(0) }}", "1"),
        ("{{ m.l.0 | default(0) }}", "5"),
        ("{{ m.l[-1] | default(0) }}", "5"),
        ("{{ m.l[9].x | default(0) }}", "0"),
        ("{{ m[key].x | default(0) }}", "0"),
        ("{{ m[m.nokey | default('a')] | default(0) }}", "1"),
        ("{{ nope.x | default(m.zz.y) | default('last') }}", r#""last""#),
        (
            "{{ (nope.x if true else m.zz.y) | default('else') }}",
            r#""else""#,
        ),
        ("{{ nope | default(nope.b | default(3)) }}", "3"),
        ("{% if m.zz.y is defined %}a{% else %}b{% endif %}", r#""b""#),
        ("{{ 'é' ~ (nope.x is defined) }}", r#""éFalse""#),
        ("{{ m . zz . y | default ( 'spaces' ) }}", r#""spaces""#),
        ("{{ -m.a | default(4) }}", "-1"),
        ("{{ m.t.sub | default('none of text') }}", r#""none of text""#),
        ("{{ m.empty | default('e', true) }}", r#""e""#),
        ("{{ m.empty | default('e', boolean=true) }}", r#""e""#),
        ("{{ m.empty.x | default(none) }}", "null"),
    ] {
        check(
            text,
            r#"{"m": {"a": 1, "l": [5], "t": "text", "empty": ""}, "key": "none"}"#,
            expected,
        );
    }
    check_error(
        "{{ (nope.a | default(1)) + m.b.c }}",
        r#"{"m": {}}"#,
        "`m.b` is undefined",
        "m.b.c",
    );
}

#[test]
fn a_template_that_does_not_end_is_stopped() {
    for text in [
        "{% for a in range(100000) %}{{ 'x' * 1000000 }}{% endfor %}",
        "{{ 'a' * 2000000000 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ] {
        let error = failure(text, "{}");
        let said = ["the template does not end", "recursion limit", "too large"];
        assert!(
            said.iter().any(|part| error.message.contains(part)),
            "{text}: {}",
            error.message
        );
    }
}

#[test]
fn conditions_are_booleans() {
    let holds = |text: &str| {
        Expression::new(text, place(text))
            .unwrap_or_else(|error| panic!("{text}: {}", error.message))
            .holds(&with_results(r#"{"yes": "yes"}"#))
    };
    assert_eq!(holds("1 < 2").unwrap(), Truth::True);
    assert_eq!(holds("{{ results.ran.rc != 0 }}").unwrap(), Truth::False);
    assert_eq!(
        holds("results.later.x").unwrap(),
        Truth::Unknown {
            because: "build".to_owned()
        }
    );
    let error = holds("yes").unwrap_err();
    assert_eq!(
        error.message,
        "the condition returns a value of type string, expected a boolean"
    );
}

#[test]
fn wrong_syntax_is_marked_where_it_is() {
    let bad = |text: &str| {
        let error = Form::of_text(text, place(text)).map(|_| ()).expect_err(text);
        let marked = text[error.span.start as usize..error.span.end as usize].to_owned();
        (error.message, marked, error.help)
    };
    let (message, marked, help) = bad("a {{ b | uper }}");
    assert_eq!(
        (message.as_str(), marked.as_str()),
        ("unknown filter `uper`", "uper")
    );
    assert_eq!(help.as_deref(), Some("Did you mean `upper`?"));
    let (message, marked, _) = bad("{{ b is defned }}");
    assert_eq!(
        (message.as_str(), marked.as_str()),
        ("unknown test `defned`", "defned")
    );
    let (message, marked, help) = bad("{{ lookup('env', 'X') }}");
    assert_eq!(
        (message.as_str(), marked.as_str()),
        ("unknown function `lookup`", "lookup")
    );
    assert!(help.unwrap().contains("`env('NAME')`"));
    let (_, marked, _) = bad("ab {{ b + }}");
    assert_eq!(marked, "}}");
    let (_, marked, _) = bad("{{ a b }}");
    assert_eq!(marked, "b");
    let text = "{{ a }} == 1";
    let error = Expression::new(text, place(text)).unwrap_err();
    assert_eq!(error.message, "an expression and `{{ }}` are mixed");
    let text = "a == {{ b }}";
    let error = Expression::new(text, place(text)).unwrap_err();
    assert_eq!(error.message, "an expression and `{{ }}` are mixed");
    assert_eq!((error.span.start, error.span.end), (5, 7));
}

#[test]
fn template_files_are_trimmed_as_others_do_and_nothing_is_escaped() {
    let text = "{% for a in l %}\n  <{{ a }}>\n{% endfor %}\nend\n";
    let template = Template::of_file(text, place(text)).unwrap();
    let scope = scope(r#"{"l": ["a&b", "\"c\""]}"#);
    let expected = Value::from("  <a&b>\n  <\"c\">\nend\n");
    assert_eq!(
        template.render(&scope).unwrap(),
        Rendering::Known {
            value: expected,
            secrecy: Secrecy::Public
        }
    );
    let inline = form("{% if true %}\nx{% endif %}\n").render(&scope).unwrap();
    assert_eq!(
        inline,
        Rendering::Known {
            value: "x\n".into(),
            secrecy: Secrecy::Public
        }
    );
}

#[test]
fn functions_read_the_controller() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("motd"), "hello\n").unwrap();
    let text = "{{ file('motd') }}";
    let form = Form::of_text_in(text, place(text), Some(folder.path().into())).unwrap();
    let rendered = form.render(&scope("{}")).unwrap();
    assert_eq!(
        rendered,
        Rendering::Known {
            value: "hello\n".into(),
            secrecy: Secrecy::Public
        }
    );
    check("{{ env('SURELY_NOT_SET_ANYWHERE', 'x') }}", "{}", r#""x""#);
    let error = failure("{{ env('SURELY_NOT_SET_ANYWHERE') }}", "{}");
    assert_eq!(
        error.message,
        "the environment variable `SURELY_NOT_SET_ANYWHERE` is not set"
    );
    check(
        "{{ env }} {{ now('%Y') | length }}",
        r#"{"env": "production"}"#,
        r#""production 4""#,
    );
    check("{{ range(3) | list }}", r#"{"range": 7}"#, "[0, 1, 2]");
}

#[test]
fn reads_are_the_names_and_their_constant_keys() {
    let reads = |text: &str| -> Vec<String> {
        let reads = form(text).reads();
        let accesses = reads.accesses.iter();
        accesses
            .map(|access| {
                let marked = &text[access.span.start as usize..access.span.end as usize];
                let guarded = if access.guarded { "?" } else { "" };
                format!("{}{guarded} at {marked}", access.path.join("/"))
            })
            .collect()
    };
    for (text, expected) in [
        ("plain", vec![]),
        (
            "{{ results.web.stdout }}",
            vec!["results/web/stdout at results.web.stdout"],
        ),
        ("{{ hosts[x].vars }}", vec!["hosts at hosts[x].vars", "x at x"]),
        ("{{ a[0].b['c-d'] }}", vec!["a/0/b/c-d at a[0].b['c-d']"]),
        ("{{ a.b | default(c.d) }}", vec!["a/b? at a.b", "c/d at c.d"]),
        (
            "{{ a.b is defined and a.b.c }}",
            vec!["a/b? at a.b", "a/b/c at a.b.c"],
        ),
        (
            "{% for s in sites %}{{ s.x }}{{ loop.index }}{{ t }}{% endfor %}{{ s }}",
            vec!["sites at sites", "t at t", "s at s"],
        ),
        ("{% set a = b %}{{ a.c }}", vec!["b at b"]),
        (
            "{{ item.x ~ loop.index }}",
            vec!["item/x at item.x", "loop/index at loop.index"],
        ),
        (
            "{% macro m(p, q=z) %}{{ p }}{{ q }}{{ o }}{% endmacro %}{{ m(1) }}",
            vec!["z at z", "o at o"],
        ),
        (
            "{{ env('X') }}{{ env }}{{ a.split(',') }}",
            vec!["env at env", "a at a"],
        ),
        (
            "{% with a = b %}{{ a }}{% endwith %}{{ a }}",
            vec!["b at b", "a at a"],
        ),
    ] {
        assert_eq!(reads(text), expected, "{text}");
    }
}

#[test]
fn lists_and_maps_without_templates_are_literal() {
    let span = place("").whole;
    let list = Form::list(vec![Spanned::new(form("a"), span)]);
    assert_eq!(list.literal(), Some(&json(r#"["a"]"#)));
    let map = [("k".to_owned(), Spanned::new(form("{{ 1 }}"), span))]
        .into_iter()
        .collect();
    let map = Form::map(map);
    assert!(map.literal().is_none());
    let expected = Value::Map(Map::from([("k".to_owned(), Value::Int(1))]));
    let rendered = map.render(&scope("{}")).unwrap();
    assert_eq!(
        rendered,
        Rendering::Known {
            value: expected,
            secrecy: Secrecy::Public
        }
    );
}

#[test]
fn deep_nesting_is_refused_or_compiled_but_never_fatal() {
    for (open, close) in [
        ("-", ""),
        ("(", ")"),
        ("[", "]"),
        ("not ", ""),
        ("1+", ""),
        ("1 if ", ""),
    ] {
        for count in [200, 15_000] {
            let inner = format!("{}1{}", open.repeat(count), close.repeat(count));
            let _expression = Expression::new(&inner, place(&inner));
            let text = format!("{{{{ {inner} }}}}");
            let _form = Form::of_text(&text, place(&text));
        }
    }
    let text = format!("{{{{ a{} }}}}", ".b".repeat(15_000));
    let _form = Form::of_text(&text, place(&text)).unwrap();
    let text = format!("{{{{ a{} }}}}", ".b".repeat(40_000));
    assert!(Form::of_text(&text, place(&text)).is_err());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "([{%#}|.()\\[\\]a-c 'é\\n\\-]|\\{\\{|\\}\\}|is defined|default\\(|for a in|if|set){0,24}") {
        if let Ok(form) = Form::of_text(&text, place(&text)) {
            let _rendered = form.render(&scope(r#"{"a": {"b": [1]}}"#));
        }
        if let Ok(expression) = Expression::new(&text, place(&text)) {
            let _rendered = expression.holds(&scope(r#"{"a": {"b": [1]}}"#));
        }
        let _template = Template::of_file(&text, place(&text));
    }
}
