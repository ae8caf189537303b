//! Inputs: their declarations, and what is given for them.

use super::units::{check_unit, importing, load_extra};
use super::{check_with, found, good_with, load_with};
use crate::value::Value;

#[test]
fn inputs_are_held_to_their_types_where_they_are_written() {
    let unit = "
inputs:
  port: { type: integer, default: x }
  sites: { type: list, items: { type: string, enum: [a, b] }, default: [a, c] }
  mode: { type: string, enum: [on], default: maybe }
  n: { type: number, enum: [1, 1.5], default: 2 }
  f: { type: file, default: none.conf }
calls: []
";
    check_unit(
        ", vars: { port: '{{ 1 }} x', sites: [a, '{{ x }}', 3], mode: 5, n: true, f: [] }",
        unit,
        &[
            "invalid-input `\"{{ 1 }} x\"",
            "invalid-input `3`",
            "invalid-input `5`",
            "invalid-input `true`",
            "invalid-input `[]`",
            "invalid-input `x`: `port` of `u.yml` takes integer, not `x`",
            "invalid-input `c`: `sites` of `u.yml` takes a | b, not `c`",
            "invalid-input `maybe`",
            "invalid-input `2`: `n` of `u.yml` takes number of 1 | 1.5",
            "missing-file `none.conf`: `f` names",
        ]
        .map(|it| it.replace("\"{{ 1 }} x\"", "'{{ 1 }} x'"))
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>(),
    );
}

#[test]
fn declarations_must_make_sense() {
    check_unit(
        "",
        "
inputs:
  a: { type: strin }
  b: { type: integer, items: string }
  c: { type: boolean, enum: [true] }
  d: { type: list, items: file }
  e: { typ: string }
  host: {}
  f: { type: integer, enum: [x] }
  g:
vars: { c: 1 }
calls: [{ id: changed, log.log: x }]
",
        &[
            "missing-input `u.yml`: `u.yml` needs a value for the inputs `a`, `b`, `c`, `d`, `e` and `f`",
            "wrong-type `strin`: there is no type `strin`",
            "wrong-type `string`: `items` says what is in a list or map",
            "wrong-type `[true]`: `enum` lists values of a text or number",
            "wrong-type `file`: `file` and `secret` are types of a whole input",
            "unknown-key `typ`: an input has no key `typ`",
            "reserved-name `host`",
            "wrong-type `x`: `enum` takes values of the type integer",
            "null-value",
            "duplicate-name `1`: `c` is both an input and a variable of its own",
            "reserved-name `changed`",
        ],
    );
}

#[test]
fn an_import_passes_only_what_is_declared() {
    let loaded = load_with(
        &importing(", vars: { prot: 80, port: 80 }"),
        &[("u.yml", "inputs: { port: {} }\ncalls: []\n")],
    );
    assert_eq!(
        found(&loaded),
        ["unknown-input `prot`: `u.yml` has no input `prot`"]
    );
    let help = loaded.diagnostics.sorted()[0].help.clone();
    assert_eq!(help.as_deref(), Some("Did you mean `port`?"));
    check_unit(", vars: { x: 1 }", "calls: []\n", &["unknown-input `x`"]);
}

#[test]
fn what_is_required_must_be_there_for_every_host() {
    let unit = "inputs: { port: { type: integer }, word: {}, opt: { default: '{{ nope }}' } }\ncalls: []\n";
    check_unit(
        "",
        unit,
        &[
            "missing-input `u.yml`: `u.yml` needs a value for the inputs `port` and `word`",
            "undefined-variable `nope`",
        ],
    );
    let text = "
hosts: { a: { vars: { port: x } }, b: { vars: { port: 81 } }, c: }
groups: { g: { hosts: [a, b, c], vars: { word: '{{ other }}' } }, h: { hosts: [c], vars: { other: 1 } } }
rounds:
- { name: one, hosts: all, calls: [{ import: u.yml, vars: { opt: 1 } }] }
- { name: two, hosts: b, vars: { word: 1 }, calls: [{ import: u.yml, vars: { opt: 1 } }] }
";
    check_with(
        text,
        &[("u.yml", unit)],
        &[
            "invalid-input `x`: the input `port` takes integer, not this string (the value of a)",
            "undefined-variable `other`: `other` is not defined for a, b: 2 of 3 hosts",
            "missing-input `u.yml`: the input `port` is not given for c: 1 of 3 hosts",
        ],
    );
}

#[test]
fn ordinary_precedence_holds_for_inputs() {
    // From outside to inside: nothing passed, a unit between that does not declare it, and one that does.
    let files = [
        (
            "outer.yml",
            "inputs: { deep: { default: 2 } }\ncalls: [{ import: inner.yml }]\n",
        ),
        (
            "inner.yml",
            "inputs: { wide: { type: string }, deep: { type: integer } }\ncalls: [{ log.log: '{{ wide }} {{ deep }}' }]\n",
        ),
    ];
    let text = "
hosts: [a]
groups: { g: { hosts: [a], vars: { wide: text } } }
rounds: [{ name: one, hosts: all, calls: [{ import: outer.yml }] }]
";
    good_with(text, &files);
    check_with(
        &text.replace("wide: text", "wide: 1"),
        &files,
        &["invalid-input `1`: the input `wide` takes string"],
    );
}

#[test]
fn a_playbook_has_inputs_which_the_command_line_gives() {
    let text = "
hosts: [a]
inputs: { port: { type: integer }, word: { type: string }, flag: { type: boolean, default: false } }
rounds: [{ name: one, hosts: all, calls: [{ log.log: '{{ port + 1 }} {{ word }} {{ flag }}' }] }]
";
    check_with(
        text,
        &[],
        &["missing-input `port`: the playbook needs a value for the inputs `port` and `word`"],
    );
    let extra = |extra: &[(&str, Value)]| found(&load_extra(text, &[], extra, false));
    let good = [
        ("port", "80".into()),
        ("word", "80".into()),
        ("flag", "true".into()),
    ];
    assert!(extra(&good).is_empty(), "{:?}", extra(&good));
    assert_eq!(
        extra(&[
            ("port", "x".into()),
            ("word", Value::Int(1)),
            ("flag", "yes".into())
        ]),
        [
            "invalid-input `port`: `-e port` takes integer, not `\"x\"`",
            "invalid-input `word`: `-e word` takes string, not `1`",
            "invalid-input `flag`: `-e flag` takes boolean, not `\"yes\"`",
        ]
    );
}

#[test]
fn templates_of_inputs_are_checked_where_they_are_written() {
    let unit = "
inputs: { conf: { type: file, default: t/own.j2 }, port: { default: 1 } }
calls: [{ template.file: { src: '{{ conf }}', dest: /etc/x } }]
";
    let files = |own: &'static str| {
        [
            ("u/main.yml", unit),
            ("u/t/own.j2", own),
            ("given.j2", "{{ prot }}"),
        ]
    };
    let text = importing("").replace("u.yml", "u");
    good_with(&text, &files("{{ port }}"));
    check_with(&text, &files("{{ nope }}"), &["undefined-variable `nope`"]);
    let given = importing(", vars: { conf: given.j2 }").replace("u.yml", "u");
    check_with(&given, &files("{{ nope }}"), &["undefined-variable `prot`"]);
    let missing = importing(", vars: { conf: t/own.j2 }").replace("u.yml", "u");
    check_with(
        &missing,
        &files("{{ port }}"),
        &["missing-file `t/own.j2`: `conf` names"],
    );
}
