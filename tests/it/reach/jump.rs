//! Through other hosts.

use crate::support::{Fixture, Sshd, Trust};

const WHERE: &str = "
rounds:
  - { name: one, hosts: far, calls: [{ id: it, exec.shell: 'echo $SSH_CONNECTION' }] }
";

/// The far host, which ssh's configuration knows by name, and a jump host of which it knows all but this.
fn scene(hosts: &str, far: &Sshd, jump: &Sshd, left_out: &str) -> Fixture {
    let block = jump.block("bastion");
    let block: String = block
        .lines()
        .filter(|line| !line.contains(left_out))
        .map(|line| line.to_owned() + "\n")
        .collect();
    let port = jump.port().to_string();
    let key = jump
        .block("x")
        .lines()
        .find_map(|line| line.trim().strip_prefix("IdentityFile "))
        .unwrap()
        .to_owned();
    let playbook = hosts.replace("PORT", &port).replace("KEY", &key) + WHERE;
    Fixture::new(playbook).host("far", far).ssh(&block)
}

#[test]
fn the_settings_of_a_jump_host_are_its_own() {
    let (Some(far), Some(jump)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    for (hosts, left_out) in [
        ("hosts: { far: { jump: bastion } }", "nothing"),
        (
            "hosts: { far: { jump: bastion }, bastion: { port: PORT, user: root } }",
            "  Port",
        ),
        (
            "hosts: { far: { jump: bastion }, bastion: { identity: KEY } }",
            "IdentityFile",
        ),
        ("hosts: { far: { jump: 'root@bastion:PORT' } }", "  Port"),
        (
            "hosts: { far: , bastion: { port: PORT } }\nconnection: { jump: bastion }",
            "  Port",
        ),
    ] {
        let before = jump.logins();
        scene(hosts, &far, &jump, left_out).events(&[]).code(0);
        assert_eq!(jump.logins(), before + 1, "{hosts}");
    }
}

#[test]
fn who_logs_in_on_a_host_is_not_who_logs_in_on_the_way_to_it() {
    let (Some(far), Some(near), Some(jump)) = (Sshd::start(), Sshd::start(), Sshd::start()) else {
        return;
    };
    let playbook = "hosts: { far: , near: { jump: bastion }, bastion: { user: root } }".to_owned()
        + &WHERE.replace("hosts: far", "hosts: 'far,near'");
    let scene = Fixture::new(playbook)
        .host("far", &far)
        .host("near", &near)
        .host("bastion", &jump)
        .build();
    let line = ["-J", "bastion", "-u", "no-such-user", "--private-key"];
    let ran = scene.events(&[&line[..], &["ssh_config"]].concat()).code(4);
    assert_eq!(jump.logins(), 2, "{ran}");
    for event in ran.all("unreachable") {
        let said = event["message"].as_str().unwrap();
        assert!(
            said.contains("no-such-user@") && !said.contains("no way through"),
            "{said}"
        );
    }
}

#[test]
fn several_jump_hosts_are_passed_in_order() {
    let (Some(far), Some(one), Some(two)) = (Sshd::start(), Sshd::start(), Sshd::start()) else {
        return;
    };
    let playbook = "hosts: { far: { jump: two }, two: { jump: one }, one: }".to_owned() + WHERE;
    Fixture::new(playbook)
        .host("far", &far)
        .host("one", &one)
        .host("two", &two)
        .run(&[])
        .code(0);
    assert_eq!([far.logins(), two.logins(), one.logins()], [1, 1, 1]);
}

#[test]
fn a_jump_host_that_fails_is_told_from_a_host_behind_it() {
    let (Some(far), Some(jump)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    let unreachable = |fixture: Fixture| {
        let ran = fixture.events(&[]).code(4);
        let event = ran.all("unreachable")[0].clone();
        format!(
            "{}: {}",
            event["cause"].as_str().unwrap(),
            event["message"].as_str().unwrap()
        )
    };
    let hosts = "hosts: { far: { jump: 'bastion:1' } }";
    let said = unreachable(scene(hosts, &far, &jump, "nothing"));
    assert!(
        said.starts_with("refused: no way through the jump host `bastion:1`"),
        "{said}"
    );
    let playbook = "hosts: { far: { jump: bastion, port: 1 } }".to_owned() + WHERE;
    let said = unreachable(Fixture::new(playbook).host("far", &far).host("bastion", &jump));
    assert!(
        said.contains("`far` is not reached through the jump host `bastion`: connect failed"),
        "{said}"
    );
    let playbook = "hosts: { far: { jump: bastion } }".to_owned() + WHERE;
    let stranger = jump.block_with("bastion", jump.port(), Trust::Right, "other_client_key");
    let said = unreachable(Fixture::new(playbook).host("far", &far).ssh(&stranger));
    assert!(
        said.starts_with("login_refused: no way through the jump host `bastion`: the login was refused"),
        "{said}"
    );
}

#[test]
fn many_hosts_go_through_one_that_takes_few_at_once() {
    let (Some(far), Some(jump)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    let playbook =
        "hosts: { 'far[1:20]': { jump: bastion } }".to_owned() + &WHERE.replace("hosts: far", "hosts: all");
    let ran = Fixture::new(playbook)
        .host("far*", &far)
        .host("bastion", &jump)
        .events(&[])
        .code(0);
    assert_eq!(ran.all("connected").len(), 20);
    assert_eq!(jump.logins(), 20);
}

#[test]
fn what_is_chosen_about_keys_reaches_ssh() {
    let Some(far) = Sshd::start() else { return };
    let unknown = far.block_with("far", far.port(), Trust::Unknown, "client_key");
    let lax: String = unknown
        .lines()
        .filter(|line| !line.contains("StrictHostKeyChecking"))
        .map(|line| line.to_owned() + "\n")
        .collect();
    let playbook = |settings: &str| format!("hosts: {{ far: {{ {settings} }} }}{WHERE}");
    Fixture::new(playbook("")).ssh(&unknown).run(&[]).code(4);
    Fixture::new(playbook("host_keys: accept_new"))
        .ssh(&lax)
        .run(&[])
        .code(0);
    let changed = far.block_with("far", far.port(), Trust::Changed, "client_key");
    let ran = Fixture::new(playbook("host_keys: accept_new"))
        .ssh(&changed)
        .events(&[])
        .code(4);
    assert_eq!(ran.all("unreachable")[0]["cause"], "key_changed", "{ran}");
    // A server that has only what `fast` puts first, and one that has only something else.
    for kex in ["curve25519-sha256", "ecdh-sha2-nistp256"] {
        let Some(server) = Sshd::setup().line(&format!("KexAlgorithms {kex}")).start() else {
            return;
        };
        let block = server
            .block("far")
            .replace("  KexAlgorithms curve25519-sha256\n", "");
        let ran = Fixture::new(playbook("key_exchange: fast"))
            .ssh(&block)
            .run(&[])
            .code(0);
        drop(ran);
    }
}
