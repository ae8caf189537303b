//! Passwords that are secrets: of each host its own, got when it is first needed, and seen nowhere.

use crate::support::{Fixture, Lab, Machine};

const PLAYBOOK: &str = "
hosts:
  web: { user: alice, become: { method: sudo, password: web_sudo } }
  db: { user: alice, become: { password: db_sudo } }
secrets:
  web_sudo: { file: web.pw }
  db_sudo: { command: [sh, -c, 'echo x >> {DIR}/t/asked; cat db.pw'] }
  carol: { env: CAROL }
rounds:
  - name: one
    hosts: all
    become: true
    calls:
      - { id: who, exec.shell: 'id -un; cat /tmp/pw' }
      - { id: again, exec.shell: 'id -un' }
      - { id: carol, become: { user: carol, method: su, password: carol }, exec.shell: 'id -un' }
";

/// Two machines on which one account has two passwords, each with its own in a file of its own.
fn machines(lab: &Lab) -> (Machine, Machine) {
    let (web, db) = (lab.debian("web"), lab.debian("db"));
    db.says("echo alice:db-canary-5521 | chpasswd");
    web.write("/tmp/pw", "pw-alice\n");
    db.write("/tmp/pw", "db-canary-5521\n");
    (web, db)
}

fn fixture(web: &Machine, db: &Machine) -> Fixture {
    Fixture::new(PLAYBOOK)
        .machine("web", web)
        .machine("db", db)
        .file("web.pw", "pw-alice\n")
        .file("db.pw", "db-canary-5521\n")
        .env("CAROL", "pw-carol")
}

#[test]
fn each_host_has_a_password_of_its_own() {
    let Some(lab) = Lab::start() else { return };
    let (web, db) = machines(&lab);
    let scene = fixture(&web, &db).build();
    scene.rmote_play(&["validate", "--strict", "site.yml"]).code(0);
    assert!(!scene.path("t/asked").exists(), "no check gets a secret");
    let ran = scene.events(&[]).code(0);
    for host in ["web", "db"] {
        let said = |id: &str| ran.end(host, id)["result"]["stdout"].clone();
        assert_eq!(said("who"), "root\n***", "{ran}");
        assert_eq!((said("again"), said("carol")), ("root".into(), "carol".into()));
    }
    assert_eq!(scene.read("t/asked"), "x\n");
    let ran = ran.never_says("pw-alice").never_says("db-canary");
    ran.never_says("pw-carol");
    for args in [&["-vv", "-D"][..], &["-v"], &[]] {
        let ran = scene.run(args).code(0).never_says("pw-alice");
        ran.never_says("db-canary").never_says("pw-carol");
    }
}

#[test]
fn a_wrong_or_a_missing_one_fails_its_own_host_alone() {
    let Some(lab) = Lab::start() else { return };
    let (web, db) = machines(&lab);
    let scene = fixture(&web, &db).file("db.pw", "db-canary-wrong\n").build();
    let ran = scene.events(&[]).code(2).never_says("db-canary");
    assert_eq!(ran.end("web", "again")["outcome"], "changed", "{ran}");
    let failure = ran.failure("db", "who");
    assert!(
        failure.contains("the password to become `root` is wrong: `sudo`"),
        "{failure}"
    );
    std::fs::remove_file(scene.path("web.pw")).unwrap();
    let ran = scene.events(&["-l", "web"]).code(2);
    let failure = ran.failure("web", "who");
    assert!(
        failure.contains("the secret `web_sudo` is not available") && failure.contains("web.pw"),
        "{failure}"
    );
}
