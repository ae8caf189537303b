//! What a scalar without quotes means in YAML 1.1, as Ansible reads it.

use crate::yaml::scalar::Plain;

/// Reads a plain scalar: more words are booleans, a leading zero makes a number octal, and `1:30` is sixty-based. Dates
/// stay text.
pub(super) fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Plain::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Plain::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Plain::Float(f64::NAN),
        _ => {}
    }
    let (sign, digits) = match text.as_bytes() {
        [b'-', ..] => (-1, &text[1..]),
        [b'+', ..] => (1, &text[1..]),
        _ => (1, text),
    };
    if matches!(digits, ".inf" | ".Inf" | ".INF") {
        return Plain::Float(f64::from(sign) * f64::INFINITY);
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Plain::Str;
    }
    whole(digits)
        .map(|value| integer(i128::from(sign) * value))
        .or_else(|| fraction(digits).map(|value| Plain::Float(f64::from(sign) * value)))
        .unwrap_or(Plain::Str)
}

fn integer(value: i128) -> Plain {
    match (i64::try_from(value), u64::try_from(value)) {
        (Ok(value), _) => Plain::Int(value),
        (_, Ok(value)) => Plain::Uint(value),
        // What does not fit is kept as it is.
        _ => Plain::Str,
    }
}

/// The number of a whole one without its sign.
fn whole(digits: &str) -> Option<i128> {
    let radix = |digits: &str, radix| {
        let clean = digits.replace('_', "");
        let is_fit = clean.len() <= 30 && clean.chars().all(|c| c.is_digit(radix));
        is_fit.then(|| i128::from_str_radix(&clean, radix).ok()).flatten()
    };
    if digits == "0" {
        return Some(0);
    }
    if let Some(rest) = digits.strip_prefix("0b") {
        return radix(rest, 2);
    }
    if let Some(rest) = digits.strip_prefix("0x") {
        return radix(rest, 16);
    }
    if let Some(rest) = digits.strip_prefix('0') {
        return radix(rest, 8);
    }
    if !digits.contains(':') {
        return radix(digits, 10);
    }
    let mut parts = digits.split(':');
    let first = radix(parts.next()?, 10)?;
    parts.try_fold(first, |sum, part| {
        let is_minute = matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
        is_minute.then(|| Some(sum.checked_mul(60)? + part.parse::<i128>().ok()?))?
    })
}

/// The number of one with a point: an exponent needs its sign.
fn fraction(digits: &str) -> Option<f64> {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    if let Some(exponent) = exponent {
        let number = exponent.strip_prefix(['+', '-'])?;
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    let (before, after) = mantissa.split_once('.')?;
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if !is_number(before) || !is_number(after) || (before.is_empty() && after.is_empty()) {
        return None;
    }
    digits.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_what_ansible_takes_them_for() {
        for (text, expected) in [
            ("yes", Plain::Bool(true)),
            ("Off", Plain::Bool(false)),
            ("y", Plain::Str),
            ("0644", Plain::Int(420)),
            ("0899", Plain::Str),
            ("0o17", Plain::Str),
            ("0x1F", Plain::Int(31)),
            ("0b101", Plain::Int(5)),
            ("1_000", Plain::Int(1000)),
            ("1:30", Plain::Int(90)),
            ("1:30:15", Plain::Int(5415)),
            ("1:75", Plain::Str),
            ("+5", Plain::Int(5)),
            ("-17", Plain::Int(-17)),
            ("1.10", Plain::Float(1.1)),
            (".5", Plain::Float(0.5)),
            ("5.", Plain::Float(5.0)),
            ("1e3", Plain::Str),
            ("1.0e+3", Plain::Float(1000.0)),
            ("1.0e3", Plain::Str),
            ("-.inf", Plain::Float(f64::NEG_INFINITY)),
            ("18446744073709551615", Plain::Uint(u64::MAX)),
            ("10.0.0.1", Plain::Str),
            (".", Plain::Str),
            ("..", Plain::Str),
            ("2024-01-01", Plain::Str),
            ("1-2", Plain::Str),
            ("-", Plain::Str),
            ("0", Plain::Int(0)),
            ("~", Plain::Null),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }
}
