//! Imports, inputs and what a unit sees: what is understood, and what is refused with which words.

use std::path::Path;
use std::sync::Arc;

use super::{check_with, found, good_with, load_with};
use crate::playbook::{Action, Loaded, Options, load};
use crate::source::{SourceMap, Span, Spanned};
use crate::template::{Form, Variables};
use crate::tools::registry;
use crate::value::Value;

/// A playbook whose one round imports `u.yml` with more keys.
fn importing(more: &str) -> String {
    format!(
        "hosts: [a, b]\nrounds: [{{ name: one, hosts: all, calls: [{{ import: u.yml, id: u{more} }}] }}]\n"
    )
}

/// Checks an import of a unit with these words.
fn check_unit(more: &str, unit: &str, expected: &[&str]) {
    check_with(&importing(more), &[("u.yml", unit)], expected);
}

/// Loads with `-e`.
fn load_extra(text: &str, files: &[(&str, &str)], extra: &[(&str, Value)], units: bool) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files.iter().chain(&[("site.yml", text)]) {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let span = Span::new(SourceMap::default().add(Path::new("-e"), ""), 0, 0);
    let extra: Variables = extra
        .iter()
        .map(|(name, value)| {
            (
                (*name).to_owned(),
                Spanned::new(Form::Literal(value.clone()), span),
            )
        })
        .collect();
    let options = Options {
        extra: Arc::new(extra),
        units,
        ..Options::default()
    };
    load(&folder.path().join("site.yml"), &registry(), &options)
}

#[test]
fn an_import_is_a_group_with_ids_and_variables_of_its_own() {
    let unit = "
name: web server
description: all of it
inputs:
  port: { type: integer, default: 80, description: where it listens }
  sites: { type: list, items: { type: map, items: string }, default: [{ name: x }] }
  mode: { type: string, enum: [fast, safe], default: fast }
  level: { type: integer, enum: [1, 2], default: 1 }
  anything: { default: null-ish }
vars: { text: '{{ port }} {{ mode }} {{ facts.os.family }}' }
vars_files: vars/more.yml
calls:
- id: config
  log.log: '{{ text }} {{ more }} {{ sites[0].name }} {{ host.name }} {{ groups.all }} {{ level }} {{ anything }}'
- import: inner
  id: inner
  on_change: [config]
  vars: { word: '{{ mode }}' }
- on_change: [inner.say]
  log.log: '{{ results.inner.say.status }} {{ results.config.changed }}'
";
    let files = [
        ("u.yml", unit),
        ("vars/more.yml", "more: '{{ port + 1 }}'\n"),
        (
            "inner/main.yml",
            "inputs: { word: { type: string } }\ncalls: [{ id: say, log.log: '{{ word }}' }]\n",
        ),
    ];
    let more = ", tags: [t], no_log: true, loop: [1, 2], vars: { port: '{{ item }}' }";
    let playbook = good_with(&importing(more), &files);
    let [import, config, inner, say, handler] = playbook.entries.as_slice() else {
        panic!("{:#?}", playbook.entries)
    };
    let Action::Group(group) = &import.action else {
        panic!()
    };
    assert_eq!(import.action.word(), "import");
    assert_eq!(group.entries.len(), 3);
    let unit = group.unit.unwrap();
    assert_eq!([config.unit, inner.unit, handler.unit], [unit; 3]);
    assert_ne!(say.unit, unit);
    assert!(say.tags == ["t"] && say.no_log);
    assert_eq!(playbook.unit(unit).label, "web server");
    assert_eq!(handler.on_change, [crate::name::EntryId::at(3)]);
    let target = |path: &[&str]| {
        playbook
            .target(crate::name::UnitId::PLAYBOOK, path)
            .map(|it| (it.entry.0, it.steps))
    };
    assert_eq!(target(&["u", "inner", "say", "level"]), Some((3, 3)));
    assert_eq!(target(&["u", "changed"]), Some((0, 1)));
    assert_eq!(target(&["config"]), None);
}

#[test]
fn a_unit_sees_what_it_declares_and_nothing_else_of_its_caller() {
    let calls = "calls: [{ log.log: '{{ app }} {{ item }} {{ secrets.x }} {{ results.before.status }}' }]\n";
    let text = "
vars: { app: x }
hosts: [a]
rounds:
- name: one
  hosts: all
  calls:
  - { id: before, log.log: x }
  - { import: u.yml, loop: [1] }
";
    check_with(
        text,
        &[("u.yml", calls)],
        &[
            "undefined-variable `app`: `app` is not defined",
            "undefined-variable `item`: `item` is not there",
            "undefined-variable `secrets.x`: `secrets` is not there",
            "unknown-id `results.before.status`: no entry has the id `before`",
        ],
    );
    check_unit(
        "",
        "inputs: { port: { default: 1 } }\ncalls: [{ log.log: '{{ prot }}' }]\n",
        &["undefined-variable `prot`: `prot` is not defined"],
    );
}

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
fn files_that_import_each_other_are_told_with_the_whole_way() {
    let files = [
        ("u.yml", "calls: [{ calls: [{ import: x/v.yml }] }]\n"),
        ("x/v.yml", "calls: [{ import: ../u.yml }]\n"),
    ];
    let loaded = load_with(&importing(""), &files);
    assert_eq!(
        found(&loaded),
        ["import-cycle `../u.yml`: a file imports itself: `u.yml` → `x/v.yml` → `u.yml`"]
    );
    assert_eq!(loaded.diagnostics.sorted()[0].labels.len(), 2);
    let own = "hosts: [a]\nrounds: [{ import: site.yml }]\n";
    check_with(
        own,
        &[],
        &["import-cycle `site.yml`: a file imports itself: `site.yml` → `site.yml`"],
    );
    let deep: Vec<(String, String)> = (0..30)
        .map(|n| {
            (
                format!("u{n}.yml"),
                format!("calls: [{{ import: u{}.yml }}]\n", n + 1),
            )
        })
        .collect();
    let deep: Vec<_> = deep
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let text = importing("").replace("u.yml", "u0.yml");
    check_with(
        &text,
        &deep,
        &["too-deep `u16.yml`: files import each other more than 16 deep"],
    );
}

#[test]
fn units_that_multiply_are_stopped() {
    let mut files: Vec<(String, String)> = (0..15)
        .map(|n| {
            let import = format!("{{ import: u{}.yml }}", n + 1);
            (
                format!("u{n}.yml"),
                format!("calls: [{}]\n", vec![import; 10].join(", ")),
            )
        })
        .collect();
    files.push(("u15.yml".to_owned(), "calls: [{ log.log: x }]\n".to_owned()));
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let loaded = load_with(&importing("").replace("u.yml", "u0.yml"), &files);
    let found = found(&loaded);
    assert!(found[0].starts_with("too-large"), "{found:?}");
}

#[test]
fn an_import_must_find_what_its_place_needs() {
    let rounds = "rounds: [{ name: x, hosts: all, calls: [] }]\n";
    for (unit, expected) in [
        (rounds, "wrong-import `u.yml`: `u.yml` holds rounds"),
        ("vars: {}\n", "wrong-import `u.yml`: `u.yml` has no `calls`"),
        ("- log.log: x\n", "wrong-import `u.yml`: `u.yml` is a list"),
        (
            "calls: []\nrounds: []\n",
            "wrong-import `u.yml`: `u.yml` has both `calls` and `rounds`",
        ),
        ("", "empty-file"),
    ] {
        check_unit("", unit, &[expected]);
    }
    check_with(&importing(""), &[], &["missing-file `u.yml`"]);
    check_with(
        &importing("").replace("u.yml", "'{{ x }}'"),
        &[],
        &["wrong-type `'{{ x }}'`: `import` cannot hold a template"],
    );
    let among = "hosts: [a]\nrounds: [{ import: u.yml }]\n";
    check_with(
        among,
        &[("u.yml", "calls: []\n")],
        &["wrong-import `u.yml`: `u.yml` is a unit"],
    );
    check_with(
        among,
        &[("u.yml", "hosts: [b]\nrounds: []\n")],
        &["unknown-key `hosts`: an imported file of rounds has no key `hosts`"],
    );
    check_unit("", "calls: []\ntools: {}\n", &["not-built `tools`"]);
    check_with(
        "calls: []\n",
        &[],
        &["wrong-import `calls: []`: this file is a unit"],
    );
}

#[test]
fn rounds_are_imported_with_variables_and_ids_of_their_own() {
    let rounds = "
inputs: { n: { type: integer } }
vars: { text: '{{ n }} {{ app }} {{ own }}', own: 1 }
rounds:
- { name: first, hosts: a, tags: [f], calls: [{ id: x, log.log: '{{ text }}' }] }
- { name: second, hosts: a, needs: [first], calls: [{ log.log: '{{ results.x.status }}' }] }
";
    let text = "
hosts: [a]
vars: { app: shop }
rounds:
- { name: first, hosts: a, calls: [{ id: x, log.log: x }] }
- { import: r.yml, id: one, vars: { n: 1 }, tags: [t] }
- { import: r.yml, id: two, vars: { n: 2 } }
- { name: last, hosts: a, needs: [one/first, two/second], calls: [{ on_change: [one.x], log.log: '{{ results.one.x.status }} {{ results.x.status }}' }] }
";
    let playbook = good_with(text, &[("r.yml", rounds)]);
    let names: Vec<_> = playbook.rounds.iter().map(|it| it.name.value.as_str()).collect();
    assert_eq!(
        names,
        [
            "first",
            "one/first",
            "one/second",
            "two/first",
            "two/second",
            "last"
        ]
    );
    assert_eq!(
        playbook.rounds[5].needs.iter().map(|it| it.0).collect::<Vec<_>>(),
        [1, 4]
    );
    assert_eq!(playbook.rounds[4].needs[0].0, 3);
    assert_eq!(playbook.rounds[1].needs[0].0, 0);
    assert_eq!(playbook.entries[1].tags, ["t", "f"]);
    check_with(
        &text
            .replace("two/second", "three")
            .replace("id: two, vars: { n: 2 }", "vars: { n: x }"),
        &[("r.yml", rounds)],
        &[
            "invalid-input `x`",
            "unknown-round `three`",
            "duplicate-name `first`: two rounds are named `first`",
            "later-id `results.x.status`",
        ],
    );
}

#[test]
fn a_unit_is_checked_alone_as_if_its_inputs_were_given() {
    let unit = "
inputs: { port: { type: integer }, conf: { type: file, default: none.conf } }
calls:
- import: inner.yml
- log.log: \"{{ port }} {{ hosts['db1'].address }} {{ groups['web'] }} {{ nope }}\"
";
    let files = [(
        "inner.yml",
        "inputs: { word: {} }\ncalls: [{ log.log: '{{ word }}' }]\n",
    )];
    let loaded = load_extra(unit, &files, &[], true);
    let found = found(&loaded);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("missing-file `none.conf`"), "{found:?}");
    assert!(found[1].starts_with("undefined-variable `nope`"), "{found:?}");
    let loaded = load_extra("calls: [{ import: site.yml }]\n", &[], &[], true);
    assert!(super::found(&loaded)[0].starts_with("import-cycle"));
}

#[test]
fn what_an_import_leads_to_is_named_from_outside() {
    let text = "
hosts: [a]
rounds:
- name: one
  hosts: all
  calls:
  - { import: u.yml, id: u }
  - { id: plain, log.log: x }
  - { on_change: [u.cnofig], log.log: '{{ results.u.cnofig.status }}' }
  - { on_change: [plain.x], log.log: '{{ results.u.config.nope }}' }
  - { on_failure: [u.config], log.log: '{{ results.u.error.message }} {{ results.u.config.error.kind }}' }
";
    check_with(
        text,
        &[("u.yml", "calls: [{ id: config, fs.stat: /x }]\n")],
        &[
            "unknown-id `u.cnofig`: no entry of `u` has the id `cnofig`",
            "unknown-field `results.u.cnofig.status`: `results.u` has no field `cnofig`",
            "unknown-id `plain.x`: `plain` is no import",
            "unknown-field `results.u.config.nope`: `results.u.config` has no field `nope`",
        ],
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
