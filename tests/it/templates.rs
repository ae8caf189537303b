//! Templates in a whole run: files, types, scopes, and errors that name their line.

use crate::support::Fixture;

fn here(vars: &str, calls: &str) -> Fixture {
    Fixture::new(format!(
        "hosts: {{ here: {{ transport: local }} }}\nvars:\n{vars}\nrounds:\n  - name: one\n    hosts: here\n    calls:\n{calls}"
    ))
}

#[test]
fn a_template_file_is_rendered_for_each_host() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local, vars: { port: 1 } }, b: { transport: local, vars: { port: 2 } } }
groups: { all_web: [a, b] }
rounds:
  - name: one
    hosts: all
    calls:
      - template.file: { src: templates/site.j2, dest: '{DIR}/t/{{ host.name }}.conf', mode: 0600 }
",
    )
    .file(
        "templates/site.j2",
        "# {{ host.name }}\n{% for name in groups.all_web %}\n{{ name }} = {{ hosts[name].vars.port }}\n{% endfor %}\n",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/a.conf"), "# a\na = 1\nb = 2\n");
    assert_eq!(scene.read("t/b.conf"), "# b\na = 1\nb = 2\n");
}

#[test]
fn a_lone_expression_keeps_its_type() {
    here(
        "  ports: [80, 443]\n  table: { a: 1 }\n  both: '{{ ports + [22] }}'",
        "      - assert.that: both | length == 3 and both[2] == 22\n      - assert.that: table.a + 1 == 2\n      \
         - loop: '{{ both }}'\n        assert.that: item is number\n",
    )
    .run(&[])
    .code(0);
}

#[test]
fn an_error_in_a_template_file_names_the_file_and_the_line() {
    let ran = here(
        "  x: {}",
        "      - { id: bad, template.file: { src: bad.j2, dest: '{DIR}/t/out' } }\n",
    )
    .file("bad.j2", "fine\nfine\n{{ x.missing.deeper }}\n")
    .run(&[]);
    assert_ne!(ran.code, Some(0), "{ran}");
    ran.says("bad.j2").says("3");
}

#[test]
fn gaps_can_be_filled_anywhere_in_a_chain() {
    here(
        "  a: {}",
        "      - assert.that: a.b.c.d | default('x') == 'x'\n      - assert.that: a.b.c is undefined\n      \
         - assert.that: results.never.stdout is undefined\n      - id: never\n        when: 1 > 2\n        \
         exec.shell: 'true'\n"
            .replace("      - assert.that: results.never.stdout is undefined\n", "")
            .as_str(),
    )
    .run(&[])
    .code(0);
}

#[test]
fn a_null_for_an_optional_argument_counts_as_left_out() {
    let scene = here(
        "  mode: null",
        "      - fs.write: { path: '{DIR}/t/out', content: x, mode: '{{ mode }}' }\n",
    );
    let scene = scene.build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/out"), "x");
}

#[test]
fn the_filters_that_people_paste_are_there() {
    here(
        "  text: 'Hello World'",
        r#"
      - assert.that:
          that:
            - text | regex_replace('World', 'You') == 'Hello You'
            - text is match('Hello') and text is search('World')
            - "'1.10' is version('1.9', '>')"
            - "({'a': 1} | combine({'b': 2})).b == 2"
            - "[[1], [2, [3]]] | flatten == [1, 2, 3]"
            - "({'a': 1} | dict2items)[0].key == 'a'"
            - "('{\"a\": [1]}' | from_json).a[0] == 1"
            - "'a b' | quote == \"'a b'\""
            - "'/etc/hosts' | basename == 'hosts' and '/etc/hosts' | dirname == '/etc'"
            - "'abc' | b64encode | b64decode == 'abc'"
            - "[1, 2, 3] | difference([2]) == [1, 3]"
            - (true | ternary('x', 'y')) == 'x'
            - text.split(' ')[1] == 'World'
"#,
    )
    .run(&[])
    .code(0);
}

#[test]
fn what_a_host_says_is_never_rendered() {
    let scene = here(
        "  secret_of_ours: 42",
        "      - { id: say, exec.shell: \"printf '{{ '{{' }} secret_of_ours {{ '}}' }}'\" }\n      \
         - fs.write: { path: '{DIR}/t/out', content: 'said {{ results.say.stdout }}' }\n",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/out"), "said {{ secret_of_ours }}");
}

#[test]
fn variables_files_and_the_environment_are_read() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
vars: { a: low }
vars_files: [vars/more.yml]
rounds:
  - name: one
    hosts: here
    calls:
      - fs.write: { path: '{DIR}/t/out', content: \"{{ a }} {{ b }} {{ env('WHO', 'nobody') }} {{ env('NOT_SET', 'default') }}\" }
",
    )
    .file("vars/more.yml", "a: high\nb: '{{ a }}er'\n")
    .env("WHO", "me")
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/out"), "high higher me default");
}
