//! Secrets that were cut in two: output of which a part is left out may hold the begin of one before the gap, and the end
//! of one after it.

use std::collections::BTreeSet;
use std::ops::{Bound, Range};

use memchr::memmem;

/// What is in a gap, after `[` and a number: in what is kept, and in what is shown as it comes.
const GAPS: [&[u8]; 2] = [b" bytes left out]\n", b" bytes not shown]\n"];

/// The parts of secrets that stand at gaps.
pub(super) fn parts(bytes: &[u8], forms: &BTreeSet<Vec<u8>>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    for gap in gaps(bytes) {
        let begun = begun(&bytes[..gap.start], forms);
        let ended = ended(&bytes[gap.end..], forms);
        parts.extend([gap.start - begun..gap.start, gap.end..gap.end + ended]);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Where a gap begins after which so little has come that the end of a secret may not be whole.
pub(super) fn open_gap(bytes: &[u8], forms: &BTreeSet<Vec<u8>>) -> Option<usize> {
    let last = gaps(bytes).max_by_key(|gap| gap.end)?;
    (bytes.len() - last.end < longest(forms)).then_some(last.start)
}

/// The gaps, each with the end of the line before it.
fn gaps(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let words = GAPS.map(|words| memmem::find_iter(bytes, words).map(move |at| (at, at + words.len())));
    words.into_iter().flatten().filter_map(|(at, end)| {
        let digits = bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_digit());
        let open = at
            .checked_sub(digits.count() + 1)
            .filter(|at| bytes[*at] == b'[')?;
        let start = open.saturating_sub(usize::from(bytes[..open].ends_with(b"\n")));
        Some(start..end)
    })
}

fn longest(forms: &BTreeSet<Vec<u8>>) -> usize {
    forms.iter().map(Vec::len).max().unwrap_or(0)
}

/// How many bytes at the end may be the begin of a secret.
pub(super) fn begun(bytes: &[u8], forms: &BTreeSet<Vec<u8>>) -> usize {
    let most = longest(forms).saturating_sub(1).min(bytes.len());
    let is_begin = |length: &usize| {
        let end = &bytes[bytes.len() - length..];
        let next = forms
            .range::<[u8], _>((Bound::Excluded(end), Bound::Unbounded))
            .next();
        next.is_some_and(|form| form.starts_with(end))
    };
    (1..=most).rev().find(is_begin).unwrap_or(0)
}

/// How many bytes at the begin may be the end of a secret.
fn ended(bytes: &[u8], forms: &BTreeSet<Vec<u8>>) -> usize {
    let of_form = |form: &Vec<u8>| {
        let most = form.len().saturating_sub(1).min(bytes.len());
        let is_end = |length: &usize| form.ends_with(&bytes[..*length]);
        (1..=most).rev().find(is_end).unwrap_or(0)
    };
    forms.iter().map(of_form).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::secret::Masker;

    #[test]
    fn what_is_left_of_a_secret_at_a_gap_is_masked_wherever_it_was_cut() {
        let masker = Masker::default();
        let secret = "hunter2-canary";
        masker.hide(secret);
        for at in 1..secret.len() {
            for to in at..secret.len() {
                let cut = format!("say {}\n[12 bytes left out]\n{} x", &secret[..at], &secret[to..]);
                assert_eq!(
                    masker.text(&cut),
                    "say ***\n[12 bytes left out]\n*** x",
                    "{at} {to}"
                );
            }
        }
        let end = format!("[9 bytes left out]\n{}", &secret[3..]);
        assert_eq!(masker.text(&end), "[9 bytes left out]\n***");
    }

    #[test]
    fn without_a_gap_nothing_is_a_part() {
        let masker = Masker::default();
        masker.hide("hunter2-canary");
        for text in [
            "say hunter2-c",
            "hunter2-c bytes left out]\nary",
            "hunter2-c[x bytes left out]\nary",
            "[1 bytes left out]",
        ] {
            assert_eq!(masker.text(text), text);
        }
    }
}
