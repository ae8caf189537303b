//! The forms in which a secret may stand in a text: as it is, and as programs commonly write it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{NO_PAD, PAD};

use crate::secret::{dumps, quoting};

/// The fewest characters of what is looked for: shorter texts would be found everywhere.
pub(super) const SHORTEST: usize = 6;
/// Where programs break lines of base64.
const COLUMNS: [usize; 2] = [76, 64];
/// Of longer texts only the forms are looked for in which they may be expected: each form of each costs memory.
const LARGE: usize = 16 << 10;

/// Everything that is looked for because of a secret.
pub(super) fn forms(secret: &str) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::new();
    for piece in pieces(secret) {
        add(&piece, &mut all);
    }
    all.retain(|form| form.len() >= SHORTEST);
    all
}

/// The same without its lines.
pub(super) fn forms_of_whole(text: &str) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::new();
    add(text, &mut all);
    all.retain(|form| form.len() >= SHORTEST);
    all
}

/// Whether a secret is long enough to be looked for.
pub(super) fn is_long(secret: &str) -> bool {
    is_enough(secret.trim())
}

fn is_enough(text: &str) -> bool {
    text.chars().count() >= SHORTEST
}

/// The whole, and each line of it. Programs cut off the blanks at the ends of what they are given, and shells make one blank
/// of many.
fn pieces(secret: &str) -> BTreeSet<String> {
    let whole = secret.trim_end_matches(['\n', '\r']);
    let lines = whole.lines().filter(move |line| line.len() < whole.len());
    // Lines such as `-----BEGIN ...-----` say what a file is and are no secret.
    let telling = lines.map(str::trim).filter(|line| !line.starts_with("-----"));
    let mut all = BTreeSet::new();
    for piece in [whole, whole.trim()].into_iter().chain(telling) {
        if !is_enough(piece.trim()) {
            continue;
        }
        if piece.len() <= LARGE && piece.contains(char::is_whitespace) {
            let words: Vec<&str> = piece.split_whitespace().collect();
            all.insert(words.join(" "));
        }
        all.insert(piece.to_owned());
    }
    all
}

fn add(text: &str, all: &mut BTreeSet<Vec<u8>>) {
    let bytes = text.as_bytes();
    all.insert(bytes.to_vec());
    base64(bytes, &STANDARD, all);
    if text.len() > LARGE {
        all.insert(quoting::json(text).into_bytes());
        return;
    }
    base64(bytes, &URL_SAFE, all);
    let mut hex = String::new();
    for byte in bytes {
        let _infallible = write!(hex, "{byte:02x}");
    }
    all.insert(hex.to_uppercase().into_bytes());
    all.insert(hex.into_bytes());
    url(text, all);
    for form in quoting::escaped(text) {
        all.insert(form.into_bytes());
    }
    dumps::add(bytes, all);
}

/// The characters that are sure wherever in the encoded data the secret begins, and lines of the whole.
fn base64(bytes: &[u8], alphabet: &Alphabet, all: &mut BTreeSet<Vec<u8>>) {
    let engine = GeneralPurpose::new(alphabet, NO_PAD);
    for (before, unsure) in [(0, 0), (1, 2), (2, 3)] {
        let shifted = [&vec![0; before], bytes].concat();
        let sure = shifted.len() * 8 / 6;
        let encoded = engine.encode(&shifted);
        all.insert(encoded.as_bytes()[unsure.min(sure)..sure].to_vec());
    }
    let whole = GeneralPurpose::new(alphabet, PAD).encode(bytes);
    for columns in COLUMNS {
        if whole.len() > columns {
            all.extend(whole.as_bytes().chunks(columns).map(<[u8]>::to_vec));
        }
    }
}

/// As a part of a URL, by the several rules for what is left as it is.
fn url(text: &str, all: &mut BTreeSet<Vec<u8>>) {
    for safe in ["-._~", "-._~/", "-_.!~*'()", "-._*"] {
        for upper in [true, false] {
            for space in ["%20", "+"] {
                let mut form = String::new();
                for byte in text.bytes() {
                    let _infallible = match byte {
                        b' ' => form.write_str(space),
                        _ if byte.is_ascii_alphanumeric() || safe.as_bytes().contains(&byte) => {
                            form.write_char(char::from(byte))
                        }
                        _ if upper => write!(form, "%{byte:02X}"),
                        _ => write!(form, "%{byte:02x}"),
                    };
                }
                all.insert(form.into_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(secret: &str, form: &str) -> bool {
        forms(secret).iter().any(|it| {
            form.as_bytes()
                .windows(it.len())
                .any(|part| part == it.as_slice())
        })
    }

    #[test]
    fn every_common_encoding_is_among_the_forms() {
        let secret = "p&ß's \"w$rd\"/1";
        assert!(!has(secret, "cCbDn3Mgd29yZA"));
        for form in [
            secret,
            "p%26%C3%9F%27s%20%22w%24rd%22%2F1",
            "p%26%c3%9f's%20%22w%24rd%22%2f1",
            "p%26%C3%9F%27s+%22w%24rd%22%2F1",
            r#"p&ß's \"w$rd\"/1"#,
            r#"p&\u00df's \"w$rd\"/1"#,
            r#"p&ß's \"w$rd\"\/1"#,
            r#"p&ß's \\\"w$rd\\\"/1"#,
            r#"p&ß'\''s "w$rd"/1"#,
            r#"p&ß'"'"'s "w$rd"/1"#,
            r#"p&ß's \"w\$rd\"/1"#,
            r#"p\&ß\'s\ \"w\$rd\"/1"#,
            "p&amp;ß&#39;s &quot;w$rd&quot;/1",
            "7026c39f2773202277247264222f31",
            "7026C39F2773202277247264222F31",
        ] {
            assert!(has(secret, form), "{form}");
        }
    }

    #[test]
    fn base64_is_known_at_every_phase_and_broken_into_lines() {
        let engine = base64::engine::general_purpose::STANDARD;
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        for before in ["", "u", "us", "use", "user:"] {
            for after in ["", "\n", "??"] {
                let text = format!("{before}hunter2-\u{ff}?>hunter{after}");
                assert!(has("hunter2-\u{ff}?>hunter", &engine.encode(&text)), "{text}");
                assert!(has("hunter2-\u{ff}?>hunter", &url.encode(&text)), "{text}");
            }
        }
        let long = "0123456789".repeat(20);
        let encoded = engine.encode(&long);
        let found = forms(&long);
        for line in encoded.as_bytes().chunks(76).chain(encoded.as_bytes().chunks(64)) {
            assert!(line.len() < SHORTEST || found.contains(line));
        }
    }

    #[test]
    fn lines_are_known_alone_and_short_ones_are_not() {
        let key = "-----BEGIN KEY-----\nabcdefghij\nklm\n-----END KEY-----\n";
        assert!(has(key, "x abcdefghij x"));
        assert!(!has(key, "klm"));
        assert!(!has(key, "-----BEGIN KEY-----"));
        assert!(is_long("123456") && !is_long("12345") && !is_long("a\nb\n"));
    }
}
