//! Variables that may have no value, `omit`, and the names that tell of the run.

use crate::support::Fixture;

/// Two hosts, of which `a` is the first.
fn two(vars: &str, calls: &str) -> Fixture {
    Fixture::new(format!(
        "hosts: {{ a: {{ transport: local }}, b: {{ transport: local }} }}\nvars:\n{vars}\nrounds:\n  - name: one\n    \
         hosts: all\n    calls:\n{calls}"
    ))
}

#[test]
fn a_variable_with_an_if_without_else_has_no_value_where_it_does_not_hold() {
    let vars = r#"
  is_a: "{{ host.name == 'a' }}"
  x: "{{ 5 if is_a }}"
  y: "{{ x | default(7) }}"
  chain: "{{ 'first' if not is_a else ('second' if x is defined and x > 9) }}"
  spaced: "  {{ 'text' if is_a }} "
  inner: { part: "{{ 1 if false }}" }
"#;
    let calls = r#"
      - assert.that:
          - (x is defined) == is_a
          - y == (5 if is_a else 7)
          - (chain is defined) != is_a
          - chain | default('none') == ('none' if is_a else 'first')
          - (host.vars.x is defined) == is_a
          - spaced | default('-') == ('  text ' if is_a else '-')
          - inner.part == ''
          - "(x | default(1)) is number"
      - { when: x is defined, assert.that: x + 1 == 6 }
      - { id: bare, ignore_errors: true, log.log: "{{ x }}" }
      - { id: part, always: true, ignore_errors: true, log.log: "{{ x.y }}" }
"#;
    let ran = two(vars, calls).events(&[]).code(0);
    assert_eq!(ran.outcome("a", "bare"), "ok");
    for failure in [ran.failure("b", "bare"), ran.failure("b", "part")] {
        assert!(
            failure.contains("`x` has no value: its `if` has no `else`, and does not hold")
                && failure.contains("Ask `x is defined` first"),
            "{failure}"
        );
    }
}

#[test]
fn an_input_that_is_passed_no_value_has_its_default() {
    let calls = r#"
      - import: unit.yml
        vars: { port: "{{ 9 if host.name == 'a' }}", more: "{{ gone | default(omit) }}", last: "{{ omit }}" }
"#;
    let unit = "
inputs: { port: { type: integer, default: 80 }, more: { type: string, default: much }, last: { type: string } }
calls:
  - id: told
    log.log: '{{ port }} {{ more }} {{ last is defined }}'
";
    let ran = two("  z: 1", calls)
        .file("unit.yml", unit)
        .build()
        .rmote_play(&["site.yml"]);
    ran.code(0).says("a: 9 much").says("b: 80 much");
}

#[test]
fn a_missing_value_is_told_before_the_run_where_it_is_certain_and_only_there() {
    let scene = two(
        "  x: \"{{ 1 if host.name == 'a' }}\"\n  later: \"{{ 1 if facts.os.id == 'nope' }}\"",
        "      - log.log: \"{{ x }}\"\n      - log.log: \"{{ later }}\"\n      - { when: host.name == 'a', log.log: \"{{ x }}\" }\n",
    )
    .build();
    scene
        .rmote_play(&["validate", "site.yml"])
        .says("`x` has no value: its `if` has no `else`, and does not hold: for b")
        .says("1 error");
}

#[test]
fn omit_leaves_an_argument_out_and_items_of_lists_and_maps() {
    let vars = "
  mode: \"{{ nothing | default(omit) }}\"
  is_deep: \"{{ omit if host.name == 'a' else true }}\"
";
    let calls = r#"
      - fs.write: { path: "{DIR}/t/{{ host.name }}", content: text, mode: "{{ mode }}", parents: "{{ omit if false else true }}" }
      - id: words
        writes: []
        exec.command: [echo, one, "{{ omit }}", "{{ nothing | default(omit) }}", two]
        env: { GONE: "{{ omit }}", KEPT: "{{ nothing | default('kept') }}" }
      - id: env
        writes: []
        exec.shell: 'echo "${GONE-unset} $KEPT"'
        env: { GONE: "{{ omit }}", KEPT: "{{ nothing | default('kept') }}" }
      - assert.that:
          - results.words.stdout == 'one two'
          - results.env.stdout == 'unset kept'
          - "[1, omit, 2] | to_json == '[1, 2]'"
      - { id: text, always: true, ignore_errors: true, log.log: "a {{ omit }}" }
      - { id: loop, always: true, ignore_errors: true, loop: "{{ mode }}", log.log: a }
"#;
    let ran = two(vars, calls).events(&[]).code(0);
    for id in ["text", "loop"] {
        let failure = ran.failure("a", id);
        assert!(
            failure.contains("`omit` stands for a whole argument"),
            "{failure}"
        );
    }
    two(
        "  x: 1",
        "      - fs.remove: { path: \"{{ nope | default(omit) }}\" }\n",
    )
    .build()
    .rmote_play(&["validate", "site.yml"])
    .says("`fs.remove` needs `path`, and this omits it");
}

#[test]
fn a_unit_knows_its_name_and_directory_and_variables_of_these_names_win() {
    let calls = r#"
      - log.log: "{{ unit.name }} {{ unit.folder == run.playbook_dir }} {{ managed }}"
      - import: units/web
        vars: { managed: mine }
      - { loop: { unit: [x.service] }, log.log: "{{ unit }}" }
      - { vars: { unit: { own: 1 } }, assert.that: "unit.own == 1 and unit.name is not defined" }
"#;
    let unit = "
inputs: { managed: string }
calls:
  - assert.that: unit.name == 'web' and unit.folder == run.playbook_dir ~ '/units/web' and managed in ['mine', 'other']
  - log.log: \"{{ file(unit.folder ~ '/main.yml') | length > 0 }}\"
";
    let scene = two("  z: 1", calls).file("units/web/main.yml", unit).build();
    scene
        .rmote_play(&["site.yml"])
        .code(0)
        .says("site True Written by rmote-play: changes are lost")
        .says("x.service");
    scene
        .rmote_play(&["site.yml", "-e", "managed=other"])
        .code(0)
        .says("site True other");
}

#[test]
fn a_run_tells_what_it_was_asked_to_do_and_who_is_in_the_round() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local }, c: { transport: local }, d: { transport: local } }
rounds:
  - name: fails
    hosts: all
    calls:
      - { when: host.name == 'b', tags: other, fail: no }
      - log.log: \"{{ run.tags | to_json }} {{ run.skip_tags | to_json }} {{ run.limit }} {{ run.check }} {{ run.version }}\"
        tags: [some]
  - name: batches
    hosts: a,b,c
    serial: 1
    calls:
      - { tags: some, log.log: \"{{ run.round.name }} {{ run.round.hosts | to_json }} {{ run.round.active | to_json }} {{ run.round.batch | to_json }}\" }
",
    )
    .build();
    let version = env!("CARGO_PKG_VERSION");
    scene
        .rmote_play(&["site.yml", "--limit", "!d"])
        .says(&format!("[] [] !d False {version}"))
        .says(r#"a: batches ["a", "b", "c"] ["a", "c"] ["a"]"#)
        .says(r#"c: batches ["a", "b", "c"] ["a", "c"] ["c"]"#);
    scene
        .rmote_play(&["site.yml", "--tags", "some,always", "--skip-tags", "other", "-C"])
        .code(0)
        .says(&format!(r#"["some", "always"] ["other"] None True {version}"#));
    scene.rmote_play(&["validate", "site.yml"]).says("nothing found");
}
