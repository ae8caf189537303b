//! Reading what `ansible-vault` has encrypted: its formats 1.1 and 1.2, AES-256.

use aes::Aes256;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const HEAD: &str = "$ANSIBLE_VAULT;";
const ROUNDS: u32 = 10_000;

/// Whether it looks like a file or value of Ansible's vault.
pub fn is_vault(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(HEAD.as_bytes())
}

/// Opens it with a password.
///
/// # Errors
/// Where it is damaged; where it is another password: `Ok(None)`.
pub(super) fn open(text: &str, password: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let damaged = || "it is damaged".to_owned();
    let (head, body) = text.trim().split_once('\n').ok_or_else(damaged)?;
    let head = head.trim_end().strip_prefix(HEAD).ok_or_else(damaged)?;
    let mut words = head.split(';');
    if !matches!(
        (words.next(), words.next()),
        (Some("1.1" | "1.2"), Some("AES256"))
    ) {
        let head = head.escape_debug();
        return Err(format!(
            "its format is `{head}`, and only 1.1 and 1.2 with AES256 are known"
        ));
    }
    let body: String = body.split_ascii_whitespace().collect();
    let body = unhex(&body).ok_or_else(damaged)?;
    let mut parts = body
        .splitn(3, |byte| *byte == b'\n')
        .map(|part| unhex(std::str::from_utf8(part).ok()?));
    let mut part = || parts.next().flatten().ok_or_else(damaged);
    let (salt, code, mut content) = (part()?, part()?, part()?);

    let mut keys = [0; 80];
    pbkdf2::pbkdf2_hmac::<Sha256>(password, &salt, ROUNDS, &mut keys);
    let (cipher, rest) = keys.split_at(32);
    let (check, counter) = rest.split_at(32);
    let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(check).map_err(|_| damaged())?;
    mac.update(&content);
    if mac.verify_slice(&code).is_err() {
        return Ok(None);
    }
    let mut cipher = ctr::Ctr128BE::<Aes256>::new(cipher.into(), counter.into());
    cipher.apply_keystream(&mut content);
    // Padded to whole blocks, each byte the length of the padding.
    let padding = content.last().copied().map_or(0, usize::from);
    let length = content.len().checked_sub(padding).ok_or_else(damaged)?;
    content.truncate(length);
    Ok(Some(content))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ansible_has_sealed_is_opened_by_its_password_alone() {
        let file = include_str!("../../tests/secrets/vars.vault.yml");
        assert!(is_vault(file.as_bytes()));
        let opened = open(file, b"vault-pass-1").unwrap().unwrap();
        assert!(opened.starts_with(b"db_password: vaulted-canary-6619\n") && opened.ends_with(b"7]\n"));
        assert!(open(file, b"vault-pass-2").unwrap().is_none());
        // As `!vault |` in a file: indented, with a label in its head.
        let inline = include_str!("../../tests/secrets/inline.yml")
            .split_once("!vault |\n")
            .unwrap()
            .1;
        assert!(inline.contains("1.2;AES256;dev"));
        assert_eq!(
            open(inline, b"vault-pass-1").unwrap().unwrap(),
            b"inline-canary-8840"
        );
    }

    #[test]
    fn whatever_is_damaged_is_refused_and_nothing_panics() {
        let file = include_str!("../../tests/secrets/vars.vault.yml");
        let (head, body) = file.split_once('\n').unwrap();
        for text in [
            "$ANSIBLE_VAULT;1.1;AES256",
            "$ANSIBLE_VAULT;1.1;AES256\n",
            "$ANSIBLE_VAULT;1.0;AES\n00",
            "x",
        ] {
            assert!(open(text, b"vault-pass-1").is_err(), "{text}");
        }
        for body in ["0", "zz", "0a0a", "30310a", "\u{e9}\u{e9}"] {
            assert!(
                !matches!(open(&format!("{head}\n{body}"), b"x"), Ok(Some(_))),
                "{body}"
            );
        }
        for at in [0, 1, 77, 200, body.len() - 3] {
            let mut changed = body.to_owned();
            let digit = if changed.as_bytes()[at] == b'3' { "4" } else { "3" };
            changed.replace_range(at..=at, digit);
            assert!(
                !matches!(open(&format!("{head}\n{changed}"), b"vault-pass-1"), Ok(Some(_))),
                "{at}"
            );
        }
    }
}
