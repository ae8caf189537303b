//! Types through templates: what cannot be right is an error before anything runs, and what may be right is not.

use super::{check, check_calls, check_with, found, good, good_with, load_with, with_calls};

const READ: &str = "- id: read\n  fs.read_str: /etc/hosts\n";

#[test]
fn a_condition_that_is_no_boolean_is_an_error() {
    let after = |when: &str| format!("{READ}- log.log: x\n  when: {when}\n");
    check_calls(
        &after("results.read.content"),
        &["not-boolean `results.read.content`: this condition is a text, not a boolean"],
    );
    check_calls(
        &after("\"'yes'\""),
        &["not-boolean `'yes'`: this condition is the text `yes`, not a boolean"],
    );
    check_calls(
        &after("results.read.changed and results.read.content"),
        &["not-boolean `results.read.content`"],
    );
    check_calls(
        &after("facts.user.uid"),
        &["not-boolean `facts.user.uid`: this condition is a whole number"],
    );
    check_calls(
        &after("groups.all"),
        &["not-boolean `groups.all`: this condition is a list"],
    );
    check_calls(
        &after("results.read.attempts + 1"),
        &["not-boolean `results.read.attempts + 1`"],
    );
    check_calls(
        &after("results.read.content | trim"),
        &["not-boolean `results.read.content | trim`"],
    );
    check_calls(
        "- exec.shell: x\n  until: result.stdout\n  failed_when: result.exit_code\n",
        &["not-boolean `result.stdout`", "not-boolean `result.exit_code`"],
    );
    check_calls(
        "- assert.that: facts.os.family\n",
        &["not-boolean `facts.os.family`"],
    );
    good(&with_calls(&after("results.read.content | length > 0")));
    good(&with_calls(&after("not results.read.content")));
    good(&with_calls(&after("results.read.content | bool")));
    good(&with_calls(&after("results.read.changed or results.read.failed")));
    good(&with_calls(&after("results.read.content is search('x')")));
    good(&with_calls(&after("\"true if results.read.content else false\"")));
    good(&with_calls(&after("results.read.error.kind == 'not_found'")));
    good(&with_calls(&after("env('X') | default(false)")));
}

#[test]
fn a_condition_that_reads_a_variable_shows_where_it_has_its_value() {
    let text = "hosts: [a]\nvars: { flag: \"no\" }\nrounds: [{ name: x, hosts: all, calls: [{ log.log: y, when: flag }] }]\n";
    let loaded = load_with(text, &[]);
    assert_eq!(
        found(&loaded),
        ["not-boolean `flag`: this condition is the text `no`, not a boolean"]
    );
    let all = loaded.diagnostics.sorted();
    assert_eq!(loaded.sources.text(all[0].labels[1].span), "\"no\"");
    assert!(
        all[0].help.as_deref().unwrap().contains("`flag | bool`"),
        "{:?}",
        all[0].help
    );
}

#[test]
fn an_argument_of_a_wrong_type_is_an_error_even_through_variables() {
    let with = |value: &str, argument: &str| {
        format!(
            "hosts: [a]\nvars: {{ v: {value}, w: \"{{{{ v }}}}\" }}\nrounds: [{{ name: x, hosts: all, calls: [{{ {argument} }}] }}]\n"
        )
    };
    let backup = "fs.write: { path: /x, content: y, backup: \"{{ w }}\" }";
    check(
        &with("\"yes\"", backup),
        &["invalid-argument `w`: `backup` of `fs.write` takes boolean, not the text `yes`"],
    );
    check(
        &with("[1]", backup),
        &["invalid-argument `w`: `backup` of `fs.write` takes boolean, not a list"],
    );
    good(&with("true", backup));
    let mode = "fs.write: { path: /x, content: y, mode: \"{{ w }}\" }";
    check(&with("\"755\"", mode), &["invalid-argument `w`"]);
    check(&with("7", mode), &["invalid-argument `w`"]);
    good(&with("\"0755\"", mode));
    good(&with("null", mode));
    good(&with("7", "fs.write: { path: /x, content: \"{{ w }}\" }"));
    check(
        &with("[1]", "fs.write: { path: /x, content: \"{{ w }}\" }"),
        &["invalid-argument `w`: `content` of `fs.write` takes text, not a list"],
    );
    check(
        &with("{ a: 1 }", "exec.command: [ls, \"{{ v }}\"]"),
        &["invalid-argument `v`"],
    );
    good(&with(
        "1",
        "exec.command: [ls, \"{{ v if run.check else none }}\"]",
    ));
}

#[test]
fn a_value_that_is_wrong_for_one_host_only_is_found() {
    let text = "hosts: { a: { vars: { b: true } }, c: { vars: { b: \"no\" } } }\nrounds: [{ name: x, hosts: all, calls: [{ fs.write: { path: /x, content: y, backup: \"{{ b }}\" } }] }]\n";
    check(
        text,
        &["invalid-argument `b`: `backup` of `fs.write` takes boolean, not the text `no`"],
    );
    good(&text.replace("hosts: all", "hosts: a"));
}

#[test]
fn loops_run_over_lists_and_maps_and_their_items_have_fields() {
    check_calls(
        "- loop: facts.user.uid\n  log.log: \"{{ item }}\"\n",
        &["wrong-type `facts.user.uid`: a loop runs over a list or a map, not a whole number"],
    );
    check_calls(
        "- loop: \"'a b'\"\n  log.log: \"{{ item }}\"\n",
        &["wrong-type `'a b'`: a loop runs over a list or a map, not the text `a b`"],
    );
    check_calls(
        "- loop: [{ name: x, port: 1 }, { name: y, port: 2 }]\n  log.log: \"{{ item.nmae }} {{ item.port.x }}\"\n",
        &["unknown-field `item.nmae`", "unknown-field `item.port.x`"],
    );
    check_calls(
        "- loop: { a: '1' }\n  log.log: \"{{ a }}\"\n",
        &["wrong-type `1`: a loop runs over a list or a map, not a whole number"],
    );
    check_calls(
        "- loop: { u: users, key: u.keys }\n  vars: { users: [{ keys: [x] }] }\n  log.log: \"{{ u.kyes }} {{ key }} {{ loop.idnex }}\"\n",
        &["unknown-field `u.kyes`", "unknown-field `loop.idnex`"],
    );
    good(&with_calls(
        "- loop: { pair: m }\n  vars: { m: { a: 1 } }\n  log.log: \"{{ pair.key }} {{ pair.value }}\"\n- loop: range(3)\n  log.log: \"{{ item }}\"\n- loop: [{ a: 1 }, { b: 2 }]\n  log.log: \"{{ item.a | default(item.b) }}\"\n",
    ));
}

#[test]
fn an_argument_that_is_misspelled_is_told_once() {
    check_calls(
        "- fs.write: { pth: /x, content: y }\n- fs.copy: { srcc: a, mode: '0644' }\n",
        &[
            "unknown-argument `pth`: `fs.write` has no argument `pth`",
            "missing-argument `fs.copy`: `fs.copy` needs `dest`",
            "unknown-argument `srcc`: `fs.copy` has no argument `srcc`",
        ],
    );
}

#[test]
fn a_loop_that_is_written_out_has_no_more_items_than_a_run_takes() {
    let of = |count: usize| {
        let list = format!("[{}]", vec!["x"; count].join(", "));
        with_calls(&format!(
            "- loop: {{ a: {list}, b: {list} }}\n  log.log: \"{{{{ a }}}}{{{{ b }}}}\"\n"
        ))
    };
    good(&of(100));
    let found = found(&load_with(&of(101), &[]));
    assert!(found.len() == 1 && found[0].contains("10201 items"), "{found:?}");
}

#[test]
fn keys_that_a_variable_does_not_have_are_errors() {
    let text = "hosts: [a]\nvars: { site: { name: shop, ports: [80] } }\nrounds: [{ name: x, hosts: all, calls: [{ log.log: \"{{ site.EXPR }}\" }] }]\n";
    check(
        &text.replace("EXPR", "nmae"),
        &["unknown-field `site.nmae`: `site` has no field `nmae`"],
    );
    check(
        &text.replace("EXPR", "ports.http"),
        &["unknown-field `site.ports.http`"],
    );
    good(&text.replace("EXPR", "ports[0]"));
    good(&text.replace("EXPR", "nmae | default('x')"));
    good(&text.replace("EXPR", "get('nmae')"));
    good(&text.replace("EXPR", "name.upper()"));
}

#[test]
fn nested_parts_of_results_are_known() {
    check_calls(
        "- id: look\n  fs.stat: /x\n- log.log: \"{{ results.look.error.knd }} {{ results.look.mode.x }}\"\n",
        &[
            "unknown-field `results.look.error.knd`",
            "unknown-field `results.look.mode.x`",
        ],
    );
    check_calls(
        "- id: all\n  loop: [1]\n  fs.stat: /x\n- log.log: \"{{ results.all.items[0].exsits }}\"\n",
        &["unknown-field `results.all.items[0].exsits`"],
    );
    check_with(
        "hosts: [a]\nrounds: [{ name: x, hosts: all, calls: [{ template.file: { src: t.j2, dest: /x, backup: \"{{ facts.os.id }}\" } }] }]\n",
        &[("t.j2", "{{ host.name }}")],
        &["invalid-argument `facts.os.id`"],
    );
    good_with(
        "hosts: [a]\nrounds: [{ name: x, hosts: all, calls: [{ template.file: { src: t.j2, dest: /x, backup: \"{{ facts.os.id == 'x' }}\" } }] }]\n",
        &[("t.j2", "{{ host.name }}")],
    );
}
