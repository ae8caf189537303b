//! What age and Ansible's vault have encrypted.

use std::fmt::Write as _;

use super::{at_a_terminal, sealed};
use crate::support::{Fixture, Scene};

fn scene() -> Scene {
    Fixture::new(
        r#"
hosts: { here: { transport: local } }
vars_files: vars.age
secrets:
  value: { age: value.age }
rounds:
  - name: one
    hosts: here
    calls:
      - id: conf
        fs.write: { path: "{DIR}/t/conf", content: "{{ db.user }}:{{ db.password }}@{{ plain_port }} {{ secrets.value }}" }
      - id: shown
        exec.command: [cat, "{DIR}/t/conf"]
"#,
    )
    .file("vars.age", sealed("vars.age"))
    .file("value.age", sealed("value.age"))
    .file("identity.txt", sealed("identity.txt"))
    .file("other_identity.txt", sealed("other_identity.txt"))
    .build()
}

#[test]
fn an_identity_opens_files_and_values_and_what_they_hold_is_secret() {
    let scene = scene();
    let ran = scene
        .events(&["--age-identity", "identity.txt", "-D"])
        .code(0)
        .never_says("canary");
    assert_eq!(
        scene.read("t/conf"),
        "shop:varsfile-canary-7781@5432 sealed-canary-0451"
    );
    assert_eq!(ran.end("here", "shown")["result"]["stdout"], "shop:***@5432 ***");
}

#[test]
fn identities_come_from_the_environment_or_the_usual_place() {
    for (name, place) in [
        ("RMOTE_AGE_IDENTITY", "keys/id"),
        ("UNUSED", "home/.config/rmote-play/identity"),
    ] {
        let scene = Fixture::new(
            "
secrets: { value: { age: value.age } }
rounds: [{ name: one, hosts: localhost, calls: [{ fs.write: { path: '{DIR}/t/out', content: '{{ secrets.value }}' } }] }]
",
        )
        .file("value.age", sealed("value.age"))
        .file(place, sealed("identity.txt"))
        .env(name, "{DIR}/keys/id")
        .build();
        scene.run(&[]).code(0);
        assert_eq!(scene.read("t/out"), "sealed-canary-0451");
    }
}

#[test]
fn what_stays_closed_stops_the_run_before_it_begins() {
    let scene = scene();
    scene
        .run(&[])
        .code(1)
        .says("encrypted-file")
        .says("`vars.age` is encrypted, and there is no identity to open it with")
        .says("--age-identity");
    scene
        .run(&["--age-identity", "other_identity.txt"])
        .code(1)
        .says("`vars.age` is for other identities than ours");
    scene
        .run(&["--age-identity", "not-there"])
        .code(1)
        .says("the identity file `not-there`: it does not exist");
    scene
        .run(&["--age-identity", "value.age"])
        .code(1)
        .says("the identity file `value.age`")
        .never_says("canary");
    assert!(!scene.path("t/conf").exists());
}

#[test]
fn validate_opens_nothing_and_warns_of_names_that_a_closed_file_may_define() {
    let scene = scene();
    scene
        .rmote_play(&["validate", "site.yml"])
        .code(0)
        .says("`vars.age` is encrypted, and what it defines is not known here")
        .says("Nothing else defines `db`, `plain_port`.")
        .never_says("is not defined");
    // Whoever has no key can check a playbook strictly, too.
    scene.rmote_play(&["validate", "--strict", "site.yml"]).code(0);
    // A run says the cause, and that once.
    scene
        .run(&[])
        .code(1)
        .says("there is no identity to open it with")
        .never_says("is not defined");
}

#[test]
fn mistakes_in_an_encrypted_file_are_placed_and_not_quoted() {
    let scene = Fixture::new("vars_files: vars.yml\nrounds: []\n")
        .file("vars.yml", sealed("wrong.vault.yml"))
        .file("password", sealed("vault_password"))
        .build();
    scene
        .run(&["--vault-password-file", "password"])
        .code(1)
        .says("vars.yml:2:")
        .says("in an encrypted file, of which nothing is shown")
        .never_says("canary");
}

const VAULTED: &str = "
vars_files: vars.yml
rounds:
  - name: one
    hosts: localhost
    calls:
      - id: out
        exec.command: { argv: [tee, '{DIR}/t/out'], stdin: '{{ db_password }} {{ nested.list[0] }}' }
      - { id: short, exec.command: { argv: [tee, '{DIR}/t/short'], stdin: 'the seventh: {{ nested.list[1] }}' } }
";

#[test]
fn a_password_opens_files_of_ansibles_vault() {
    let with = |password: &str, content: &[u8], mode: bool| {
        let scene = Fixture::new(VAULTED)
            .file("vars.yml", sealed("vars.vault.yml"))
            .file(password, content)
            .build();
        if mode {
            let path = scene.path(password);
            std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        scene
    };
    let script = b"#!/bin/sh\necho vault-pass-1\n";
    for (file, content, is_program) in [("password", &b"vault-pass-1\n"[..], false), ("ask", script, true)] {
        let scene = with(file, content, is_program);
        let ran = scene
            .events(&["--vault-password-file", file])
            .code(0)
            .never_says("canary");
        assert_eq!(ran.end("localhost", "out")["result"]["stdout"], "*** ***");
        assert_eq!(scene.read("t/out"), "vaulted-canary-6619 one-canary-3351");
        // Too short to be looked for: the call that it goes to is hidden, and no call beside it.
        assert_eq!(
            ran.end("localhost", "short")["result"],
            serde_json::Value::Null,
            "{ran}"
        );
        assert_eq!(scene.read("t/short"), "the seventh: 7");
    }
    let scene = with("password", b"another", false);
    scene
        .run(&[])
        .code(1)
        .says("`vars.yml` is vaulted, and no password was given")
        .says("--vault-password-file");
    scene
        .run(&["--vault-password-file", "password"])
        .code(1)
        .says("`vars.yml` is vaulted with another password");
}

#[test]
fn an_identity_that_is_itself_sealed_is_opened_by_its_passphrase_asked_for_once() {
    let scene = scene();
    scene.write("identity.age", &sealed("identity.age"));
    let args = "--age-identity identity.age -vv -D site.yml";
    let question = "Passphrase for identity.age: ";
    let Some((code, shown)) = at_a_terminal(&scene, args, &[(question, "open sesame\r")]) else {
        return;
    };
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches("Passphrase").count(), 1, "{shown}");
    assert!(!shown.contains("sesame") && !shown.contains("canary"), "{shown}");
    let written = scene.read("t/conf");
    assert_eq!(written, "shop:varsfile-canary-7781@5432 sealed-canary-0451");
    std::fs::remove_file(scene.path("t/conf")).unwrap();
    let wrong = at_a_terminal(&scene, args, &[(question, "open barley\r")]).unwrap();
    assert_eq!(wrong.0, Some(1), "{}", wrong.1);
    assert!(
        wrong.1.contains("is encrypted with another passphrase"),
        "{}",
        wrong.1
    );
    assert!(!wrong.1.contains("barley") && !scene.path("t/conf").exists());
}

const LAYERED: &str = "
rounds:
  - name: one
    hosts: web
    calls:
      - id: out
        exec.command: { argv: [tee, '{DIR}/t/{{ host.name }}'], stdin: '{{ db_password }} {{ nested.list[0] }} {{ token }}' }
      - { id: made, log.log: 'postgres://{{ db_password }}@db' }
";

/// An inventory with a vaulted file of a group, one of a host that holds a vaulted value, and one such value in itself.
fn layered() -> Scene {
    let inline = String::from_utf8(sealed("inline.yml")).unwrap();
    let host = inline.replace("token:", "    b:\n      ansible_connection: local\n      token:");
    let inventory = format!("web:\n  hosts:\n    a:\n      ansible_connection: local\n{host}\n");
    Fixture::new(LAYERED)
        .file("inv/hosts.yml", inventory)
        .file("inv/group_vars/web/vault.yml", sealed("vars.vault.yml"))
        .file("inv/group_vars/web/plain.yml", "token: plain\n")
        .file("inv/host_vars/a.yml", inline)
        .file("password", sealed("vault_password"))
        .build()
}

#[test]
fn vaulted_variables_of_groups_and_hosts_are_opened_and_secret() {
    let scene = layered();
    let args = ["-i", "inv", "--vault-password-file", "password"];
    let ran = scene.events(&[&args[..], &["-D"]].concat()).code(0);
    let ran = ran.never_says("canary");
    for host in ["a", "b"] {
        assert_eq!(ran.end(host, "out")["result"]["stdout"], "*** *** ***", "{ran}");
        assert_eq!(
            scene.read(&format!("t/{host}")),
            "vaulted-canary-6619 one-canary-3351 inline-canary-8840"
        );
    }
    let logs: Vec<_> = ran
        .all("call_log")
        .iter()
        .map(|it| it["message"].clone())
        .collect();
    assert_eq!(logs, ["postgres://***@db", "postgres://***@db"]);
    for command in [
        &["hosts", "--format", "json"][..],
        &["hosts", "site.yml", "--explain", "a"],
    ] {
        let ran = scene.rmote_play(&[command, &args].concat()).code(0);
        ran.says("token").never_says("canary");
    }
}

#[test]
fn a_closed_vault_is_an_error_where_it_is_read_and_only_there() {
    let scene = layered();
    scene
        .run(&["-i", "inv"])
        .code(1)
        .says("`inv/group_vars/web/vault.yml` is vaulted, and no password was given")
        .says("--vault-password-file");
    std::fs::remove_file(scene.path("inv/group_vars/web/vault.yml")).unwrap();
    scene.write(
        "inv/group_vars/web/vault.yml",
        b"db_password: x\nnested: { list: [y] }\n",
    );
    scene
        .run(&["-i", "inv"])
        .code(1)
        .says("unusable-value")
        .says("the value is vaulted, and no password was given");
    let playbook = scene.read("site.yml").replace("{{ token }}", "none");
    scene.write("site.yml", playbook.as_bytes());
    scene.run(&["-i", "inv"]).code(0);
    scene.write("password", b"another");
    scene.write("site.yml", playbook.replace("none", "{{ token }}").as_bytes());
    let ran = scene
        .run(&["-i", "inv", "--vault-password-file", "password"])
        .code(1);
    ran.says("vaulted with another password").says("inv/host");
}

/// The hosts `test` and `live`; all that is of `live` is vaulted, its address included, and so is a value in the inventory.
fn stages(calls: &str) -> Scene {
    let inline = String::from_utf8(sealed("inline.yml")).unwrap();
    let inline = inline.replace("token:", "      token:");
    let inventory = format!(
        "stages:\n  hosts:\n    test:\n      ansible_connection: local\n      token: plain\n      db_password: dp\n    live:\n{inline}\n"
    );
    Fixture::new(format!(
        "rounds:\n  - name: one\n    hosts: stages\n    calls:\n{calls}"
    ))
    .file("inv/hosts.yml", inventory)
    .file("inv/host_vars/live.yml", sealed("vars.vault.yml"))
    .build()
}

#[test]
fn a_limited_run_needs_no_password_for_what_other_hosts_have() {
    let scene = stages("      - { id: out, log.log: '{{ token }} {{ db_password }}' }\n");
    scene.run(&["-i", "inv"]).code(1).says("is vaulted");
    scene.run(&["-i", "inv", "-l", "live"]).code(1).says("is vaulted");
    let limited = ["-i", "inv", "-l", "test"];
    let ran = scene.events(&limited).code(0);
    assert_eq!(ran.all("call_log")[0]["message"], "plain dp", "{ran}");
    scene.run(&[&limited[..], &["-C"]].concat()).code(0);
}

#[test]
fn what_a_limited_run_cannot_know_of_another_host_is_never_guessed() {
    let scene = stages("      - { id: away, delegate_to: live, exec.command: ['true'] }\n");
    let ran = scene.run(&["-i", "inv", "-l", "test"]).code(1);
    ran.says("`inv/host_vars/live.yml` is vaulted");
    let templated = scene.read("site.yml").replace(
        "delegate_to: live",
        "delegate_to: \"{{ 'live' if facts.kernel else 'test' }}\"",
    );
    scene.write("site.yml", templated.as_bytes());
    let ran = scene.run(&["-i", "inv", "-l", "test"]).code(2);
    ran.says("`inv/host_vars/live.yml` is vaulted");
}

#[test]
fn what_a_limited_run_cannot_read_of_another_host_has_no_default() {
    let reads = [
        "hosts[it].vars.port | default('none')",
        "hosts[it].address | default('none')",
        "'none' if hosts[it].vars.port is not defined else 'some'",
    ];
    let mut calls = String::new();
    for (at, read) in reads.iter().enumerate() {
        let vars = "{ it: \"{{ 'li' ~ 've' }}\" }";
        let call =
            format!("{{ id: r{at}, ignore_errors: true, vars: {vars}, log.log: \"{{{{ {read} }}}}\" }}");
        writeln!(calls, "      - {call}").unwrap();
    }
    let ran = stages(&calls).events(&["-i", "inv", "-l", "test"]);
    for (at, read) in reads.iter().enumerate() {
        let end = ran.end("test", &format!("r{at}"));
        assert_eq!(end["outcome"], "failed", "{read}: {ran}");
        assert!(end.to_string().contains("is vaulted"), "{end}");
    }
}

#[test]
fn a_limited_run_goes_over_no_jump_host_of_which_it_knows_not_all() {
    let scene = stages("      - { id: out, log.log: x }\n");
    let inventory = scene.read("inv/hosts.yml");
    let inventory = inventory.replace("ansible_connection: local", "ansible_port: 1");
    scene.write("inv/hosts.yml", inventory.as_bytes());
    let args = ["-i", "inv", "-l", "test", "-J", "live"];
    scene
        .run(&args)
        .code(64)
        .says("`inv/host_vars/live.yml` is vaulted");
    let playbook = format!("connection: {{ jump: live }}\n{}", scene.read("site.yml"));
    scene.write("site.yml", playbook.as_bytes());
    scene
        .run(&args[..4])
        .code(1)
        .says("`inv/host_vars/live.yml` is vaulted");
}
