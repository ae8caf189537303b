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

#[test]
fn each_makes_a_list_a_map_or_one_value_of_items() {
    let vars = r#"
  users: [{ name: ann, uid: 1, keys: [a, b] }, { name: bob, uid: 20, keys: [] }, { name: cyd, uid: 30, keys: [c] }]
  names: { each: users, value: "{{ item.name | upper }}" }
  large: { each: users, when: item.uid > limit, value: { who: "{{ item.name }}", at: "{{ loop.index }}" } }
  limit: "{{ 10 if host.name == 'a' else 25 }}"
  by_name: { each: { u: users, k: u.keys }, key: "{{ u.name }}-{{ k }}", value: "{{ u.uid }}" }
  last_wins: { each: [1, 2, 3], key: "{{ item % 2 }}", value: "{{ item }}", last: true }
  first: { each: users, when: [item.uid > 1, "item.keys"], value: "{{ item.name }}", take: first }
  newest: { each: users, take: last }
  none_of_them: { each: users, when: item.uid > 99, take: first }
  pairs: { each: { p: { x: 1, y: 2 } }, value: "{{ p.key }}={{ p.value }}" }
  of_another: { each: names, value: "{{ item | lower }}" }
  of_results: { each: results.all.items, when: item.stdout != 'two', value: "{{ item.stdout }}" }
"#;
    let calls = r#"
      - { id: all, loop: [one, two, three], writes: [], exec.command: [echo, "{{ item }}"] }
      - assert.that:
          - names == ['ANN', 'BOB', 'CYD']
          - "large == ([{'who': 'bob', 'at': 2}, {'who': 'cyd', 'at': 3}] if host.name == 'a' else [{'who': 'cyd', 'at': 3}])"
          - "by_name == {'ann-a': 1, 'ann-b': 1, 'cyd-c': 30}"
          - "last_wins == {'1': 3, '0': 2}"
          - newest.name == 'cyd'
          - none_of_them is not defined and none_of_them | default('-') == '-'
          - pairs == ['x=1', 'y=2']
          - of_another == ['ann', 'bob', 'cyd']
          - of_results == ['one', 'three']
          - hosts.b.vars.names[0] == 'ANN'
      - import: unit.yml
        vars: { words: { each: users, value: "{{ item.name }}" } }
      - { id: late, always: true, ignore_errors: true, log.log: "{{ none_of_them }}" }
      - { id: wrong, always: true, ignore_errors: true, log.log: "{{ first }}" }
"#;
    let ran = two(vars, calls)
        .file(
            "unit.yml",
            "inputs: { words: { type: list, items: string } }\ncalls: [{ assert.that: \"words == ['ann', 'bob', 'cyd']\" }]\n",
        )
        .events(&[])
        .code(0);
    let failure = ran.failure("a", "late");
    assert!(failure.contains("`none_of_them` has no value"), "{failure}");
    let failure = ran.failure("a", "wrong");
    assert!(failure.contains("expected a boolean"), "{failure}");
    let twice = "  users: [a, a]\n  map: { each: users, key: \"{{ item }}\" }";
    let ran = two(twice, "      - log.log: \"{{ map | length }}\"\n").run(&["-e", "x=1"]);
    ran.says("two items have the key `a`").says("Write `last: true`");
}

const CHOSEN: &str = r#"
hosts:
  a: { transport: local, vars: { kind: web, size: 2 } }
  b: { transport: local, vars: { kind: db, size: 3 } }
  c: { transport: local, vars: { kind: none, size: 4 } }
vars: { both: low, only_low: low }
vars_files:
  - choose: kind
    of: { web: vars/web.yml, db: vars/db.yml }
    else: vars/else.yml
  - first: ["vars/{{ facts.os.id }}/{{ host.name }}.yml", "vars/{{ host.name }}-{{ size }}.yml"]
rounds:
  - name: one
    hosts: all
    calls:
      - assert.that:
          - "both == {'a': 'web', 'b': 'low', 'c': 'else'}[host.name]"
          - only_low == 'low'
          - "(only_web is defined) == (host.name == 'a')"
          - "only_web | default('-') == {'a': 'a of web', 'b': '-', 'c': '-'}[host.name]"
          - "of_host | default('-') == {'a': 'yes', 'b': '-', 'c': '-'}[host.name]"
      - import: unit.yml
        vars: { sort: "{{ facts.kernel and kind }}" }
      - { id: missing, always: true, ignore_errors: true, log.log: "{{ only_web }}" }
"#;

#[test]
fn a_file_of_variables_is_chosen_on_each_host() {
    let unit = "
inputs: { sort: string }
vars_files: [{ choose: 'x-{{ sort }}', of: { x-web: vars/web.yml, x-db: vars/db.yml } }]
calls:
  - assert.that: \"both | default('-') == {'a': 'web', 'b': '-', 'c': '-'}[host.name]\"
";
    let scene = Fixture::new(CHOSEN)
        .file(
            "vars/web.yml",
            "both: web\nonly_web: '{{ host.name }} of {{ kind | default(both) }}'\n",
        )
        .file("vars/db.yml", "only_db: 1\n")
        .file("vars/else.yml", "both: else\n")
        .file("vars/a-2.yml", "of_host: yes it is\n")
        .file("unit.yml", unit)
        .build();
    scene.write("vars/a-2.yml", b"of_host: \"yes\"\n");
    let ran = scene.events(&[]).code(0);
    let failure = ran.failure("b", "missing");
    assert!(
        failure.contains("`only_web` has no value: the file that is chosen does not define it"),
        "{failure}"
    );
    scene.write("vars/db.yml", b"both: '{{ nope }}'\n");
    scene
        .rmote_play(&["validate", "site.yml"])
        .says("`nope` is not defined");
    scene.write("vars/db.yml", b"[]\n");
    scene.rmote_play(&["validate", "site.yml"]).code(1).says("db.yml");
}
