//! What conditions ask about before it is used: there nothing is wrong that may never be evaluated, or may be of another
//! type.

use super::{check, check_calls};

fn with(vars: &str, calls: &str) -> String {
    format!("hosts: [a]\nvars: {vars}\nrounds:\n- name: one\n  hosts: all\n  calls:\n{calls}")
}

/// Two hosts, each with variables of its own.
fn of_hosts(a: &str, b: &str, calls: &str) -> String {
    format!(
        "hosts:\n  a: {{ vars: {a} }}\n  b: {{ vars: {b} }}\nrounds:\n- name: one\n  hosts: all\n  calls:\n{calls}"
    )
}

#[test]
fn what_a_condition_asks_about_may_be_of_another_type_where_it_holds() {
    let vars =
        "{ proxy: false, port: '80', list: [a], nobody: [], x: text, mode: plain, kind: none, value: '' }";
    for text in [
        "proxy.split(':')[0] if proxy else 'none'",
        "port + 1 if port is number else port | int + 1",
        "list | dict2items if list is mapping else list",
        "(x | abs) if x is number else 0",
        "0 if x is string else x | abs",
        "(x is number and x > 3) or mode == 'plain'",
        "x is string or x | abs > 3",
        // Another variable tells of which sort this one is.
        "value.a.b if kind == 'map' else value",
        "value | abs if kind == 'number' and run.check else 0",
        // What `default` gives is looked at only where it is needed.
        "port | default(x + 1)",
        "x | abs if false else 0",
        "x | abs if env('NUMBERS', '') == 'yes' else 0",
        "x | abs if host.name == 'b' else 0",
    ] {
        let calls = format!("  - log.log: \"x {{{{ {text} }}}}\"\n");
        check(&with(vars, &calls), &[]);
    }
    for text in [
        "{% if proxy %}{{ proxy.split(':')[0] }}{% endif %}",
        "{% if x is number %}{{ x | abs }}{% else %}{{ x }}{% endif %}",
        "{% if x is string %}{{ x }}{% elif x > 3 %}{{ x | abs }}{% endif %}",
        "{% set is_number = x is number %}{% if is_number %}{{ x | abs }}{% endif %}",
        "{% for it in list if it is mapping %}{{ it.name }}{% endfor %}",
        "{% for it in list if it is number %}{{ it | abs }}{% endfor %}",
        "{% macro m() %}{{ x | abs }}{{ x.part }}{% endmacro %}x",
        "{% for it in nobody %}{{ x | abs }}{{ x.part }}{{ it.part }}{% endfor %}",
    ] {
        check(&with(vars, &format!("  - log.log: \"{text}\"\n")), &[]);
    }
}

#[test]
fn conditions_of_entries_and_rounds_are_asked_in_their_order() {
    let vars = "{ proxy: false, host_of: \"{{ proxy.split('/')[2] }}\", is_text: '{{ proxy is string }}', port: auto }";
    for calls in [
        "  - when: [proxy is string, proxy.startswith('http')]\n    log.log: x\n",
        "  - when: proxy is string and proxy.startswith('http')\n    log.log: x\n",
        "  - when: is_text\n    log.log: \"x {{ proxy.split(':') | first }}\"\n",
        "  - when: proxy is string\n    log.log: '{{ host_of }}'\n",
        "  - when: is_text\n    calls:\n    - log.log: '{{ host_of }}'\n",
        "  - log.log: \"{{ host_of if proxy else 'none' }}\"\n",
        "  - when: port is number\n    wait.port: '{{ port }}'\n",
        "  - wait.port: '{{ port if port is number else 80 }}'\n",
        "  - when: [port is boolean, port]\n    log.log: x\n",
        "  - when: port is boolean and port\n    log.log: x\n",
        "  - vars: { users: [{ name: a }] }\n    loop: \"{{ users | selectattr('uid', 'defined') }}\"\n    log.log: 'x{{ item.uid }}'\n",
        "  - when: port is mapping\n    loop: \"{{ port | dict2items if port is mapping else [] }}\"\n    log.log: x\n",
        "  - when: proxy is mapping\n    calls:\n    - loop: proxy\n      log.log: x\n",
        "  - id: ask\n    when: port is number\n    exec.command: [x]\n  - on_change: [ask]\n    log.log: \"x{{ port | abs }}\"\n",
        "  - id: ask\n    when: port is number\n    exec.command: [x]\n  - when: results.ask.changed\n    log.log: \"x{{ port | abs }}\"\n",
        "  - assert.that: port is number\n  - log.log: \"x{{ port | abs }}\"\n",
        "  - fail: x\n    when: port is not number\n  - log.log: \"x{{ port | abs }}\"\n",
    ] {
        check(&with(vars, calls), &[]);
    }
}

#[test]
fn what_is_wrong_whatever_variables_hold_is_told_under_conditions_too() {
    for (text, marked) in [
        ("facts.kernel - 1 if use else 0", "wrong-type `facts.kernel - 1`"),
        (
            "use and facts.user.uid == '0'",
            "impossible-comparison `facts.user.uid == '0'`",
        ),
        ("x | abs if run.check else 0", "wrong-type `x | abs`"),
        ("'x' | abs if use else 0", "wrong-type `'x' | abs`"),
        ("x | abs", "wrong-type `x | abs`"),
    ] {
        let calls = format!("  - log.log: \"x {{{{ {text} }}}}\"\n");
        check(&with("{ use: false, x: text }", &calls), &[marked]);
    }
}

#[test]
fn fields_of_items_that_are_asked_for_first_may_be_there() {
    for text in [
        "{% for u in users %}{% if u.x is defined %}{{ u.x }}{% endif %}{% endfor %}",
        "{% for u in users %}{% if u.x is defined and u.x > 3 %}{{ u.x }}{% endif %}{% endfor %}",
        "{% for u in users %}{% if 'x' in u %}{{ u.x }}{% endif %}{% endfor %}",
        "{% for u in users if u.x is defined %}{{ u.x }}{% endfor %}",
        "{% for u in users if u.x is defined and u.x %}{{ u.x.y }}{% endfor %}",
        "{% for u in users %}{{ u.x if u.x is defined else '' }}{% endfor %}",
        "{% for u in users %}{% set has = u.x is defined %}{% if has %}{{ u.x }}{% endif %}{% endfor %}",
        "{% for u in users %}{{ (u.x)|d('') }}{{ (u.x if u.name else u.y) | default('') }}{% endfor %}",
        "{% for u in users %}{% if u.name == 'ann' %}{{ u.x }}{% endif %}{% endfor %}",
        "{% for u in users %}{% if 'shell' not in u %}x{% else %}{{ u.shell }}{% endif %}{% endfor %}",
        "{% for d in results.ask.items %}{% if d.x is defined %}{{ d.x }}{% endif %}{% endfor %}",
    ] {
        let calls = format!("  - id: ask\n    loop: [1]\n    fs.stat: /x\n  - log.log: \"{text}\"\n");
        check(&with("{ users: [{ name: a }] }", &calls), &[]);
    }
    for (text, marked) in [
        ("{% for u in users %}{{ u.x }}{% endfor %}", "unknown-field `u.x`"),
        // Something else is asked for; what is said of a field does not depend on what comes after it in the text.
        (
            "{% for u in users %}{{ u.x }} is {{ u.name }}{% endfor %}",
            "unknown-field `u.x`",
        ),
        (
            "{% for u in users %}{{ u.x }}{{ u.y | default('') }}{% endfor %}",
            "unknown-field `u.x`",
        ),
    ] {
        check(
            &with("{ users: [{ name: a }] }", &format!("  - log.log: \"{text}\"\n")),
            &[marked],
        );
    }
}

#[test]
fn a_comparison_with_what_hosts_or_the_command_line_may_replace_is_none() {
    for (a, b, calls) in [
        (
            "{ port: 80 }",
            "{ port: auto }",
            "  - when: port == 'auto'\n    log.log: x\n",
        ),
        (
            "{ port: 80 }",
            "{ port: 81 }",
            "  - when: port in ['auto', 'off']\n    log.log: x\n",
        ),
        (
            "{ release: 7 }",
            "{ release: 7 }",
            "  - when: release == 'latest'\n    log.log: x\n",
        ),
        (
            "{ release: 7 }",
            "{ release: 7 }",
            "  - when: release == '7' or release == 7\n    log.log: x\n",
        ),
        (
            "{ size: 7 }",
            "{ size: '7' }",
            "  - when: size > 'a'\n    log.log: x\n",
        ),
        (
            "{ v: '{{ facts.kernel }}' }",
            "{ v: '{{ facts.user.uid }}' }",
            "  - when: v == 0\n    log.log: x\n",
        ),
        (
            "{ users: [{ name: a }] }",
            "{ users: [{ name: b, shell: sh }] }",
            "  - log.log: \"x{{ users | selectattr('shell', '==', 'sh') | list | length }}\"\n",
        ),
        (
            "{ users: [{ name: a }] }",
            "{ users: [{ name: b, uid: 1 }] }",
            "  - log.log: \"{% for u in users if u.name == 5 %}{{ u.name }}{% endfor %}\"\n",
        ),
    ] {
        check(&of_hosts(a, b, calls), &[]);
    }
    // The same text, written as another type.
    check(
        &of_hosts(
            "{ port: '443' }",
            "{ port: '443' }",
            "  - when: port == 443\n    log.log: x\n",
        ),
        &["impossible-comparison `port == 443`"],
    );
    check(
        &of_hosts(
            "{ port: '443' }",
            "{ port: 443 }",
            "  - when: port == 443\n    log.log: x\n",
        ),
        &[],
    );
}

#[test]
fn what_hosts_differ_in_is_wrong_only_where_each_of_them_comes_to_it() {
    let (a, b) = ("{ port: 80 }", "{ port: 'a:b' }");
    for calls in [
        "  - when: facts.os.family == 'debian'\n    log.log: \"x{{ port.split(':')[0] }}\"\n",
        "  - log.log: \"x{{ port.split(':')[0] if facts.os.family == 'debian' else port }}\"\n",
        "  - run_once: true\n    log.log: \"x{{ port.split(':')[0] }}\"\n",
        "  - id: ask\n    exec.command: [x]\n  - on_change: [ask]\n    log.log: \"x{{ port.split(':')[0] }}\"\n",
        "  - when: facts.os.family == 'debian'\n    wait.port: '{{ port }}'\n",
    ] {
        check(&of_hosts(a, b, calls), &[]);
    }
    check(
        &of_hosts(a, b, "  - log.log: \"x{{ port.split(':')[0] }}\"\n"),
        &["unknown-field `port.split(':')`"],
    );
    check(
        &of_hosts(
            "{ app: { port: 1 } }",
            "{ app: { port: 1, tls: 2 } }",
            "  - when: facts.os.family == 'debian'\n    log.log: \"x{{ app.tls }}\"\n",
        ),
        &[],
    );
}

#[test]
fn what_is_set_in_a_branch_may_be_something_else_after_it() {
    for text in [
        "{% if run.check %}{% set n = 'a' %}{% endif %}{% if n == 5 %}x{% endif %}",
        "{% if run.check %}{% set n = 'a' %}{% endif %}{{ n + 1 }}",
        "{% if run.check %}{% set n = facts.kernel %}{% else %}{% set n = 1 %}{% endif %}{{ n + 1 }}",
        "{% set n = 1 %}{% for i in [1, 2] %}{% set n = 'a' %}{% endfor %}{{ n + 1 }}",
        "{% with n = facts.kernel %}{% set n = 1 %}{{ n + 1 }}{% endwith %}",
    ] {
        check(&with("{ n: 5 }", &format!("  - log.log: \"{text}\"\n")), &[]);
    }
}

#[test]
fn a_field_that_no_item_has_is_missed_only_where_it_is_used() {
    for text in [
        "users | map(attribute='admin') | select('defined') | list | length",
        "users | selectattr('admin', 'defined') | map(attribute='admin') | join(',')",
        "users | selectattr('admin', 'defined') | map(attribute='admin') | list",
        "users | map(attribute='admin') | reject('undefined') | join",
        "users | map(attribute='admin') | map('default', 5) | join(',')",
        "users | map(attribute='admin') | first | default('nobody')",
        "'x' in (users | map(attribute='admin') | list)",
        "users | map(attribute='admin') | list | length",
        "users | groupby('admin') | length",
        "users | selectattr('admin') | list | length",
        "users | rejectattr('admin') | list | length",
        "users | selectattr('admin', '==', true) | list | length",
        "users | sort(attribute='admin') | length",
    ] {
        check(
            &with(
                "{ users: [{ name: a }] }",
                &format!("  - log.log: \"x {{{{ {text} }}}}\"\n"),
            ),
            &[],
        );
    }
    check_calls(
        "- vars: { users: [{ name: a }] }\n  log.log: \"x {{ users | map(attribute='admin') | join }}\"\n",
        &["unknown-field `'admin'`"],
    );
}
