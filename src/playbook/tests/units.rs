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
pub(super) fn importing(more: &str) -> String {
    format!(
        "hosts: [a, b]\nrounds: [{{ name: one, hosts: all, calls: [{{ import: u.yml, id: u{more} }}] }}]\n"
    )
}

/// Checks an import of a unit with these words.
pub(super) fn check_unit(more: &str, unit: &str, expected: &[&str]) {
    check_with(&importing(more), &[("u.yml", unit)], expected);
}

/// Loads with `-e`.
pub(super) fn load_extra(text: &str, files: &[(&str, &str)], extra: &[(&str, Value)], units: bool) -> Loaded {
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
    assert!(say.tags == ["t"] && say.no_log.is());
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
    check_unit("", "calls: []\ntools: {}\n", &[]);
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
