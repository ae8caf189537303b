//! `on_change`: entries that run only if something written above them changed.

use crate::support::Fixture;

const SITE: &str = "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: config
        calls:
          - { id: first, fs.write: { path: '{DIR}/t/one.conf', content: '1' } }
          - { id: second, fs.write: { path: '{DIR}/t/two.conf', content: '2' } }
      - id: reload
        on_change: [config]
        exec.shell: echo reload >> {DIR}/t/log
      - id: both
        on_change: [first]
        when: 1 > 2
        exec.shell: echo both >> {DIR}/t/log
  - name: two
    hosts: here
    calls:
      - id: later
        on_change: [second]
        exec.shell: echo later >> {DIR}/t/log
";

#[test]
fn a_handler_runs_once_when_a_source_changed_and_not_when_none_did() {
    let scene = Fixture::new(SITE).build();
    scene.events(&[]).code(0).outcomes(
        "here",
        &[
            ("first", "changed"),
            ("reload", "changed"),
            ("both", "skipped"),
            ("later", "changed"),
        ],
    );
    assert_eq!(scene.read("t/log"), "reload\nlater\n");
    scene.events(&[]).code(0).outcomes(
        "here",
        &[
            ("first", "ok"),
            ("second", "ok"),
            ("reload", "skipped"),
            ("later", "skipped"),
        ],
    );
    assert_eq!(scene.read("t/log"), "reload\nlater\n");
    scene.write("t/two.conf", b"drift");
    scene.events(&[]).code(0).outcomes(
        "here",
        &[
            ("first", "ok"),
            ("second", "changed"),
            ("reload", "changed"),
            ("later", "changed"),
        ],
    );
}

#[test]
fn a_looped_source_counts_when_any_item_changed() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: files
        loop: [a, b, c]
        fs.write: { path: '{DIR}/t/{{ item }}', content: 'x' }
      - id: reload
        on_change: [files]
        exec.shell: 'true'
",
    )
    .build();
    scene.run(&[]).code(0);
    scene
        .events(&[])
        .code(0)
        .outcomes("here", &[("files", "ok"), ("reload", "skipped")]);
    scene.write("t/b", b"drift");
    let ran = scene
        .events(&[])
        .code(0)
        .outcomes("here", &[("files", "changed"), ("reload", "changed")]);
    let changed: Vec<_> = ran
        .items("here", "files")
        .iter()
        .filter(|end| end["outcome"] == "changed")
        .map(|end| end["item"].clone())
        .collect();
    assert_eq!(changed, ["b"], "{ran}");
}

#[test]
fn a_group_counts_what_has_changed_in_it_while_its_last_call_is_under_way() {
    Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: files
        calls:
          - id: first
            fs.write: { path: '{DIR}/t/file', content: 'x' }
          - id: second
            writes: []
            exec.shell: 'echo {{ results.first.changed }}'
      - id: reload
        on_change: [files]
        exec.shell: 'true'
",
    )
    .events(&[])
    .code(0)
    .outcomes(
        "here",
        &[("first", "changed"), ("second", "ok"), ("reload", "changed")],
    );
}

#[test]
fn changed_when_decides_whether_handlers_run() {
    Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: quiet, exec.shell: 'true', changed_when: false }
      - { id: still, on_change: [quiet], exec.shell: 'true' }
      - { id: loud, exec.shell: echo changed, changed_when: \"'changed' in result.stdout\" }
      - { id: woken, on_change: [loud], exec.shell: 'true' }
",
    )
    .events(&[])
    .code(0)
    .outcomes(
        "here",
        &[
            ("quiet", "ok"),
            ("still", "skipped"),
            ("loud", "changed"),
            ("woken", "changed"),
        ],
    );
}

#[test]
fn handlers_are_decided_per_host() {
    Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: touch, when: host.name == 'a', exec.shell: 'true' }
      - { id: reload, on_change: [touch], exec.shell: 'true' }
",
    )
    .events(&[])
    .code(0)
    .outcomes("a", &[("reload", "changed")])
    .outcomes("b", &[("reload", "skipped")]);
}
