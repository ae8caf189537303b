//! What passes the edge of a unit, and where it is evaluated.

use std::sync::Arc;

use super::{form, variables};
use crate::source::Span;
use crate::template::{Admitted, Declared, Gate, RenderError, Rendering, Root, Scope, Secrecy, Variables};
use crate::value::Value;

/// A gate whose inputs are numbers, but for `secret` and `any`.
#[derive(Debug)]
struct Edge {
    is_open: bool,
    inputs: Vec<&'static str>,
    given: Arc<Variables>,
    defaults: Arc<Variables>,
}

impl Gate for Edge {
    fn is_open(&self) -> bool {
        self.is_open
    }

    fn declared(&self, name: &str) -> Option<Declared<'_>> {
        self.inputs.contains(&name).then(|| Declared {
            given: self.given.get(name),
            default: self.defaults.get(name),
        })
    }

    fn names(&self) -> Vec<&str> {
        self.inputs.clone()
    }

    fn admit(&self, name: &str, value: Value, written: Option<Span>) -> Result<Admitted, String> {
        match value {
            Value::Str(_) if !["any", "secret"].contains(&name) => {
                let place = if written.is_some() { "a file" } else { "-e" };
                Err(format!("`{name}` takes a number, not text of {place}"))
            }
            value => Ok(Admitted {
                value,
                secret: name == "secret",
            }),
        }
    }
}

fn gate(inputs: &[&'static str], given: &str, defaults: &str) -> Arc<dyn Gate> {
    Arc::new(Edge {
        is_open: false,
        inputs: inputs.to_vec(),
        given: variables(given),
        defaults: variables(defaults),
    })
}

fn outside(extra: &str) -> Arc<Scope> {
    Scope::new(variables(extra))
        .with(variables(
            r#"{"port": 80, "twice": "{{ port * 2 }}", "x": "{{ twice + 1 }}", "word": "w", "private": 1}"#,
        ))
        .bind("host", Root::Value(Value::from("web1")))
        .bind("item", Root::Value(Value::from("an item")))
}

fn render(text: &str, scope: &Arc<Scope>) -> Result<Value, RenderError> {
    match form(text).render(scope)? {
        Rendering::Known { value, .. } => Ok(value),
        unknown @ Rendering::Unknown { .. } => panic!("{text}: {unknown:?}"),
    }
}

fn gives(text: &str, scope: &Arc<Scope>, expected: impl Into<Value>) {
    assert_eq!(render(text, scope).unwrap(), expected.into(), "{text}");
}

fn fails(text: &str, scope: &Arc<Scope>, message: &str) {
    assert_eq!(render(text, scope).unwrap_err().message, message, "{text}");
}

#[test]
fn only_what_is_declared_passes_and_what_is_about_the_host() {
    let inside = outside(r#"{"loose": 1}"#).enter(gate(&["port"], "{}", "{}"));
    gives("{{ port }}", &inside, 80i64);
    gives("{{ host }}", &inside, "web1");
    for name in ["private", "item", "loose", "twice"] {
        fails(
            &format!("{{{{ {name} }}}}"),
            &inside,
            &format!("`{name}` is undefined"),
        );
    }
    let help = render("{{ prot }}", &inside).unwrap_err().help;
    assert_eq!(help.as_deref(), Some("Did you mean `port`?"));
}

#[test]
fn what_is_given_is_read_outside_and_a_default_inside() {
    let given = r#"{"x": "{{ x + 1 }}", "any": "{{ item }}"}"#;
    let gate = gate(&["x", "any", "d"], given, r#"{"d": "{{ own }}", "x": 0}"#);
    let inside = outside("{}")
        .enter(gate)
        .with(variables(r#"{"own": "{{ x * 10 }}"}"#));
    gives("{{ x }}", &inside, 162i64);
    gives("{{ any }}", &inside, "an item");
    gives("{{ d }}", &inside, 1620i64);
    fails("{{ twice }}", &inside, "`twice` is undefined");
}

#[test]
fn a_value_of_outside_is_read_there_and_beats_the_default() {
    let inside = outside("{}").enter(gate(&["twice"], "{}", r#"{"twice": 0}"#));
    gives("{{ twice }}", &inside, 160i64);
    let inner = inside.enter(gate(&["x", "twice"], "{}", r#"{"x": 0}"#));
    // The gate between does not declare `x`, but the ordinary order of variables holds for it, too.
    gives("{{ x }} {{ twice }}", &inner, "161 160");
}

#[test]
fn the_default_of_an_outer_unit_is_nearer_to_the_top() {
    let inside = Scope::new(Arc::default()).enter(gate(&["n"], "{}", r#"{"n": "{{ m }}"}"#));
    let inside = inside.with(variables(r#"{"m": 7}"#));
    let inner = inside.enter(gate(&["n"], "{}", r#"{"n": 1}"#));
    gives("{{ n }}", &inner, 7i64);
    let inner = inside.enter(gate(&["n"], r#"{"n": "{{ n + 1 }}"}"#, "{}"));
    gives("{{ n }}", &inner, 8i64);
}

#[test]
fn extra_variables_win_over_everything_that_is_declared_or_defined() {
    let scope = outside(r#"{"port": 1, "x": 2, "own": 3}"#);
    let inside = scope.enter(gate(&["port", "x"], r#"{"x": 9}"#, "{}"));
    let inside = inside.with(variables(r#"{"own": 0}"#));
    gives("{{ port }} {{ x }} {{ own }}", &inside, "1 2 3");
    let bound = scope
        .bind("port", Root::Value(Value::Int(5)))
        .enter(gate(&["port"], "{}", "{}"));
    gives("{{ port }}", &bound, 1i64);
}

#[test]
fn values_are_judged_where_they_pass() {
    let inside = outside("{}").enter(gate(&["x", "word"], r#"{"x": "{{ word }}!"}"#, "{}"));
    fails("{{ word }}", &inside, "`word` takes a number, not text of a file");
    let error = render("a {{ x }}", &inside).unwrap_err();
    assert_eq!(error.message, "`x` takes a number, not text of a file");
    let typed = outside(r#"{"word": "y"}"#).enter(gate(&["word"], "{}", "{}"));
    fails("{{ word }}", &typed, "`word` takes a number, not text of -e");
}

#[test]
fn a_secret_input_makes_what_reads_it_secret() {
    let gate = gate(
        &["secret", "any"],
        r#"{"secret": "hunter22", "any": "plain"}"#,
        "{}",
    );
    let inside = outside("{}").enter(gate);
    for (text, expected) in [("{{ any }}", false), ("a {{ secret }}", true)] {
        let Rendering::Known { secrecy, .. } = form(text).render(&inside).unwrap() else {
            panic!("{text} is known")
        };
        assert_eq!(secrecy > Secrecy::Public, expected, "{text}");
    }
}

#[test]
fn an_open_gate_lets_everything_pass_and_is_no_scope_of_its_own() {
    let gate = Arc::new(Edge {
        is_open: true,
        inputs: vec!["port", "n"],
        given: variables(r#"{"n": "{{ port }}"}"#),
        defaults: variables("{}"),
    });
    let inside = outside("{}")
        .enter(gate)
        .with(variables(r#"{"port": 8, "own": 1}"#));
    gives("{{ private }} {{ item }} {{ own }}", &inside, "1 an item 1");
    gives("{{ twice }}", &inside, 16i64);
    gives("{{ n }}", &inside, 80i64);
}

#[test]
fn values_that_pass_through_each_other_end() {
    let mut scope = outside("{}");
    for _ in 0..40 {
        scope = scope.enter(gate(&["port"], r#"{"port": "{{ port }}"}"#, "{}"));
    }
    fails(
        "{{ port }}",
        &scope,
        "variables are read through more than 32 others",
    );
}
