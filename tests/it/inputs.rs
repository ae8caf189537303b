//! Inputs of units and playbooks: where their values come from, and what they may be.

use crate::support::Fixture;

#[test]
fn inputs_follow_the_ordinary_precedence() {
    let layers = [
        ("", "default"),
        ("vars: { value: playbook }", "playbook"),
        (
            "groups: { g: { hosts: [here], vars: { value: group } } }",
            "group",
        ),
        (
            "hosts: { here: { transport: local, vars: { value: host } } }",
            "host",
        ),
    ];
    let mut above = String::new();
    let written = |above: &str, round: &str, import: &str, args: &[&str]| {
        let hosts = if above.contains("\nhosts:") {
            ""
        } else {
            "hosts: { here: { transport: local } }\n"
        };
        let scene = Fixture::new(format!(
            "{hosts}{above}
rounds:
  - name: base
    hosts: all
{round}
    calls:
      - import: unit.yml
{import}
"
        ))
        .file(
            "unit.yml",
            "inputs: { value: { default: default } }\ncalls: [{ fs.write: { path: '{DIR}/t/value', content: '{{ value }}' } }]\n",
        )
        .build();
        scene.run(args).code(0);
        scene.read("t/value")
    };
    for (layer, expected) in layers {
        above = format!("{above}\n{layer}");
        assert_eq!(written(&above, "", "", &[]), expected, "{above}");
    }
    let round = "    vars: { value: round }";
    assert_eq!(written(&above, round, "", &[]), "round");
    let import = "        vars: { value: '{{ value }} passed' }";
    assert_eq!(written(&above, round, import, &[]), "round passed");
    assert_eq!(written(&above, round, import, &["-e", "value=extra"]), "extra");
}

#[test]
fn group_variables_for_an_input_are_read_where_they_are_written() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
groups: { g: { hosts: [here], vars: { value: '{{ app }}-{{ host.name }}' } } }
vars: { app: shop }
rounds:
  - name: base
    hosts: all
    calls: [{ import: outer.yml }]
",
    )
    .file("outer.yml", "vars: { app: other }\ncalls: [{ import: unit.yml }]\n")
    .file(
        "unit.yml",
        "inputs: { value: {} }\nvars: { app: third }\ncalls: [{ fs.write: { path: '{DIR}/t/value', content: '{{ value }} {{ app }}' } }]\n",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/value"), "shop-here third");
}

#[test]
fn a_value_that_only_the_run_knows_is_held_to_its_type_and_told_with_its_place() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: base
    hosts: all
    calls:
      - { id: what, writes: [], exec.shell: echo many }
      - import: unit.yml
        vars: { count: '{{ [results.what.stdout][0] }}' }
"
        .replace(
            "results.what.stdout | from_json_or_text",
            "[results.what.stdout][0]",
        ),
    )
    .file(
        "unit.yml",
        "inputs: { count: { type: integer } }\ncalls: [{ id: use, exec.shell: 'echo {{ count }}' }]\n",
    )
    .events(&[])
    .code(2);
    let failure = ran.failure("here", "use");
    assert!(
        failure.contains("the input `count` takes integer, not this string (site.yml:9:24)"),
        "{failure}"
    );
}

#[test]
fn files_count_from_where_their_paths_are_written() {
    let unit = "
inputs:
  conf: { type: file, default: templates/own.j2 }
  blob: { type: file, default: files/own }
  to: { type: string }
calls:
  - template.file: { src: '{{ conf }}', dest: '{DIR}/t/{{ to }}.conf' }
  - fs.copy: { src: '{{ blob }}', dest: '{DIR}/t/{{ to }}.blob' }
  - template.file: { src: templates/fixed.j2, dest: '{DIR}/t/{{ to }}.fixed' }
";
    let scene = Fixture::new(
        "
hosts:
  one: { transport: local }
  two: { transport: local, vars: { conf: 'from_{{ host.name }}.j2' } }
vars_files: vars/all.yml
rounds:
  - name: base
    hosts: all
    calls:
      - { import: unit, vars: { to: '{{ host.name }}' } }
      - { import: unit, vars: { to: '{{ host.name }}.passed', conf: given.j2, blob: given } }
      - fs.write: { path: '{DIR}/t/said', content: \"{{ file('said') }}{{ shared }}\" }
",
    )
    .file("unit/main.yml", unit)
    .file("unit/templates/own.j2", "own {{ to }}")
    .file("unit/templates/fixed.j2", "fixed {{ to }}: {{ file('beside') }}")
    .file("unit/templates/beside", "beside")
    .file("unit/files/own", "own")
    .file("given.j2", "given {{ to }}")
    .file("given", "given")
    .file("from_two.j2", "of two, {{ to }}")
    .file("said", "said ")
    .file("vars/all.yml", "shared: \"{{ file('word') }}\"\n")
    .file("vars/word", "word")
    .build();
    // From another folder, so that nothing counts from where it is started.
    let site = scene.path("site.yml");
    let args = ["--persist", "0s", site.to_str().unwrap()];
    scene.rmote_play(&args).code(0);
    for (file, expected) in [
        ("one.conf", "own one"),
        ("one.blob", "own"),
        ("one.fixed", "fixed one: beside"),
        ("two.conf", "of two, two"),
        ("one.passed.conf", "given one.passed"),
        ("two.passed.conf", "given two.passed"),
        ("two.passed.blob", "given"),
        ("said", "said word"),
    ] {
        assert_eq!(scene.read(&format!("t/{file}")), expected, "{file}");
    }
}

#[test]
fn inputs_of_the_playbook_are_typed_extra_variables() {
    let scene = Fixture::new(
        "
inputs:
  count: { type: integer }
  words: { type: list, items: string, default: [none] }
  release: { type: string, enum: ['1.0', '1.10'] }
hosts: { here: { transport: local } }
rounds:
  - name: base
    hosts: all
    calls:
      - fs.write: { path: '{DIR}/t/file', content: '{{ count + 1 }} {{ words | join }} {{ release }}' }
",
    )
    .build();
    scene
        .run(&[])
        .code(1)
        .says("the playbook needs a value for the inputs `count` and `release`");
    scene
        .run(&["-e", "count=x", "-e", "release=1.1"])
        .code(1)
        .says("`-e count` takes integer, not `\"x\"`")
        .says("`-e release` takes 1.0 | 1.10");
    scene
        .run(&["-e", "count=1", "-e", r#"words=["a","b"]"#, "-e", "release=1.10"])
        .code(0);
    assert_eq!(scene.read("t/file"), "2 ab 1.10");
    scene
        .rmote_play(&["plan", "site.yml", "-e", "count=1", "-e", "release=1.0"])
        .code(0);
}

#[test]
fn a_type_alone_declares_an_input_and_a_wrong_declaration_is_told_once() {
    let playbook = |inputs: &str| {
        Fixture::new(format!(
            "hosts: {{ here: {{ transport: local }} }}
inputs: {{ {inputs} }}
rounds:
  - name: one
    hosts: all
    calls: [{{ fs.write: {{ path: '{{DIR}}/t/file', content: '{{{{ count + 1 }}}}' }} }}]
"
        ))
        .build()
    };
    let scene = playbook("count: integer");
    scene
        .run(&[])
        .code(1)
        .says("the playbook needs a value for the input `count`");
    scene
        .run(&["-e", "count=x"])
        .code(1)
        .says("`-e count` takes integer");
    scene.run(&["-e", "count=1"]).code(0);
    assert_eq!(scene.read("t/file"), "2");
    playbook("count: integre")
        .run(&["-e", "count=1"])
        .code(1)
        .says("there is no type `integre`")
        .says("1 error");
    playbook("count: [integer]")
        .run(&[])
        .code(1)
        .says("`count` takes a map")
        .says("1 error");
}

#[test]
fn a_unit_is_checked_for_every_host_that_it_is_for_in_good_time() {
    let calls = "      - { import: unit.yml, vars: { word: '{{ name }}' } }\n".repeat(50);
    let playbook = format!(
        "hosts: {{ 'web[1:5000]': {{ vars: {{ name: x, port: 80 }} }}, db: {{ vars: {{ port: 81 }} }} }}\nrounds:\n  - name: one\n    hosts: all\n    calls:\n{calls}"
    );
    let scene = Fixture::new(playbook)
        .file(
            "unit.yml",
            "inputs: { word: { type: string }, port: { type: integer } }\ncalls: [{ log.log: '{{ word }} {{ port }}' }]\n",
        )
        .build();
    let started = std::time::Instant::now();
    scene
        .rmote_play(&["validate", "site.yml"])
        .code(1)
        .says("`name` is not defined for db: 1 of 5001 hosts");
    let took = started.elapsed();
    assert!(took < std::time::Duration::from_secs(20), "{took:?}");
}
