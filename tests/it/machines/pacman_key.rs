//! `pacman_repository.key` on a machine whose pacman accepts only what is signed.

use super::law::on;
use super::pacman::with_repository;
use crate::support::Lab;

/// Signs the repository and its packages with a key of its own, and demands it. Prints the key's fingerprint.
const SIGN: &str = "set -e
export GNUPGHOME=/root/signer
mkdir -m 700 $GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-gen-key 'shop <shop@example.invalid>' ed25519 sign never 2>/dev/null
cd /srv/pac
for file in *.pkg.tar.gz test.db; do gpg --batch --detach-sign $file; done
gpg --armor --export >/srv/shop.asc
gpg --list-keys --with-colons | awk -F: '/^fpr/ { print $10; exit }'
gpgconf --kill all
sed -i 's/^SigLevel.*/SigLevel = Required DatabaseRequired/' /etc/pacman.conf
rm -r /var/lib/pacman/sync";

#[test]
fn a_key_is_trusted_once_it_is_added_and_signed_and_no_longer_when_it_is_gone() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let fingerprint = machine.says(SIGN).trim().to_owned();
    let key = machine.read("/srv/shop.asc").replace('\n', "\\n");
    let on = on(&machine);
    let failure = on.fails("pacman.update: {}");
    assert!(
        failure.starts_with("command_failed: pacman refuses: "),
        "{failure}"
    );

    // Without a keyring, and with none, a key that is not there has nothing to be removed.
    on.is_settled(&format!(
        "pacman_repository.key: {{ fingerprint: {fingerprint}, state: absent }}"
    ));
    let call = format!("pacman_repository.key: {{ data: \"{key}\", fingerprint: {fingerprint} }}");
    let (diff, result) = on.keeps_the_laws(&call);
    assert_eq!(
        diff,
        format!("keyring of pacman\n+{fingerprint}: signed locally\n")
    );
    assert_eq!(result["fingerprints"][0], fingerprint);
    // The database that was refused was left there.
    assert_eq!(on.call("pacman.update: {}")["outcome"], "ok");
    on.keeps_the_laws("pacman.package: shop");
    assert_eq!(machine.says("pgrep gpg-agent || true"), "", "an agent is left");

    // A key that is there and not trusted is signed.
    machine.says(
        "rm -r /etc/pacman.d/gnupg && pacman-key --init && pacman-key --add /srv/shop.asc &&
        gpgconf --homedir /etc/pacman.d/gnupg --kill all",
    );
    let (diff, _) = on.keeps_the_laws(&call);
    assert_eq!(
        diff,
        format!("keyring of pacman\n-{fingerprint}: not trusted\n+{fingerprint}: signed locally\n")
    );
    on.keeps_the_laws(&format!(
        "pacman_repository.key: {{ fingerprint: '{}', state: absent }}",
        fingerprint.to_lowercase()
    ));
    let failure = on.fails("pacman.package: shop-lib");
    assert!(
        failure.starts_with("command_failed: pacman refuses: "),
        "{failure}"
    );

    for (call, wanted) in [
        (
            format!("{{ data: \"{key}\", fingerprint: 0123456789012345678901234567890123456789 }}"),
            "its fingerprint is ",
        ),
        (
            "{ state: absent }".to_owned(),
            "`fingerprint` or `data` must say which one",
        ),
        (
            "{ fingerprint: 0123, state: absent }".to_owned(),
            "`0123` is no fingerprint",
        ),
        (format!("{{ fingerprint: {fingerprint} }}"), "`data` must hold it"),
    ] {
        let failure = on.fails(&format!("pacman_repository.key: {call}"));
        assert!(
            failure.starts_with("invalid: the key cannot be used: ") && failure.contains(wanted),
            "{failure}"
        );
    }
}
