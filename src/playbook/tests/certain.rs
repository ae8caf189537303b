//! Values are held against a host only where it is certain that it comes to them, and that they are what is written.

use super::{check, with_two_hosts as with};

#[test]
fn a_file_that_the_run_itself_may_make_is_not_missing() {
    let rounds = |first: &str, second: &str| {
        format!(
            "hosts: [a, b]\nrounds:\n- name: one\n  hosts: all\n  calls:\n  - {first}\n- name: two\n  hosts: all\n  calls:\n  - {second}\n"
        )
    };
    let reads = [
        "fs.copy: { src: 'fetched/{{ host.name }}', dest: /etc/x }",
        "fs.copy: { src: fetched/a, dest: /etc/x }",
        "exec.script: { src: fetched/a }",
        "template.file: { src: 'fetched/{{ host.name }}', dest: /etc/x }",
    ];
    let makes = [
        "fs.fetch: { src: /etc/hostname, dest: 'fetched/{{ host.name }}' }",
        "fs.sync: { local: fetched, path: /srv, direction: pull }",
        "{ delegate_to: b, exec.command: [make] }",
    ];
    for read in reads {
        for make in makes {
            check(&rounds(make, read), &[]);
        }
        let loaded = super::load_with(&rounds("fs.stat: /x", read), &[]);
        let found = super::found(&loaded);
        assert!(
            found.iter().any(|it| it.starts_with("missing-file")),
            "{read} {found:#?}"
        );
    }
    let local = rounds("exec.command: [make]", reads[0]).replace("[a, b]", "{ a: { transport: local } }");
    check(&local, &[]);
    // What is made after it is there too late.
    check(
        "hosts: [a]\nrounds:\n- name: one\n  hosts: all\n  calls:\n  - fs.copy: { src: fetched/a, dest: /etc/x }\n  - fs.fetch: { src: /etc/hostname, dest: fetched/a }\n",
        &["missing-file `fetched/a`"],
    );
}

#[test]
fn of_hosts_of_which_one_does_it_for_all_each_must_be_wrong() {
    check(
        &with("{ x: 1 }", "- run_once: true\n  wait.port: '{{ n }}'\n"),
        &[],
    );
    check(
        &with("{ x: 70000 }", "- run_once: true\n  wait.port: '{{ x }}'\n"),
        &["invalid-argument `'{{ x }}'`"],
    );
    let one = "hosts:\n  a: { vars: { n: 1 } }\n  b:\nrounds:\n- name: one\n  hosts: all\n  calls:\n";
    check(
        &format!("{one}  - run_once: true\n    log.log: '{{{{ n }}}}'\n"),
        &[],
    );
    check(
        &format!("{one}  - log.log: '{{{{ n }}}}'\n"),
        &["undefined-variable `n`"],
    );
    check(
        &format!("{one}  - run_once: true\n    log.log: '{{{{ m }}}}'\n"),
        &["undefined-variable `m`"],
    );
}

#[test]
fn items_and_conditions_that_ask_the_environment_or_a_file_are_not_known() {
    for calls in [
        "- loop: \"{{ env('RMOTE_PLAY_DIRS', '').split(',') }}\"\n  fs.directory: '{{ item }}'\n",
        "- vars: { dirs: \"{{ env('RMOTE_PLAY_DIRS', 'a').split(',') }}\" }\n  loop: dirs\n  fs.directory: '{{ item }}'\n",
        "- loop: \"{{ file('list').split() }}\"\n  fs.directory: '{{ item }}'\n",
        "- when: env('RMOTE_PLAY_PORT', 'no') == 'no'\n  wait.port: '{{ n }}'\n",
    ] {
        super::check_with(&with("{ x: 1 }", calls), &[("list", "a")], &[]);
    }
}

#[test]
fn what_a_condition_asks_of_which_the_run_decides_is_not_held_against_a_value() {
    for calls in [
        "- vars: { ok: \"{{ facts.init == 'systemd' and n < 70000 }}\" }\n  when: ok\n  wait.port: '{{ n }}'\n",
        "- when: not (facts.init == 'systemd' or n > 65535)\n  wait.port: '{{ n }}'\n",
        "- fail: too much\n  when: n > 65535\n- wait.port: '{{ n }}'\n",
        "- assert.that: n < 65536\n- wait.port: '{{ n }}'\n",
        "- id: ask\n  when: n < 65536\n  exec.command: [x]\n- on_change: [ask]\n  wait.port: '{{ n }}'\n",
        "- id: ask\n  when: n < 65536\n  exec.command: [x]\n- when: results.ask.changed\n  wait.port: '{{ n }}'\n",
        "- when: n < 65536 or facts.init == 'sysv'\n  calls:\n  - wait.port: '{{ n }}'\n",
        // It may hold for the other host alone.
        "- when: facts.init == 'systemd'\n  wait.port: '{{ n }}'\n",
        "- loop: [1, 70000]\n  when: item < 65536 or facts.init == 'sysv'\n  wait.port: '{{ item }}'\n",
    ] {
        check(&with("{ x: 1 }", calls), &[]);
    }
    check(
        &with(
            "{ x: 70000 }",
            "- when: facts.init == 'systemd'\n  wait.port: '{{ x }}'\n",
        ),
        &["invalid-argument `'{{ x }}'`"],
    );
    check(
        &with("{ x: 1 }", "- wait.port: '{{ n }}'\n"),
        &["invalid-argument `'{{ n }}'`"],
    );
}

#[test]
fn a_variable_that_only_some_hosts_have_is_missing_only_for_those_that_are_certain_to_read_it() {
    let with = |calls: &str| {
        format!(
            "hosts:\n  a: {{ vars: {{ mirror: x }} }}\n  b:\nrounds:\n- name: one\n  hosts: all\n  calls:\n{calls}"
        )
    };
    for calls in [
        "  - when: facts.os.family == 'debian'\n    log.log: '{{ mirror }}'\n",
        "  - log.log: \"{{ mirror if facts.os.family == 'debian' else '' }}\"\n",
        "  - log.log: \"{% if facts.os.family == 'debian' %}{{ mirror }}{% endif %}\"\n",
        "  - vars: { from: \"{{ mirror if facts.os.family == 'debian' else '' }}\" }\n    log.log: '{{ from }}'\n",
        "  - assert.that: mirror is defined\n  - log.log: '{{ mirror }}'\n",
        "  - fail: x\n    when: mirror is not defined\n  - log.log: '{{ mirror }}'\n",
        "  - id: ask\n    when: host.name == 'a'\n    exec.command: [x]\n  - on_change: [ask]\n    log.log: '{{ mirror }}'\n",
    ] {
        check(&with(calls), &[]);
    }
    for calls in [
        "  - log.log: '{{ mirror }}'\n",
        "  - log.log: '{{ facts.kernel }}{{ mirror }}'\n",
        "  - when: host.name == 'b'\n    log.log: '{{ mirror }}'\n",
    ] {
        check(&with(calls), &["undefined-variable `mirror`"]);
    }
}

#[test]
fn all_items_of_a_loop_are_counted() {
    let text = |over: &str| {
        format!(
            "hosts: [a]\nrounds:\n- name: one\n  hosts: all\n  calls:\n  - loop: {over}\n    when: loop.length > 250 or loop.last\n    wait.port: '{{{{ 70000 if loop.length == 128 or loop.last and loop.index == 128 else 80 }}}}'\n"
        )
    };
    check(&text("\"{{ range(300) }}\""), &[]);
    check(&text("{ x: \"{{ range(30) }}\", y: \"{{ range(30) }}\" }"), &[]);
    check(&text("{ x: \"{{ range(300) }}\", y: \"{{ range(x) }}\" }"), &[]);
}
