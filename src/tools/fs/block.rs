//! A block of lines between two markers, put in, changed and taken out; the rest of the text is kept to the byte.

use crate::failure::{Failure, Kind};
use crate::tools::fs::spot::Spot;

/// The lines that open and close a block.
pub(super) struct Markers {
    pub(super) begin: Vec<u8>,
    pub(super) end: Vec<u8>,
}

/// Where a new block goes.
pub(super) struct Place<'a> {
    pub(super) after: Option<&'a Spot>,
    pub(super) before: Option<&'a Spot>,
}

/// A line with its end.
type Line<'a> = &'a [u8];

fn body(line: Line<'_>) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The first and the last line of each block, markers included.
fn blocks(lines: &[Line<'_>], markers: &Markers) -> Result<Vec<(usize, usize)>, Failure> {
    let mut blocks = Vec::new();
    let mut open = None;
    for (index, line) in lines.iter().enumerate() {
        if body(line) == markers.begin {
            if let Some(first) = open {
                return Err(unbalanced(first, "begins twice without an end"));
            }
            open = Some(index);
        } else if body(line) == markers.end {
            match open.take() {
                Some(first) => blocks.push((first, index)),
                None => return Err(unbalanced(index, "ends without a beginning")),
            }
        }
    }
    match open {
        Some(first) => Err(unbalanced(first, "begins and does not end")),
        None => Ok(blocks),
    }
}

fn unbalanced(index: usize, how: &str) -> Failure {
    let message = format!("the block {how}: see its marker in line {}", index + 1);
    Failure::new(Kind::Conflict, message)
}

/// The text with the block in it; without it where the block is empty. Of several blocks with these markers the first
/// stays.
pub(super) fn with_block(
    text: &[u8],
    block: &[u8],
    markers: &Markers,
    place: &Place<'_>,
) -> Result<Vec<u8>, Failure> {
    let lines: Vec<Line<'_>> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let newline: &[u8] = match lines.first() {
        Some(first) if first.ends_with(b"\r\n") => b"\r\n",
        _ => b"\n",
    };
    let found = blocks(&lines, markers)?;
    let mut new = Vec::new();
    if !block.is_empty() {
        new.push(markers.begin.as_slice());
        let block = block.strip_suffix(b"\n").unwrap_or(block);
        new.extend(block.split(|byte| *byte == b'\n').map(body));
        new.push(&markers.end);
    }
    let at = match found.first() {
        Some((first, _)) => *first,
        None if new.is_empty() => return Ok(text.to_vec()),
        None => position(&lines, place),
    };
    let is_kept = |index: &usize| !found.iter().any(|(first, last)| (first..=last).contains(&index));
    let mut after = Vec::with_capacity(text.len() + block.len() + 64);
    let take = |after: &mut Vec<u8>, range: std::ops::Range<usize>| {
        for index in range.filter(is_kept) {
            after.extend_from_slice(lines[index]);
        }
    };
    take(&mut after, 0..at);
    let is_last = (at..lines.len()).find(is_kept).is_none();
    for (index, line) in new.iter().enumerate() {
        if !after.is_empty() && !after.ends_with(b"\n") {
            after.extend_from_slice(newline);
        }
        after.extend_from_slice(line);
        // A block that ends the text without a newline still does.
        let is_open = is_last && index + 1 == new.len() && !found.is_empty() && !text.ends_with(b"\n");
        if !is_open {
            after.extend_from_slice(newline);
        }
    }
    take(&mut after, at..lines.len());
    Ok(after)
}

fn position(lines: &[Line<'_>], place: &Place<'_>) -> usize {
    let find = |spot: &Spot| match spot {
        Spot::Beginning => Some(0),
        Spot::End => Some(lines.len()),
        Spot::Line(pattern) => lines.iter().rposition(|line| pattern.is_match(body(line))),
    };
    let after = place.after.and_then(|spot| {
        let is_line = matches!(spot, Spot::Line(_));
        find(spot).map(|index| index + usize::from(is_line))
    });
    after
        .or_else(|| place.before.and_then(find))
        .unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: Place<'_> = Place {
        after: None,
        before: None,
    };

    fn markers() -> Markers {
        Markers {
            begin: b"# BEGIN x".to_vec(),
            end: b"# END x".to_vec(),
        }
    }

    fn edit(text: &str, block: &str, place: &Place<'_>) -> String {
        let once = with_block(text.as_bytes(), block.as_bytes(), &markers(), place).unwrap();
        let again = with_block(&once, block.as_bytes(), &markers(), place).unwrap();
        assert_eq!(once, again, "a second run changes nothing");
        String::from_utf8(once).unwrap()
    }

    #[test]
    fn a_block_is_put_in_changed_and_taken_out() {
        let once = edit("a\n", "1\n2\n", &NOWHERE);
        assert_eq!(once, "a\n# BEGIN x\n1\n2\n# END x\n");
        let other = edit(&format!("{once}b\n"), "3", &NOWHERE);
        assert_eq!(other, "a\n# BEGIN x\n3\n# END x\nb\n");
        assert_eq!(edit(&other, "", &NOWHERE), "a\nb\n");
        assert_eq!(edit("", "1", &NOWHERE), "# BEGIN x\n1\n# END x\n");
    }

    #[test]
    fn line_ends_stay_as_they_are() {
        assert_eq!(
            edit("a\r\nb", "1\n2", &NOWHERE),
            "a\r\nb\r\n# BEGIN x\r\n1\r\n2\r\n# END x\r\n"
        );
        assert_eq!(
            edit("a\u{c}b\u{2028}c", "1", &NOWHERE),
            "a\u{c}b\u{2028}c\n# BEGIN x\n1\n# END x\n"
        );
        assert_eq!(
            edit("a\n# BEGIN x\n1\n# END x", "2", &NOWHERE),
            "a\n# BEGIN x\n2\n# END x"
        );
    }

    #[test]
    fn a_new_block_goes_where_it_is_wanted() {
        let spot = |text: &str| text.parse::<Spot>().unwrap();
        let place = |after: Option<&'static str>, before: Option<&'static str>| {
            let (after, before) = (after.map(spot), before.map(spot));
            let place = Place {
                after: after.as_ref(),
                before: before.as_ref(),
            };
            edit("[a]\nx\n[b]\n", "1", &place)
        };
        assert_eq!(place(Some("^\\[a"), None), "[a]\n# BEGIN x\n1\n# END x\nx\n[b]\n");
        assert_eq!(place(None, Some("^\\[b")), "[a]\nx\n# BEGIN x\n1\n# END x\n[b]\n");
        assert_eq!(place(None, Some("BOF")), "# BEGIN x\n1\n# END x\n[a]\nx\n[b]\n");
        assert_eq!(place(Some("EOF"), None), "[a]\nx\n[b]\n# BEGIN x\n1\n# END x\n");
        assert_eq!(
            place(Some("nothing"), None),
            "[a]\nx\n[b]\n# BEGIN x\n1\n# END x\n"
        );
    }

    #[test]
    fn of_two_blocks_the_first_stays_and_half_a_block_is_an_error() {
        let twice = "# BEGIN x\n1\n# END x\na\n# BEGIN x\n2\n# END x\n";
        assert_eq!(edit(twice, "3", &NOWHERE), "# BEGIN x\n3\n# END x\na\n");
        for half in [
            "# BEGIN x\n1\n",
            "1\n# END x\n",
            "# BEGIN x\n# BEGIN x\n# END x\n",
        ] {
            let failure = with_block(half.as_bytes(), b"1", &markers(), &NOWHERE).unwrap_err();
            assert_eq!(failure.kind, Kind::Conflict, "{failure}");
        }
    }
}
