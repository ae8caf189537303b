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

/// The codes of all that is said of a playbook with these files beside it.
fn codes(text: &str, files: &[(&str, &str)]) -> Vec<&'static str> {
    let loaded = load_with(text, files);
    loaded
        .diagnostics
        .sorted()
        .iter()
        .map(|it| it.code.as_str())
        .collect()
}

#[test]
fn only_what_is_written_in_a_command_as_it_is_may_be_meant_for_a_shell() {
    for (command, is_told) in [
        ("\"echo {{ host.name | upper }}\"", false),
        (
            "\"echo {{ '}} | x' }} {# a | b #} {% if host.name > 'a' %}b{% endif %}\"",
            false,
        ),
        ("'{{ host.name }} > /x'", true),
        ("\"echo {{ host.name | upper }} | cat\"", true),
        ("'echo { a } | cat'", true),
        ("[find, /tmp, -exec, ls, \"{}\", \";\"]", false),
        ("[envsubst, '$HOME']", false),
        ("[sh, -c, '$(cat x)', '{{ host.name }}', '$x']", false),
        ("[make, '&&', make, install]", true),
        ("[echo, '{{ host.name }}', '|', cat]", true),
    ] {
        let expected: &[&str] = if is_told { &["shell-syntax"] } else { &[] };
        let text = with_calls(&format!("- exec.command: {command}\n"));
        assert_eq!(codes(&text, &[]), expected, "{command}");
    }
}

#[test]
fn copies_of_directories_into_one_do_not_undo_each_other() {
    let files = [("one/x", "1"), ("two/y", "2"), ("three", "3"), ("four", "4")];
    let two = |a: &str, b: &str| {
        with_calls(&format!(
            "- fs.copy: {{ src: {a}, dest: /srv/x }}\n- fs.copy: {{ src: {b}, dest: /srv/x }}\n"
        ))
    };
    assert_eq!(codes(&two("one", "two"), &files), [""; 0]);
    assert_eq!(
        codes(
            &two("one", "'{{ host.name }}'"),
            &[("one/x", ""), ("a/x", ""), ("b/x", "")]
        ),
        [""; 0]
    );
    assert_eq!(codes(&two("three", "four"), &files), ["content-twice"]);
}

#[test]
fn a_result_that_something_asks_about_first_is_guarded() {
    let ask = "- id: ask\n  ignore_errors: true\n  exec.command: [x]\n";
    for (more, is_told) in [
        ("- log.log: '{{ results.ask.stdout }}'\n", true),
        (
            "- log.log: \"{{ results.ask.stdout if not results.ask.failed else '' }}\"\n",
            false,
        ),
        (
            "- log.log: \"{% if not results.ask.failed %}{{ results.ask.stdout }}{% endif %}\"\n",
            false,
        ),
        (
            "- vars: { ok: '{{ not results.ask.failed }}' }\n  when: ok\n  log.log: '{{ results.ask.stdout }}'\n",
            false,
        ),
        (
            "- fail: x\n  when: results.ask.failed\n- log.log: '{{ results.ask.stdout }}'\n",
            false,
        ),
        (
            "- assert.that: not results.ask.failed\n- log.log: '{{ results.ask.stdout }}'\n",
            false,
        ),
        (
            "- on_change: [ask]\n  log.log: '{{ results.ask.stdout }}'\n",
            false,
        ),
        (
            "- when: host.name == 'a'\n  log.log: '{{ results.ask.stdout }}'\n",
            true,
        ),
    ] {
        let expected: &[&str] = if is_told { &["unguarded-result"] } else { &[] };
        assert_eq!(
            codes(&with_calls(&format!("{ask}{more}")), &[]),
            expected,
            "{more}"
        );
    }
    // What handles a failure is not to be left out for one.
    let handler = "- id: ask\n  ignore_errors: true\n  exec.command: [x]\n- id: other\n  exec.command: [x]\n- on_failure: [other]\n  log.log: '{{ results.ask.stdout }}'\n";
    let loaded = load_with(&with_calls(handler), &[]);
    let all = loaded.diagnostics.sorted();
    let help: Vec<_> = all.iter().filter_map(|it| it.help.as_deref()).collect();
    assert_eq!(help, ["Write `results.ask.stdout | default('')`."]);
}

#[test]
fn a_comment_accepts_a_warning_on_its_line_above_it_and_above_its_entry() {
    let calls = |calls: &str| codes(&with_calls(calls), &[]);
    assert_eq!(calls("- exec.command: echo a | cat\n"), ["shell-syntax"]);
    for accepted in [
        "# allow: shell-syntax\n- exec.command: echo a | cat\n",
        "- exec.command: 'echo a | cat' # allow: shell-syntax\n",
        "- id: foo\n  # allow: unguarded-result, shell-syntax\n  exec.command: echo a | cat\n",
        "# allow: shell-syntax\n- name: foo\n  exec.command: echo a | cat\n",
        "# allow: shell-syntax\n- name: foo\n  vars: { x: 1 }\n  exec.command:\n    - echo\n    - '|'\n    - '{{ x }}'\n",
        "- calls:\n  # allow: shell-syntax\n  - name: foo\n    exec.command: echo a | cat\n",
    ] {
        assert_eq!(calls(accepted), [""; 0], "{accepted}");
    }
    for not_accepted in [
        "# allow: shell-syntax\n- log.log: x\n- exec.command: echo a | cat\n",
        "# allow: shell-syntax\n- calls:\n  - name: foo\n    exec.command: echo a | cat\n",
        "# allow: content-twice\n- name: foo\n  exec.command: echo a | cat\n",
    ] {
        assert_eq!(calls(not_accepted), ["shell-syntax"], "{not_accepted}");
    }
    let template = with_calls("- vars: { names: [a] }\n  template.file: { src: t.j2, dest: /x }\n");
    for (text, expected) in [
        ("{{ names }}\n", &["printed-collection"][..]),
        ("{# allow: printed-collection #}\n{{ names }}\n", &[]),
        ("{#- allow: printed-collection -#}\n{{ names }}\n", &[]),
        ("{# allow: printed-collection: it is short #}\n{{ names }}\n", &[]),
    ] {
        assert_eq!(codes(&template, &[("t.j2", text)]), expected, "{text}");
    }
}

#[test]
fn a_mistyped_code_that_a_comment_names_is_told() {
    let loaded = load_with(
        &with_calls("# allow: shel-syntax, content-twice\n- exec.command: echo a | cat\n"),
        &[],
    );
    let found = super::found(&loaded);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("unknown-key? `shel-syntax`"), "{found:#?}");
    // What is no code at all may be about something else.
    assert_eq!(
        codes(&with_calls("# allow: everybody\n- log.log: x\n"), &[]),
        [""; 0]
    );
}

#[test]
fn a_choice_that_is_printed_is_quoted_as_a_whole() {
    let calls = "- vars: { names: [a] }\n  log.log: \"x {{ names if run.check else [] }}\"\n";
    let loaded = load_with(&with_calls(calls), &[]);
    let all = loaded.diagnostics.sorted();
    let said: Vec<_> = all.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        said,
        ["`names if run.check else []` is a list, and is printed into a text"]
    );
}

#[test]
fn a_variable_that_is_read_is_no_mistyped_setting() {
    let text = |call: &str| {
        format!(
            "hosts: {{ a: {{ vars: {{ ansible_prot: 22 }} }} }}\nrounds:\n- name: one\n  hosts: all\n  calls:\n  - {call}\n"
        )
    };
    assert_eq!(codes(&text("log.log: x"), &[]), ["unmapped-setting"]);
    assert_eq!(codes(&text("log.log: '{{ ansible_prot }}'"), &[]), [""; 0]);
}
