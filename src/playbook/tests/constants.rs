//! Values that are known before a run are held to what they must be, for each host, and conditions are understood.

use super::{check, check_calls, check_with, with_two_hosts as with};

#[test]
fn a_literal_is_checked_whatever_stands_beside_it() {
    for (call, expected) in [
        (
            "fs.write: { path: etc/motd, content: '{{ facts.kernel }}' }",
            &["invalid-argument `etc/motd`"][..],
        ),
        (
            "fs.write: { path: etc/motd, content: '{{ facts.kernel }}', owner: 'a:b' }",
            &["invalid-argument `etc/motd`"],
        ),
        (
            "fs.write: { path: '{{ facts.user.home }}/x', content: x, owner: 'a:b' }",
            &["invalid-argument `'a:b'`"],
        ),
        (
            "http.download: { url: 'http://x/a', dest: '{{ facts.user.home }}/x', checksum: 'md5:00' }",
            &["invalid-argument `'md5:00'`"],
        ),
        (
            "user.sudoer: { name: '{{ facts.user.name }}', commands: [/bin/true, x y] }",
            &["invalid-argument `[/bin/true, x y]`"],
        ),
        (
            "user.present: { name: '{{ facts.user.name }}', password: plain }",
            &["invalid-argument `plain`"],
        ),
        (
            "git.checkout: { repo: '{{ facts.os.id }}', dest: srv, depth: 0 }",
            &["invalid-argument `srv`"],
        ),
        (
            "git.checkout: { repo: '{{ facts.os.id }}', dest: /srv, depth: 0 }",
            &["invalid-argument `0`"],
        ),
        // What is wrong depends on what is not known.
        (
            "fs.replace: { path: /x, regexp: '{{ facts.kernel }}', replace: '$1' }",
            &[],
        ),
        ("apt.package: { name: a=1, state: '{{ facts.os.id }}' }", &[]),
        (
            "wait.path: { path: /x, state: '{{ facts.os.id }}', contains: x }",
            &[],
        ),
    ] {
        check_calls(&format!("- {call}\n"), expected);
    }
}

#[test]
fn every_wrong_argument_of_a_call_is_told() {
    check_calls(
        "- fs.write: { path: x, content: '{{ facts.kernel }}', validate: '', mode: '0644' }\n",
        &["invalid-argument `x`", "invalid-argument `''`"],
    );
}

#[test]
fn an_item_of_a_list_is_judged_alone_and_the_list_as_a_whole_only_where_all_of_it_is_known() {
    check_calls(
        "- exec.command: [echo, '{{ facts.kernel }}', '']\n\
         - fs.write: { path: /x, content: x, validate: [sh, -c, 'check {{ facts.kernel }} %s'] }\n\
         - apt.package: { name: ['{{ facts.kernel }}', 'a b'] }\n",
        &["invalid-argument `'a b'`"],
    );
}

#[test]
fn what_reads_variables_alone_is_rendered_for_each_host() {
    for (call, expected) in [
        (
            "wait.port: '{{ n }}'",
            "invalid-argument `'{{ n }}'`: `port` of `wait.port`: ",
        ),
        (
            "user.present: { name: '{{ who }}' }",
            "invalid-argument `'{{ who }}'`: `name` of `user.present`: `b b` is not",
        ),
        (
            "fs.write: { path: '{{ who }}', content: x }",
            "invalid-argument `'{{ who }}'`: `path` of `fs.write`: `ann` is not absolute",
        ),
        (
            "log.log: '{{ two[2] }}'",
            "invalid-value `two[2]`: `two[2]` is undefined",
        ),
        (
            "log.log: '{{ 1 // zero }}'",
            "invalid-value `1 // zero`: `1 // 0` is a division by zero",
        ),
        (
            "fs.replace: { path: /x, regexp: '{{ pattern }}', replace: x }",
            "invalid-argument `'{{ pattern }}'`: `regexp` of",
        ),
        (
            "fs.copy: { src: '{{ who }}.conf', dest: /x }",
            "missing-file `'{{ who }}.conf'`: `src` names `ann.conf`, which does not exist",
        ),
        (
            "template.file: { src: '{{ who }}.j2', dest: /x }",
            "missing-file `'{{ who }}.j2'`: `src` names `ann.j2`, which does not exist",
        ),
        (
            "delegate_to: '{{ at }}'\n  log.log: x",
            "unknown-host `'{{ at }}'`: there is no host `c`: for b",
        ),
        (
            "loop: [/srv/a, srv/b]\n  fs.directory: '{{ item }}'",
            "invalid-argument `'{{ item }}'`: `path` of `fs.directory`: `srv/b` is not absolute",
        ),
    ] {
        check(
            &with("{ two: [1, 2], zero: 0, pattern: '*x' }", &format!("- {call}\n")),
            &[expected],
        );
    }
}

#[test]
fn what_depends_on_more_than_variables_is_left_to_the_run() {
    for call in [
        "when: n < 70000\n  wait.port: '{{ n }}'",
        "when: facts.init == 'systemd' and n < 70000\n  wait.port: '{{ n }}'",
        "when: [facts.init == 'systemd', n < 70000]\n  wait.port: '{{ n }}'",
        "when: n < 70000\n  calls: [{ wait.port: '{{ n }}' }]",
        "wait.port: '{{ n if n < 70000 else 1 }}'",
        "wait.port: '{{ n if facts.init == \"systemd\" else 1 }}'",
        "loop: [1, 70000]\n  when: item < 70000\n  wait.port: '{{ item }}'",
        "log.log: '{{ file(who) }}'",
        "log.log: '{{ two[2] | default(0) }}'",
        "vars: { n: 5 }\n  wait.port: '{{ n }}'",
    ] {
        check(&with("{ two: [1, 2] }", &format!("- {call}\n")), &[]);
    }
}

#[test]
fn a_value_that_units_pass_on_is_held_to_the_last_declaration() {
    check_with(
        "hosts: [a]
rounds: [{ name: one, hosts: all, calls: [{ import: outer, vars: { given: eighty } }] }]
",
        &[
            (
                "outer/main.yml",
                "inputs: { given: { type: any } }\ncalls: [{ import: ../inner, vars: { port: '{{ given }}' } }]\n",
            ),
            (
                "inner/main.yml",
                "inputs: { port: { type: integer } }\ncalls: [{ wait.port: '{{ port }}' }]\n",
            ),
        ],
        &["invalid-input `'{{ given }}'`: the input `port` takes integer, not this string"],
    );
}

#[test]
fn a_variable_that_some_hosts_have_may_be_read_where_only_they_come() {
    let text = |vars: &str, round: &str, calls: &str| {
        format!(
            "hosts: {{ a: {{}}, b: {{ vars: {{ proxy: p, on: true }} }} }}
groups: {{ g: [b] }}
vars: {vars}
rounds:
- name: one
  hosts: all
{round}  calls:
{calls}"
        )
    };
    for (vars, round, calls) in [
        (
            "{ line: \"{{ ('p=' ~ proxy) if proxy is defined else '' }}\" }",
            "",
            "  - log.log: '{{ line }}'\n",
        ),
        (
            "{}",
            "",
            "  - { when: [proxy is defined, proxy == 'p'], log.log: '{{ proxy }}' }\n",
        ),
        (
            "{}",
            "",
            "  - { when: host.name == 'b', log.log: '{{ proxy }}' }\n",
        ),
        (
            "{}",
            "",
            "  - { when: \"host.name == 'b' and proxy == 'p'\", log.log: x }\n",
        ),
        (
            "{}",
            "",
            "  - { when: [\"'g' in host.groups\", proxy == 'p'], log.log: x }\n",
        ),
        (
            "{}",
            "",
            "  - { when: host.name in groups.g, log.log: '{{ proxy }}' }\n",
        ),
        (
            "{ has: '{{ proxy is defined }}' }",
            "",
            "  - { when: has, log.log: '{{ proxy }}' }\n",
        ),
        (
            "{ has: \"{{ host.name == 'b' }}\" }",
            "",
            "  - { when: has, calls: [{ log.log: '{{ proxy }}' }] }\n",
        ),
        ("{}", "  when: host.name == 'b'\n", "  - log.log: '{{ proxy }}'\n"),
        (
            "{}",
            "  when: [host.name == 'b', proxy == 'p']\n",
            "  - log.log: '{{ proxy }}'\n",
        ),
        (
            "{}",
            "",
            "  - { when: on | default(false), log.log: '{{ proxy }}' }\n",
        ),
        ("{ text: x }", "", "  - log.log: '{{ text | default(proxy) }}'\n"),
        (
            "{}",
            "",
            "  - log.log: \"{{ proxy if host.name == 'b' else '' }}\"\n",
        ),
        (
            "{}",
            "",
            "  - log.log: \"{% if host.name == 'b' %}{{ proxy }}{% endif %}\"\n",
        ),
        (
            "{}",
            "",
            "  - { vars: { use: \"{{ host.name == 'b' }}\" }, when: use, log.log: '{{ proxy }}' }\n",
        ),
    ] {
        check(&text(vars, round, calls), &[]);
    }
    let missing = "undefined-variable `proxy`: `proxy` is not defined for a: 1 of 2 hosts";
    for calls in [
        "  - log.log: '{{ proxy }}'\n",
        "  - { when: host.name == 'a', log.log: '{{ proxy }}' }\n",
        "  - { when: [proxy == 'p', host.name == 'b'], log.log: x }\n",
        "  - { loop: [1], log.log: '{{ proxy }}' }\n",
    ] {
        check(&text("{}", "", calls), &[missing]);
    }
}
