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
            .says("this file is a unit: it has `calls`, not `rounds`");
    }
}
