//! Templates that bring in others: `include`, `extends`, `import`, in files of playbooks and of units.

use crate::support::{Fixture, Scene};

/// A playbook that renders `main.j2` for two hosts.
fn scene(files: &[(&str, &str)]) -> Scene {
    let playbook = "
hosts: { a: { transport: local, vars: { port: 80 } }, b: { transport: local } }
vars: { app: shop, users: [ann, bob] }
secrets: { word: { env: WORD } }
rounds:
  - name: one
    hosts: a
    calls:
      - { id: before, exec.shell: echo said }
      - { id: it, template.file: { src: main.j2, dest: '{DIR}/t/out' } }
";
    let fixture = Fixture::new(playbook).env("WORD", "included-canary-9");
    files
        .iter()
        .fold(fixture, |it, (name, text)| it.file(name, *text))
        .build()
}

/// What comes out of it.
#[track_caller]
fn rendered(files: &[(&str, &str)]) -> String {
    let scene = scene(files);
    scene.rmote_play(&["validate", "site.yml"]).code(0);
    scene.run(&[]).code(0);
    scene.read("t/out")
}

/// What is said of it offline.
#[track_caller]
fn refused(files: &[(&str, &str)]) -> String {
    let ran = scene(files).rmote_play(&["validate", "site.yml"]).code(1);
    ran.stdout
}

#[test]
fn an_included_file_stands_where_its_tag_stands_and_sees_what_is_bound_there() {
    let text = rendered(&[
        (
            "main.j2",
            "top\n{% for user in users %}\n  {% include 'parts/user.j2' %}\n{% endfor %}\nend\n",
        ),
        (
            "parts/user.j2",
            "{{ user | default('nobody') }} of {{ app }}: {% include 'deep.j2' %}\n",
        ),
        (
            "parts/deep.j2",
            "{{ results.before.stdout | trim }}, {{ host.name }}\n",
        ),
    ]);
    assert_eq!(text, "top\n  ann of shop: said, a\n  bob of shop: said, a\nend\n");
}

#[test]
fn names_count_from_the_file_and_then_from_templates_beside_the_playbook_or_unit() {
    let text = rendered(&[
        (
            "main.j2",
            "{% include 'one.j2' %}|{% include ['none.j2', 'sub/two.j2', 'one.j2'] %}|{% include '{DIR}/abs.j2' %}",
        ),
        ("templates/one.j2", "one"),
        (
            "templates/sub/two.j2",
            "two {% include 'beside.j2' %} {% include 'one.j2' %} {{ file('data') }}",
        ),
        ("templates/sub/beside.j2", "beside"),
        ("templates/beside.j2", "not this one"),
        ("templates/sub/data", "data"),
        ("abs.j2", "absolute {{ file('data') }}"),
        ("data", "of the top"),
    ]);
    assert_eq!(text, "one|two beside one data|absolute of the top");
    let scene = Fixture::new(
        "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - { import: units/web, vars: { conf: own.j2 } }
      - { import: units/web, vars: { to: second } }
",
    )
    .file(
        "units/web/main.yml",
        "
inputs: { conf: { type: file, default: templates/deep/site.j2 }, to: { type: string, default: first } }
calls:
  - template.file: { src: '{{ conf }}', dest: '{DIR}/t/{{ to }}' }
  - template.file: { src: templates/deep/site.j2, dest: '{DIR}/t/fixed' }
",
    )
    .file("own.j2", "{% include 'part.j2' %} {% include 'head.j2' %}")
    .file("part.j2", "part beside")
    .file("units/web/templates/head.j2", "head of {{ to }}")
    .file(
        "units/web/templates/deep/site.j2",
        "{% include 'head.j2' %}, site",
    )
    .file("templates/head.j2", "not this one")
    .build();
    scene.rmote_play(&["validate", "site.yml"]).code(0);
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/first"), "part beside head of first");
    assert_eq!(scene.read("t/second"), "head of second, site");
    assert_eq!(scene.read("t/fixed"), "head of second, site");
}

#[test]
fn a_template_extends_another_and_fills_its_blocks() {
    let text = rendered(&[
        (
            "main.j2",
            "{% extends 'base.j2' %}\n{% set title = 'Shop' %}\nnever shown\n{% block body %}\n{{ super() }}{% for u in users %}{{ u }} {% endfor %}\n{% endblock %}\n{% block item %}<{{ n }}>{% endblock %}\n",
        ),
        (
            "base.j2",
            "{% extends 'page.j2' %}\n{% block head %}\n{{ title }} of {{ app }}\n{% endblock %}\n",
        ),
        (
            "page.j2",
            "{% block head %}{{ nobody_defines_this }}{% endblock %}\n{% block body %}default {{ app | upper }}\n{% endblock %}\n{% for n in [1, 2] %}{% block item %}{{ n }}{% endblock %}{% endfor %}\nend\n",
        ),
    ]);
    assert_eq!(text, "Shop of shop\ndefault SHOP\nann bob <1><2>end\n");
}

#[test]
fn macros_are_imported_as_a_whole_or_by_name() {
    let macros = "{% set dash = ' - ' %}\n{% macro field(name, value='none') %}\n{{ name }}={{ value }} on {{ host.name }}{{ file('tail') }}\n{% endmacro %}\n";
    let text = rendered(&[
        (
            "main.j2",
            "{% import 'lib/macros.j2' as m %}\n{% from 'lib/macros.j2' import field as f, dash %}\n{{ m.field('port', port) }}{{ dash }}{{ f('user') }}{{ m.dash }}\n",
        ),
        ("lib/macros.j2", macros),
        ("lib/tail", ";"),
    ]);
    assert_eq!(text, "port=80 on a;\n - user=none on a;\n - \n");
}

#[test]
fn what_included_files_read_is_found_offline_and_waited_for() {
    let said = refused(&[
        ("main.j2", "x\n{% include 'a.j2' %}\n"),
        ("a.j2", "one\n{{ no_such_name }}\n"),
    ]);
    assert!(
        said.contains("undefined-variable") && said.contains("a.j2:2:4"),
        "{said}"
    );
    // Only host `a` has a port, and the round is for it alone; for both it is missing.
    let files = [
        ("main.j2", "{% include 'a.j2' %}"),
        ("a.j2", "{% from 'b.j2' import m %}{{ m() }}"),
        ("b.j2", "{% macro m() %}{{ port }}{% endmacro %}"),
    ];
    assert_eq!(rendered(&files), "80");
    let both = scene(&files);
    both.write(
        "site.yml",
        both.read("site.yml")
            .replace("hosts: a\n", "hosts: all\n")
            .as_bytes(),
    );
    let ran = both.rmote_play(&["validate", "site.yml"]).code(1);
    ran.says("`port` is not defined for b: 1 of 2 hosts")
        .says("b.j2:1:19");
    let scene = scene(&[
        ("main.j2", "{% include 'a.j2' %}"),
        ("a.j2", "{{ results.before.stdout }} {{ secrets.word }}"),
    ]);
    scene
        .rmote_play(&["plan", "site.yml"])
        .code(0)
        .says("`results.before.stdout`");
    let ran = scene.events(&["-D"]).code(0).never_says("included-canary");
    assert_eq!(
        scene.read("t/out").trim_end(),
        "said\n included-canary-9".replace('\n', ""),
        "{ran}"
    );
}

/// A template, and the code, the place and some words of what is wrong with it.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    (
        "a\n{% include 'no.j2' %}",
        "missing-file",
        "main.j2:2:12",
        "there is no file `no.j2`",
    ),
    (
        "{% include ['no.j2', 'nor.j2'] %}",
        "missing-file",
        "main.j2:1:12",
        "there is none of `no.j2`, `nor.j2`",
    ),
    (
        "{% extends 'no.j2' %}",
        "missing-file",
        "main.j2:1:12",
        "there is no file `no.j2`",
    ),
    (
        "{% import 'no.j2' as x %}",
        "missing-file",
        "main.j2:1:11",
        "there is no file `no.j2`",
    ),
    (
        "{% include 'circle.j2' %}",
        "import-cycle",
        "circle.j2:2:12",
        "a template brings in itself: `main.j2` → `circle.j2` → `main.j2`",
    ),
    (
        "{% include 'main.j2' %}",
        "import-cycle",
        "main.j2:1:12",
        "a template brings in itself: `main.j2` → `main.j2`",
    ),
    (
        "{% include app %}",
        "template-syntax",
        "main.j2:1:12",
        "takes the name of a file in quotes",
    ),
    (
        "{% extends app ~ '.j2' %}",
        "template-syntax",
        "main.j2:1:12",
        "takes the name of a file in quotes",
    ),
    (
        "{% include ['a', app] %}",
        "template-syntax",
        "main.j2:1:12",
        "takes the name of a file in quotes",
    ),
    (
        "{% include 'no.j2' ignore missing %}",
        "template-syntax",
        "main.j2:1:4",
        "`ignore missing` does nothing here",
    ),
    (
        "{% if app %}{% extends 'fine.j2' %}{% endif %}",
        "template-syntax",
        "main.j2:1:16",
        "cannot depend on a condition",
    ),
    (
        "{% from 'fine.j2' import shown %}",
        "template-syntax",
        "main.j2:1:26",
        "the file has no macro or variable `shown`",
    ),
    (
        "{% include 'broken.j2' %}",
        "template-syntax",
        "broken.j2:2:",
        "unexpected",
    ),
    (
        "{% include 'filter.j2' %}",
        "template-syntax",
        "filter.j2:1:10",
        "unknown filter `uper`",
    ),
    (
        "{% include 'folder' %}",
        "missing-file",
        "main.j2:1:12",
        "there is no file `folder`",
    ),
    (
        "{% include 'bytes.j2' %}",
        "unreadable-file",
        "main.j2:1:12",
        "is not UTF-8 text",
    ),
];

#[test]
fn mistakes_are_told_where_their_tags_stand() {
    for (main, code, place, words) in MISTAKES {
        let scene = scene(&[
            ("main.j2", main),
            ("circle.j2", "x\n{% include 'main.j2' %}"),
            ("fine.j2", "{% macro show() %}{% endmacro %}"),
            ("broken.j2", "x\n{% if %}"),
            ("filter.j2", "{{ app | uper }}"),
            ("folder/x", ""),
        ]);
        scene.write("bytes.j2", b"a\xff");
        let ran = scene.rmote_play(&["validate", "site.yml"]).code(1);
        for part in [code, place, words] {
            assert!(
                ran.stdout.replace("\n  │ ", " ").contains(part),
                "{main}: {part}\n{ran}"
            );
        }
        assert_eq!(scene.run(&[]).code(1).stdout.matches("changed").count(), 0);
    }
}

#[test]
fn a_playbooks_own_templates_bring_in_nothing() {
    for tag in ["include 'a.j2'", "extends 'a.j2'", "import 'a.j2' as a"] {
        let ran = Fixture::new(format!(
            "rounds: [{{ name: one, hosts: localhost, calls: [{{ log.log: \"x {{% {tag} %}}\" }}] }}]\n"
        ))
        .file("a.j2", "")
        .build()
        .rmote_play(&["validate", "site.yml"])
        .code(1);
        ran.says("is known in template files alone")
            .says("`src` of `template.file`");
    }
}

#[test]
fn what_fails_when_it_is_rendered_is_told_where_it_stands() {
    let scene = scene(&[
        ("main.j2", "{% include 'a.j2' %}"),
        ("a.j2", "line\n{% include 'b.j2' %}"),
        ("b.j2", "x\ny {{ results.before.stdout.no }}"),
    ]);
    let ran = scene.events(&[]).code(1);
    let _offline = ran.says("b.j2:2:");
    let scene = self::scene(&[
        (
            "main.j2",
            "{% from 'a.j2' import m %}{{ m(results.before.stdout) }}",
        ),
        (
            "a.j2",
            "{% macro m(text) %}\n{{ text | from_json }}{% endmacro %}",
        ),
    ]);
    let ran = scene.events(&[]).code(2);
    let failure = ran.failure("a", "it");
    assert!(failure.contains("(a.j2:2:11)"), "{failure}");
}
