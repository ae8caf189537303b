//! Through the entry point: what is understood, and what is refused with which words.

use std::path::Path;
use std::time::Duration;

use crate::inventory::Transport;
use crate::playbook::{Action, Loaded, Options, Playbook, load};
use crate::tools::registry;

/// Loads a playbook that has the other files beside it.
fn load_with(text: &str, files: &[(&str, &str)]) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.yml");
    std::fs::write(&path, text).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    load(&path, &registry(), &Options::default())
}

/// Each diagnostic as its code, the marked text and the message, a warning with `?`.
fn found(loaded: &Loaded) -> Vec<String> {
    let say = |it: &crate::diagnostic::Diagnostic| {
        let marked = it
            .labels
            .first()
            .map_or("", |label| loaded.sources.text(label.span));
        let sort = match it.severity {
            crate::diagnostic::Severity::Error => "",
            crate::diagnostic::Severity::Warning => "?",
        };
        format!(
            "{}{sort} `{}`: {}",
            it.code.as_str(),
            marked.trim_end(),
            it.message
        )
    };
    loaded.diagnostics.sorted().into_iter().map(say).collect()
}

fn good_with(text: &str, files: &[(&str, &str)]) -> Playbook {
    let loaded = load_with(text, files);
    assert!(found(&loaded).is_empty(), "{text}\n{:#?}", found(&loaded));
    loaded.playbook.unwrap()
}

fn good(text: &str) -> Playbook {
    good_with(text, &[])
}

/// A playbook of one round with these calls, written without indentation.
fn with_calls(calls: &str) -> String {
    let mut text = "hosts: [a, b]\nrounds:\n- name: one\n  hosts: all\n  calls:\n".to_owned();
    for line in calls.lines() {
        text.push_str("  ");
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Checks that a playbook has exactly these faults: each expected text begins the fault as `found` says it.
fn check(text: &str, expected: &[&str]) {
    check_with(text, &[], expected);
}

fn check_with(text: &str, files: &[(&str, &str)], expected: &[&str]) {
    let loaded = load_with(text, files);
    let found = found(&loaded);
    let same = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(it, wanted)| it.starts_with(wanted));
    assert!(same, "{text}\nexpected {expected:#?}\nfound {found:#?}");
    let has_errors = expected
        .iter()
        .any(|it| !it.split(' ').next().unwrap_or_default().ends_with('?'));
    assert_eq!(loaded.playbook.is_none(), has_errors, "{text}");
}

/// Like `check`, of calls in a round.
fn check_calls(calls: &str, expected: &[&str]) {
    check(&with_calls(calls), expected);
}

#[test]
fn a_playbook_becomes_its_model() {
    let playbook = good(
        "name: site
description: all of it
connection: { user: deploy, connect_timeout: 3s }
hosts:
  web[1:3]: { port: 2222 }
  db1: { address: 10.0.0.9, user: admin, transport: { command: [docker, exec, -i, db1, sh] }, vars: { role: primary } }
  lb1:
groups:
  web: { hosts: ['web*'], vars: { http_port: 8080 } }
  all_data: [db1]
vars: { app: shop, url: \"http://{{ app }}:{{ http_port }}\", nothing: null }
rounds:
- name: base
  hosts: all
  tags: [base]
  calls:
  - id: look
    fs.stat: /etc/hosts
  - name: greet {{ host.name }}
    when: results.look.exists
    tags: hello
    log.log: \"{{ app }}\"
- name: release
  hosts: web,!web3
  needs: [base]
  barrier: false
  calls:
  - id: switch
    timeout: 5m
    no_log: true
    calls:
    - id: write
      fs.write: { path: /srv/x, content: \"{{ url }}\", mode: 0644 }
    - on_change: write
      exec.shell: systemctl reload x
      until: result.exit_code == 0
      retries: 10
      delay: 250ms
      writes: [/srv/y]
      env: { A: b }
  - on_failure: [switch]
    calls:
    - fail: \"rolled back: {{ results.switch.error.message }}\"
",
    );
    assert_eq!(playbook.name.as_deref(), Some("site"));
    let names: Vec<_> = playbook
        .inventory
        .all()
        .map(|id| playbook.inventory.host(id).name.as_str())
        .collect();
    assert_eq!(names, ["web1", "web2", "web3", "db1", "lb1"]);
    let connection = |index: usize| &playbook.inventory.hosts[index].connection;
    assert_eq!(
        (connection(0).port, connection(0).user.as_deref()),
        (Some(2222), Some("deploy"))
    );
    assert_eq!(connection(3).user.as_deref(), Some("admin"));
    assert_eq!(connection(3).address.as_deref(), Some("10.0.0.9"));
    assert!(matches!(&connection(3).transport, Transport::Command(argv) if argv.len() == 5));
    assert_eq!(connection(4).connect_timeout, Duration::from_secs(3));
    assert_eq!(playbook.rounds[0].hosts.len(), 5);
    assert_eq!(playbook.rounds[1].hosts.len(), 2);
    assert_eq!(playbook.rounds[1].needs.len(), 1);
    assert!(!playbook.rounds[1].barrier);
    let entries = &playbook.entries;
    assert_eq!(entries.len(), 7);
    assert_eq!(entries[1].tags, ["base", "hello"]);
    assert!(entries[2].is_region && entries[2].no_log && entries[4].no_log);
    assert_eq!(entries[4].on_change, [playbook.ids["write"]]);
    assert_eq!(entries[5].on_failure, [playbook.ids["switch"]]);
    assert_eq!(entries[6].parent.map(crate::name::EntryId::index), Some(5));
    assert!(matches!(&entries[6].action, Action::Fail(_)));
    let call = entries[4].action.call().unwrap();
    assert_eq!(
        (call.tool, call.retries, call.delay),
        ("exec.shell", 10, Duration::from_millis(250))
    );
}

#[test]
fn what_cannot_be_read_is_named_with_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let say = |name: &str| {
        let loaded = load(&folder.path().join(name), &registry(), &Options::default());
        assert!(loaded.playbook.is_none());
        found(&loaded)
            .join("\n")
            .replace(&folder.path().display().to_string(), "DIR")
    };
    std::fs::write(folder.path().join("binary.yml"), b"name: x\nrounds: \xff\xfe").unwrap();
    let big = std::fs::File::create(folder.path().join("big.yml")).unwrap();
    big.set_len((64 << 20) + 1).unwrap();
    assert_eq!(say("none.yml"), "missing-file ``: `DIR/none.yml` does not exist");
    assert_eq!(say(""), "unreadable-file ``: `DIR/` is a directory, not a file");
    assert_eq!(
        say("binary.yml"),
        "unreadable-file ``: `DIR/binary.yml` is not UTF-8 text: line 2 holds other bytes"
    );
    assert_eq!(
        say("big.yml"),
        "unreadable-file ``: `DIR/big.yml` has more than 64 MiB"
    );
    std::fs::write(folder.path().join("empty.yml"), "").unwrap();
    assert!(say("empty.yml").contains("empty"), "{}", say("empty.yml"));
    assert!(
        load(Path::new("/"), &registry(), &Options::default())
            .playbook
            .is_none()
    );
}

#[test]
fn keys_that_do_not_exist_or_are_not_built_or_belong_elsewhere_are_errors() {
    check("round: []\nrounds: []\n", &["unknown-key `round`"]);
    check("become: true\nrounds: []\n", &["not-built `become`"]);
    check(
        "inventory: hosts.ini\nsecrets: {}\ninputs: {}\ntools: {}\nrounds: []\n",
        &[
            "not-built `inventory`",
            "not-built `secrets`",
            "not-built `inputs`",
            "not-built `tools`",
        ],
    );
    check(
        "hosts: { a: { jump: b, prot: 22 } }\nrounds: []\n",
        &["not-built `jump`", "unknown-key `prot`"],
    );
    check(
        "hosts: { a: { transport: docker } }\nrounds: []\n",
        &["not-built `docker`"],
    );
    check(
        "hosts: [a]\nrounds:\n- { name: x, hosts: all, serial: 2, retries: 3, calls: [] }\n",
        &["not-built `serial`", "unknown-key `retries`"],
    );
    check_calls(
        "- calls: []\n  until: true\n  env: {}\n  loop: [1]\n",
        &[
            "not-on-this-entry `until`",
            "not-on-this-entry `env`",
            "not-on-this-entry `loop`",
        ],
    );
    check_calls(
        "- fs.stat: /a\n  become: root\n  delegate_to: b\n  run_once: true\n",
        &[
            "not-built `become`",
            "not-built `delegate_to`",
            "not-built `run_once`",
        ],
    );
    check_calls("- import: units/nginx\n", &["not-built `import`"]);
    check_calls("- fs.stat: /a\n  writes: []\n", &["not-on-this-entry `writes`"]);
    check_calls(
        "- fs.stat: /a\n  exec.shell: b\n",
        &["not-on-this-entry `exec.shell`"],
    );
    check_calls("- fs.stat: /a\n  wen: true\n", &["unknown-key `wen`"]);
    check_calls(
        "- name: x\n- shell: ls\n- just text\n",
        &[
            "missing-key `name`",
            "unknown-key `shell`",
            "wrong-type `just text`",
        ],
    );
}

#[test]
fn what_must_have_a_value_says_so() {
    check("rounds:\n", &["null-value `rounds`"]);
    check("hosts: ~\nrounds: []\n", &["null-value `hosts`"]);
    check(
        "hosts: [a]\nrounds:\n- name: x\n  hosts:\n  calls: []\n",
        &["null-value `hosts`"],
    );
    check("name: x\n", &["missing-key `name`"]);
    check(
        "hosts: [a]\nrounds:\n- calls: []\n",
        &["missing-key `calls`", "missing-key `calls`"],
    );
    check_calls("- fs.stat: /a\n  when:\n", &["null-value `when`"]);
    check_calls("- fs.stat:\n", &["null-value `fs.stat`"]);
    check_calls("- calls:\n", &["null-value `calls`"]);
    good(&with_calls(
        "- agent.quit:\n- fs.write: { path: /a, mode: null }\n",
    ));
}

#[test]
fn values_of_a_wrong_type_are_marked() {
    check("- name: x\n", &["wrong-type"]);
    check("name: 5\nrounds: {}\n", &["wrong-type `5`", "wrong-type `{}`"]);
    check(
        "hosts: { a: { port: 70000, connect_timeout: 5, connect_retries: -1 } }\nrounds: []\n",
        &["wrong-type `70000`", "duration `5`", "wrong-type `-1`"],
    );
    check_calls(
        "- fs.stat: /a\n  always: yes\n  no_log: 'yes'\n  timeout: 30\n  when: on\n",
        &[
            "truthy-word `yes`",
            "wrong-type `'yes'`",
            "duration `30`",
            "truthy-word `on`",
        ],
    );
    check_calls(
        "- fs.stat: /a\n  timeout: soon\n  retries: 3\n",
        &["duration `soon`", "missing-key `retries`"],
    );
    check_calls(
        "- fs.stat: /a\n  id: a-b\n- fs.stat: /a\n  vars: { host: 1, 9x: 2, ok: 3 }\n",
        &["invalid-name `a-b`", "reserved-name `host`", "invalid-name `9x`"],
    );
}

#[test]
fn arguments_are_checked_against_the_tool() {
    check_calls(
        "- fs.stta: /a\n- file.stat: /a\n- nix.build: x\n",
        &[
            "unknown-tool `fs.stta`",
            "unknown-tool `file.stat`",
            "unknown-tool `nix.build`",
        ],
    );
    check_calls(
        "- fs.stat: { pth: /a, follow: 1 }\n",
        &[
            "missing-argument `fs.stat`",
            "unknown-argument `pth`",
            "invalid-argument `1`",
        ],
    );
    check_calls(
        "- fs.write: { path: /a, mode: 755, backup: yes }\n- fs.write: { path: /a, mode: '999' }\n",
        &["file-mode `755`", "truthy-word `yes`", "file-mode `'999'`"],
    );
    check_calls(
        "- fs.stat: relative/path\n",
        &["invalid-argument `relative/path`"],
    );
    check_calls("- exec.command: [ls, [a]]\n", &["invalid-argument"]);
    check_calls(
        "- log.log: { message: x, level: wrn }\n",
        &["invalid-argument `wrn`"],
    );
    check_calls(
        "- fs.stat: { path: /a, follow: \"x{{ host.name }}\" }\n",
        &["invalid-argument"],
    );
    check_calls("- exec.shell: make # all\n", &["comment-in-command? `# all`"]);
    good(&with_calls(
        "- exec.shell: 'make # all'\n- fs.stat: { path: \"{{ host.name }}\", follow: \"{{ true }}\" }\n",
    ));
}

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
        &["undefined-variable `nope`"],
    );
    check_calls("- log.log: \"{{ secrets.x }}\"\n", &["not-built `secrets.x`"]);
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
    let text = "hosts: [a]\nvars_files: [vars/a.yml]\nrounds:\n- name: x\n  hosts: all\n  calls:\n  - template.file: { src: t/x.j2, dest: /x }\n  - fs.copy: { src: t, dest: /x }\n";
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
