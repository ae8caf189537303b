//! Reading what age has encrypted: its file format, version 1, for X25519 identities and passphrases.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bech32::primitives::decode::CheckedHrpstring;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};

const VERSION: &str = "age-encryption.org/v1";
const ARMOR: (&str, &str) = (
    "-----BEGIN AGE ENCRYPTED FILE-----",
    "-----END AGE ENCRYPTED FILE-----",
);
/// Content is sealed in chunks of this size, each with a tag.
const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
/// The logarithm of the most memory and work that a passphrase may cost: 1 GiB.
const MOST_WORK: u8 = 20;

/// A secret key.
#[derive(Clone)]
pub(super) struct Identity(StaticSecret);

/// One way in: for one recipient, or for a passphrase.
struct Stanza<'h> {
    kind: &'h str,
    arguments: Vec<&'h str>,
    body: Vec<u8>,
}

/// A file whose head was read.
pub(super) struct Sealed<'f> {
    stanzas: Vec<Stanza<'f>>,
    /// What the head's code is made of, and the code.
    head: &'f [u8],
    code: Vec<u8>,
    content: &'f [u8],
}

/// Whether a text is what age has encrypted, armored.
pub fn is_armored(text: &str) -> bool {
    text.trim_start().starts_with(ARMOR.0)
}

/// Whether it looks like a file of age.
pub fn is_age(bytes: &[u8]) -> bool {
    let begin = bytes.trim_ascii_start();
    begin.starts_with(VERSION.as_bytes()) || begin.starts_with(ARMOR.0.as_bytes())
}

/// The bytes of a file that is armored as text; others as they are.
pub(super) fn unarmor(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let Some(text) = std::str::from_utf8(bytes).ok().map(str::trim) else {
        return Ok(bytes.to_vec());
    };
    let Some(rest) = text.strip_prefix(ARMOR.0) else {
        return Ok(bytes.to_vec());
    };
    let inner = rest.strip_suffix(ARMOR.1).ok_or("its end is missing")?;
    let packed: String = inner.split_ascii_whitespace().collect();
    STANDARD
        .decode(packed)
        .map_err(|_| "it is damaged: not base64".to_owned())
}

impl Identity {
    /// The identity that a line of an identity file holds.
    ///
    /// # Errors
    /// What is wrong with it, without it.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let lower = line.to_ascii_lowercase();
        if lower.starts_with("age-plugin-") || lower.starts_with("age-secret-key-pq-") {
            return Err("keys of plugins and post-quantum keys are not known to this version".to_owned());
        }
        let wrong = || "it holds something that is no age key".to_owned();
        let decoded = CheckedHrpstring::new::<bech32::Bech32>(line).map_err(|_| wrong())?;
        let bytes: Vec<u8> = decoded.byte_iter().collect();
        let is_ours = decoded.hrp().to_string().eq_ignore_ascii_case("age-secret-key-");
        let key: [u8; 32] = bytes.try_into().map_err(|_| wrong())?;
        is_ours.then(|| Self(StaticSecret::from(key))).ok_or_else(wrong)
    }

    fn open(&self, stanza: &Stanza<'_>) -> Option<Vec<u8>> {
        let share: [u8; 32] = decode(stanza.arguments.first()?)?.try_into().ok()?;
        let shared = self.0.diffie_hellman(&PublicKey::from(share));
        if !shared.was_contributory() {
            return None;
        }
        let salt = [share, *PublicKey::from(&self.0).as_bytes()].concat();
        let key = derive(&salt, shared.as_bytes(), "age-encryption.org/v1/X25519");
        unwrap(&key, &stanza.body)
    }
}

impl<'f> Sealed<'f> {
    /// Reads the head of a file.
    ///
    /// # Errors
    /// Where it is none of age's, or damaged.
    pub(super) fn parse(bytes: &'f [u8]) -> Result<Self, String> {
        let damaged = || "its head is damaged".to_owned();
        let mut stanzas = Vec::new();
        let mut at = 0;
        let mut line = || {
            let rest = bytes.get(at..)?;
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let begin = at;
            at += end + 1;
            Some((begin, std::str::from_utf8(&rest[..end]).ok()?))
        };
        match line() {
            Some((_, VERSION)) => {}
            Some((_, other)) if other.starts_with("age-encryption.org/") => {
                return Err(format!(
                    "its format is `{}`, and only `{VERSION}` is known",
                    other.escape_debug()
                ));
            }
            _ => return Err("it is not an age file".to_owned()),
        }
        loop {
            let (begin, text) = line().ok_or_else(damaged)?;
            if let Some(code) = text.strip_prefix("--- ") {
                let code = decode(code).ok_or_else(damaged)?;
                let head = &bytes[..begin + 3];
                return Ok(Self {
                    stanzas,
                    head,
                    code,
                    content: &bytes[at..],
                });
            }
            let mut words = text.strip_prefix("-> ").ok_or_else(damaged)?.split(' ');
            let kind = words.next().ok_or_else(damaged)?;
            let mut body = String::new();
            loop {
                let (_, text) = line().ok_or_else(damaged)?;
                body.push_str(text);
                // A shorter line is the last one.
                if text.len() < 64 {
                    break;
                }
            }
            let body = decode(&body).ok_or_else(damaged)?;
            stanzas.push(Stanza {
                kind,
                arguments: words.collect(),
                body,
            });
        }
    }

    /// Whether a passphrase opens it.
    pub(super) fn wants_passphrase(&self) -> bool {
        self.stanzas.iter().any(|stanza| stanza.kind == "scrypt")
    }

    /// The words for whom it is sealed.
    pub(super) fn recipients(&self) -> String {
        let kinds: Vec<_> = self
            .stanzas
            .iter()
            .map(|stanza| stanza.kind.escape_debug().to_string())
            .collect();
        kinds.join(", ")
    }

    /// Opens it with any of these.
    ///
    /// # Errors
    /// Where none of them fits (`Ok(None)`), or the content is damaged.
    pub(super) fn open(&self, identities: &[Identity]) -> Result<Option<Vec<u8>>, String> {
        let ours = || self.stanzas.iter().filter(|stanza| stanza.kind == "X25519");
        let found = identities
            .iter()
            .find_map(|identity| ours().find_map(|stanza| identity.open(stanza)));
        found.map(|key| self.content(&key)).transpose()
    }

    /// Opens it with a passphrase.
    ///
    /// # Errors
    /// Where it is another one (`Ok(None)`), it would take too much work, or the content is damaged.
    pub(super) fn open_with(&self, passphrase: &str) -> Result<Option<Vec<u8>>, String> {
        let [stanza] = self.stanzas.as_slice() else {
            return Err("its head is damaged: a passphrase is next to something else".to_owned());
        };
        let parts = (|| {
            let salt = decode(stanza.arguments.first()?)?;
            Some((salt, stanza.arguments.get(1)?.parse::<u8>().ok()?))
        })();
        let (salt, work) = parts
            .filter(|(salt, _)| salt.len() == 16)
            .ok_or("its head is damaged")?;
        if work > MOST_WORK {
            return Err(format!("its passphrase costs more than 2^{MOST_WORK} of work"));
        }
        let salt = [b"age-encryption.org/v1/scrypt", salt.as_slice()].concat();
        let parameters = scrypt::Params::new(work, 8, 1, 32).map_err(|_| "its head is damaged")?;
        let mut key = [0; 32];
        scrypt::scrypt(passphrase.as_bytes(), &salt, &parameters, &mut key)
            .map_err(|_| "its head is damaged")?;
        unwrap(&key, &stanza.body)
            .map(|key| self.content(&key))
            .transpose()
    }

    fn content(&self, key: &[u8]) -> Result<Vec<u8>, String> {
        let damaged = || "it is damaged, or was changed".to_owned();
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(&derive(&[], key, "header"))
            .map_err(|_| damaged())?;
        mac.update(self.head);
        mac.verify_slice(&self.code).map_err(|_| damaged())?;
        let (nonce, mut rest) = self.content.split_at_checked(16).ok_or_else(damaged)?;
        let cipher = ChaCha20Poly1305::new(Key::from_slice(&derive(nonce, key, "payload")));
        let mut content = Vec::with_capacity(rest.len());
        let mut count = 0u64;
        loop {
            let (chunk, after) = rest.split_at(rest.len().min(CHUNK + TAG));
            let mut nonce = [0; 12];
            nonce[3..11].copy_from_slice(&count.to_be_bytes());
            nonce[11] = u8::from(after.is_empty());
            let plain = cipher
                .decrypt(Nonce::from_slice(&nonce), chunk)
                .map_err(|_| damaged())?;
            if plain.is_empty() && count > 0 {
                return Err(damaged());
            }
            content.extend(plain);
            if after.is_empty() {
                return Ok(content);
            }
            rest = after;
            count += 1;
        }
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).ok()
}

fn derive(salt: &[u8], secret: &[u8], what_for: &str) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(what_for.as_bytes(), &mut key)
        .expect("a key is shorter than what can be derived");
    key
}

/// The key of the file, if this key wraps it.
fn unwrap(key: &[u8; 32], body: &[u8]) -> Option<Vec<u8>> {
    if body.len() != 32 {
        return None;
    }
    let cipher = ChaCha20Poly1305::new(Key::from_slice(key));
    cipher.decrypt(&Nonce::default(), body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: &str = include_str!("../../tests/secrets/identity.txt");
    const OTHER: &str = include_str!("../../tests/secrets/other_identity.txt");

    fn identity(file: &str) -> Identity {
        let line = file.lines().find(|line| !line.starts_with('#')).unwrap();
        Identity::parse(line).unwrap_or_else(|why| panic!("{why}"))
    }

    #[test]
    fn what_age_has_sealed_is_opened_by_each_recipient_and_by_nobody_else() {
        let value = unarmor(include_bytes!("../../tests/secrets/value.age")).unwrap();
        for file in [IDENTITY, OTHER] {
            let opened = Sealed::parse(&value).unwrap().open(&[identity(file)]).unwrap();
            assert_eq!(opened.as_deref(), Some(&b"sealed-canary-0451\n"[..]));
        }
        let vars = include_bytes!("../../tests/secrets/vars.age");
        assert!(is_age(vars) && is_age(include_bytes!("../../tests/secrets/value.age")));
        let sealed = Sealed::parse(vars).unwrap();
        assert!(sealed.open(&[identity(OTHER)]).unwrap().is_none());
        assert!(
            sealed
                .open(&[identity(OTHER), identity(IDENTITY)])
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn a_passphrase_opens_what_it_has_sealed() {
        let file = unarmor(include_bytes!("../../tests/secrets/passphrase.age")).unwrap();
        let sealed = Sealed::parse(&file).unwrap();
        assert!(sealed.wants_passphrase());
        assert_eq!(
            sealed.open_with("open sesame").unwrap().unwrap(),
            b"passphrase-canary-2264\n"
        );
        assert!(sealed.open_with("open barley").unwrap().is_none());
        let costly = String::from_utf8_lossy(&file)
            .replacen(" 10\n", " 63\n", 1)
            .into_bytes();
        assert!(Sealed::parse(&costly).is_ok_and(|it| it.open_with("x").is_err()));
    }

    #[test]
    fn whatever_was_changed_is_refused_and_nothing_panics() {
        let file = include_bytes!("../../tests/secrets/vars.age");
        let keys = [identity(IDENTITY)];
        for at in 0..file.len() {
            let mut changed = file.to_vec();
            changed[at] ^= 1;
            let opened = Sealed::parse(&changed).and_then(|it| it.open(&keys));
            assert!(!matches!(opened, Ok(Some(_))), "byte {at}");
        }
        for end in (0..file.len()).step_by(7).chain([file.len() - 1]) {
            let cut = Sealed::parse(&file[..end]).and_then(|it| it.open(&keys));
            assert!(!matches!(cut, Ok(Some(_))), "cut at {end}");
        }
        for text in [
            "",
            "-----BEGIN AGE ENCRYPTED FILE-----",
            "age-encryption.org/v2\n",
        ] {
            assert!(
                unarmor(text.as_bytes())
                    .and_then(|it| Sealed::parse(&it).map(|_| ()))
                    .is_err()
            );
        }
        for line in ["AGE-PLUGIN-YUBIKEY-1Q", "AGE-SECRET-KEY-1QQ", "x", "age1qqqq", ""] {
            assert!(Identity::parse(line).is_err(), "{line}");
        }
    }
}
