//! A secret within quotes, as programs write it there.

use std::fmt::Write as _;

/// Within quotes of JSON, shells, programming languages, markup and SQL.
pub(super) fn escaped(text: &str) -> Vec<String> {
    let json = json(text);
    let ascii = ascii(&json);
    let shell = |is_plain: &dyn Fn(char) -> bool| {
        let mut form = String::new();
        for c in text.chars() {
            if !is_plain(c) {
                form.push('\\');
            }
            form.push(c);
        }
        form
    };
    let markup = |quote: &str| {
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        text.replace('"', "&quot;").replace('\'', quote)
    };
    let octal = bytes(text, |byte| format!("\\{byte:03o}"));
    let hex = bytes(text, |byte| format!("\\x{byte:02x}"));
    let wide = wide(text);
    vec![
        json.replace('/', "\\/"),
        self::json(&json),
        self::json(&ascii),
        ascii.replace('\\', "\\\\\\\\"),
        octal.replace('\'', "\\'"),
        octal.replace('"', "\\\""),
        octal.replace(' ', "\\ "),
        octal,
        of_bash(text),
        hex.replace('\'', "\\'"),
        hex.replace('"', "\\\""),
        hex,
        wide.replace('\'', "\\'"),
        wide.replace('"', "\\\""),
        wide,
        quoted_printable(text),
        ascii.replace('/', "\\/"),
        json,
        ascii,
        text.replace('\'', r"'\''"),
        text.replace('\'', r#"'"'"'"#),
        text.replace('\'', "''"),
        shell(&|c| !matches!(c, '\\' | '"' | '$' | '`')),
        shell(&|c| !matches!(c, '\\' | '"')),
        shell(&|c| !matches!(c, '\\' | '\'')),
        shell(&|c| c != '\\'),
        shell(&|c| c.is_alphanumeric() || "_-./:@%+=".contains(c)),
        shell(&|c| c.is_alphanumeric() || "_-./:@%+=,".contains(c)),
        shell(&|c| !" \t\n'\"\\|&;()<>!{}*[]?^$`,".contains(c)),
        text.escape_debug().to_string(),
        text.escape_default().to_string(),
        markup("&#39;"),
        markup("&#x27;"),
        markup("&apos;"),
        markup("'"),
    ]
}

pub(super) fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let inner = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inner.unwrap_or_default().to_owned()
}

fn ascii(text: &str) -> String {
    let mut form = String::new();
    for c in text.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            form.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(form, "\\u{unit:04x}");
            }
        }
    }
    form
}

/// Where a C locale shows bytes: what is not a printable character of ASCII is written by its number.
fn bytes(text: &str, number: impl Fn(u8) -> String) -> String {
    let mut form = String::new();
    for byte in text.bytes() {
        match byte {
            b'\\' => form.push_str("\\\\"),
            b'\n' => form.push_str("\\n"),
            b'\t' => form.push_str("\\t"),
            b'\r' => form.push_str("\\r"),
            b' '..=b'~' => form.push(char::from(byte)),
            _ => form.push_str(&number(byte)),
        }
    }
    form
}

/// Between `$'` and `'`, as bash has it.
fn of_bash(text: &str) -> String {
    let mut form = String::new();
    for byte in text.bytes() {
        match byte {
            b'\\' | b'\'' => form.extend(['\\', char::from(byte)]),
            7 => form.push_str("\\a"),
            8 => form.push_str("\\b"),
            b'\t' => form.push_str("\\t"),
            b'\n' => form.push_str("\\n"),
            11 => form.push_str("\\v"),
            12 => form.push_str("\\f"),
            b'\r' => form.push_str("\\r"),
            27 => form.push_str("\\E"),
            b' '..=b'~' => form.push(char::from(byte)),
            _ => {
                let _infallible = write!(form, "\\{byte:03o}");
            }
        }
    }
    form
}

/// Characters by their numbers, as Python has them.
fn wide(text: &str) -> String {
    let mut form = String::new();
    for c in text.chars() {
        let _infallible = match (c, u32::from(c)) {
            ('\\', _) => form.write_str("\\\\"),
            ('\n', _) => form.write_str("\\n"),
            ('\t', _) => form.write_str("\\t"),
            ('\r', _) => form.write_str("\\r"),
            (' '..='~', _) => form.write_char(c),
            (_, number @ ..=0xff) => write!(form, "\\x{number:02x}"),
            (_, number @ ..=0xffff) => write!(form, "\\u{number:04x}"),
            (_, number) => write!(form, "\\U{number:08x}"),
        };
    }
    form
}

fn quoted_printable(text: &str) -> String {
    let mut form = String::new();
    for byte in text.bytes() {
        let _infallible = match byte {
            b' '..=b'<' | b'>'..=b'~' => form.write_char(char::from(byte)),
            _ => write!(form, "={byte:02X}"),
        };
    }
    form
}
