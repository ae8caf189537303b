//! What names mean: variables, unknown values, secrets, gaps.

use super::{failure, form, json, scope, variables, with_results};
use crate::template::{Rendering, Root, Scope};
use crate::value::Value;

#[test]
fn variables_are_evaluated_when_they_are_used_in_the_scope_of_the_use() {
    let outer =
        scope(r#"{"greeting": "hello {{ who }}", "broken": "{{ nope }}", "n": "{{ [1, two] }}", "two": 2}"#);
    let inner = outer.with(variables(r#"{"who": "world"}"#));
    let known = |text: &str| match form(text).render(&inner).unwrap() {
        Rendering::Known { value, .. } => value,
        unknown @ Rendering::Unknown { .. } => panic!("{unknown:?}"),
    };
    assert_eq!(known("{{ greeting }}"), Value::from("hello world"));
    assert_eq!(known("{{ n[1] + 1 }}"), Value::Int(3));
    assert_eq!(known("{{ false and broken }}"), Value::Bool(false));
    assert!(form("{{ greeting }}").render(&outer).is_err());
}

#[test]
fn a_failure_inside_a_variable_says_through_which() {
    let error = failure("{{ a }}", r#"{"a": "x{{ b }}", "b": "{{ c.d }}", "c": {}}"#);
    assert_eq!(error.message, "`c.d` is undefined");
    let names: Vec<_> = error.through.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["b", "a"]);
    let error = failure(
        "{{ a }}",
        r#"{"a": "{{ b }}", "b": "-{{ c }}", "c": ["{{ a }}"]}"#,
    );
    assert_eq!(error.message, "`a` is defined by itself: a -> b -> c -> a");
    let names: Vec<_> = error.through.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["c", "b", "a"]);
}

#[test]
fn a_long_way_of_variables_ends() {
    let vars: Vec<String> = (0..500)
        .map(|n| format!(r#""v{n}": "{{{{ v{} }}}}""#, n + 1))
        .collect();
    let error = failure("{{ v0 }}", &format!("{{{}}}", vars.join(",")));
    assert_eq!(error.message, "variables are read through more than 32 others");
}

#[test]
fn inner_layers_shadow_and_extra_variables_win_except_over_bound_names() {
    let extra = variables(r#"{"e": "extra", "item": "extra"}"#);
    let scope = Scope::new(extra)
        .with(variables(r#"{"a": 1, "b": 1, "e": 1}"#))
        .with(variables(r#"{"b": 2, "e": 2}"#))
        .bind("item", Root::Value(Value::Int(7)));
    for (text, expected) in [
        ("{{ a }}", "1"),
        ("{{ b }}", "2"),
        ("{{ e }}", r#""extra""#),
        ("{{ item }}", "7"),
    ] {
        let rendered = form(text).render(&scope).unwrap();
        assert_eq!(
            rendered,
            Rendering::Known {
                value: json(expected),
                secret: false
            },
            "{text}"
        );
    }
}

#[test]
fn any_use_of_an_unknown_value_makes_the_rendering_unknown() {
    let scope = with_results(r#"{"through": "{{ results.later.stdout }}", "pair": [1, "{{ through }}"]}"#);
    let unknown = Rendering::Unknown {
        because: "build".to_owned(),
    };
    for text in [
        "{{ results.later }}",
        "{{ results.later == 3 }}",
        "{{ not results.later }}",
        "{{ results.later is defined }}",
        "{{ results.later.stdout.x is defined }}",
        "{{ results.later | default(1) }}",
        "{{ results.later.x | default(1) }}",
        "{{ [results.later] }}",
        "{{ results }}",
        "x{{ results }}",
        "{{ results | tojson }}",
        "{{ results['later'].x }}",
        "{% if results.later %}{% endif %}",
        "{% for x in results.later %}{% endfor %}",
        "{{ results.deep.later ~ '' }}",
        "{{ through }}",
        "{{ pair }}",
        "{{ results.later or true }}",
        "{{ results.values() | list }}",
        "{{ results | items | list }}",
        "{{ [results.ran, results] | map(attribute='later') | list }}",
    ] {
        assert_eq!(form(text).render(&scope).unwrap(), unknown, "{text}");
    }
    for (text, value) in [
        ("{{ false and results.later }}", Value::Bool(false)),
        ("{{ 1 if true else results.later }}", Value::Int(1)),
        ("{{ results.ran.rc }}", Value::Int(0)),
    ] {
        assert_eq!(
            form(text).render(&scope).unwrap(),
            Rendering::Known { value, secret: false },
            "{text}"
        );
    }
}

#[test]
fn what_is_rendered_from_a_secret_is_secret() {
    let scope = with_results(r#"{"through": "{{ results.password }}", "public": 1}"#);
    for (text, expected) in [
        ("{{ results.password }}", true),
        ("a{{ results.password | length }}", true),
        ("{{ through == 'x' }}", true),
        ("{{ results.deep.password is defined }}", true),
        ("{{ public }}", false),
        ("{{ false and through }}", false),
    ] {
        match form(text).render(&scope).unwrap() {
            Rendering::Known { secret, .. } => assert_eq!(secret, expected, "{text}"),
            unknown @ Rendering::Unknown { .. } => panic!("{text}: {unknown:?}"),
        }
    }
}

#[test]
fn a_gap_says_why_it_is_there_and_is_accepted_where_gaps_are() {
    let scope = with_results("{}").bind("result", Root::Gap("there is no `result` here".to_owned()));
    let failing = |text: &str| form(text).render(&scope).unwrap_err().message;
    assert_eq!(
        failing("{{ results.skipped.stdout }}"),
        "`skipped` was skipped on web1"
    );
    assert_eq!(
        failing("{{ results.deep.skipped ~ 'x' }}"),
        "`skipped` was skipped on web1"
    );
    assert_eq!(failing("{{ result.x }}"), "there is no `result` here");
    for text in ["{{ results.skipped.x is defined }}", "{{ result is defined }}"] {
        let rendered = form(text).render(&scope).unwrap();
        assert_eq!(
            rendered,
            Rendering::Known {
                value: false.into(),
                secret: false
            }
        );
    }
}
