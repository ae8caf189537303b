//! Lines of a text, changed one at a time and otherwise kept to the byte.

use crate::argument::{Pattern, Text};
use crate::tools::fs::spot::Spot;

/// The line that is to be there, and where.
pub(super) struct Wanted<'a> {
    pub(super) line: &'a Text,
    pub(super) regexp: Option<&'a Pattern>,
    pub(super) which: Which,
    pub(super) strip: bool,
    pub(super) insert_after: Option<&'a Spot>,
    pub(super) insert_before: Option<&'a Spot>,
}

/// Which of several matching lines is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    First,
    Last,
    All,
}

/// A line without its end, and its end: `\n`, `\r\n`, or nothing at the end of a text.
type Line<'a> = (&'a [u8], &'a [u8]);

fn lines(text: &[u8]) -> Vec<Line<'_>> {
    text.split_inclusive(|byte| *byte == b'\n')
        .map(|line| {
            let length = if line.ends_with(b"\r\n") {
                line.len() - 2
            } else {
                line.len() - usize::from(line.ends_with(b"\n"))
            };
            line.split_at(length)
        })
        .collect()
}

fn join(lines: &[Line<'_>]) -> Vec<u8> {
    lines
        .iter()
        .flat_map(|(body, end)| [*body, *end])
        .collect::<Vec<_>>()
        .concat()
}

fn is_equal(a: &[u8], b: &[u8], strip: bool) -> bool {
    if strip {
        a.trim_ascii() == b.trim_ascii()
    } else {
        a == b
    }
}

/// The text with the line in it.
pub(super) fn with_line(text: &[u8], wanted: &Wanted<'_>) -> Vec<u8> {
    let line = wanted.line.as_bytes();
    let mut lines = lines(text);
    let found = |pattern: &Pattern, lines: &[Line<'_>]| -> Vec<usize> {
        (0..lines.len())
            .filter(|index| pattern.is_match(lines[*index].0))
            .collect()
    };
    // The very line counts as well, so that what was put in is found again.
    let is_line = |body: &[u8]| is_equal(body, line, wanted.strip);
    let matches: Vec<usize> = match (wanted.regexp, wanted.which) {
        (None, _) => Vec::new(),
        (Some(pattern), Which::All) => found(pattern, &lines),
        (Some(pattern), Which::First | Which::Last) => (0..lines.len())
            .filter(|index| pattern.is_match(lines[*index].0) || is_line(lines[*index].0))
            .collect(),
    };
    let counting = match wanted.which {
        Which::All => &matches[..],
        Which::First => &matches[..matches.len().min(1)],
        Which::Last => &matches[matches.len().saturating_sub(1)..],
    };
    if !counting.is_empty() {
        for index in counting {
            if !is_line(lines[*index].0) {
                lines[*index].0 = line;
            }
        }
        return join(&lines);
    }
    // What is there is never put there again.
    if lines.iter().any(|(body, _)| is_line(body)) {
        return text.to_vec();
    }
    let one = |pattern: &Pattern| {
        let found = found(pattern, &lines);
        match wanted.which {
            Which::First => found.first().copied(),
            Which::Last | Which::All => found.last().copied(),
        }
    };
    let after = |spot: &Spot| match spot {
        Spot::Line(pattern) => one(pattern).map(|index| index + 1),
        Spot::Beginning => Some(0),
        Spot::End => Some(lines.len()),
    };
    let before = |spot: &Spot| match spot {
        Spot::Line(pattern) => one(pattern),
        Spot::Beginning => Some(0),
        Spot::End => Some(lines.len()),
    };
    let at = wanted
        .insert_after
        .and_then(after)
        .or_else(|| wanted.insert_before.and_then(before))
        .unwrap_or(lines.len());
    insert(&mut lines, at, line);
    join(&lines)
}

fn insert<'a>(lines: &mut Vec<Line<'a>>, at: usize, line: &'a [u8]) {
    let newline = match lines.first() {
        Some((_, b"\r\n")) => b"\r\n".as_slice(),
        _ => b"\n",
    };
    // A text without a newline at its end gets one before the new line.
    if let Some(before) = at.checked_sub(1).and_then(|index| lines.get_mut(index))
        && before.1.is_empty()
    {
        before.1 = newline;
    }
    lines.insert(at, (line, newline));
}

/// The text without the lines that equal `line` or in which `regexp` is found.
pub(super) fn without_line(
    text: &[u8],
    line: Option<&Text>,
    regexp: Option<&Pattern>,
    strip: bool,
) -> Vec<u8> {
    let mut lines = lines(text);
    lines.retain(|(body, _)| match (regexp, line) {
        (Some(pattern), _) => !pattern.is_match(body),
        (None, Some(line)) => !is_equal(body, line.as_bytes(), strip),
        (None, None) => true,
    });
    join(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(text: &str, line: &str, regexp: Option<&str>, which: Which) -> String {
        let regexp = regexp.map(|text| Pattern::new(text).unwrap());
        let wanted = Wanted {
            line: &line.into(),
            regexp: regexp.as_ref(),
            which,
            strip: false,
            insert_after: None,
            insert_before: None,
        };
        let once = with_line(text.as_bytes(), &wanted);
        assert_eq!(with_line(&once, &wanted), once, "a second run changes nothing");
        String::from_utf8(once).unwrap()
    }

    #[test]
    fn a_regexp_without_a_match_never_adds_a_line_twice() {
        let once = edit("a\n", "port 22", Some("^#port "), Which::Last);
        assert_eq!(once, "a\nport 22\n");
        assert_eq!(edit(&once, "port 22", Some("^#port "), Which::Last), once);
    }

    #[test]
    fn the_chosen_match_is_replaced() {
        let text = "#p 1\nx\n#p 2\n";
        assert_eq!(edit(text, "p 3", Some("^#p"), Which::First), "p 3\nx\n#p 2\n");
        assert_eq!(edit(text, "p 3", Some("^#p"), Which::Last), "#p 1\nx\np 3\n");
        assert_eq!(edit(text, "p 3", Some("^#p"), Which::All), "p 3\nx\np 3\n");
    }

    #[test]
    fn the_line_that_counts_is_the_match_that_was_chosen() {
        let text = "x=1\nx=2\nx=3\n";
        assert_eq!(edit(text, "x=1", Some("^x="), Which::Last), "x=1\nx=2\nx=1\n");
        assert_eq!(edit(text, "x=3", Some("^x="), Which::First), "x=3\nx=2\nx=3\n");
        assert_eq!(edit(text, "x=3", Some("^x="), Which::Last), text);
        assert_eq!(edit("y\nx\n", "y", Some("^z"), Which::Last), "y\nx\n");
    }

    #[test]
    fn an_empty_line_is_a_line_like_others() {
        assert_eq!(edit("a", "", None, Which::Last), "a\n\n");
        assert_eq!(edit("a\n", "", None, Which::Last), "a\n\n");
        assert_eq!(edit("a\n\nb", "", None, Which::Last), "a\n\nb");
        assert_eq!(edit("", "", None, Which::Last), "\n");
    }

    #[test]
    fn a_new_line_goes_beside_the_first_match_where_that_is_chosen() {
        let spot = Spot::Line(Pattern::new("^m").unwrap());
        let mut wanted = Wanted {
            line: &"new".into(),
            regexp: None,
            which: Which::First,
            strip: false,
            insert_after: Some(&spot),
            insert_before: None,
        };
        assert_eq!(with_line(b"m1\nm2\n", &wanted), b"m1\nnew\nm2\n");
        (wanted.insert_before, wanted.insert_after) = (Some(&spot), None);
        assert_eq!(with_line(b"m1\nm2\n", &wanted), b"new\nm1\nm2\n");
        wanted.which = Which::Last;
        assert_eq!(with_line(b"m1\nm2\n", &wanted), b"m1\nnew\nm2\n");
    }

    #[test]
    fn line_ends_and_odd_characters_stay_as_they_are() {
        assert_eq!(edit("a\r\nb\r\n", "c", None, Which::Last), "a\r\nb\r\nc\r\n");
        assert_eq!(edit("a\r\nb", "c", None, Which::Last), "a\r\nb\r\nc\r\n");
        assert_eq!(edit("a\r\nb\r\n", "c", Some("^b"), Which::Last), "a\r\nc\r\n");
        assert_eq!(
            edit("a\u{c}b\u{2028}c\rd", "e", None, Which::Last),
            "a\u{c}b\u{2028}c\rd\ne\n"
        );
        assert_eq!(edit("", "e", None, Which::Last), "e\n");
        assert_eq!(edit("a", "b", Some("^a"), Which::Last), "b");
    }

    #[test]
    fn a_new_line_goes_where_it_is_wanted() {
        let after = Spot::Line(Pattern::new("^\\[a\\]").unwrap());
        let before = Spot::Line(Pattern::new("^\\[b\\]").unwrap());
        let mut wanted = Wanted {
            line: &"new".into(),
            regexp: None,
            which: Which::Last,
            strip: false,
            insert_after: Some(&after),
            insert_before: None,
        };
        assert_eq!(with_line(b"[a]\nx\n[b]", &wanted), b"[a]\nnew\nx\n[b]");
        assert_eq!(with_line(b"[a]", &wanted), b"[a]\nnew\n");
        assert_eq!(with_line(b"x\n", &wanted), b"x\nnew\n");
        wanted.insert_after = None;
        wanted.insert_before = Some(&before);
        assert_eq!(with_line(b"[a]\nx\n[b]", &wanted), b"[a]\nx\nnew\n[b]");
        wanted.insert_before = Some(&Spot::Beginning);
        assert_eq!(with_line(b"x\n", &wanted), b"new\nx\n");
    }

    #[test]
    fn blanks_do_not_count_where_they_are_stripped() {
        let wanted = Wanted {
            line: &"a".into(),
            regexp: None,
            which: Which::Last,
            strip: true,
            insert_after: None,
            insert_before: None,
        };
        assert_eq!(with_line(b"  a \n", &wanted), b"  a \n");
    }

    #[test]
    fn absent_removes_every_match_and_nothing_else() {
        let pattern = Pattern::new("^a").unwrap();
        assert_eq!(
            without_line(b"a1\r\nb\na2\nc", None, Some(&pattern), false),
            b"b\nc"
        );
        assert_eq!(without_line(b"x\ny\nx", Some(&"x".into()), None, false), b"y\n");
    }
}
