//! Names, results and links: what is there, and what is not.

use super::{check, check_calls, check_with, found, good, good_with, load_with, with_calls};

#[test]
fn templates_and_expressions_that_do_not_parse_are_marked() {
    check_calls("- log.log: \"{{ 1 + }}\"\n", &["template-syntax"]);
    check_calls("- log.log: x\n  when: \"1 +\"\n", &["expression-syntax"]);
    check_calls(
        "- log.log: x\n  when: \"{{ true }} and true\"\n",
        &["mixed-expression"],
    );
    good(&with_calls(
        "- log.log: x\n  when: [true, \"{{ facts.os.id == 'x' }}\"]\n- assert.that: facts.user.uid == 0\n",
    ));
}

#[test]
fn names_that_are_not_there_are_errors_unless_a_gap_is_accepted() {
    check_calls(
        "- log.log: \"{{ aap }}\"\n  vars: { app: 1 }\n",
        &["undefined-variable `aap`"],
    );
    check_calls(
        "- log.log: \"{{ x }}\"\n  vars: { x: \"{{ y }}\" }\n",
        &["undefined-variable `y`"],
    );
    check_calls(
        "- log.log: \"{{ item }} {{ loop.index }} {{ result.failed }}\"\n",
        &[
            "undefined-variable `item`",
            "undefined-variable `loop.index`",
            "undefined-variable `result.failed`",
        ],
    );
    check_calls(
        "- log.log: \"{{ host.nam }} {{ run.ids }} {{ facts.os.nme }} {{ hosts['c'].name }} {{ groups['w'] }} {{ facts.kernel.x }}\"\n",
        &[
            "unknown-field `host.nam`",
            "unknown-field `run.ids`",
            "unknown-field `facts.os.nme`",
            "unknown-host `hosts['c'].name`",
            "unknown-group `groups['w']`",
            "unknown-field `facts.kernel.x`",
        ],
    );
    check_calls(
        "- assert.that: \"nope == 1\"\n- assert.that: [\"true\", \"none.such\"]\n",
        &["undefined-variable `nope`", "invalid-value `none.such`"],
    );
    check_calls(
        "- log.log: \"{{ secrets.x }}\"\n",
        &["unknown-secret `secrets.x`"],
    );
    good(&with_calls(
        "- log.log: \"{{ a | default('b') }}\"\n- log.log: \"{{ a }}\"\n  when: a is defined\n- loop: [1]\n  log.log: \"{{ item }}{{ loop.index }}\"\n- loop: { u: \"[1]\", v: \"[u]\" }\n  log.log: \"{{ v }}\"\n",
    ));
}

#[test]
fn a_name_that_some_hosts_lack_is_an_error_that_counts_them() {
    let text = "hosts: { 'web[1:3]': {}, 'db[1:7]': { vars: { port: 1 } } }\ngroups: { web: { hosts: ['web*'], vars: { port: 2, base: \"{{ root }}\" } }, more: { hosts: [web1], vars: { root: /x } } }\nrounds:\n- name: x\n  hosts: HOSTS\n  calls: [{ log.log: \"{{ port }} {{ base }}\" }]\n";
    check(
        &text.replace("HOSTS", "all"),
        &[
            "undefined-variable `root`: `root` is not defined for web2, web3: 2 of 10 hosts",
            "undefined-variable `base`: `base` is not defined for db1, db2, db3, db4, db5 and 2 more: 7 of 10 hosts",
        ],
    );
    good(&text.replace("HOSTS", "web1"));
}

#[test]
fn variables_made_of_themselves_are_errors() {
    check(
        "hosts: [a]\nvars: { a: \"{{ b }}\", b: \"{{ c }}\", c: \"{{ a }}\" }\nrounds:\n- { name: x, hosts: all, calls: [{ log.log: \"{{ b }}\" }, { log.log: \"{{ a }}\" }] }\n",
        &["variable-cycle `b`: a variable is made of itself: `a` → `b` → `c` → `a`"],
    );
}

#[test]
fn results_are_known_by_the_tools_that_give_them() {
    check_calls(
        "- id: look
  fs.stat: /a
- log.log: \"{{ results.lok.exists }} {{ results.look.exist }} {{ results.look.changed }} {{ results.look.error.kind }} {{ results.look.error.x }}\"
- log.log: \"{{ results.below.exists }}\"
- id: below
  fs.stat: /a
  failed_when: results.below.exists or not result.exists or result.nope
",
        &[
            "unknown-id `results.lok.exists`",
            "unknown-field `results.look.exist`",
            "unknown-field `results.look.error.x`",
            "later-id `results.below.exists`",
            "later-id `results.below.exists`",
            "unknown-field `result.nope`",
        ],
    );
    check_calls(
        "- id: many
  loop: [/a, /b]
  fs.stat: \"{{ item }}\"
- log.log: \"{{ results.many.exists }} {{ results.many.items[0].exists }} {{ results.many.items[0].exist }} {{ results.many.items[0].item }}\"
- id: group
  calls:
  - log.log: \"{{ results.group.failed }}\"
- log.log: \"{{ results.group.failed }}{{ results.group.exists }}\"
",
        &[
            "unknown-field `results.many.exists`",
            "unknown-field `results.many.items[0].exist`",
            "later-id `results.group.failed`",
            "unknown-field `results.group.exists`",
        ],
    );
}

#[test]
fn links_name_what_is_written_above() {
    check_calls(
        "- on_change: [below, nope]
  log.log: x
- id: below
  on_failure: below
  log.log: x
- id: group
  calls:
  - on_change: group
    log.log: x
- on_change: below
  on_failure: group
  log.log: x
- id: below
  log.log: x
",
        &[
            "later-id `below`",
            "unknown-id `nope`",
            "dependency-cycle `below`",
            "dependency-cycle `group`",
            "not-on-this-entry `on_failure`",
            "duplicate-id `below`",
        ],
    );
}

#[test]
fn rounds_need_rounds_above_and_read_what_has_ended() {
    let text = "hosts: [a, b]
rounds:
- { name: one, hosts: all, calls: [{ id: first, fs.stat: /a }] }
- { name: two, hosts: all, needs: [], calls: [{ log.log: \"{{ results.first.exists }}\" }] }
- { name: three, hosts: all, needs: [one, four, three, onee], calls: [] }
- { name: four, hosts: all, needs: [one], calls: [{ id: here, fs.stat: /a }, { log.log: \"{{ hosts['b'].results.here.exists }} {{ hosts['b'].results.first.exists }}\" }] }
- { name: one, hosts: all, calls: [] }
- { name: six, hosts: nobody, calls: [] }
- { name: seven, hosts: 'a,,[', calls: [] }
";
    let loaded = load_with(text, &[]);
    let found = found(&loaded);
    let expected = [
        "later-id `results.first.exists`",
        "later-id `four`",
        "dependency-cycle `three`",
        "unknown-round `onee`",
        "later-id `hosts['b'].results.here.exists`",
        "duplicate-name `one`",
        "empty-pattern `nobody`",
        "invalid-pattern",
    ];
    for (it, wanted) in found.iter().zip(expected) {
        assert!(it.starts_with(wanted), "{wanted}: {found:#?}");
    }
    assert!(found.len() >= expected.len(), "{found:#?}");
}

#[test]
fn files_beside_the_playbook_are_found_and_read() {
    let text = "hosts: [a]\nvars_files: [vars/a.yml]\nrounds:\n- name: x\n  hosts: all\n  calls:\n  - template.file: { src: t/x.j2, dest: /x }\n  - fs.copy: { src: t, dest: /y }\n";
    good_with(
        text,
        &[
            ("vars/a.yml", "color: red\n"),
            ("t/x.j2", "{{ color }} {{ host.name }}\n"),
        ],
    );
    check_with(
        text,
        &[
            ("vars/a.yml", "color: red\nhost: 1\n"),
            ("t/x.j2", "{{ colour }}\n"),
        ],
        &["reserved-name `host`", "undefined-variable `colour`"],
    );
    check_with(
        text,
        &[("t/x.j2", "{% if %}")],
        &["missing-file `vars/a.yml`", "template-syntax"],
    );
    check_with(
        &text.replace("src: t,", "src: no/such,"),
        &[("vars/a.yml", "{ color: red }"), ("t/x.j2", "x")],
        &["missing-file `no/such`"],
    );
}

#[test]
fn sibling_groups_that_differ_in_a_variable_of_one_host_are_warned_of() {
    let text = "hosts: [a, b]\ngroups: { one: { hosts: [a], vars: { x: 1, y: 2 } }, two: { hosts: [a, b], vars: { x: 3, y: 2 } } }\nrounds: []\n";
    check(text, &["group-conflict? `3`"]);
    good(&text.replace("hosts: [a], vars", "hosts: [], vars"));
}
