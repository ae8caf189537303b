//! What is allowed and seldom meant: it runs, and is told.

use super::{all, load_with, with_calls};
use crate::diagnostic::{Code, Severity};

#[track_caller]
fn warns(text: &str, expected: &[&str]) {
    let loaded = load_with(text, &[("more.yml", "spare: 1\n"), ("t.j2", "{{ shown }}")]);
    let found = all(&loaded);
    let same = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(it, wanted)| it.starts_with(wanted));
    assert!(same, "{text}\nexpected {expected:#?}\nfound {found:#?}");
    assert!(loaded.playbook.is_some(), "a warning stops nothing");
}

#[track_caller]
fn calls_warn(calls: &str, expected: &[&str]) {
    warns(&with_calls(calls), expected);
}

#[test]
fn variables_that_nothing_reads() {
    warns(
        "hosts: { a: { vars: { own: 1, _kept: 1 } } }
groups: { g: { hosts: [a], vars: { of_group: 1 } } }
vars: { top: 1, shown: 2, used: 3, by_name: 4 }
vars_files: [more.yml]
rounds:
- name: x
  hosts: all
  vars: { of_round: 1 }
  calls:
  - vars: { of_entry: 1 }
    log.log: \"{{ used }} {{ host.vars.by_name }}\"
  - template.file: { src: t.j2, dest: /x }
",
        &[
            "unused-variable? `1`: nothing reads the variable `own`",
            "unused-variable? `1`: nothing reads the variable `of_group`",
            "unused-variable? `1`: nothing reads the variable `top`",
            "unused-variable? `1`: nothing reads the variable `of_round`",
            "unused-variable? `1`: nothing reads the variable `of_entry`",
        ],
    );
    warns(
        "hosts: [a]\nvars: { x: 1 }\nrounds: [{ name: x, hosts: all, calls: [{ log.log: \"{{ host.vars | length }}\" }] }]\n",
        &[],
    );
}

#[test]
fn ids_that_nothing_refers_to_where_a_name_is_there_for_people() {
    calls_warn(
        "- { id: a, name: one, exec.shell: 'true' }
- { id: b, exec.shell: 'true' }
- { id: c, name: three, exec.shell: 'true' }
- { on_change: [c], name: four, id: _d, log.log: x }
- { id: e, name: five, exec.shell: 'true' }
- log.log: \"{{ results.e.changed }}\"
",
        &["unused-id? `a`: nothing refers to the id `a`"],
    );
}

#[test]
fn names_of_loops_that_hide_others() {
    calls_warn(
        "- loop: [[1], [2]]\n  calls: [{ loop: item, log.log: \"{{ item }}\" }]\n- loop: { app: [1] }\n  vars: { app: 2 }\n  log.log: \"{{ app }}\"\n",
        &[
            "shadowed-name? `item`: `item` of this loop hides that of the loop around it",
            "shadowed-name? `app`: `app` of this loop hides a variable",
        ],
    );
}

#[test]
fn what_hosts_say_in_scripts() {
    let unquoted = "unquoted-in-shell? `EXPR`: a value from a host is in a shell script without quotes";
    for (expression, is_told) in [
        ("facts.hostname", true),
        ("results.read.content", true),
        ("results.read.content | trim", true),
        ("'x' ~ facts.hostname", true),
        ("facts.hostname.upper()", true),
        ("name", true),
        ("facts.hostname | quote", false),
        ("results.read.content | split | map('quote') | join(' ')", false),
        ("facts.user.uid", false),
        ("results.read.content | length", false),
        ("results.read.changed", false),
        ("'a' if facts.os.family == 'debian' else 'b'", false),
        ("host.name", false),
    ] {
        let calls = format!(
            "- id: read\n  fs.read_str: /x\n- exec.shell: \"echo {{{{ {expression} }}}}\"\n  vars: {{ name: \"{{{{ facts.hostname }}}}\" }}\n"
        );
        let told = unquoted.replace("EXPR", expression);
        let loaded = load_with(&with_calls(&calls), &[]);
        let found = super::found(&loaded);
        let expected: Vec<&str> = is_told.then_some(told.as_str()).into_iter().collect();
        assert_eq!(found, expected, "{expression}");
    }
}

/// A playbook around an example.
fn around(example: &str) -> String {
    let hosts = if example.contains("hosts:\n") || example.starts_with("hosts:") {
        ""
    } else {
        "hosts: [web1, web2, db1]\n"
    };
    if example.starts_with('-') {
        let entries = example.replace('\n', "\n      ");
        return format!("{hosts}rounds:\n  - name: one\n    hosts: all\n    calls:\n      {entries}\n");
    }
    let rounds = "rounds:\n  - { name: one, hosts: localhost, calls: [{ log.log: \"{{ host.vars }}\" }] }\n";
    let rounds = if example.contains("rounds:") { "" } else { rounds };
    format!("{hosts}{rounds}{example}\n")
}

#[test]
fn the_example_of_each_code_shows_its_mistake_and_its_remedy() {
    for code in Code::ALL {
        let (wrong, right) = code.example();
        if wrong.is_empty() {
            continue;
        }
        let codes = |example: &str| {
            let loaded = load_with(&around(example), &[]);
            let all = loaded.diagnostics.sorted();
            all.iter().map(|it| (it.code, it.severity)).collect::<Vec<_>>()
        };
        let found = codes(wrong);
        assert!(
            found.iter().any(|(it, _)| it == code),
            "{code}: {found:?}\n{}",
            around(wrong)
        );
        let found = codes(right);
        let is_wrong = |(it, severity): &(Code, Severity)| it == code || *severity == Severity::Error;
        assert!(
            !found.iter().any(is_wrong),
            "{code}: {found:?}\n{}",
            around(right)
        );
    }
}
