//! What is first on a line of hosts: a name, an address or a range of them, with or without a port.

use crate::inventory::RangeError;
use crate::inventory::expand;

/// The names that a text stands for, and the port that it gives.
///
/// # Errors
/// What is wrong with a range.
pub(super) fn hosts(text: &str) -> Result<(Vec<String>, Option<u32>), RangeError> {
    let (name, port) = split(text);
    if name.contains('[') {
        return Ok((expand(name)?, port));
    }
    Ok((vec![name.to_owned()], port))
}

/// Takes a port off the end, where what is before it is an address or a name.
pub(super) fn split(text: &str) -> (&str, Option<u32>) {
    let found = || {
        let (before, port) = text.rsplit_once(':')?;
        if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let port = port.parse().ok()?;
        let inner = before.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        match inner {
            Some(inner) if is_address(inner) => Some((inner, port)),
            _ if colons(before) == 0 && is_name(before) => Some((before, port)),
            _ => None,
        }
    };
    match found() {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    }
}

/// Colons outside of brackets.
fn colons(text: &str) -> usize {
    let mut depth = 0_usize;
    text.bytes()
        .filter(|byte| {
            match byte {
                b'[' => depth += 1,
                b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *byte == b':' && depth == 0
        })
        .count()
}

fn is_address(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok() || (colons(text) == 0 && is_name(text)) || is_range_of_v6(text)
}

/// An IPv6 address with ranges in place of parts.
fn is_range_of_v6(text: &str) -> bool {
    colons(text) >= 2
        && text
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'[' | b']' | b'.'))
}

/// Labels between points: word characters, `-` inside, ranges.
fn is_name(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut label = String::new();
    let mut labels = Vec::new();
    for letter in text.chars() {
        match letter {
            '[' => depth += 1,
            ']' => {
                depth = depth.saturating_sub(1);
                label.push('0');
                continue;
            }
            _ => {}
        }
        if depth > 0 {
            if !(letter.is_ascii_alphanumeric() || matches!(letter, '[' | ':')) {
                return false;
            }
        } else if letter == '.' {
            labels.push(std::mem::take(&mut label));
        } else {
            label.push(letter);
        }
    }
    labels.push(label);
    depth == 0
        && labels.iter().all(|label| {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            label.starts_with(is_word)
                && !label.ends_with(['-', '_'])
                && label.chars().all(|c| is_word(c) || c == '-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_taken_off_names_and_bracketed_addresses_only() {
        for (text, name, port) in [
            ("web1", "web1", None),
            ("web1:2222", "web1", Some(2222)),
            ("10.0.0.1:22", "10.0.0.1", Some(22)),
            ("::1", "::1", None),
            ("fe80::1:22", "fe80::1:22", None),
            ("[fe80::1]:22", "fe80::1", Some(22)),
            ("[10.0.0.1]:22", "10.0.0.1", Some(22)),
            ("web[1:3]:2222", "web[1:3]", Some(2222)),
            ("web[1:3]", "web[1:3]", None),
            ("web-:22", "web-:22", None),
            ("web:", "web:", None),
            ("a b:22", "a b:22", None),
            ("_x.y-z:1", "_x.y-z", Some(1)),
        ] {
            assert_eq!(split(text), (name, port), "{text}");
        }
    }
}
