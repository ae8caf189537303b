//! Template files, case by case: each is compiled once and rendered more than once, with other variables between.

use super::{place, scope};
use crate::template::{Rendering, Template};
use crate::value::Value;

const VARS: &str = r#"{
    "n": 3, "f": 1.5, "t": true, "s": "text", "e": "", "l": [1, 2, 3], "no": [], "u": "žluť",
    "m": { "a": { "b": [10, { "c": "deep" }] } }, "hosts": [{ "name": "web1", "up": true }, { "name": "db1", "up": false }]
}"#;
const OTHER: &str = r#"{
    "n": 0, "f": -2.5, "t": false, "s": "other", "e": "x", "l": [9], "no": [1], "u": "u",
    "m": { "a": { "b": [0, { "c": "" }] } }, "hosts": []
}"#;

/// A template, and what comes of it.
const CASES: &[(&str, &str)] = &[
    // Interpolation.
    ("", ""),
    ("plain", "plain"),
    ("{{ s }}", "text"),
    ("a{{ s }}b{{ n }}c", "atextb3c"),
    (
        "{{ n + 1 }} {{ f * 2 }} {{ n // 2 }} {{ n % 2 }} {{ 2 ** 3 }}",
        "4 3.0 1 1 8",
    ),
    ("{{ s ~ n }} {{ s.upper() }} {{ s | upper }}", "text3 TEXT TEXT"),
    ("{{ m.a.b[1].c }} {{ m['a']['b'][0] }}", "deep 10"),
    ("{{ {'a': {'b': {'c': n}}}.a.b.c }}", "3"),
    ("{{ l[0] }} {{ l[-1] }} {{ l[1:] | join(',') }}", "1 3 2,3"),
    ("{{ 'yes' if t else 'no' }} {{ n if not t else s }}", "yes text"),
    (
        "{{ n == 3 and s != 'x' }} {{ 2 in l }} {{ 'ex' in s }}",
        "True True True",
    ),
    (
        "{{ l | length }} {{ l | sum }} {{ l | map('string') | join('-') }}",
        "3 6 1-2-3",
    ),
    (
        "{{ e }}|{{ e or 'empty' }}|{{ nothing | default('none') }}",
        "|empty|none",
    ),
    ("{{ u }} {{ u | length }}", "žluť 4"),
    ("<b> & \"q\" {{ '<&>' }}", "<b> & \"q\" <&>"),
    // Escapes and comments.
    ("{{ '{{' }} {{ '}}' }} {{ '{%' }}", "{{ }} {%"),
    ("{% raw %}{{ s }} {% if %}{% endraw %}", "{{ s }} {% if %}"),
    ("a{# {{ s }} {% if #}b", "ab"),
    ("{# over\nlines #}x", "x"),
    ("\\n \\{{ n }} ${s} %s %% ## not", "\\n \\3 ${s} %s %% ## not"),
    ("{ s } }} %} #}", "{ s } }} %} #}"),
    // Conditions.
    ("{% if t %}a{% else %}b{% endif %}", "a"),
    ("{% if n > 5 %}a{% elif n > 2 %}b{% else %}c{% endif %}", "b"),
    ("{% if t %}{% if n == 3 %}both{% endif %}{% endif %}", "both"),
    ("{% if not no %}none{% endif %}", "none"),
    ("{% if nothing is defined %}a{% else %}b{% endif %}", "b"),
    // Loops, and what is gathered in them.
    ("{% for a in l %}{{ a }},{% endfor %}", "1,2,3,"),
    ("{% for a in no %}{{ a }}{% else %}nothing{% endfor %}", "nothing"),
    (
        "{% for k, v in {'x': 1, 'y': 2} | items %}{{ k }}={{ v }};{% endfor %}",
        "x=1;y=2;",
    ),
    (
        "{% for a in l %}{{ loop.index }}/{{ loop.length }}{{ '' if loop.last else ' ' }}{% endfor %}",
        "1/3 2/3 3/3",
    ),
    (
        "{% for a in l %}{% for b in l if b < a %}{{ a }}{{ b }} {% endfor %}{% endfor %}",
        "21 31 32 ",
    ),
    ("{% for h in hosts if h.up %}{{ h.name }}{% endfor %}", "web1"),
    (
        "{{ hosts | selectattr('up') | map(attribute='name') | join }}",
        "web1",
    ),
    (
        "{% set ns = namespace(sum=0) %}{% for a in l %}{% set ns.sum = ns.sum + a %}{% endfor %}{{ ns.sum }}",
        "6",
    ),
    ("{% set x = n * 2 %}{{ x }}", "6"),
    ("{% set x %}a{{ n }}{% endset %}[{{ x }}]", "[a3]"),
    (
        "{% macro f(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ f(1) }} {{ f(1, b=n) }}",
        "1-2 1-3",
    ),
    ("{% filter upper %}a{{ s }}{% endfilter %}", "ATEXT"),
    ("{% for a in range(3) %}{{ a }}{% endfor %}", "012"),
    // Lines, as they stand.
    ("a\n", "a\n"),
    ("a", "a"),
    ("a\n\n\n", "a\n\n\n"),
    ("a\r\nb\r\n", "a\r\nb\r\n"),
    ("{{ s }}\n", "text\n"),
    ("{% if t %}\n  a\n{% endif %}\nb\n", "  a\nb\n"),
    (
        "  {% for a in l %}\n  {{ a }}\n  {% endfor %}\n",
        "    1\n    2\n    3\n  \n",
    ),
    ("a {%- if t -%} b {%- endif -%} c", "abc"),
    ("{# c #}\na\n", "a\n"),
    ("\ta\u{2028}b\u{c}c\n", "\ta\u{2028}b\u{c}c\n"),
];

fn text_of(template: &Template, vars: &str) -> String {
    match template.render(&scope(vars)) {
        Ok(Rendering::Known {
            value: Value::Str(text),
            ..
        }) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_comes_out_as_it_should_however_often_it_is_rendered() {
    let mut wrong = Vec::new();
    for (text, wanted) in CASES {
        let template =
            Template::of_file(text, place(text)).unwrap_or_else(|error| panic!("{text}: {}", error.message));
        let first = text_of(&template, VARS);
        let other = text_of(&template, OTHER);
        if first != *wanted {
            wrong.push(format!("{text:?}: {first:?}"));
        }
        assert_eq!(text_of(&template, VARS), first, "{text}: after other variables");
        assert_eq!(text_of(&template, OTHER), other, "{text}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_whole_is_refused_with_its_place() {
    for text in [
        "{{ s",
        "{{ s }",
        "{{",
        "{% if t",
        "{% if t %}",
        "{% for a in l %}x",
        "{% endif %}",
        "{% raw %}x",
        "{# x",
        "{% unknown %}",
        "{{ s | }}",
        "{{ (n }}",
        "{{ 'a }}",
        "{{ s }}{% else %}",
        "{% if t %}{% endfor %}",
        "{{ l[ }}",
        "{{ {'a': } }}",
        "{% set = 1 %}",
        "{{ }}",
    ] {
        let line = format!("first\n{text}\n");
        let error = Template::of_file(&line, place(&line))
            .map(|_| ())
            .expect_err(text);
        assert!(!error.message.is_empty());
        let (start, end) = (error.span.start as usize, error.span.end as usize);
        assert!(start <= end && end <= line.len(), "{text}: {start}..{end}");
        // What swallows all that follows is marked as a whole; anything else, in its line.
        let swallows = ["{% raw", "{#", "{{ '"].iter().any(|it| text.starts_with(it));
        assert!(start >= 6 || swallows, "{text}: {start}..{end}");
    }
}
