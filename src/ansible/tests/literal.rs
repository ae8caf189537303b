//! Literals of Python.

use proptest::prelude::*;

use crate::ansible::literal::{Literal, literal};

fn read(text: &str) -> String {
    match literal(text) {
        Some(Literal { value, had_comment }) => {
            let json = serde_json::to_string(&value).unwrap();
            if had_comment { format!("{json} #") } else { json }
        }
        None => "text".to_owned(),
    }
}

#[test]
fn a_value_is_what_python_reads() {
    for (text, expected) in [
        ("1", "1"),
        ("-5", "-5"),
        ("007", "text"),
        ("00", "0"),
        ("0x1F", "31"),
        ("0o17", "15"),
        ("0b11", "3"),
        ("1_000", "1000"),
        ("1__0", "text"),
        ("1.50", "1.5"),
        ("1e3", "1000.0"),
        (".5", "0.5"),
        ("5.", "5.0"),
        ("1.2.3", "text"),
        ("10.0.0.1", "text"),
        ("True", "true"),
        ("true", "text"),
        ("FALSE", "text"),
        ("None", "null"),
        ("yes", "text"),
        ("Truename", "text"),
        ("\"'007'\"", "\"'007'\""),
        ("'007'", "\"007\""),
        ("'a' \"b\"", "\"ab\""),
        ("'it''s'", "\"its\""),
        (r"'a\tb\x41\u00e9'", "\"a\\tbAé\""),
        (r"r'a\tb'", "\"a\\\\tb\""),
        ("'''x'''", "\"x\""),
        ("'a", "text"),
        ("[1, 'a', [True]]", "[1,\"a\",[true]]"),
        ("[1, 2,]", "[1,2]"),
        ("[1 2]", "text"),
        ("[a, b]", "text"),
        ("(1, 2)", "[1,2]"),
        ("()", "[]"),
        ("(1)", "1"),
        ("1, 2", "[1,2]"),
        ("{'a': 1, 'b': {'c': [None]}}", "{\"a\":1,\"b\":{\"c\":[null]}}"),
        ("{1, 1, 2}", "[1,2]"),
        ("{}", "{}"),
        ("set()", "[]"),
        ("{'a'}", "[\"a\"]"),
        ("23 # years", "23 #"),
        ("abc # def", "text"),
        ("...", "\"...\""),
        ("", "text"),
        ("#", "text"),
        ("1 2", "text"),
        ("12345678901234567890123", "text"),
        ("b'abc'", "\"abc\""),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[0-9a-fxé_.'\"\\\\#,:+\\-\\[\\](){} \n]{0,24}") {
        let _read = literal(&text);
    }
}

#[test]
fn what_is_nested_without_end_is_text() {
    assert_eq!(literal(&"[".repeat(100_000)), None);
}
