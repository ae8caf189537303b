//! Tests of the filters and tests, by what they give.

use std::sync::Arc;

use crate::source::{Place, SourceMap, Span};
use crate::template::names::{ENGINE_FILTERS, ENGINE_TESTS};
use crate::template::{Expression, Rendering, Scope};
use crate::value::Value;

const VARS: &str = r#"{
    "users": [{"name": "ann", "uid": 1, "on": true, "home": {"dir": "/a"}, "keys": ["k1", "k2"]},
              {"name": "bob", "uid": 20, "on": false, "home": {"dir": "/b"}, "keys": []}],
    "m": {"b": 1, "a": {"x": [1], "y": 2}}, "t": "it's 5 o'clock", "result": {"failed": false, "changed": true}
}"#;

pub(super) fn evaluate(text: &str) -> Result<Value, String> {
    let source = SourceMap::default().add(std::path::Path::new("test"), text);
    let place = Place::whole(Span::new(source, 0, text.len()));
    let expression = Expression::new(text, place).map_err(|error| error.message)?;
    let vars: Value = serde_json::from_str(VARS).unwrap();
    let scope = vars
        .as_map()
        .unwrap()
        .iter()
        .fold(Scope::new(Arc::default()), |scope, (name, value)| {
            scope.bind(name, crate::template::Root::Value(value.clone()))
        });
    match expression.evaluate(&scope) {
        Ok(Rendering::Known { value, .. }) => Ok(value),
        Ok(Rendering::Unknown { because }) => Err(because),
        Err(error) => Err(error.message),
    }
}

pub(super) fn check(table: &[(&str, &str)]) {
    for (text, expected) in table {
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(evaluate(text), Ok(expected), "{text}");
    }
}

#[test]
fn every_name_of_the_engine_is_there() {
    let kind = |error: minijinja::Error| error.kind();
    let mut state = crate::template::engine::ENGINE.empty_state();
    for name in ENGINE_FILTERS
        .iter()
        .chain(super::FILTERS.iter().copied().flatten())
    {
        let found = state.apply_filter(name, &[]).map_err(kind);
        assert_ne!(found.err(), Some(minijinja::ErrorKind::UnknownFilter), "{name}");
    }
    for name in ENGINE_TESTS.iter().chain(super::TESTS.iter().copied().flatten()) {
        let found = state.perform_test(name, &[]).map_err(kind);
        assert_ne!(found.err(), Some(minijinja::ErrorKind::UnknownTest), "{name}");
    }
}

#[test]
fn regular_expressions_find_replace_and_test() {
    check(&[
        (r"'foo-12-7' | regex_search('[0-9]+')", r#""12""#),
        (r"'foo-12-7' | regex_search('x')", "null"),
        (
            r"'foo-12-7' | regex_search('(\\d+)-(\\d+)', '\\2', '\\1')",
            r#"["7", "12"]"#,
        ),
        (
            r"'a=b' | regex_replace('(\\w)=(?P<v>\\w)', '\\g<v>$\\1')",
            r#""b$a""#,
        ),
        (r"'aaa' | regex_replace('a', 'b', count=2)", r#""bba""#),
        (r"'a1b22' | regex_findall('[0-9]+')", r#"["1", "22"]"#),
        (
            r"'a1b22' | regex_findall('([a-z])([0-9]+)')",
            r#"[["a", "1"], ["b", "22"]]"#,
        ),
        ("'a.b' | regex_escape", r#""a\\.b""#),
        ("'web1' is match('web')", "true"),
        ("'myweb1' is match('web')", "false"),
        ("'myweb1' is search('WEB', ignorecase=true)", "true"),
        (
            "users | map(attribute='name') | select('match', 'a') | list",
            r#"["ann"]"#,
        ),
    ]);
    assert!(
        evaluate("'a' is match('(')")
            .unwrap_err()
            .starts_with("`(` is not a regular expression (regex): ")
    );
    assert!(
        evaluate("'a' | regex_search('a', '\\\\4')")
            .unwrap_err()
            .contains("is not a group")
    );
}

#[test]
fn lists_and_maps_are_combined() {
    check(&[
        ("[1, 2, 2, 3] | difference([2])", "[1, 3]"),
        ("[1, 2] | intersect([2, 3])", "[2]"),
        ("[1, 2] | union([2, 3])", "[1, 2, 3]"),
        ("[1, 2] | symmetric_difference([2, 3])", "[1, 3]"),
        ("[1, [2, [3]]] | flatten", "[1, 2, 3]"),
        ("[1, [2, [3]]] | flatten(1)", "[1, 2, [3]]"),
        ("[1, 2] | product(['a']) | list", r#"[[1, "a"], [2, "a"]]"#),
        (
            "users | subelements('keys') | map('last') | list",
            r#"["k1", "k2"]"#,
        ),
        (
            "m | combine({'c': 3}, {'b': 4}) | dict2items | map(attribute='key') | list",
            r#"["b", "a", "c"]"#,
        ),
        (
            "(m | combine({'a': {'y': 3}}, recursive=true)).a",
            r#"{"x": [1], "y": 3}"#,
        ),
        (
            "(m | combine({'a': {'x': [2]}}, recursive=true, list_merge='append')).a.x",
            "[1, 2]",
        ),
        (
            "{'k': 'v'} | dict2items(key_name='n')",
            r#"[{"n": "k", "value": "v"}]"#,
        ),
        ("[{'key': 'a', 'value': 1}] | items2dict", r#"{"a": 1}"#),
        (
            "users | items2dict(key_name='name', value_name='uid')",
            r#"{"ann": 1, "bob": 20}"#,
        ),
        (
            "users | selectattr('on') | map(attribute='name') | list",
            r#"["ann"]"#,
        ),
        (
            "users | selectattr('home.dir', 'eq', '/b') | map(attribute='uid') | first",
            "20",
        ),
        (
            "users | rejectattr('uid', '>', 5) | map(attribute='home.dir') | list",
            r#"["/a"]"#,
        ),
        ("users | selectattr('shell', 'defined') | list", "[]"),
        ("[3, 1, 3] | unique | sort", "[1, 3]"),
        ("[1, 2] | zip(['a', 'b']) | list", r#"[[1, "a"], [2, "b"]]"#),
        ("[1] is subset([1, 2])", "true"),
        ("[1, 2] is contains(2)", "true"),
        ("m.keys() | list", r#"["b", "a"]"#),
        ("'a,b'.split(',')", r#"["a", "b"]"#),
    ]);
    assert!(
        evaluate("'x' | combine({})")
            .unwrap_err()
            .contains("needs a map, not string")
    );
    assert!(evaluate("users | map(attribute='shell') | difference([])").is_err());
}

#[test]
fn data_is_read_and_written() {
    check(&[
        (
            r#"'{"items": [1, 18446744073709551615]}' | from_json"#,
            r#"{"items": [1, 18446744073709551615]}"#,
        ),
        (r#"('{"items": [1]}' | from_json)['items'][0]"#, "1"),
        ("m | to_json", r#""{\"b\": 1, \"a\": {\"x\": [1], \"y\": 2}}""#),
        ("'<&>' | tojson", r#""\"<&>\"""#),
        (
            "{'b': 1, 'a': []} | to_nice_json(indent=2, sort_keys=true)",
            r#""{\n  \"a\": [],\n  \"b\": 1\n}""#,
        ),
        ("'a: [1, yes]' | from_yaml", r#"{"a": [1, "yes"]}"#),
        (
            "{'a': [1, 'true', none]} | to_yaml | from_yaml",
            r#"{"a": [1, "true", null]}"#,
        ),
        ("{'a': {'b': 'c'}} | to_nice_yaml", r#""a:\n  b: c\n""#),
    ]);
    assert!(evaluate("'{' | from_json").unwrap_err().starts_with("no JSON: "));
}

#[test]
fn texts_paths_and_choices() {
    check(&[
        ("t | quote", r#""'it'\"'\"'s 5 o'\"'\"'clock'""#),
        ("'' | quote ~ ('a/b.c' | quote)", r#""''a/b.c""#),
        ("'/etc/nginx/a.conf' | basename", r#""a.conf""#),
        ("'/etc/nginx/a.conf' | dirname", r#""/etc/nginx""#),
        ("'/a' | dirname", r#""/""#),
        ("'/x.d/a.tar.gz' | splitext", r#"["/x.d/a.tar", ".gz"]"#),
        ("'/x.d/.bashrc' | splitext", r#"["/x.d/.bashrc", ""]"#),
        ("['/a/', 'b', 'c'] | path_join", r#""/a/b/c""#),
        ("['/a', '/b'] | path_join", r#""/b""#),
        ("'é' | b64encode", r#""w6k=""#),
        ("'w6k=' | b64decode", r#""é""#),
        (
            "'' | hash",
            r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#,
        ),
        ("true | ternary('a', 'b')", r#""a""#),
        ("none | ternary('a', 'b', 'c')", r#""c""#),
        (
            "['yes', 'off', 1, ''] | map('bool') | list",
            "[true, false, true, false]",
        ),
        ("'7' | int + 1", "8"),
        ("'1.5' | float", "1.5"),
        ("m | type_debug", r#""map""#),
        (
            "result is changed and result is not failed and result is succeeded",
            "true",
        ),
        ("nope.x | default(default_value=3)", "3"),
    ]);
    assert_eq!(evaluate("nope.x | mandatory").unwrap_err(), "`nope` is undefined");
    assert_eq!(evaluate("'maybe' | bool").unwrap_err(), "`maybe` is no boolean");
}

#[test]
fn versions_are_compared_part_by_part() {
    for (a, operator, b) in [
        ("1.10", ">", "1.9"),
        ("1.0", "==", "1"),
        ("1.0.1", ">", "1.0"),
        ("1.0rc1", "<", "1.0"),
        ("v2.3", ">=", "2.3"),
        ("22.04", "ge", "20.04"),
        ("1.2.3-1", "<", "1.2.3-2"),
        ("99999999999999999999.1", ">", "99999999999999999999.0"),
    ] {
        let text = format!("'{a}' is version('{b}', '{operator}')");
        assert_eq!(evaluate(&text), Ok(Value::Bool(true)), "{text}");
    }
}
