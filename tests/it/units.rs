//! Units: files of calls that are imported, with inputs, ids and variables of their own.

use crate::support::{Fixture, Sshd};

/// A unit that says what it is given.
const SAY: &str = "
inputs: { word: { type: string } }
calls:
  - id: say
    exec.shell: 'echo {{ word }} {{ host.name }} >> {DIR}/t/said'
";

#[test]
fn units_nest_and_loop_and_their_results_are_read_from_outside() {
    let Some(server) = Sshd::start() else { return };
    let scene = Fixture::new(
        "
hosts: { far: }
vars: { words: [one, two] }
rounds:
  - name: base
    hosts: all
    calls:
      - import: units/outer
        id: outer
        loop: '{{ words }}'
        vars: { text: '{{ item }}-{{ loop.index }}' }
      - id: whole
        on_change: [outer]
        exec.shell: 'echo {{ results.outer.status }} {{ results.outer.deep.say.exit_code }} >> {DIR}/t/said'
      - id: part
        on_change: [outer.deep.say]
        exec.shell: 'true'
      - id: quiet
        on_change: [outer.look]
        exec.shell: 'true'
",
    )
    .file(
        "units/outer/main.yml",
        "
inputs: { text: {} }
vars: { loud: '{{ text | upper }}' }
calls:
  - { id: look, fs.stat: / }
  - import: ../say.yml
    id: deep
    when: results.look.exists
    vars: { word: '{{ loud }}' }
",
    )
    .file("units/say.yml", SAY)
    .host("far", &server)
    .build();
    scene.events(&[]).code(0).outcomes(
        "far",
        &[
            ("say", "changed"),
            ("whole", "changed"),
            ("part", "changed"),
            ("quiet", "skipped"),
        ],
    );
    assert_eq!(scene.read("t/said"), "ONE-1 far\nTWO-2 far\nchanged 0\n");
}

#[test]
fn entries_of_a_unit_are_named_by_the_way_to_them() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: base
    hosts: all
    calls:
      - { import: say.yml, id: first, vars: { word: a } }
      - { import: say.yml, vars: { word: b } }
      - { import: say.yml, vars: { word: c } }
",
    )
    .file("say.yml", SAY)
    .build();
    let ran = scene.events(&[]).code(0);
    let mut paths: Vec<_> = (ran.all("call_ended").iter())
        .map(|it| it["call"]["path"].as_str().unwrap().to_owned())
        .collect();
    paths.sort();
    assert_eq!(
        paths,
        ["base/first/say", "base/import#1/say", "base/import#2/say"]
    );
    let path = ran.all("call_ended")[0]["call"]["location"]["path"].clone();
    assert!(path.as_str().unwrap().ends_with("say.yml"), "{path}");
    scene
        .rmote_play(&["plan", "site.yml"])
        .code(0)
        .says("1:first import say.yml first\n    2:say exec.shell say");
}

#[test]
fn a_failed_unit_is_rescued_and_says_what_failed() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: base
    hosts: all
    calls:
      - { import: bad.yml, id: bad }
      - on_failure: [bad]
        calls:
          - exec.shell: 'echo {{ results.bad.failed }} {{ results.bad.error.call }} {{ results.bad.inner.error.exit_code }} {{ results.bad.never.changed }} > {DIR}/t/log'
      - { import: bad.yml, id: worse, ignore_errors: true }
      - { id: after, exec.shell: 'true' }
",
    )
    .file(
        "bad.yml",
        "
calls:
  - { id: inner, exec.shell: exit 7 }
  - { id: never, exec.shell: 'true' }
  - { id: last, always: true, exec.shell: 'echo last >> {DIR}/t/last' }
",
    )
    .build();
    scene
        .events(&[])
        .code(0)
        .outcomes("here", &[("after", "changed")]);
    assert_eq!(scene.read("t/log"), "True inner 7 False\n");
    assert_eq!(scene.read("t/last"), "last\nlast\n");
}

#[test]
fn a_unit_can_rescue_itself_and_time_out_as_a_whole() {
    Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: base
    hosts: all
    calls:
      - { import: own.yml, id: own }
      - { import: slow.yml, id: slow, timeout: 200ms }
",
    )
    .file(
        "own.yml",
        "
calls:
  - { id: try, exec.shell: exit 1 }
  - { id: mend, on_failure: [try], exec.shell: 'true' }
",
    )
    .file("slow.yml", "calls: [{ id: sleep, exec.shell: sleep 60 }]\n")
    .events(&[])
    .code(2)
    .outcomes("here", &[("mend", "changed"), ("sleep", "canceled")])
    .says("the import `slow` did not end within its timeout of 200ms");
}

/// What `value` is inside a unit, from the lowest layer to the highest.
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
fn tags_select_inside_a_unit_and_are_inherited_by_it() {
    let unit = "
calls:
  - { id: plain, exec.shell: 'echo plain >> {DIR}/t/log' }
  - { id: extra, tags: [extra], exec.shell: 'echo extra >> {DIR}/t/log' }
";
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: base
    hosts: all
    calls:
      - { import: unit.yml, id: first, tags: [one] }
      - { import: unit.yml, id: second, when: \"host.name == 'nobody'\" }
      - { id: other, exec.shell: 'echo other >> {DIR}/t/log' }
",
    )
    .file("unit.yml", unit)
    .build();
    scene.run(&["-t", "extra"]).code(0);
    assert_eq!(scene.read("t/log"), "extra\n");
    scene.write("t/log", b"");
    scene.run(&["-t", "one", "--skip-tags", "extra"]).code(0);
    assert_eq!(scene.read("t/log"), "plain\n");
}

#[test]
fn check_mode_goes_through_units_without_writing() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: base
    hosts: all
    calls:
      - { import: unit.yml, id: unit, vars: { text: x } }
      - { id: reload, on_change: [unit], exec.shell: 'true' }
",
    )
    .file(
        "unit.yml",
        "inputs: { text: {} }\ncalls: [{ id: file, fs.write: { path: '{DIR}/t/file', content: '{{ text }}' } }]\n",
    )
    .build();
    scene
        .events(&["-C"])
        .code(0)
        .outcomes("here", &[("file", "changed"), ("reload", "changed")]);
    assert!(!scene.path("t/file").exists());
}

#[test]
fn whom_a_unit_becomes_is_read_where_it_is_imported() {
    if !rustix::process::getuid().is_root() {
        return;
    }
    Fixture::new(
        "
hosts: { here: { transport: local } }
vars: { who: root }
rounds:
  - { name: base, hosts: all, calls: [{ import: unit.yml, become: '{{ who }}' }] }
",
    )
    .file(
        "unit.yml",
        "calls: [{ id: it, exec.command: [id, -un], failed_when: \"'root' not in result.stdout\" }]\n",
    )
    .events(&[])
    .code(0)
    .outcomes("here", &[("it", "changed")]);
}

#[test]
fn what_is_hidden_outside_is_hidden_inside_and_so_is_a_secret_input() {
    for (import, unit) in [
        ("no_log: true, vars: { word: hunter22 }", "word: {}"),
        ("vars: { word: hunter22 }", "word: { type: secret }"),
    ] {
        let scene = Fixture::new(format!(
            "
hosts: {{ here: {{ transport: local }} }}
rounds:
  - {{ name: base, hosts: all, calls: [{{ import: unit.yml, {import} }}] }}
"
        ))
        .file(
            "unit.yml",
            format!(
                "inputs: {{ {unit} }}\ncalls: [{{ id: say, writes: [], exec.shell: {{ script: cat, stdin: '{{{{ word }}}}' }} }}]\n"
            ),
        )
        .build();
        scene.events(&[]).code(0).never_says("hunter22");
        scene.run(&["-vv"]).code(0).never_says("hunter22");
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
fn rounds_are_imported_with_what_they_need() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
vars: { app: shop }
rounds:
  - { name: first, hosts: all, calls: [{ id: who, writes: [], exec.shell: echo me }] }
  - { import: rounds/r.yml, id: r, vars: { who: '{{ results.who.stdout }}' }, tags: [r] }
  - { name: last, hosts: all, calls: [{ exec.shell: 'echo {{ results.r.said.stdout }} >> {DIR}/t/log' }] }
",
    )
    .file(
        "rounds/r.yml",
        "
inputs: { who: { type: string } }
vars: { text: '{{ who | trim }} of {{ app }}' }
rounds:
  - name: first
    hosts: all
    calls: [{ import: ../units/u.yml }, { id: said, exec.shell: 'echo {{ text }}' }]
",
    )
    .file(
        "units/u.yml",
        "calls: [{ exec.shell: 'echo unit >> {DIR}/t/log' }]\n",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let rounds: Vec<_> = ran
        .all("round_started")
        .iter()
        .map(|it| it["round"].clone())
        .collect();
    assert_eq!(rounds, ["first", "r/first", "last"]);
    assert_eq!(scene.read("t/log"), "unit\nme of shop\n");
}

#[test]
fn a_unit_is_validated_alone_and_is_no_playbook() {
    let scene = Fixture::new("hosts: [a]\nrounds: []\n")
        .file(
            "units/web/main.yml",
            "inputs: { port: { type: integer } }\ncalls: [{ log.log: \"{{ port }} {{ hosts['db'].address }}\" }]\n",
        )
        .file("units/bad.yml", "inputs: { port: { type: integer } }\ncalls: [{ log.log: '{{ prot }}' }]\n")
        .build();
    scene.rmote_play(&["validate", "--strict", "units/web"]).code(0);
    scene
        .rmote_play(&["validate", "units/bad.yml"])
        .code(1)
        .says("`prot` is not defined")
        .says("units/bad.yml:2:24");
    for command in [&["units/web"][..], &["plan", "units/web"]] {
        scene
            .rmote_play(command)
            .code(1)
            .says("this file is a unit: it holds calls, and no rounds");
    }
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
