//! `OpenPGP`'s public keys: read without any program, and known by their fingerprints.

mod armor;
mod packets;

use crate::argument::{OneOrMany, Text};

/// The bytes of the keys of a text or of bytes, and their fingerprints, which must be these if they are given.
///
/// # Errors
/// What is wrong with them.
pub(in crate::tools) fn read(
    data: &[u8],
    wanted: Option<&OneOrMany<Text>>,
) -> Result<(Vec<u8>, Vec<String>), String> {
    let bytes = armor::read(data)?;
    let found = packets::fingerprints(&bytes)?;
    if let Some(wanted) = wanted {
        let sorted = |mut all: Vec<String>| {
            all.sort();
            all
        };
        let wanted = sorted(normal(wanted));
        let found = sorted(found.clone());
        if wanted != found {
            return Err(format!(
                "its fingerprint is {}, and not {}",
                found.join(", "),
                wanted.join(", ")
            ));
        }
    }
    Ok((bytes, found))
}

/// Fingerprints as programs write them.
pub(in crate::tools) fn normal(fingerprints: &OneOrMany<Text>) -> Vec<String> {
    let normal = |it: &Text| packets::normal(&it.to_string_lossy());
    fingerprints.0.iter().map(normal).collect()
}
