//! Whose tools they are, and what is said of calls before anything is connected.

use super::site;
use crate::support::Fixture;

const UNIT: &str = "
tools:
  own: { src: mine, methods: { word: { returns: { word: string }, writes: [] } } }
calls:
  - { id: it, own.word: }
  - { import: inner.yml, id: inner }
";

const INNER: &str = "
tools:
  own: { src: mine, methods: { word: { returns: { word: string, n: integer }, writes: [] } } }
calls:
  - { id: it, own.word: }
";

fn answer(word: &str) -> String {
    format!("#!/bin/sh\necho '{{\"word\":\"{word}\",\"n\":1}}'\n")
}

#[test]
fn a_unit_has_tools_of_its_own_and_an_imported_file_of_rounds_sees_those_of_its_caller() {
    let scene = Fixture::new(
        "
hosts: { web: { transport: local } }
tools:
  own: { src: mine, methods: { word: { returns: { word: string }, writes: [] } } }
  site: { src: mine, methods: { word: { returns: { word: string }, writes: [] } } }
rounds:
  - name: one
    hosts: web
    calls:
      - { id: outer, own.word: }
      - { import: units/app, id: unit }
      - assert.that:
          - results.outer.word == 'outer'
          - results.unit.it.word == 'unit'
          - results.unit.inner.it.word == 'inner'
          - results.unit.inner.it.n == 1
  - { import: more/rounds.yml }
",
    )
    .file("mine", answer("outer"))
    .file("units/app/main.yml", UNIT)
    .file("units/app/mine", answer("unit"))
    .file(
        "units/app/inner.yml",
        INNER.replace("src: mine", "src: deeper/mine"),
    )
    .file("units/app/deeper/mine", answer("inner"))
    .file(
        "more/rounds.yml",
        "
tools:
  own: { src: mine, methods: { word: { returns: { word: string }, writes: [] } } }
rounds:
  - name: more
    hosts: web
    calls:
      - { id: own, own.word: }
      - { id: of_caller, site.word: }
      - assert.that: [results.own.word == 'more', results.of_caller.word == 'outer']
",
    )
    .file("more/mine", answer("more"))
    .build();
    scene.events(&[]).code(0);
    scene.rmote_play(&["validate", "units/app"]).code(0);
    scene
        .rmote_play(&["plan", "site.yml"])
        .code(0)
        .says("own.word it");
    scene.run(&["--list-calls"]).code(0).says("of_caller (site.word)");
}

#[test]
fn calls_are_checked_like_those_of_built_in_tools() {
    let methods = "
      free: { args: { path: { type: string, default: / }, unit: { type: string, enum: [k, m], default: k } }, returns: { bytes: integer }, writes: [] }
      make: { args: { size: integer, tags: { type: list, items: string, default: [] } } }
";
    for (call, said) in [
        ("{ own.fre: / }", "there is no tool `own.fre`"),
        ("{ own.free: { pth: / } }", "`own.free` has no argument `pth`"),
        (
            "{ own.free: [/] }",
            "`own.free` takes a map of arguments, not a list",
        ),
        ("{ own.free: 7 }", "`path` of `own.free` takes string, not `7`"),
        (
            "{ own.free: { unit: g } }",
            "`unit` of `own.free` takes k | m, not `g`",
        ),
        ("{ own.make: }", "`own.make` has no value"),
        ("{ own.make: { tags: [] } }", "`own.make` needs `size`"),
        (
            "{ own.make: { size: 1, tags: [1] } }",
            "`tags` of `own.make` takes string, not `1`",
        ),
        (
            "{ own.make: { size: '{{ host.name }}' } }",
            "`size` of `own.make` takes integer, not a text",
        ),
        ("{ own.make: 1, env: { A: 1 } }", "`A` takes a text"),
    ] {
        let ran = site(methods, &format!("      - {call}\n"))
            .build()
            .rmote_play(&["validate", "site.yml"]);
        ran.code(1).says(said);
    }
    for (read, said) in [
        ("results.it.byts", "has no field `byts`"),
        (
            "results.it.bytes",
            "`path` of `own.free` takes string, not a whole number",
        ),
        ("results.it.bytes.x", "has no field `x`"),
    ] {
        let calls = format!("      - {{ id: it, own.free: / }}\n      - own.free: \"{{{{ {read} }}}}\"\n");
        site(methods, &calls)
            .build()
            .rmote_play(&["validate", "site.yml"])
            .code(1)
            .says(said);
    }
    let good = "
      - { id: it, own.free: / }
      - { own.free: , when: results.it.bytes > 5 }
      - { own.make: \"{{ results.it.bytes }}\", changed_when: not result.failed, timeout: 5s }
      - { own.make: { size: 1, tags: null }, reads: [/a], writes: [/b] }
";
    site(methods, good)
        .build()
        .rmote_play(&["validate", "--strict", "site.yml"])
        .code(0);
}

#[test]
fn a_call_of_the_command_line_knows_the_built_in_tools_alone() {
    let scene = site("      it: {}\n", "      - own.it:\n").build();
    scene
        .rmote_play(&["call", "web", "own.it", "-i", "site.yml"])
        .code(64)
        .says("there is no tool `own.it`");
    scene
        .rmote_play(&["call", "web", "fs.stat", "/", "-i", "site.yml"])
        .code(0);
}
