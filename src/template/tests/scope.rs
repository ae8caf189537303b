//! What names mean: variables, unknown values, secrets, gaps.

use std::sync::{Arc, Mutex};

use super::{failure, form, json, scope, variables, with_results};
use crate::source::Spanned;
use crate::template::{Form, Keeper, Refusal, Rendering, Root, Scope, Secrecy, SyntaxError};
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
                secrecy: Secrecy::Public
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
            Rendering::Known {
                value,
                secrecy: Secrecy::Public
            },
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
            Rendering::Known { secrecy, .. } => assert_eq!(secrecy != Secrecy::Public, expected, "{text}"),
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
                secrecy: Secrecy::Public
            }
        );
    }
}

/// Remembers what it is told.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<String>>);

impl Keeper for Notes {
    fn read(&self, secret: &Value) -> bool {
        self.0.lock().unwrap().push(format!("read {secret:?}"));
        secret.as_str().is_some_and(|text| text.len() > 5)
    }
    fn made(&self, value: &Value) -> bool {
        self.0.lock().unwrap().push(format!("made {value:?}"));
        true
    }
}

#[test]
fn the_keeper_is_told_what_is_read_and_what_each_part_is_made_of_it() {
    let notes = Arc::new(Notes::default());
    let scope = Scope::kept(Arc::default(), Arc::clone(&notes) as Arc<dyn Keeper>)
        .with(variables(
            r#"{"login": "u:{{ password }}", "port": "{{ 80 + 1 }}"}"#,
        ))
        .bind("password", Root::Secret("hunter22".into()))
        .bind("pin", Root::Secret("1234".into()));
    let parts = variables(
        r#"{"a": "{{ port }}", "b": "{{ login | upper }}", "c": "{{ password is defined }}", "d": "{{ login }}"}"#,
    );
    let all = Form::map((*parts).clone());
    let Rendering::Known { value, secrecy } = all.render(&scope).unwrap() else {
        panic!("it is known");
    };
    assert_eq!(
        value,
        json(r#"{"a": 81, "b": "U:HUNTER22", "c": true, "d": "u:hunter22"}"#)
    );
    assert_eq!(secrecy, Secrecy::Findable);
    let told = std::mem::take(&mut *notes.0.lock().unwrap());
    let made: Vec<_> = told.iter().filter(|it| it.starts_with("made")).collect();
    assert_eq!(
        made,
        [
            "made Str(\"u:hunter22\")",
            "made Str(\"U:HUNTER22\")",
            "made Bool(true)",
            "made Str(\"u:hunter22\")"
        ]
    );
    for (text, expected) in [
        ("{{ port }}", Secrecy::Public),
        ("{{ pin }}", Secrecy::Blind),
        ("{{ pin == '1' }}", Secrecy::Findable),
        ("{{ login ~ pin }}", Secrecy::Blind),
    ] {
        assert!(
            matches!(form(text).render(&scope), Ok(Rendering::Known { secrecy, .. }) if secrecy == expected),
            "{text}"
        );
    }
}

#[test]
fn a_secret_form_is_a_secret_and_a_closed_one_fails_only_where_it_is_read() {
    let span = super::place("").whole;
    let secret = Form::Secret(Box::new(form("{{ 'ab' ~ 'cdef' }}")));
    let db = Form::map([("password".to_owned(), Spanned::new(secret, span))].into());
    assert!(db.is_secret() && db.literal().is_none());
    let error = SyntaxError {
        message: "it is sealed".to_owned(),
        span,
        help: None,
    };
    let closed = Form::Refused(Arc::new(Refusal { error, written: None }));
    let layer = [
        ("db".to_owned(), Spanned::new(db, span)),
        ("sealed".to_owned(), Spanned::new(closed, span)),
    ];
    let scope = Scope::new(Arc::default()).with(Arc::new(layer.into_iter().collect()));
    let known = form("{{ db.password }}").render(&scope).unwrap();
    assert_eq!(
        known,
        Rendering::Known {
            value: "abcdef".into(),
            secrecy: Secrecy::Blind
        }
    );
    assert!(matches!(
        form("{{ 1 if true else sealed }}").render(&scope),
        Ok(Rendering::Known {
            secrecy: Secrecy::Public,
            ..
        })
    ));
    for text in [
        "{{ sealed }}",
        "{{ sealed | default('x') }}",
        "{{ sealed is defined }}",
    ] {
        assert_eq!(
            form(text).render(&scope).unwrap_err().message,
            "it is sealed",
            "{text}"
        );
    }
}

#[test]
fn a_broken_root_is_no_gap_and_an_error_shows_nothing_of_a_secret() {
    let scope = scope("{}")
        .bind("broken", Root::Broken("it cannot be had".to_owned()))
        .bind("password", Root::Secret("hunter22".into()));
    let error = form("{{ broken | default('x') }}").render(&scope).unwrap_err();
    assert_eq!(error.message, "it cannot be had");
    for text in [
        "{{ password | int }}",
        "{{ password + 1 }}",
        "{{ password | from_json }}",
        "{{ password.x.y }}",
    ] {
        if let Err(error) = form(text).render(&scope) {
            assert!(!format!("{error:?}").contains("hunter"), "{text}: {error:?}");
        }
    }
}
