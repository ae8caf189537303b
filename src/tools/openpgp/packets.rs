//! The packets of a public key, as far as a fingerprint needs them.

use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};

/// The packet that opens a key.
const PUBLIC_KEY: u8 = 6;

/// The fingerprints of all keys in a keyring, in capital hexadecimal digits; those of their subkeys are left out.
///
/// # Errors
/// What is wrong with it.
pub(super) fn fingerprints(mut data: &[u8]) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    while !data.is_empty() {
        let (tag, body, rest) = packet(data).ok_or("it is not whole")?;
        data = rest;
        if tag == PUBLIC_KEY {
            found.push(fingerprint(body)?);
        }
    }
    if found.is_empty() {
        return Err("it holds no public key".to_owned());
    }
    Ok(found)
}

/// A packet's tag and body, and what follows it.
fn packet(data: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (first, rest) = data.split_first()?;
    if first & 0x80 == 0 {
        return None;
    }
    let (tag, length, rest) = if first & 0x40 != 0 {
        let (one, after) = rest.split_first()?;
        let (length, after) = match *one {
            0..192 => (usize::from(*one), after),
            192..224 => (
                ((usize::from(*one) - 192) << 8) + usize::from(*after.first()?) + 192,
                &after[1..],
            ),
            255 => (u32::from_be_bytes(*after.first_chunk()?) as usize, &after[4..]),
            // Pieces of unknown length are not for keys.
            _ => return None,
        };
        (first & 0x3f, length, after)
    } else {
        let size = match first & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => return None,
        };
        let length = rest
            .get(..size)?
            .iter()
            .fold(0, |all, byte| (all << 8) | usize::from(*byte));
        ((first >> 2) & 0x0f, length, &rest[size..])
    };
    Some((tag, rest.get(..length)?, &rest[length..]))
}

/// Of a key of version 4, which is what archives sign with.
fn fingerprint(body: &[u8]) -> Result<String, String> {
    match body.first() {
        Some(4) => {}
        Some(version) => {
            return Err(format!(
                "it holds a key of version {version}, and only version 4 is known"
            ));
        }
        None => return Err("it holds an empty key".to_owned()),
    }
    let length = u16::try_from(body.len()).map_err(|_| "it holds a key that is too large".to_owned())?;
    let mut hash = Sha1::new();
    hash.update([0x99]);
    hash.update(length.to_be_bytes());
    hash.update(body);
    let mut text = String::new();
    for byte in hash.finalize() {
        write!(text, "{byte:02X}").expect("text grows");
    }
    Ok(text)
}

/// A fingerprint as people write it: blanks are left out, letters are made capital.
pub(super) fn normal(text: &str) -> String {
    let text = text.trim().trim_start_matches("0x");
    text.chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::openpgp::armor;

    /// Made with `GnuPG` 2.2.40; it says that its fingerprint is the one below.
    const KEY: &str = include_str!("testing/key.asc");
    const FINGERPRINT: &str = include_str!("testing/fingerprint");

    #[test]
    fn the_fingerprint_is_the_one_that_gnupg_says() {
        let bytes = armor::read(KEY.as_bytes()).unwrap();
        assert_eq!(fingerprints(&bytes), Ok(vec![FINGERPRINT.trim().to_owned()]));
        assert_eq!(armor::read(&bytes), Ok(bytes.clone()));
        let spaced: String = FINGERPRINT.trim().chars().flat_map(|c| [c, ' ']).collect();
        assert_eq!(normal(&spaced.to_lowercase()), FINGERPRINT.trim());
        assert!(fingerprints(&bytes[..bytes.len() - 3]).is_err());
    }

    #[test]
    fn a_damaged_or_wrong_text_is_refused() {
        for bad in [
            KEY.replacen("\nm", "\nn", 1),
            KEY.replace("PUBLIC", "PRIVATE"),
            "<html>not found</html>".to_owned(),
            String::new(),
        ] {
            assert!(armor::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
