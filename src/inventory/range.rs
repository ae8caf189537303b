//! Ranges in host names: `web[01:20]`, `db-[a:f]`, `node[1:9:2]`.

use std::ops::Range;

/// How many names one text may stand for.
const LIMIT: usize = 100_000;

/// Why a range cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeError {
    /// What is wrong.
    pub message: String,
    /// The bytes of the text that it is about.
    pub range: Range<usize>,
    /// What to do.
    pub help: Option<String>,
}

/// Expands every range of a name; several multiply, the last one varying fastest. A text without ranges is itself.
///
/// # Errors
/// Brackets that hold no range, ends out of order or of unequal width, or more than 100,000 names.
pub fn expand(text: &str) -> Result<Vec<String>, RangeError> {
    let mut names = vec![String::new()];
    let mut rest = 0;
    while let Some(open) = text[rest..].find(['[', ']']).map(|at| rest + at) {
        if text.as_bytes()[open] == b']' {
            return Err(error("a `]` without its `[`", open..open + 1, None));
        }
        let Some(close) = text[open..].find(']').map(|at| open + at) else {
            return Err(error("the `[` is never closed", open..text.len(), None));
        };
        let choices = choices(&text[open + 1..close], open + 1)?;
        if names.len().saturating_mul(choices.len()) > LIMIT {
            let message = format!("the range stands for more than {LIMIT} hosts");
            return Err(error(
                &message,
                open..close + 1,
                Some("Split it, or check its ends."),
            ));
        }
        let literal = &text[rest..open];
        names = names
            .iter()
            .flat_map(|name| {
                choices
                    .iter()
                    .map(move |choice| format!("{name}{literal}{choice}"))
            })
            .collect();
        rest = close + 1;
    }
    for name in &mut names {
        name.push_str(&text[rest..]);
    }
    Ok(names)
}

fn error(message: &str, range: Range<usize>, help: Option<&str>) -> RangeError {
    RangeError {
        message: message.to_owned(),
        range,
        help: help.map(str::to_owned),
    }
}

fn choices(text: &str, offset: usize) -> Result<Vec<String>, RangeError> {
    let whole = offset..offset + text.len();
    let mut parts = text.split(':');
    let (Some(begin), Some(end), step, None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        let help = "Write a range as `[1:9]`, `[a:f]` or `[1:9:2]`.";
        return Err(error(&format!("`[{text}]` is not a range"), whole, Some(help)));
    };
    let end_at = offset + begin.len() + 1;
    let end_range = end_at..end_at + end.len();
    let step = match step {
        None => 1,
        Some(step) => match step.parse::<usize>() {
            Ok(step) if step > 0 => step,
            _ => {
                let at = end_range.end + 1;
                let message = format!("the step `{step}` is not a number above zero");
                return Err(error(&message, at..at + step.len(), None));
            }
        },
    };
    if end.is_empty() {
        let help = "Write the last number too; both ends are included.";
        return Err(error("the range has no end", whole, Some(help)));
    }
    if let ([begin], [end]) = (begin.as_bytes(), end.as_bytes())
        && begin.is_ascii_alphabetic()
        && end.is_ascii_alphabetic()
    {
        return letters(*begin, *end, step, whole);
    }
    let numeric = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !numeric(begin) || !numeric(end) {
        let help = "Both ends must be numbers, or both single letters.";
        return Err(error(&format!("`[{text}]` is not a range"), whole, Some(help)));
    }
    let begin = if begin.is_empty() { "0" } else { begin };
    let is_padded = begin.len() > 1 && begin.starts_with('0');
    if is_padded && begin.len() != end.len() {
        let message = format!("`{begin}` and `{end}` have different widths");
        let width = begin.len();
        let help = format!("Write the end with {width} digits, or the begin without leading zeros.");
        return Err(error(&message, end_range, Some(&help)));
    }
    let parse = |part: &str| {
        part.parse::<u64>()
            .map_err(|_| error(&format!("`{part}` is too large"), whole.clone(), None))
    };
    let (first, last) = (parse(begin)?, parse(end)?);
    if first > last {
        return Err(backwards(&first.to_string(), &last.to_string(), whole));
    }
    if (last - first) / (step as u64) >= LIMIT as u64 {
        let message = format!("the range stands for more than {LIMIT} hosts");
        return Err(error(&message, whole, Some("Split it, or check its ends.")));
    }
    let width = if is_padded { begin.len() } else { 0 };
    Ok((first..=last)
        .step_by(step)
        .map(|number| format!("{number:0width$}"))
        .collect())
}

fn letters(begin: u8, end: u8, step: usize, whole: Range<usize>) -> Result<Vec<String>, RangeError> {
    if begin.is_ascii_lowercase() != end.is_ascii_lowercase() {
        return Err(error("the ends of the range are of different case", whole, None));
    }
    if begin > end {
        return Err(backwards(
            &char::from(begin).to_string(),
            &char::from(end).to_string(),
            whole,
        ));
    }
    Ok((begin..=end)
        .step_by(step)
        .map(|letter| char::from(letter).to_string())
        .collect())
}

fn backwards(begin: &str, end: &str, whole: Range<usize>) -> RangeError {
    let help = format!("Write the lower end first: `[{end}:{begin}]`.");
    error(
        &format!("the range begins at `{begin}`, after its end `{end}`"),
        whole,
        Some(&help),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> String {
        expand(text).unwrap().join(" ")
    }

    #[test]
    fn both_ends_are_included_and_ranges_multiply() {
        assert_eq!(names("web"), "web");
        assert_eq!(names("web[1:3]"), "web1 web2 web3");
        assert_eq!(names("web[:2].x"), "web0.x web1.x web2.x");
        assert_eq!(names("web[08:11]"), "web08 web09 web10 web11");
        assert_eq!(names("web[01:03:2]"), "web01 web03");
        assert_eq!(names("web[8:11]"), "web8 web9 web10 web11");
        assert_eq!(names("db-[a:c]"), "db-a db-b db-c");
        assert_eq!(names("r[1:2]n[a:b]"), "r1na r1nb r2na r2nb");
        assert_eq!(expand("[0:99999]").unwrap().len(), LIMIT);
    }

    #[test]
    fn a_range_that_is_none_is_marked() {
        for (text, marked, message) in [
            ("web[1:3", "[1:3", "the `[` is never closed"),
            ("web1]", "]", "a `]` without its `[`"),
            ("web[3]", "3", "`[3]` is not a range"),
            ("web[]", "", "`[]` is not a range"),
            ("web[1:]", "1:", "the range has no end"),
            ("web[3:1]", "3:1", "the range begins at `3`, after its end `1`"),
            ("web[f:a]", "f:a", "the range begins at `f`, after its end `a`"),
            ("web[a:F]", "a:F", "the ends of the range are of different case"),
            ("web[01:100]", "100", "`01` and `100` have different widths"),
            ("web[1:9:0]", "0", "the step `0` is not a number above zero"),
            ("web[1:9:x]", "x", "the step `x` is not a number above zero"),
            ("web[1:b]", "1:b", "`[1:b]` is not a range"),
            (
                "web[1:100001]",
                "1:100001",
                "the range stands for more than 100000 hosts",
            ),
            (
                "[1:1000][1:1000]",
                "[1:1000]",
                "the range stands for more than 100000 hosts",
            ),
            (
                "[1:99999999999999999999999]",
                "1:99999999999999999999999",
                "`99999999999999999999999` is too large",
            ),
        ] {
            let error = expand(text).unwrap_err();
            assert_eq!(
                (&text[error.range.clone()], &*error.message),
                (marked, message),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-c0-2é:\\[\\]]{0,20}") {
            if let Err(error) = expand(&text) {
                prop_assert!(text.get(error.range).is_some());
            }
        }
    }
}
