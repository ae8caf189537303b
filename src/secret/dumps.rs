//! A secret in dumps of bytes: those of od, hexdump, xxd and openssl.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How many bytes stand together before there is a wider gap or a new line.
const RUN: usize = 8;
/// How many bytes are on a line.
const LINE: usize = 16;
/// Fewest bytes of a part that is looked for.
const FEWEST: usize = 3;
/// Longer secrets are not looked for so.
const LONGEST: usize = 1 << 10;

/// Every part of a secret that can stand in one run of a dump.
pub(super) fn add(secret: &[u8], all: &mut BTreeSet<Vec<u8>>) {
    if secret.len() > LONGEST {
        return;
    }
    for part in parts(secret, RUN).filter(|part| part.len() >= FEWEST) {
        for (between, group, first) in [(" ", 1, 1), (":", 1, 1), (" ", 2, 2), (" ", 2, 1)] {
            let mut form = String::new();
            for (at, byte) in part.iter().enumerate() {
                if at > 0 && (at + group - first).is_multiple_of(group) {
                    form.push_str(between);
                }
                let _infallible = write!(form, "{byte:02x}");
            }
            all.insert(form.to_uppercase().into_bytes());
            all.insert(form.into_bytes());
        }
    }
    let column = |byte: &u8| {
        if byte.is_ascii_graphic() || *byte == b' ' {
            *byte
        } else {
            b'.'
        }
    };
    let shown: Vec<u8> = secret.iter().map(column).collect();
    for part in parts(&shown, LINE) {
        // Between bars: the text next to the numbers. Where a line holds more, one of them is not there.
        if shown.starts_with(part) && part.len() < shown.len() {
            all.insert([part, b"|"].concat());
        }
        if (shown.ends_with(part) || part.len() == LINE) && part.len() < shown.len() {
            all.insert([b"|", part].concat());
        }
    }
}

/// Parts of one length, and shorter ones at both ends.
fn parts(bytes: &[u8], length: usize) -> impl Iterator<Item = &[u8]> {
    let ends = (1..length.min(bytes.len())).flat_map(move |n| [&bytes[..n], &bytes[bytes.len() - n..]]);
    let whole = (bytes.len() < length).then_some(bytes);
    bytes.windows(length).chain(ends).chain(whole)
}
