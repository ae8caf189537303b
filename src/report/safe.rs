//! Text of hosts made harmless for terminals and for the logs of CI.

/// Whether the reader of the output obeys commands in it, as GitHub's log does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reader {
    /// It only shows what is written.
    #[default]
    Plain,
    /// It obeys lines that begin with `::`.
    Github,
}

/// Takes out whatever a terminal would obey or that would reorder what is read: escape sequences, control characters but
/// for line ends and tabs, and marks of direction.
pub fn safe(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.peek() {
                Some('[') => {
                    chars.next();
                    skip_control(&mut chars);
                }
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    chars.next();
                    skip_string(&mut chars);
                }
                Some(' '..='/') => {
                    while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
                    chars.next();
                }
                Some(' '..='~') => {
                    chars.next();
                }
                _ => {}
            },
            '\u{9b}' => skip_control(&mut chars),
            '\u{9d}' | '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            '\n' | '\t' => clean.push(c),
            '\u{2028}' | '\u{2029}' => clean.push('\n'),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Up to the final letter of a control sequence; anything that cannot be part of one ends it and stays.
fn skip_control(chars: &mut Chars<'_>) {
    while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    chars.next_if(|c| matches!(c, '@'..='~'));
}

/// Up to the end of a control string, or of the line where that never comes.
fn skip_string(chars: &mut Chars<'_>) {
    while let Some(c) = chars.next_if(|c| *c != '\n') {
        match c {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

/// The lines of a text, safe to be shown to a reader.
pub(super) fn lines(text: &str, reader: Reader) -> Vec<String> {
    safe(text).lines().map(|line| neutral(line, reader)).collect()
}

fn neutral(line: &str, reader: Reader) -> String {
    if reader == Reader::Plain {
        return line.to_owned();
    }
    let line = line.replace("##[", "## [");
    match line.trim_start().starts_with("::") {
        true => line.replacen("::", ": :", 1),
        false => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for (text, expected) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9b}2Jx\u{9d}y\u{9c}z", "xz"),
            ("\u{1b}]never ended\nnext", "\nnext"),
            ("a\rb\u{8}c\u{7f}d\u{85}e\u{0}", "abcde"),
            ("\u{1b}(B\u{1b}cx\u{1b}", "x"),
            ("abc\u{202e}fed\u{2066}\u{200f}", "abcfed"),
            ("tab\tand\nline stay, as does žluť 漢", "tab\tand\nline stay, as does žluť 漢"),
        ] {
            assert_eq!(safe(text), expected, "{text:?}");
        }
    }

    #[test]
    fn commands_of_ci_are_only_text() {
        assert_eq!(lines("  ::set-env x::1\n##[group]", Reader::Github), ["  : :set-env x::1", "## [group]"]);
        assert_eq!(lines("\u{1b}[1m::error::x", Reader::Github), [": :error::x"]);
        assert_eq!(lines("::x", Reader::Plain), ["::x"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_out_without_control(text in "\\PC*|(\\x1b|[\\[\\]\\x00-\\x9f a-z])*") {
            let clean = safe(&text);
            proptest::prop_assert!(clean.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()));
        }
    }
}
