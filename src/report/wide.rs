//! How wide text is on a terminal, and making it fit.

use crate::report::safe::safe;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How many columns a text without line ends takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text that takes at most so many columns: what is too much is cut, and an ellipsis says so.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut left = columns.saturating_sub(1);
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or(0)) else {
            break;
        };
        left = rest;
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// Words, each as it is measured and as it is written, put into lines of at most so many columns; the first line begins
/// after so many columns, the others are indented.
pub(super) fn wrap(words: &[(String, String)], (begun, columns): (usize, usize), indent: usize) -> String {
    let mut out = String::new();
    let mut at = begun;
    for (place, (plain, painted)) in words.iter().enumerate() {
        let wide = width(plain);
        if at + wide > columns && (place > 0 || begun > indent) {
            out.truncate(out.trim_end().len());
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            at = indent;
        }
        out.push_str(painted);
        out.push_str("  ");
        at += wide + 2;
    }
    out.truncate(out.trim_end().len());
    out
}

/// A sentence in lines of at most so many columns, all but the first indented; colours take none.
pub(super) fn broken(text: &str, columns: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut at = 0;
    for word in text.split(' ') {
        let wide = width(&safe(word));
        if at > indent && at + 1 + wide > columns {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            at = indent;
        } else if at > 0 {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += wide;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_is_cut_by_columns_and_not_by_characters() {
        assert_eq!(fit("漢字漢字", 8), "漢字漢字");
        assert_eq!(fit("漢字漢字", 6), "漢字…");
        assert_eq!(fit("abc", 2), "a…");
        assert_eq!(fit("", 0), "");
    }

    #[test]
    fn words_that_do_not_fit_begin_a_line() {
        let words: Vec<_> = ["ok=12", "changed=3", "FAILED"]
            .map(|it| (it.to_owned(), it.to_owned()))
            .to_vec();
        assert_eq!(wrap(&words, (4, 80), 6), "ok=12  changed=3  FAILED");
        assert_eq!(wrap(&words, (4, 22), 6), "ok=12  changed=3\n      FAILED");
        assert_eq!(
            wrap(&words, (30, 22), 6),
            "\n      ok=12  changed=3\n      FAILED"
        );
    }

    #[test]
    fn a_sentence_is_broken_between_words() {
        assert_eq!(
            broken("\u{1b}[31m1 failed of\u{1b}[0m 3 hosts", 11, 2),
            "\u{1b}[31m1 failed of\u{1b}[0m\n  3 hosts"
        );
        assert_eq!(broken("toolongaword x", 4, 2), "toolongaword\n  x");
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_cut_fits(text in "\\PC{0,60}", columns in 1usize..50) {
            proptest::prop_assert!(width(&fit(&text, columns)) <= columns.max(1));
        }
    }
}
