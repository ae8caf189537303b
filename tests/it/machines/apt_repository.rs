//! `apt_repository.*` on a real Debian.

use std::os::unix::fs::PermissionsExt as _;

use super::apt::with_repository;
use super::law::on;
use crate::support::{Fixture, Lab, Machine};

/// The repository is there, and apt does not know it yet.
fn unknown(lab: &Lab) -> Machine {
    let machine = with_repository(lab);
    machine.says("rm /etc/apt/sources.list.d/test.sources; rm -r /var/lib/apt/lists/*test*");
    machine
}

const CALLS: &str = "
hosts:
  m: { user: root }
rounds:
  - name: r
    hosts: m
    calls:
      - id: key
        apt_repository.key: { name: shop, data: \"{{ file('key.asc') }}\", fingerprint: FINGERPRINT }
      - id: it
        apt_repository.present:
          { name: shop, uris: 'file:///srv/apt', suites: test, components: main, signed_by: \"{{ results.key.path }}\" }
      - { id: package, apt.package: shop-lib }
";

#[test]
fn a_key_and_its_repository_are_added_and_packages_come_from_it_at_once() {
    let Some(lab) = Lab::start() else { return };
    let machine = unknown(&lab);
    let listed = machine
        .says("gpg --show-keys --with-colons /srv/apt/key.asc 2>/dev/null | grep ^fpr: | cut -d: -f10");
    let fingerprint = listed.trim();
    let scene = Fixture::new(CALLS.replace("FINGERPRINT", fingerprint))
        .file("key.asc", machine.read("/srv/apt/key.asc"))
        .machine("m", &machine)
        .build();
    let ran = scene.events(&["-D"]).code(0);
    let ran = ran.outcomes(
        "m",
        &[("key", "changed"), ("it", "changed"), ("package", "changed")],
    );
    assert_eq!(ran.end("m", "key")["result"]["fingerprints"][0], fingerprint);
    assert_eq!(
        machine.read("/etc/apt/sources.list.d/shop.sources"),
        "Types: deb\nURIs: file:///srv/apt\nSuites: test\nComponents: main\nSigned-By: /etc/apt/keyrings/shop.gpg\n"
    );
    for path in [
        "/etc/apt/sources.list.d/shop.sources",
        "/etc/apt/keyrings/shop.gpg",
    ] {
        assert_eq!(
            machine.path(path).metadata().unwrap().permissions().mode() & 0o777,
            0o644,
            "{path}"
        );
    }
    scene
        .events(&[])
        .code(0)
        .outcomes("m", &[("key", "ok"), ("it", "ok"), ("package", "ok")]);
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("apt_repository.absent: { name: shop, key: true }");
    assert!(
        diff.contains("/etc/apt/keyrings/shop.gpg\n-file: present\n"),
        "{diff}"
    );
    assert_eq!(result["removed"].as_array().unwrap().len(), 2);
}

#[test]
fn another_key_under_the_same_name_takes_its_place() {
    let Some(lab) = Lab::start() else { return };
    let machine = unknown(&lab);
    machine.says(
        "mkdir -m 700 /root/other; export GNUPGHOME=/root/other; gpg --batch --quiet --passphrase '' \
         --quick-gen-key 'other <o@example.invalid>' ed25519 sign never; gpg --armor --export >/root/other.asc; gpgconf --kill all",
    );
    let keys = ["/srv/apt/key.asc", "/root/other.asc"].map(|path| machine.read(path));
    let calls = "
hosts: { m: { user: root } }
rounds:
  - { name: r, hosts: m, calls: [{ id: key, apt_repository.key: { name: shop, data: \"{{ file('key.asc') }}\" } }] }
";
    let scene = Fixture::new(calls)
        .file("key.asc", &*keys[0])
        .machine("m", &machine)
        .build();
    let mut seen = Vec::new();
    for (key, outcome) in [
        (0, "changed"),
        (0, "ok"),
        (1, "changed"),
        (1, "ok"),
        (0, "changed"),
    ] {
        scene.write("key.asc", keys[key].as_bytes());
        let ran = scene.events(&[]).code(0).outcomes("m", &[("key", outcome)]);
        let result = &ran.end("m", "key")["result"];
        assert_eq!(result["path"], "/etc/apt/keyrings/shop.gpg");
        seen.push(result["fingerprints"][0].clone());
    }
    assert!(
        seen[0] == seen[1] && seen[1] != seen[2] && seen[2] == seen[3],
        "{seen:?}"
    );
    assert_eq!(seen[0], seen[4]);
}

#[test]
fn several_of_everything_stand_in_one_file() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    let (_, result) = on.keeps_the_laws(
        "apt_repository.present: { name: shop, types: [deb, deb-src], uris: ['file:///a', 'file:///b'], \
         suites: [stable, stable-updates], components: [main, contrib], enabled: false }",
    );
    assert_eq!(result["path"], "/etc/apt/sources.list.d/shop.sources");
    assert_eq!(
        machine.read("/etc/apt/sources.list.d/shop.sources"),
        "Types: deb deb-src\nURIs: file:///a file:///b\nSuites: stable stable-updates\nComponents: main contrib\nEnabled: no\n"
    );
    on.keeps_the_laws("apt_repository.absent: shop");
    on.is_settled("apt_repository.absent: never-there");
}

#[test]
fn a_key_with_another_fingerprint_is_refused_before_anything_is_written() {
    let Some(lab) = Lab::start() else { return };
    let machine = unknown(&lab);
    let ran = Fixture::new(CALLS.replace("FINGERPRINT", "'0000 1111'"))
        .file("key.asc", machine.read("/srv/apt/key.asc"))
        .machine("m", &machine)
        .events(&[]);
    let failure = ran.failure("m", "key");
    assert!(
        failure.contains("its fingerprint is ") && failure.ends_with(", and not 00001111"),
        "{failure}"
    );
    assert!(!machine.path("/etc/apt/keyrings/shop.gpg").exists());
}

#[test]
fn a_repository_that_cannot_be_trusted_is_not_added() {
    let Some(lab) = Lab::start() else { return };
    let machine = unknown(&lab);
    let on = on(&machine);
    let call =
        "apt_repository.present: { name: shop, uris: 'file:///srv/apt', suites: test, components: main }";
    let failure = on.fails(call);
    assert!(
        failure.contains("`shop` was not added: apt refuses: "),
        "{failure}"
    );
    assert!(!machine.path("/etc/apt/sources.list.d/shop.sources").exists());
    let trusted = call.replace(" }", ", trusted: true, architectures: [amd64, all] }");
    let (diff, _) = on.keeps_the_laws(&trusted);
    assert!(
        diff.contains("+Architectures: amd64 all\n+Trusted: yes\n"),
        "{diff}"
    );
    // A change that fails leaves the file as it was.
    let failure = on.fails(&trusted.replace("suites: test", "suites: nosuch"));
    assert!(failure.contains("was not added"), "{failure}");
    assert!(
        machine
            .read("/etc/apt/sources.list.d/shop.sources")
            .contains("Suites: test\n")
    );
    let off = trusted.replace(" }", ", enabled: false }");
    on.keeps_the_laws(&off);
    assert!(
        machine
            .read("/etc/apt/sources.list.d/shop.sources")
            .ends_with("Enabled: no\n")
    );
}

#[test]
fn names_that_are_paths_and_fields_that_are_empty_are_refused() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    for (call, message) in [
        (
            "apt_repository.absent: ../../x",
            "`../../x` is not the name of a repository",
        ),
        (
            "apt_repository.present: { name: x, uris: 'file:///x', suites: test }",
            "`components` is missing",
        ),
        (
            "apt_repository.present: { name: x, uris: 'file:///x', suites: ./, components: main }",
            "a flat repository",
        ),
        (
            "apt_repository.present: { name: x, uris: 'a b', suites: ./ }",
            "`a b` cannot be one of `uris`",
        ),
        (
            "apt_repository.present: { name: x, uris: 'file:///x', suites: ./, types: rpm }",
            "`rpm` is neither",
        ),
    ] {
        let said = on.is_refused(call);
        assert!(said.contains(message), "{call}: {said}");
    }
    let failure = on.fails("apt_repository.key: { name: x, data: no key }");
    assert!(
        failure.starts_with("invalid: the key `x` cannot be used: it holds no public key"),
        "{failure}"
    );
    // One text is one word, and a flat repository has no components.
    machine.says("mkdir /srv/flat; cd /srv/flat; : >Packages; printf 'Date: %s\\nMD5Sum:\\nSHA256:\\n %s 0 Packages\\n' \
        \"$(date -Ru)\" $(sha256sum Packages | cut -d' ' -f1) >Release");
    on.keeps_the_laws(
        "apt_repository.present: { name: flat, uris: 'file:///srv/flat', suites: ./, trusted: true }",
    );
    let text = machine.read("/etc/apt/sources.list.d/flat.sources");
    assert_eq!(
        text,
        "Types: deb\nURIs: file:///srv/flat\nSuites: ./\nTrusted: yes\n"
    );
}
