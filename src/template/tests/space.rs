//! White space: what of a text as written is in what it comes to.

use std::fmt::Write as _;

use super::{Dice, check, failure, form, json, place, scope};
use crate::template::{Form, Rendering, Template};
use crate::value::Value;

fn rendered(form: &Form, variables: &Value) -> Value {
    let variables = serde_json::to_string(variables).unwrap();
    match form.render(&scope(&variables)) {
        Ok(Rendering::Known { value, .. }) => value,
        other => panic!("{form:?}: {other:?}"),
    }
}

fn map(entries: &[(&str, &str)]) -> Value {
    let entries = entries.iter();
    Value::Map(
        entries
            .map(|(key, text)| ((*key).to_owned(), (*text).into()))
            .collect(),
    )
}

/// Whatever is before, in and behind `{{ }}` arrives, also through a variable.
#[test]
fn no_byte_of_a_text_is_lost_on_its_way_through_a_template() {
    let mut dice = Dice(7);
    let blank = [' ', '\t', '\n', '\r', '\u{a0}', '\u{2003}'];
    let any = [' ', '\n', '\r', 'a', 'ü', '"', '\\', '#', '-', '}'];
    for _ in 0..3000 {
        let (before, after) = (dice.text(&blank, 3), dice.text(&blank, 3));
        let x = dice.text(&any, 8);
        let written = format!("{before}{{{{ x }}}}{after}");
        let expected = Value::Str(format!("{before}{x}{after}"));
        let plain = map(&[("x", &x)]);
        assert_eq!(rendered(&form(&written), &plain), expected, "{written:?}");
        assert_eq!(
            rendered(&form(&written).as_text(), &plain),
            expected,
            "{written:?}"
        );
        let through = map(&[("x", &x), ("y", &written)]);
        assert_eq!(rendered(&form("{{ y }}"), &through), expected, "{written:?}");
        let twice = format!("{after}{{{{ y }}}}{before}");
        let both = Value::Str(format!("{after}{before}{x}{after}{before}"));
        assert_eq!(rendered(&form(&twice), &through), both, "{twice:?}");
        let mixed = format!("{before}a{{{{ x }}}}{after}b{{{{ x }}}}{before}");
        let all = Value::Str(format!("{before}a{x}{after}b{x}{before}"));
        assert_eq!(rendered(&form(&mixed), &plain), all, "{mixed:?}");
    }
}

#[test]
fn space_around_a_lone_expression_is_text_where_text_is_wanted_and_nothing_elsewhere() {
    let variables = json(r#"{"n": 8080, "t": true, "l": [1], "z": null, "s": "x"}"#);
    for (written, free, text, data) in [
        ("{{ s }}\n", r#""x\n""#, r#""x\n""#, r#""x""#),
        ("\n {{ n }} ", "8080", r#""\n 8080 ""#, "8080"),
        ("{{ t }}\n", "true", r#""True\n""#, "true"),
        ("{{ l }}\n", "[1]", "[1]", "[1]"),
        ("{{ z }}\n", "null", "null", "null"),
        ("{{ n }}", "8080", "8080", "8080"),
        (" {{- s -}} ", r#""x""#, r#""x""#, r#""x""#),
        (" {{ s -}} ", r#"" x""#, r#"" x""#, r#""x""#),
        (" {{- s }} ", r#""x ""#, r#""x ""#, r#""x""#),
    ] {
        assert_eq!(rendered(&form(written), &variables), json(free), "{written:?}");
        assert_eq!(
            rendered(&form(written).as_text(), &variables),
            json(text),
            "{written:?}"
        );
        assert_eq!(
            rendered(&form(written).as_data(), &variables),
            json(data),
            "{written:?}"
        );
    }
}

fn of_file(text: &str, variables: &str) -> String {
    let template = Template::of_file(text, place(text)).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    match template.render(&scope(variables)) {
        Ok(Rendering::Known {
            value: Value::Str(text),
            ..
        }) => text,
        other => panic!("{text}: {other:?}"),
    }
}

/// Files and texts of playbooks, both as Ansible renders them.
#[test]
fn the_line_of_a_block_leaves_no_empty_line_and_the_last_newline_stays() {
    for (written, expected) in [
        (
            "start\n{% for i in [1, 2] %}\nitem {{ i }}\n{% endfor %}\nend\n",
            "start\nitem 1\nitem 2\nend\n",
        ),
        ("a\n{% if true %}b{% endif %}\n", "a\nb\n"),
        ("a\n{% if false %}b{% endif %}\n", "a\n"),
        ("{% if false %}b{% endif %}\n\n", "\n\n"),
        ("{% if true %}b\n{% endif %}", "b\n"),
        ("{% if true %}\nb\n\n{% endif %}\n", "b\n\n"),
        ("{% set x = 1 %}\n{{ x }}\n", "1\n"),
        ("  {% if true %}\n  b\n  {% endif %}\n", "    b\n  \n"),
    ] {
        assert_eq!(of_file(written, "{}"), expected, "{written:?}");
        let mut shown = String::new();
        let _infallible = write!(shown, "{}", serde_json::to_string(expected).unwrap());
        check(written, "{}", &shown);
    }
}

#[test]
fn the_line_by_which_a_template_says_how_it_is_read_holds_and_is_never_written() {
    let body = "a\n  {% if true %}\n  b\n  {% endif %}\n";
    for (head, expected) in [
        ("#jinja2: lstrip_blocks: True\n", "a\n  b\n"),
        ("#jinja2:trim_blocks:True,lstrip_blocks:True\n", "a\n  b\n"),
        ("#jinja2: trim_blocks: False\n", "a\n  \n  b\n  \n"),
        ("#jinja2: lstrip_blocks: \"True\", trim_blocks: False\n", ""),
        ("#jinja2: variable_start_string: '[%'\n", ""),
        ("#jinja2: what\n", ""),
        ("# jinja2: a comment\n", "# jinja2: a comment\na\n    b\n  \n"),
    ] {
        let text = format!("{head}{body}");
        if expected.is_empty() {
            assert!(Template::of_file(&text, place(&text)).is_err(), "{head}");
        } else {
            assert_eq!(of_file(&text, "{}"), expected, "{head}");
        }
    }
    let text = "#jinja2: lstrip_blocks: True\n{{ nope }}\n";
    let template = Template::of_file(text, place(text)).unwrap();
    let error = template.render(&scope("{}")).unwrap_err();
    assert_eq!(&text[error.span.start as usize..error.span.end as usize], "nope");
}

#[test]
fn what_default_does_not_need_is_not_evaluated() {
    let variables = r#"{"a": "x", "e": "", "m": {}, "l": [1]}"#;
    for (text, expected) in [
        ("{{ a | default(m.b.c | upper) }}", r#""x""#),
        ("{{ a|default( m.b.c ) | upper }}", r#""X""#),
        ("{{ m.b | default(m.c) | default(a | upper) }}", r#""X""#),
        ("{{ m.b | default(m.c | default(a)) }}", r#""x""#),
        ("{{ e | default(a ~ '!', true) }}", r#""x!""#),
        ("{{ e | default((a ~ ','), boolean=true) }}", r#""x,""#),
        ("{{ a | default(nope.x, true) }}", r#""x""#),
        ("{{ e | default(l[0] + 1, false) }}", r#""""#),
        ("{{ [a | default(m.q.r), e] }}", r#"["x", ""]"#),
        ("{{ l[m.i | default(l | length - 1)] }}", "1"),
        ("{{ l[m.i | default(m.j | default(0))] | default(m.k.k) }}", "1"),
        ("v {{ a | d(m.b.c) }} {{ m.z | d(a) }}", r#""v x x""#),
        (
            "{% for i in l | default(m.x.y) %}{{ i | default(m.x.y) }}{% endfor %}",
            r#""1""#,
        ),
    ] {
        check(text, variables, expected);
    }
    let error = failure("{{ m.b | default(m.c.d | upper) }}", variables);
    assert_eq!(error.message, "`m.c` is undefined");
}

#[test]
fn an_if_without_else_is_an_empty_text_wherever_it_is() {
    check("a{{ ', ' if false }}b", "{}", r#""ab""#);
    check(
        "{% for i in [1, 2] %}{{ i }}{{ ', ' if not loop.last }}{% endfor %}",
        "{}",
        r#""1, 2""#,
    );
    check(
        "a{{ 'x' if false else ('y' if false) }}b{{ 'z' if true }}",
        "{}",
        r#""abz""#,
    );
    check("{{ 'x' if false }}", "{}", r#""""#);
    check("{{ ('x' if false) ~ 'y' }}", "{}", r#""y""#);
    check("{{ ['a', 'b' if false] }}", "{}", r#"["a", ""]"#);
    check("{{ ('x' if false) | default('y') }}", "{}", r#""y""#);
    check("{{ nope | default('x' if false) }}", "{}", r#""""#);
    check("{{ nope | default(z if false) }}", r#"{"z": 1}"#, r#""""#);
    check("{{ ('x' if false) is defined }}", "{}", "false");
}

#[test]
fn what_is_missing_behind_a_key_that_is_not_constant_is_named() {
    let error = failure("{{ a[k].b.c }}", r#"{"a": {"x": {}}, "k": "x"}"#);
    assert_eq!(error.message, "`a[k].b.c` is undefined");
    let error = failure("x{{ a[k].b.c }}", r#"{"a": {"x": {}}, "k": "x"}"#);
    assert_eq!(error.message, "`a[k].b.c` is undefined");
    for (text, message) in [
        ("{{ ['a'] | map('nosuch') | list }}", "unknown filter `nosuch`"),
        ("{{ ['a'] | select('nosuch') | list }}", "unknown test `nosuch`"),
        (
            "{{ ['a'] | selectattr('x', 'nosuch') | list }}",
            "unknown test `nosuch`",
        ),
    ] {
        let error = Form::of_text(text, place(text)).unwrap_err();
        assert_eq!(error.message, message);
    }
    check("{{ [{'x': 1}] | map(attribute='x') | list }}", "{}", "[1]");
    check(
        "{{ [{'x': 1}] | selectattr('x', '==', 1) | map('length') | list }}",
        "{}",
        "[1]",
    );
}
