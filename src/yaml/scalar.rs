//! What a scalar without quotes means.

/// The meaning of a plain scalar.
#[derive(Debug, PartialEq)]
pub(super) enum Plain {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Str,
    /// A number that would print as this instead of as written.
    Imprecise(String),
}

/// Reads a plain scalar after the core schema of YAML 1.2, except that only `true` and `false` are booleans, and that
/// digits with a leading zero are text.
pub(super) fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" => return Plain::Bool(true),
        "false" => return Plain::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    match digits.as_bytes() {
        [b'0'..=b'9', ..] => number(text, digits),
        [b'.', rest @ ..] if rest.first().is_some_and(u8::is_ascii_digit) => number(text, digits),
        [b'.', ..] if matches!(digits, ".inf" | ".Inf" | ".INF") => Plain::Imprecise("infinity".into()),
        [b'.', ..] if matches!(text, ".nan" | ".NaN" | ".NAN") => Plain::Imprecise("NaN".into()),
        _ => Plain::Str,
    }
}

fn number(text: &str, digits: &str) -> Plain {
    let radix = |prefix: &str, radix| {
        let rest = text.strip_prefix(prefix)?;
        u128::from_str_radix(rest, radix)
            .ok()
            .filter(|_| !rest.starts_with('+'))
    };
    if let Some(value) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Plain::Imprecise(value.to_string());
    }
    if !digits
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return Plain::Str;
    }
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    if leading_zero {
        return Plain::Str;
    }
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        return whole(text);
    }
    match text.parse::<f64>() {
        Ok(value) if format!("{value:?}") == text && !text.contains('e') => Plain::Float(value),
        Ok(value) if value.fract() == 0.0 && value.abs() < 1e15 => Plain::Imprecise(format!("{value}")),
        Ok(value) => Plain::Imprecise(format!("{value:?}")),
        Err(_) => Plain::Str,
    }
}

fn whole(text: &str) -> Plain {
    let kept = |printed: String, plain| {
        if printed == text {
            plain
        } else {
            Plain::Imprecise(printed)
        }
    };
    if let Ok(value) = text.parse::<i64>() {
        return kept(value.to_string(), Plain::Int(value));
    }
    if let Ok(value) = text.parse::<u64>() {
        return kept(value.to_string(), Plain::Uint(value));
    }
    Plain::Imprecise(
        text.parse::<f64>()
            .map_or_else(|_| String::new(), |value| format!("{value:?}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_print_as_written_are_numbers() {
        assert_eq!(plain("0"), Plain::Int(0));
        assert_eq!(plain("-17"), Plain::Int(-17));
        assert_eq!(plain("18446744073709551615"), Plain::Uint(u64::MAX));
        assert_eq!(plain("1.5"), Plain::Float(1.5));
        assert_eq!(plain("1.0"), Plain::Float(1.0));
        assert_eq!(plain("-0.25"), Plain::Float(-0.25));
    }

    #[test]
    fn numbers_that_print_otherwise_say_how() {
        for (text, printed) in [
            ("1.10", "1.1"),
            ("1e3", "1000"),
            ("1e300", "1e300"),
            ("0x10", "16"),
            ("0o17", "15"),
            ("+5", "5"),
            ("-0", "0"),
            (".5", "0.5"),
            ("5.", "5"),
            ("99999999999999999999", "1e20"),
            (".inf", "infinity"),
            ("-.inf", "infinity"),
            (".nan", "NaN"),
        ] {
            assert_eq!(plain(text), Plain::Imprecise(printed.into()), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        for text in [
            "0644",
            "03",
            "0123456",
            "00",
            "1.2.3",
            "1_000",
            "2024-01-01",
            "12:30",
            "10.0.0.1",
            "1h",
            "0b1",
            "0x",
            "0xzz",
            "1e",
            "--1",
            "+",
            "-",
            ".",
            "..",
            "yes",
            "no",
            "on",
            "off",
            "True",
            "1-2",
            "1.2e",
            "50%",
        ] {
            assert_eq!(plain(text), Plain::Str, "{text}");
        }
    }
}
