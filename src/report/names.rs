//! Many host names in a few words.

use std::fmt::Write as _;

/// At most this many names or ranges are written.
const SHOWN: usize = 8;

/// Names in order, runs of numbered ones as `web1..web3`: `web1..web3, db1 (4 hosts)`.
pub(super) fn compact(names: &[&str]) -> String {
    let mut parts: Vec<(&str, &str)> = Vec::new();
    for name in names {
        match parts.last_mut() {
            Some((_, last)) if follows(last, name) => *last = name,
            _ => parts.push((name, name)),
        }
    }
    let mut text = String::new();
    let mut written = 0;
    let mut shown = 0;
    for (first, last) in parts {
        let count = 1 + number(last).zip(number(first)).map_or(0, |(last, first)| last.1 - first.1);
        if shown == SHOWN {
            break;
        }
        if shown > 0 {
            text.push_str(", ");
        }
        match count {
            1 => text.push_str(first),
            2 => {
                text.push_str(first);
                text.push_str(", ");
                text.push_str(last);
            }
            _ => {
                let _ = write!(text, "{first}..{last}");
            }
        }
        shown += 1;
        written += usize::try_from(count).unwrap_or(usize::MAX);
    }
    if written < names.len() {
        let _ = write!(text, " and {} more", names.len() - written);
    }
    if names.len() > 1 {
        let _ = write!(text, " ({} hosts)", names.len());
    }
    text
}

/// A name split before the number at its end.
fn number(name: &str) -> Option<(&str, u64)> {
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (stem, digits) = name.split_at(name.len() - digits);
    Some((stem, digits.parse().ok()?))
}

fn follows(last: &str, next: &str) -> bool {
    let (Some((stem, number)), Some((next_stem, next_number))) = (number(last), number(next)) else {
        return false;
    };
    let is_padded = |name: &str, stem: &str| name[stem.len()..].starts_with('0');
    stem == next_stem
        && number.checked_add(1) == Some(next_number)
        && (last.len() == next.len() || !(is_padded(last, stem) || is_padded(next, stem)))
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn runs_of_numbered_names_are_one() {
        assert_eq!(compact(&["web1", "web2", "web3"]), "web1..web3 (3 hosts)");
        assert_eq!(compact(&["web9", "web10", "web11", "db"]), "web9..web11, db (4 hosts)");
        assert_eq!(compact(&["n08", "n09", "n10"]), "n08..n10 (3 hosts)");
        assert_eq!(compact(&["a1", "a2", "a4"]), "a1, a2, a4 (3 hosts)");
        assert_eq!(compact(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]), "10.0.0.1..10.0.0.3 (3 hosts)");
        assert_eq!(compact(&["one"]), "one");
        let many: Vec<_> = (0..20).map(|n| format!("h{}", n * 2)).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(compact(&many), "h0, h2, h4, h6, h8, h10, h12, h14 and 12 more (20 hosts)");
    }
}
