//! A line as words, quoted as in a shell; a `#` outside of quotes begins a comment.

/// A word and the bytes of the line that it was written in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Splits a line. `Err`: what is wrong with its quotes.
pub(super) fn words(line: &str) -> Result<Vec<Word>, &'static str> {
    let mut words = Vec::new();
    let mut open: Option<Word> = None;
    let mut rest = line.char_indices();
    while let Some((at, letter)) = rest.next() {
        let end = at + letter.len_utf8();
        if letter.is_ascii_whitespace() {
            words.extend(open.take());
            continue;
        }
        if letter == '#' {
            break;
        }
        let word = open.get_or_insert(Word {
            text: String::new(),
            start: at,
            end,
        });
        word.end = end;
        match letter {
            '\'' => loop {
                let (at, letter) = rest.next().ok_or("a quote is not closed")?;
                word.end = at + letter.len_utf8();
                if letter == '\'' {
                    break;
                }
                word.text.push(letter);
            },
            '"' => loop {
                let (at, letter) = rest.next().ok_or("a quote is not closed")?;
                word.end = at + letter.len_utf8();
                match letter {
                    '"' => break,
                    '\\' => {
                        let (at, letter) = rest.next().ok_or("a quote is not closed")?;
                        word.end = at + letter.len_utf8();
                        if !matches!(letter, '"' | '\\') {
                            word.text.push('\\');
                        }
                        word.text.push(letter);
                    }
                    other => word.text.push(other),
                }
            },
            '\\' => {
                let (at, letter) = rest.next().ok_or("nothing follows the last `\\`")?;
                word.end = at + letter.len_utf8();
                word.text.push(letter);
            }
            other => word.text.push(other),
        }
    }
    words.extend(open);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_comments_are_those_of_a_shell() {
        let texts = |line| {
            let words = words(line)?;
            Ok(words.into_iter().map(|it| it.text).collect::<Vec<_>>().join("|"))
        };
        for (line, expected) in [
            ("a  b=c\td", Ok("a|b=c|d")),
            ("a b='x y'\"z w\"", Ok("a|b=x yz w")),
            ("a b=c#d e", Ok("a|b=c")),
            ("a b='c#d' # e", Ok("a|b=c#d")),
            (r#"a "x\n\"\\" \  '\'"#, Ok(r#"a|x\n"\| |\"#)),
            ("a ''", Ok("a|")),
            ("a 'b", Err("a quote is not closed")),
            ("a \\", Err("nothing follows the last `\\`")),
            ("", Ok("")),
        ] {
            assert_eq!(texts(line), expected.map(str::to_owned), "{line}");
        }
    }
}
