//! Through the entry point: what is understood, and what is refused with which words.

mod bytes;
mod certain;
mod constants;
mod cost;
mod guards;
mod inputs;
mod names;
mod operators;
mod recovery;
mod typing;
mod units;
mod warnings;

use std::path::Path;
use std::time::Duration;

use crate::inventory::Transport;
use crate::playbook::Setting;
use crate::playbook::{Action, Loaded, Options, Playbook, load};
use crate::tools::registry;

/// Loads a playbook that has the other files next to it.
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

/// Each diagnostic as its code, the marked text and the message, a warning with `?`. What is not used is left out: most
/// of these playbooks are made to show something else.
fn found(loaded: &Loaded) -> Vec<String> {
    let mut all = all(loaded);
    let left_out = [
        "unused-variable",
        "unused-id",
        "empty-calls",
        "printed-collection",
    ];
    all.retain(|it| !left_out.iter().any(|code| it.starts_with(code)));
    all
}

/// The same with what is not used.
fn all(loaded: &Loaded) -> Vec<String> {
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

/// A round of these calls for two hosts whose variables differ.
fn with_two_hosts(vars: &str, calls: &str) -> String {
    let hosts =
        "hosts:\n  a: { vars: { n: 1, who: ann, at: b } }\n  b: { vars: { n: 70000, who: 'b b', at: c } }\n";
    let mut text = format!("{hosts}vars: {vars}\nrounds:\n- name: one\n  hosts: all\n  calls:\n");
    for line in calls.lines() {
        text.extend(["  ", line, "\n"]);
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
    assert!(entries[2].is_region && entries[2].no_log.is() && entries[4].no_log.is());
    assert_eq!(entries[4].on_change, [playbook.units[0].ids["write"]]);
    assert_eq!(entries[5].on_failure, [playbook.units[0].ids["switch"]]);
    assert_eq!(entries[6].parent.map(crate::name::EntryId::index), Some(5));
    assert!(matches!(&entries[6].action, Action::Fail(_)));
    let call = entries[4].action.call().unwrap();
    assert_eq!(&*call.tool.name, "exec.shell");
    let delay = Duration::from_millis(250);
    assert!(matches!(call.retries, Setting::Fixed(10)));
    assert!(matches!(call.delay, Setting::Fixed(it) if it == delay));
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
fn keys_that_do_not_exist_or_belong_elsewhere_are_errors() {
    check("round: []\nrounds: []\n", &["unknown-key `round`"]);
    check("become: true\nrounds: []\n", &[]);
    check("tools: {}\nrounds: []\n", &[]);
    check(
        "hosts: { a: { jump: b, prot: 22 } }\nrounds: []\n",
        &["unknown-key `prot`"],
    );
    check("hosts: { a: { transport: docker } }\nrounds: []\n", &[]);
    check(
        "hosts: [a]\nrounds:\n- { name: x, hosts: all, retries: 3, calls: [] }\n",
        &["unknown-key `retries`"],
    );
    check_calls(
        "- calls: []\n  until: true\n  env: {}\n",
        &["not-on-this-entry `until`", "not-on-this-entry `env`"],
    );
    check_calls(
        "- fs.stat: /a\n  become: root\n  delegate_to: c\n  run_once: true\n",
        &["unknown-host `c`"],
    );
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
    // What cannot be null is not the default for it.
    check_calls(
        "- fs.write: { path: /a, content: null }\n- fs.write: { path: /a, content: x, backup: null }\n",
        &["null-value `content`", "null-value `backup`"],
    );
    good(&with_calls("- service.converge: { name: a, started: null }\n"));
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
        &["unknown-argument `pth`", "invalid-argument `1`"],
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
        "- exec.shell: 'make # all'\n- fs.stat: { path: \"/{{ host.name }}\", follow: \"{{ true }}\" }\n",
    ));
}
