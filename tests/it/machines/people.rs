//! What else is asked of users, and of the hosts that they know.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::law::on;
use crate::support::Lab;

const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";
const TWO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBb0j9uauLwC1IWq1WhpYW2rwsY+ueJ4LDZ/6wW4HkKg";

#[test]
fn the_ages_of_a_password_the_home_and_a_number_that_is_shared_are_as_asked() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("mkdir /opt/skel && echo hi >/opt/skel/hello");
    let on = on(&machine);
    let (_, result) = on.keeps_the_laws(
        "user.present: { name: zed, password_min_days: 1, password_warn_days: 14, password_inactive_days: 30, skeleton: /opt/skel, umask: 0077 }",
    );
    assert_eq!(result["home"], "/home/zed");
    let shadow = machine.says("getent shadow zed");
    let fields: Vec<&str> = shadow.trim().split(':').collect();
    assert_eq!((fields[3], fields[5], fields[6]), ("1", "14", "30"));
    let home = fs::metadata(machine.path("/home/zed")).unwrap();
    assert_eq!(home.mode() & 0o777, 0o700);
    assert!(machine.path("/home/zed/hello").is_file());
    let (diff, _) =
        on.keeps_the_laws("user.present: { name: zed, password_inactive_days: -1, password_max_days: 90 }");
    assert_eq!(
        diff,
        "user zed\n-password_max_days: 99999 days\n+password_max_days: 90 days\n-password_inactive_days: 30 days\n+password_inactive_days: never\n"
    );
    let uid = home.uid();
    let failure = on.fails(&format!("user.present: {{ name: twin, uid: {uid} }}"));
    assert!(failure.contains("`zed` has it"), "{failure}");
    on.keeps_the_laws(&format!(
        "user.present: {{ name: twin, uid: {uid}, non_unique: true }}"
    ));
    // A password that is set once is that of whoever is new.
    let hash =
        "$6$abcdefgh$yVfUwsw5T.JApa8POvClA1pQ5peiq97DUNyXCZN5IrF.BMSkiaLQ5kvpuEm/VQ1Tvh/KV2TcaWh8qinoW5dhA1";
    on.keeps_the_laws(&format!(
        "user.present: {{ name: new, password: '{hash}', password_once: true }}"
    ));
    machine.says("usermod -p '$6$other$x' new");
    on.is_settled(&format!(
        "user.present: {{ name: new, password: '{hash}', password_once: true }}"
    ));
    let looked = on.call("user.lookup: zed");
    assert_eq!(
        (&looked["result"]["home"], &looked["result"]["uid"]),
        (&"/home/zed".into(), &uid.into())
    );
    // An account that an earlier call of the run would make is known in check mode.
    let calls = ["user.present: later", "id: it\nuser.lookup: later"];
    let checked = on.run(&calls, &["-C"]);
    assert_eq!(
        checked.end("m", "it")["result"]["home"],
        "/home/later",
        "{checked}"
    );
}

#[test]
fn ssh_knows_the_keys_of_other_hosts() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws(&format!(
        "ssh.known_host: {{ name: [git.example.com, '[git.example.com]:2222'], key: '{ONE} git', user: alice }}"
    ));
    assert!(
        diff.contains(&format!("+[git.example.com]:2222 {ONE} git")),
        "{diff}"
    );
    assert_eq!(result["path"], "/home/alice/.ssh/known_hosts");
    let fingerprint = result["fingerprints"][0].as_str().unwrap().to_owned();
    let file = machine.path("/home/alice/.ssh/known_hosts");
    let (meta, above) = (
        fs::metadata(&file).unwrap(),
        fs::metadata(file.parent().unwrap()).unwrap(),
    );
    assert_eq!((meta.uid(), meta.mode() & 0o777), (1000, 0o600));
    assert_eq!((above.uid(), above.mode() & 0o777), (1000, 0o700));
    // What ssh-keygen finds is what ssh finds.
    let found = machine.says("ssh-keygen -l -F git.example.com -f /home/alice/.ssh/known_hosts");
    assert!(found.contains(&fingerprint), "{found}");
    on.keeps_the_laws(&format!(
        "ssh.known_host: {{ name: git.example.com, key: 'git.example.com {TWO}', hash: true }}"
    ));
    let text = fs::read_to_string(machine.path("/etc/ssh/ssh_known_hosts")).unwrap();
    assert!(text.starts_with("|1|") && !text.contains("example"), "{text}");
    machine.says("ssh-keygen -F git.example.com -f /etc/ssh/ssh_known_hosts");
    machine.says("printf 'db.example.com %s\\n' 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0' >>/etc/ssh/ssh_known_hosts && ssh-keygen -q -H -f /etc/ssh/ssh_known_hosts");
    on.is_settled(&format!(
        "ssh.known_host: {{ name: db.example.com, key: '{ONE}', hash: true }}"
    ));
    on.keeps_the_laws("ssh.known_host: { name: db.example.com, state: absent }");
    on.is_settled("ssh.known_host: { name: git.example.com, state: absent, user: nobody }");
    let failure = on.is_refused(&format!("ssh.known_host: {{ name: web, key: 'other {ONE}' }}"));
    assert!(failure.contains("the key is that of `other`"), "{failure}");
}

#[test]
fn a_user_gets_a_pair_of_keys_once_and_another_one_by_force_only() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("user.ssh_key: { user: alice, comment: alice@web1 }");
    assert_eq!(diff, "/home/alice/.ssh/id_ed25519\n+key: ed25519\n");
    let public = machine.says("cat /home/alice/.ssh/id_ed25519.pub");
    assert_eq!(result["public_key"], public.trim());
    assert!(public.ends_with(" alice@web1\n"), "{public}");
    let fingerprint = machine.says("ssh-keygen -l -f /home/alice/.ssh/id_ed25519");
    assert!(
        fingerprint.contains(result["fingerprint"].as_str().unwrap()),
        "{fingerprint}"
    );
    for (name, mode) in [("id_ed25519", 0o600), ("id_ed25519.pub", 0o644), ("", 0o700)] {
        let meta = fs::metadata(machine.path("/home/alice/.ssh").join(name)).unwrap();
        assert_eq!((meta.uid(), meta.mode() & 0o777), (1000, mode), "{name}");
    }
    on.keeps_the_laws("user.ssh_key: { user: alice, type: rsa, bits: 2048, path: /home/alice/.ssh/deploy }");
    let failure =
        on.fails("user.ssh_key: { user: alice, type: rsa, bits: 3072, path: /home/alice/.ssh/deploy }");
    assert!(
        failure.contains("ssh-rsa of 2048 bits") && failure.contains("`force`"),
        "{failure}"
    );
    let failure = on.fails("user.ssh_key: { user: alice, path: /home/alice/.ssh/deploy }");
    assert!(failure.starts_with("conflict: "), "{failure}");
    on.keeps_the_laws(
        "user.ssh_key: { user: alice, type: ecdsa, path: /home/alice/.ssh/deploy, force: true }",
    );
    // A passphrase locks the key, and is in no argument list.
    on.keeps_the_laws(
        "user.ssh_key: { user: alice, path: /home/alice/.ssh/locked, passphrase: open sesame }",
    );
    machine.says("ssh-keygen -y -P 'open sesame' -f /home/alice/.ssh/locked");
    assert_eq!(
        machine.says("ssh-keygen -y -P wrong -f /home/alice/.ssh/locked 2>/dev/null || echo no"),
        "no\n"
    );
    assert_eq!(machine.says("ls -A /tmp | grep -c rmote-key || true"), "0\n");
}
