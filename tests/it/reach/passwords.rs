//! Logins by passwords and by keys that have passphrases: answered once, each host's own, and seen nowhere.

use std::fs;
use std::process::Command;

use crate::support::{Fixture, Lab, Machine, Ran, Scene, Sshd};

const ROUND: &str =
    "rounds: [{ name: one, hosts: web, calls: [{ id: it, exec.shell: 'id -un; echo $SSH_CONNECTION' }] }]\n";
const PASSWORD: &str = "login-canary-7731";

/// A machine on which alice has this password, whose server keeps a log and takes these lines of configuration.
fn machine(lab: &Lab, name: &str, password: &str, lines: &str) -> Machine {
    let machine = lab.debian(name);
    machine.write("/etc/ssh/sshd_config.d/a.conf", lines);
    machine.says(&format!(
        "echo 'alice:{password}' | chpasswd; kill $(cat /run/sshd.pid); \
         while [ -e /run/sshd.pid ]; do sleep 0.02; done; /usr/sbin/sshd -E /root/sshd.log"
    ));
    machine
}

/// What ssh knows of a machine: no key.
fn block(machine: &Machine, alias: &str) -> String {
    let block = machine.block(alias);
    let lines = block
        .lines()
        .filter(|line| !line.contains("Identit") && !line.contains("UserKnown"));
    lines.fold(String::new(), |all, line| all + line + "\n")
        + "  PubkeyAuthentication no\n  UserKnownHostsFile "
        + &known(machine)
        + "\n"
}

fn known(machine: &Machine) -> String {
    let block = machine.block("x");
    let line = block
        .lines()
        .find_map(|line| line.trim().strip_prefix("UserKnownHostsFile "));
    line.unwrap().to_owned()
}

fn fixture(machine: &Machine, hosts: &str) -> Fixture {
    let playbook = format!("{hosts}\n{ROUND}");
    // The network of the lab, and the block without a key first.
    Fixture::new(playbook)
        .ssh(&block(machine, "web"))
        .machine("lab", machine)
        .file("pw", format!("{PASSWORD}\n"))
}

fn who(ran: &Ran) -> String {
    let said = ran.end("web", "it")["result"]["stdout"]
        .as_str()
        .unwrap()
        .to_owned();
    said.lines().next().unwrap_or_default().to_owned()
}

/// The files of a scene, but for those of the passwords, that hold a text.
fn holders(scene: &Scene, text: &str) -> Vec<String> {
    let found = Command::new("grep")
        .args(["-rlaF", text, "."])
        .current_dir(scene.dir())
        .output()
        .unwrap();
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    let known = ["./pw", "./hosts.ini"];
    found
        .lines()
        .filter(|line| !known.contains(line))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_password_logs_in_however_it_is_given_and_is_seen_nowhere() {
    let Some(lab) = Lab::start() else { return };
    let by_pam = "PasswordAuthentication no\nKbdInteractiveAuthentication yes\n";
    for (name, lines) in [("plain", ""), ("pam", by_pam)] {
        let web = machine(&lab, name, PASSWORD, lines);
        let typed = ["--connection-password-file", "pw"];
        for (hosts, args) in [
            ("hosts: { web: { user: alice } }", &typed[..]),
            (
                "hosts: [web]",
                &["--connection-password-file", "pw", "-u", "alice"],
            ),
            (
                "hosts: { web: { user: alice, password: login } }\nsecrets: { login: { file: pw } }",
                &[],
            ),
            (
                "connection: { user: alice, password: login }\nhosts: [web]\n\
                 secrets: { login: { command: [cat, pw] } }",
                &[],
            ),
            ("inventory: hosts.ini", &[]),
        ] {
            let inventory = format!("web ansible_user=alice ansible_password={PASSWORD}\n");
            let scene = fixture(&web, hosts)
                .file("hosts.ini", inventory)
                .persist()
                .build();
            scene.rmote_play(&["validate", "--strict", "site.yml"]).code(0);
            let ran = scene.events(&[args, &["-vv"]].concat()).code(0);
            assert_eq!(who(&ran), "alice", "{ran}");
            ran.never_says(PASSWORD);
            assert_eq!(holders(&scene, PASSWORD), [""; 0], "{hosts}");
            // The connection is there still, and with it the process that asked.
            let mut seen = 0;
            for process in fs::read_dir("/proc").unwrap().flatten() {
                let read = |name: &str| fs::read(process.path().join(name)).unwrap_or_default();
                let text = [read("cmdline"), read("environ")].concat();
                let text = String::from_utf8_lossy(&text).into_owned();
                if text.contains(&scene.dir().display().to_string()) {
                    seen += 1;
                    assert!(!text.contains(PASSWORD), "{text}");
                }
            }
            assert!(seen > 0, "the master stays for a minute");
            let again = scene.events(args).code(0);
            assert_eq!(again.all("connected")[0]["reused"], true, "{again}");
            let ssh = ["-F", "ssh_config", "-O", "exit", "web"];
            drop(Command::new("ssh").args(ssh).current_dir(scene.dir()).output());
        }
    }
}

#[test]
fn a_wrong_password_is_one_failed_login_and_says_so() {
    let Some(lab) = Lab::start() else { return };
    for (name, lines) in [
        ("plain", "LogLevel VERBOSE\n"),
        ("both", "LogLevel VERBOSE\nKbdInteractiveAuthentication yes\n"),
    ] {
        let web = machine(&lab, name, "another-one-5512", lines);
        let scene = fixture(&web, "hosts: { web: { user: alice, connect_retries: 3 } }").build();
        let ran = scene.events(&["--connection-password-file", "pw"]).code(4);
        let event = &ran.all("unreachable")[0];
        assert_eq!(event["cause"], "login_refused", "{ran}");
        let message = event["message"].as_str().unwrap();
        assert!(
            message.ends_with("the password that was given is not accepted"),
            "{message}"
        );
        let log = web.read("/root/sshd.log");
        let failed = log.matches("Failed password").count() + log.matches("Failed keyboard").count();
        assert_eq!(failed, 1, "{log}");
        ran.never_says(PASSWORD);
    }
}

#[test]
fn a_question_that_is_not_for_the_password_is_told_and_not_answered() {
    let Some(lab) = Lab::start() else { return };
    let lines = "PasswordAuthentication no\nKbdInteractiveAuthentication yes\n";
    let web = machine(&lab, "web", PASSWORD, lines);
    web.says("chage -d 0 alice");
    let ran = fixture(&web, "hosts: { web: { user: alice } }")
        .events(&["--connection-password-file", "pw"])
        .code(4);
    let event = &ran.all("unreachable")[0];
    let message = event["message"].as_str().unwrap();
    assert!(
        message.contains("the server asked \"(alice@") && message.contains("Current password:\""),
        "{ran}"
    );
    assert!(!message.contains("not accepted"), "{message}");
    ran.never_says(PASSWORD);
}

#[test]
fn a_host_key_is_not_accepted_though_ssh_may_ask() {
    let Some(lab) = Lab::start() else { return };
    let web = machine(&lab, "web", PASSWORD, "");
    let block = block(&web, "web")
        .replace("StrictHostKeyChecking yes", "StrictHostKeyChecking ask")
        .replace(&known(&web), "/dev/null");
    let ran = Fixture::new(format!("hosts: {{ web: {{ user: alice }} }}\n{ROUND}"))
        .ssh(&block)
        .machine("lab", &web)
        .file("pw", PASSWORD)
        .events(&["--connection-password-file", "pw"])
        .code(4);
    let event = &ran.all("unreachable")[0];
    assert_eq!(event["cause"], "key_unknown", "{ran}");
    assert!(!web.read("/root/sshd.log").contains("password"), "{ran}");
}

#[test]
fn each_host_on_the_way_gets_its_own_password_and_no_other() {
    let Some(lab) = Lab::start() else { return };
    let web = machine(&lab, "web", PASSWORD, "");
    let bastion = machine(&lab, "bastion", "gate-canary-4410", "LogLevel VERBOSE\n");
    let address = block(&bastion, "x");
    let address = address
        .lines()
        .find_map(|line| line.trim().strip_prefix("HostName "))
        .unwrap()
        .to_owned();
    let secrets = "secrets: { web: { file: pw }, gate: { file: gate } }";
    let scene = |hosts: &str| {
        fixture(&web, &format!("{hosts}\n{secrets}"))
            .ssh(&block(&bastion, "bastion"))
            .file("gate", "gate-canary-4410\n")
            .build()
    };
    let both = "hosts: { web: { user: alice, password: web, jump: bastion }, \
                bastion: { user: alice, password: gate } }";
    let ran = scene(both).events(&[]).code(0);
    let said = ran.end("web", "it")["result"]["stdout"].as_str().unwrap();
    assert!(said.contains(&address), "{said}");
    ran.never_says("canary");
    // By -J, it is the same host of the inventory.
    let typed = both.replace(", jump: bastion", "");
    let ran = scene(&typed).events(&["-J", "bastion"]).code(0);
    let said = ran.end("web", "it")["result"]["stdout"].as_str().unwrap();
    assert!(said.contains(&address), "{said}");
    // One that has no password of its own is told no other's.
    let attempts = || bastion.read("/root/sshd.log").matches("Failed password").count();
    let before = attempts();
    for hosts in [
        "hosts: { web: { user: alice, password: web, jump: 'alice@bastion' } }",
        "hosts: { web: { user: alice, password: web, ssh_options: ['ProxyJump=alice@bastion'] } }",
    ] {
        let ran = scene(hosts).events(&[]).code(4);
        assert_eq!(ran.all("unreachable")[0]["cause"], "login_refused", "{ran}");
    }
    assert_eq!(attempts(), before, "{}", bastion.read("/root/sshd.log"));
}

/// A server whose client has a key with a passphrase, and the block of ssh's configuration for it.
fn with_passphrase() -> Option<(Sshd, String)> {
    let sshd = Sshd::start()?;
    let block = sshd.block("web");
    sshd.encrypt("phrase canary 42");
    Some((sshd, block))
}

#[test]
fn the_passphrase_of_a_key_is_answered_and_a_wrong_or_missing_one_is_said() {
    let Some((_sshd, block)) = with_passphrase() else {
        return;
    };
    let hosts = "hosts: { web: { passphrase: key } }\nsecrets: { key: { file: phrase } }\n";
    let scene = |phrase: &str| {
        Fixture::new(hosts.to_owned() + ROUND)
            .ssh(&block)
            .file("phrase", phrase)
            .build()
    };
    let ran = scene("phrase canary 42\n").events(&[]).code(0);
    ran.never_says("phrase canary");
    for (phrase, words) in [
        ("wrong-one-4242\n", "does not open the key"),
        ("", "which has a passphrase"),
    ] {
        let scene = scene(phrase);
        if phrase.is_empty() {
            scene.write("site.yml", format!("hosts: [web]\n{ROUND}").as_bytes());
        }
        let ran = scene.events(&[]).code(4);
        let message = ran.all("unreachable")[0]["message"].to_string();
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn a_refused_login_names_the_configured_key_that_is_missing() {
    let Some(sshd) = Sshd::start() else { return };
    let block = sshd.block("web");
    let line = block
        .lines()
        .find(|line| line.contains("IdentityFile"))
        .unwrap()
        .to_owned();
    let bare = block.replace(&line, "");
    for (hosts, ssh) in [
        ("hosts: { web: { identity: /nowhere/deploy_key } }", bare.clone()),
        (
            "hosts: [web]",
            block.replace(&line, "  IdentityFile /nowhere/deploy_key"),
        ),
    ] {
        let ran = Fixture::new(format!("{hosts}\n{ROUND}"))
            .ssh(&ssh)
            .events(&[])
            .code(4);
        let message = ran.all("unreachable")[0]["message"].to_string();
        assert!(
            message.contains("the identity file `/nowhere/deploy_key` does not exist"),
            "{message}"
        );
    }
    let scene = Fixture::new(format!("hosts: [web]\n{ROUND}")).ssh(&bare).build();
    scene
        .run(&["--private-key", "/nowhere/k"])
        .code(64)
        .says("`--private-key /nowhere/k` is not a file");
}
