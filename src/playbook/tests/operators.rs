//! What expressions do with values whose types are known.

use super::{check, check_calls};

fn with(vars: &str, calls: &str) -> String {
    format!("hosts: [a]\nvars: {vars}\nrounds:\n- name: one\n  hosts: all\n  calls:\n{calls}")
}

#[test]
fn a_comparison_that_can_come_out_only_one_way_is_an_error() {
    for (condition, marked) in [
        (
            "facts.user.uid == '0'",
            "impossible-comparison `facts.user.uid == '0'`",
        ),
        ("facts.kernel > 5", "impossible-comparison `facts.kernel > 5`"),
        (
            "facts.kernel == 5 or run.check",
            "impossible-comparison `facts.kernel == 5`",
        ),
        (
            "run.check == 'true'",
            "impossible-comparison `run.check == 'true'`",
        ),
        (
            "facts.user.uid in ['0', '1']",
            "impossible-comparison `facts.user.uid in ['0', '1']`",
        ),
        (
            "facts.os.family == 'Debian'",
            "impossible-comparison `facts.os.family == 'Debian'`",
        ),
        (
            "facts.os.family == 'ubuntu'",
            "impossible-comparison `facts.os.family == 'ubuntu'`",
        ),
        (
            "facts.os.family in ['debian', 'RedHat']",
            "impossible-comparison `'RedHat'`",
        ),
        (
            "facts.architecture != 'amd64'",
            "impossible-comparison `facts.architecture != 'amd64'`",
        ),
        (
            "facts.init == 'Systemd'",
            "impossible-comparison `facts.init == 'Systemd'`",
        ),
        (
            "facts.package_manager == 'yum'",
            "impossible-comparison `facts.package_manager == 'yum'`",
        ),
        ("family == 'Debian'", "impossible-comparison `family == 'Debian'`"),
        (
            "hosts['a'].facts.os.family == 'Debian'",
            "impossible-comparison `hosts['a'].facts.os.family == 'Debian'`",
        ),
    ] {
        let calls = format!("  - when: \"{condition}\"\n    log.log: x\n");
        check(&with("{ family: '{{ facts.os.family }}' }", &calls), &[marked]);
    }
}

#[test]
fn a_comparison_that_may_come_out_either_way_is_none() {
    for condition in [
        "facts.user.uid == 0",
        "facts.user.uid | string == '0'",
        "facts.os.family == 'debian'",
        "facts.os.family == 'gentoo'",
        "facts.os.id == 'ubuntu'",
        "facts.os.version == '12'",
        "facts.init == ''",
        "env == 'prod'",
        "facts.user.uid in [0, 'x']",
        "run.check == true",
        "nothing == none",
        "facts.kernel is version('5', '>')",
        "'x' in facts.kernel",
        "maybe == 'x'",
    ] {
        let calls = format!("  - when: \"{condition}\"\n    log.log: x\n");
        check(
            &with(
                "{ env: dev, nothing: x, maybe: '{{ facts.kernel if run.check else 5 }}' }",
                &calls,
            ),
            &[],
        );
    }
}

#[test]
fn what_operators_filters_tests_and_methods_are_given_has_their_type() {
    for (text, marked) in [
        ("facts.user.uid + 'x'", "wrong-type `facts.user.uid + 'x'`"),
        (
            "facts.kernel * facts.kernel",
            "wrong-type `facts.kernel * facts.kernel`",
        ),
        ("facts.kernel - 1", "wrong-type `facts.kernel - 1`"),
        ("-facts.kernel", "wrong-type `-facts.kernel`"),
        (
            "facts.user.uid | join(',')",
            "wrong-type `facts.user.uid | join(',')`",
        ),
        ("facts.user.uid | quote", "wrong-type `facts.user.uid | quote`"),
        (
            "facts.kernel | dict2items",
            "wrong-type `facts.kernel | dict2items`",
        ),
        (
            "facts.user.uid is match('1')",
            "wrong-type `facts.user.uid is match('1')`",
        ),
        ("facts.kernel | regex_replace('[', '')", "invalid-value `'['`"),
        ("facts.kernel is search('(')", "invalid-value `'('`"),
        (
            "facts.user.name.upcase()",
            "unknown-field `facts.user.name.upcase()`",
        ),
        (
            "host.groups.append('x')",
            "unknown-field `host.groups.append('x')`",
        ),
        ("users | map(attribute='nam')", "unknown-field `'nam'`"),
        (
            "'x' ~ (users | map(attribute='nam') | unique | join)",
            "unknown-field `'nam'`",
        ),
    ] {
        let calls = format!("  - log.log: \"x {{{{ {text} }}}}\"\n");
        check(
            &with("{ users: [{ name: a, admin: true }, { name: b }] }", &calls),
            &[marked],
        );
    }
    for text in [
        "facts.user.uid + 1",
        "facts.kernel ~ 1",
        "facts.kernel * 2",
        "facts.kernel | join(',')",
        "facts.kernel.split('.')[0] | int + 1",
        "users | map(attribute='name') | join(',')",
        "users | map(attribute='shell', default='sh') | join(',')",
        "users | selectattr('shell', 'defined') | list | length",
        "users | selectattr('admin', 'defined') | map(attribute='admin') | first",
        "users | map('upper') | join",
        "facts.kernel.splitlines() | first",
    ] {
        let calls = format!("  - log.log: \"x {{{{ {text} }}}}\"\n");
        check(
            &with("{ users: [{ name: a, admin: true }, { name: b }] }", &calls),
            &[],
        );
    }
}

#[test]
fn loops_of_templates_know_what_their_items_are() {
    for (text, expected) in [
        (
            "{% for u in users %}{{ u.nmae }}{% endfor %}",
            &["unknown-field `u.nmae`"][..],
        ),
        (
            "{% for u in facts.user.uid %}{{ u }}{% endfor %}",
            &["wrong-type `facts.user.uid`"],
        ),
        (
            "{% for group in host.groups if group > 5 %}{{ group }}{% endfor %}",
            &["impossible-comparison `group > 5`"],
        ),
        (
            "{% for u in users %}{{ u.name }}{{ u.x | default('') }}{% endfor %}",
            &[],
        ),
        (
            "{% for u in users %}{% if u.x is defined %}{{ u.name }}{% endif %}{% endfor %}",
            &[],
        ),
        (
            "{% for name, value in table | dictsort %}{{ name }}{{ value }}{% endfor %}",
            &[],
        ),
        ("{% set n = 1 %}{{ n + 1 }}{{ n ~ 'x' }}", &[]),
        (
            "{% set n = 1 %}{% if run.check %}{% set n = 'x' %}{% endif %}{{ n ~ 'x' }}",
            &[],
        ),
    ] {
        let calls = format!("  - log.log: \"{text}\"\n");
        check(
            &with("{ users: [{ name: a, uid: 1 }], table: { a: 1 } }", &calls),
            expected,
        );
    }
}

#[test]
fn every_branch_that_the_run_decides_has_the_type() {
    check_calls(
        "- wait.port: \"{{ '443' if facts.init == 'systemd' else 80 }}\"\n",
        &[
            "invalid-argument `'443' if facts.init == 'systemd' else 80`: `port` of `wait.port` takes integer, not the text `443`",
        ],
    );
    check_calls(
        "- vars: { old: removed, wanted: \"{{ old if facts.init == 'systemd' else 'present' }}\" }\n  apt.package: { name: x, state: '{{ wanted }}' }\n",
        &["invalid-argument `wanted`"],
    );
    check_calls(
        "- wait.port: \"{{ env('PORT', '80') }}\"\n",
        &["invalid-argument `env('PORT', '80')`"],
    );
    check_calls(
        "- id: ask\n  exec.command: [x]\n- wait.port: \"{{ results.ask.exit_code if results.ask.exit_code is number else 80 }}\"\n- fs.write: { path: /x, content: x, mode: \"{{ '0644' if run.check else none }}\" }\n",
        &[],
    );
}

#[test]
fn names_of_others_are_answered_with_ours() {
    for (calls, help) in [
        ("- debug: { msg: x }\n", "Write `log.log`."),
        ("- block: []\n", "A group is an entry with `calls`."),
        (
            "- include_tasks: x.yml\n",
            "Write `import` with the path of a unit.",
        ),
        ("- apt: { name: x }\n", "Write `apt.package` or `apt.upgrade`."),
        (
            "- ansible.builtin.apt: { name: x }\n",
            "Write `apt.package` or `apt.upgrade`.",
        ),
        (
            "- community.general.archive: { path: x }\n",
            "Write `fs.archive`.",
        ),
        ("- log.log: x\n  with_items: [1]\n", "Write `loop`."),
        (
            "- log.log: '{{ ansible_os_family }}'\n",
            "Write `facts.os.family`, in lower case: `debian`, `redhat`.",
        ),
        (
            "- log.log: \"{{ hostvars['a'].x }}\"\n",
            "Write `hosts['NAME'].vars`.",
        ),
        ("- log.log: '{{ inventory_hostname }}'\n", "Write `host.name`."),
        (
            "- log.log: x\n  when: group_names | length > 0\n",
            "Write `host.groups`.",
        ),
        (
            "- { id: x, exec.command: [x] }\n- log.log: '{{ results.x.rc }}'\n",
            "Write `results.x.exit_code`.",
        ),
        (
            "- { id: x, exec.command: [x] }\n- loop: results.x.stdout_lines\n  log.log: x\n",
            "Write `results.x.stdout.splitlines()`.",
        ),
        (
            "- { id: x, fs.stat: /x }\n- log.log: '{{ results.x.stat.exists }}'\n",
            "Its fields are the result's own: write `results.x.exists`.",
        ),
        (
            "- exec.command: [x]\n  failed_when: result.rc > 1\n",
            "Write `result.exit_code`.",
        ),
    ] {
        let loaded = super::load_with(&super::with_calls(calls), &[]);
        let helps: Vec<_> = loaded
            .diagnostics
            .sorted()
            .into_iter()
            .filter_map(|it| it.help.clone())
            .collect();
        assert_eq!(helps, [help], "{calls}{:#?}", super::found(&loaded));
    }
}
