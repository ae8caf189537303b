//! Hosts from Ansible's inventories: read, run on, explained, and refused where something is wrong with them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Fixture, Scene};

const ECHO: &str = "
rounds:
  - name: one
    hosts: web
    calls:
      - id: say
        exec.command: [echo, \"{{ inventory_hostname }} {{ port }} {{ enabled }} {{ hostvars['web2'].port }} {{ groups['all'] | length }}\"]
        writes: []
      - log.log: \"said {{ results.say.stdout }}\"
";

const SCRIPT: &str = "#!/bin/sh
echo ran >> {DIR}/t/ran
echo '{\"web\": {\"hosts\": [\"web1\"], \"vars\": {\"ansible_connection\": \"local\", \"port\": 1, \"enabled\": true}}, \"_meta\": {\"hostvars\": {}}}'
";

fn executable(scene: &Scene, path: &str) {
    fs::set_permissions(scene.path(path), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_playbook_runs_on_the_hosts_of_an_inventory_with_their_variables() {
    let scene = Fixture::new(ECHO)
        .file(
            "inv/hosts",
            "[web]\nweb[1:2] ansible_connection=local\n[web:vars]\nport=80\n",
        )
        .file("inv/group_vars/web.yml", "enabled: yes\n")
        .file("inv/host_vars/web2.yml", "port: 81\n")
        .build();
    let ran = scene.events(&["-i", "inv/hosts"]).code(0);
    ran.says("said web1 80 True 81 2").says("said web2 81 True 81 2");
    // The key of the playbook does the same, a directory, too, and more may be added. `-i` names others instead.
    scene.write("site.yml", format!("inventory: inv\n{ECHO}").as_bytes());
    let added = ["--add-inventory", "web3,", "-e", "port=9"];
    scene.events(&added).code(0).says("said web1 9 True 9 3");
    let instead = scene.run(&["-i", "web3,"]).code(1);
    instead.says("`web` is not a host or group");
}

#[test]
fn variables_have_their_order_and_hosts_explains_it() {
    let scene = Fixture::new(
        "vars: { x: playbook }\nvars_files: vars.yml\ninventory: inv/hosts\nrounds: []\n",
    )
    .file("vars.yml", "x: file\n")
    .file(
        "inv/hosts",
        "[web]\nweb1 x=host\n[all:vars]\nx=all\n[web:vars]\nx=web\n[top:children]\nweb\n[top:vars]\nx=top\n",
    )
    .file("inv/group_vars/all.yml", "x: files_all\n")
    .file("inv/group_vars/web.yml", "x: files_web\n")
    .file("inv/host_vars/web1.yml", "x: host_file\n")
    .file("group_vars/all.yml", "x: beside_playbook_all\n")
    .file("group_vars/web.yml", "x: beside_playbook_web\n")
    .file("host_vars/web1/a.yml", "x: beside_playbook_host\n")
    .build();
    let ran = scene
        .rmote_play(&["hosts", "site.yml", "-e", "x=extra", "--explain", "web1", "x"])
        .code(0);
    let values: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.trim().strip_prefix("over ").or(line.strip_prefix("x = ")))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    let expected = [
        "extra",
        "beside_playbook_host",
        "host_file",
        "host",
        "beside_playbook_web",
        "files_web",
        "beside_playbook_all",
        "files_all",
        "web",
        "top",
        "all",
        "file",
        "playbook",
    ];
    assert_eq!(values, expected.map(|it| format!("\"{it}\"")), "{ran}");
    ran.says("from -e")
        .says("group_vars of `web`, inv/group_vars/web.yml:1:4")
        .says("from group `top`, inv/hosts:10:3");
    scene
        .rmote_play(&["hosts", "site.yml", "--explain", "web1", "y"])
        .code(1)
        .says("nothing gives `web1` a variable `y`");
    scene
        .rmote_play(&["hosts", "site.yml", "--explain", "wbe1"])
        .code(1)
        .says("Did you mean `web1`?");
}

#[test]
fn hosts_lists_draws_and_prints_what_a_pattern_selects() {
    let scene = Fixture::new("")
        .file(
            "inv",
            "lone\n[web]\nweb[1:2]\n[db]\ndb1\n[prod:children]\nweb\ndb\n",
        )
        .build();
    let list = |args: &[&str]| {
        scene
            .rmote_play(&[&["hosts", "-i", "inv"], args].concat())
            .code(0)
            .stdout
    };
    assert_eq!(list(&[]), "lone\nweb1\nweb2\ndb1");
    assert_eq!(list(&["prod:!web1"]), "web2\ndb1");
    assert_eq!(
        list(&["--graph", "web:lone"]),
        "@all:\n  |--@ungrouped:\n  |  |--lone\n  |--@prod:\n  |  |--@web:\n  |  |  |--web1\n  |  |  |--web2\n  |  |--@db:"
    );
    let json: serde_json::Value = serde_json::from_str(&list(&["--format", "json"])).unwrap();
    assert_eq!(json["prod"]["children"], serde_json::json!(["web", "db"]));
    scene
        .rmote_play(&["hosts", "-i", "inv", "nosuch"])
        .code(1)
        .says("`nosuch` is not a host or group");
    scene
        .rmote_play(&["hosts"])
        .code(64)
        .says("no playbook and no inventory");
}

#[test]
fn connection_variables_become_settings_and_what_cannot_is_named() {
    let scene = Fixture::new("")
        .file(
            "inv.yml",
            "all:
  vars:
    ansible_user: \"{{ who }}\"
    who: deploy
    ansible_password: hunter2hunter2
    ansible_become: yes
    ansible_become_user: app
    ansible_become_method: sudo
    ansible_ssh_common_args: -o ProxyJump=bastion -F /other
  hosts:
    a: { ansible_host: \"{{ inventory_hostname }}.example.org\", ansible_port: '2222', ansible_ssh_private_key_file: ~/k }
    c: { ansible_connection: docker, ansible_host: box }
    w: { ansible_connection: winrm }
    bad: { ansible_port: ninety }
",
        )
        .build();
    let ran = scene.rmote_play(&["hosts", "-i", "inv.yml"]).code(1);
    ran.says("`ansible_port` of `bad` cannot be `ninety`");
    scene.write(
        "inv.yml",
        scene.read("inv.yml").replace("ninety", "90").as_bytes(),
    );
    let ran = scene
        .rmote_play(&["hosts", "-i", "inv.yml", "--explain", "a"])
        .code(0);
    ran.says("by ssh: deploy@a.example.org, port 2222, key ~/k, ProxyJump=bastion, as app by sudo")
        .says("`-F /other` in `ansible_ssh_common_args` does nothing here")
        .says("`winrm` hosts cannot be reached");
    scene
        .rmote_play(&["hosts", "-i", "inv.yml", "--explain", "c"])
        .code(0)
        .says("docker exec -i -u deploy box /bin/sh");
}

#[test]
fn what_cannot_be_used_is_an_error_only_where_it_is_read() {
    let scene = Fixture::new(
        "inventory: inv.yml\nrounds:\n  - name: one\n    hosts: all\n    calls:\n      - log.log: \"fine {{ fine }} {{ map.ok }}\"\n",
    )
    .file(
        "inv.yml",
        "all:
  hosts:
    h:
      ansible_connection: local
      fine: 1
      looked: \"{{ lookup('env', 'HOME') }}\"
      map:
        ok: 2
        sealed: !vault |
          $ANSIBLE_VAULT;1.1;AES256
          6231336539
",
    )
    .build();
    scene.events(&[]).code(0).says("fine 1 2");
    for (read, words) in [
        ("looked", "lookup"),
        ("map.sealed", "the value is vaulted, and no password was given"),
    ] {
        let playbook = scene.read("site.yml").replace("map.ok", read);
        scene.write("bad.yml", playbook.as_bytes());
        let ran = scene.rmote_play(&["validate", "bad.yml"]).code(1);
        let ran = ran.says("unusable-value").says(words).says("bad.yml:6");
        assert!(!ran.stdout.contains("6231336539"), "{ran}");
    }
    let json = scene
        .rmote_play(&["hosts", "-i", "inv.yml", "--format", "json"])
        .code(0);
    assert!(!json.stdout.contains("ANSIBLE_VAULT"), "{json}");
    // Of a file that is vaulted as a whole not even the names are known.
    scene.write("group_vars/all.yml", b"$ANSIBLE_VAULT;1.1;AES256\n6231336539\n");
    scene
        .run(&[])
        .code(1)
        .says("`group_vars/all.yml` is vaulted")
        .says("--vault-password-file");
    let playbook = scene.read("site.yml").replace("map.ok", "from_vault");
    scene.write("site.yml", playbook.as_bytes());
    scene
        .rmote_play(&["validate", "site.yml"])
        .code(0)
        .says("`from_vault` is not defined");
}

#[test]
fn validate_runs_no_inventory_unless_it_is_told_to() {
    let scene = Fixture::new(ECHO.replace("hostvars['web2'].port", "other"))
        .file("inv.sh", SCRIPT)
        .build();
    executable(&scene, "inv.sh");
    let ran = scene
        .rmote_play(&["validate", "-i", "inv.sh", "site.yml"])
        .code(0);
    ran.says("inventory-not-run").says("`web` is not a host or group");
    assert!(!scene.path("t/ran").exists());
    scene
        .rmote_play(&["validate", "--run-inventory", "-i", "inv.sh", "site.yml"])
        .code(1)
        .says("`other` is not defined");
    assert!(scene.path("t/ran").exists());
}

#[test]
fn a_script_that_misbehaves_is_named_with_what_it_did() {
    let scene = Fixture::new("").build();
    for (script, words) in [
        ("#!/bin/sh\necho no\n", "printed no JSON: line 1"),
        ("#!/bin/sh\necho '[1]'\n", "printed JSON that is a list"),
        ("#!/bin/sh\necho gone wrong >&2; exit 3\n", "gone wrong"),
        ("#!/bin/sh\nprintf '\\377'\n", "printed what is not UTF-8"),
        ("#!/bin/sh\nsleep 100\n", "did not end within 0.3 s"),
        (
            "#!/nonexistent/python\n",
            "the program in its first line does not exist",
        ),
        (
            "#!/bin/sh\necho '{\"g\": {\"hosts\": 1}}'\n",
            "`hosts` of the group `g` must be a list",
        ),
        (
            "#!/bin/sh\n[ $1 = --list ] && echo '{\"g\": [\"a\"]}' || exit 1\n",
            "--host a",
        ),
        (
            "#!/bin/sh\necho '{\"g\": {\"hosts\": [\"-oProxyCommand=x\"]}, \"_meta\": {\"hostvars\": {}}}'\n",
            "begins with `-`",
        ),
    ] {
        scene.write("inv.sh", script.as_bytes());
        executable(&scene, "inv.sh");
        scene
            .rmote_play(&["hosts", "-i", "inv.sh", "--inventory-timeout", "300ms"])
            .code(1)
            .says(words);
    }
    fs::set_permissions(scene.path("inv.sh"), fs::Permissions::from_mode(0o644)).unwrap();
    scene
        .rmote_play(&["hosts", "-i", "inv.sh"])
        .code(1)
        .says("may not be executed")
        .says("chmod +x");
}

#[test]
fn what_everyone_can_write_is_not_trusted() {
    let scene = Fixture::new("")
        .file("inv.sh", SCRIPT)
        .file("dir/hosts", "h\n")
        .file("dir/group_vars/all.yml", "x: 1\n")
        .build();
    fs::set_permissions(scene.path("inv.sh"), fs::Permissions::from_mode(0o777)).unwrap();
    scene
        .rmote_play(&["hosts", "-i", "inv.sh"])
        .code(1)
        .says("writable-by-others")
        .says("it can be written by everyone");
    assert!(!scene.path("t/ran").exists());
    fs::set_permissions(scene.path("dir/group_vars"), fs::Permissions::from_mode(0o777)).unwrap();
    scene
        .rmote_play(&["hosts", "-i", "dir"])
        .code(1)
        .says("`dir/group_vars` can be written by everyone");
}

#[test]
fn every_mistake_in_an_inventory_is_marked() {
    let scene = Fixture::new("").build();
    for (name, text, words) in [
        (
            "a.ini",
            "[web\nx\n[a b]\n",
            &["`[` is never closed", "this is no section"][..],
        ),
        ("a.ini", "[web:vrs]\n", &["`vrs` is no sort of section"]),
        ("a.ini", "web1 novalue\n", &["`name=value` is expected"]),
        ("a.ini", "web1 a='x\n", &["a quote is not closed"]),
        ("a.ini", "web[3:1]\n", &["begins at `3`, after its end"]),
        (
            "a.ini",
            "[g:vars]\nx=1\n",
            &["the group `g` has variables, and is not declared"],
        ),
        ("a.ini", "[g:children]\nnone\n", &["`none` is not a group"]),
        (
            "a.ini",
            "[g:children]\n[web\n",
            &["one name of a group on each line"],
        ),
        (
            "a.ini",
            "[g]\nx\n[g:children]\nh\n[h:children]\ng\n",
            &["contains itself"],
        ),
        ("a.ini", "g\nh\n[g]\nh\n", &["`g` is both a host and a group"]),
        ("a.ini", "web1:\n", &["a `:` ends the name"]),
        ("a.ini", "žlutý\n", &["contains `\\u{17e}`"]),
        (
            "a.yml",
            "all:\n  host:\n    x:\n",
            &["a group has no key `host`", "`hosts`"],
        ),
        (
            "a.yml",
            "all:\n  hosts: [a, b]\n",
            &["`hosts` must be a map, not list"],
        ),
        ("a.yml", "- a\n", &["an inventory is a map of groups"]),
        (
            "a.yml",
            "plugin: amazon.aws.aws_ec2\n",
            &["configures a plugin of Ansible"],
        ),
        ("a.yml", "", &["the inventory is empty"]),
        (
            "a.yml",
            "all:\n  vars: {ansible_group_priority: high}\n",
            &["is a whole number"],
        ),
        ("a.toml", "", &["is TOML"]),
    ] {
        scene.write(name, text.as_bytes());
        let ran = scene.rmote_play(&["hosts", "-i", name]).code(1);
        for word in words {
            assert!(ran.stderr.contains(word), "{text:?}: {word}\n{ran}");
        }
    }
    scene
        .rmote_play(&["hosts", "-i", "missing"])
        .code(1)
        .says("the inventory `missing` does not exist")
        .says("`-i web1,`");
}

#[test]
fn what_is_odd_is_a_warning() {
    let scene = Fixture::new("")
        .file(
            "inv/hosts",
            "[a]\nh x=FALSE y=007\n[b]\nh\n[a:vars]\nn=1 # one\nt=a # b\nz=1\n[b:vars]\nz=2\ngroups=3\nfoo-bar=4\n",
        )
        .file("inv/group_vars/a.yml", "k: 1\n")
        .file("inv/group_vars/a/x.yml", "k: 2\nk: 3\n")
        .build();
    let ran = scene.rmote_play(&["hosts", "-i", "inv"]).code(0);
    for words in [
        "`FALSE` is text",
        "`007` is text",
        "the comment behind `1 # one` is dropped",
        "what looks like a comment is part of the value",
        "the groups `a` and `b` give `z` different values",
        "templates know `groups` as something else",
        "templates cannot name the variable `foo-bar`",
        "`inv/group_vars/a.yml` is not read: `inv/group_vars/a` comes first",
        "the key `k` is there twice",
    ] {
        assert!(ran.stderr.contains(words), "{words}\n{ran}");
    }
}
