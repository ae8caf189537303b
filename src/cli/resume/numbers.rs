//! Which calls of a loop are meant: `ID[3]`, `ID[3-7]`, and in looped groups `ID[2,3-7]`.

use std::collections::BTreeSet;

use crate::name::EntryId;

/// Calls that were chosen on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The option, and what was typed.
    pub(super) written: String,
    pub(super) name: String,
    /// A call, or a group with all that is in it. `None`: the playbook does not have it any more.
    pub(super) entry: Option<EntryId>,
    pub(super) numbers: Numbers,
    /// Whether nobody knows of one of them whether it was done.
    pub(super) is_open: bool,
    /// Whether there is one.
    pub(super) is_meant: bool,
}

impl Chosen {
    /// Whether a call is one of them: it, the groups around it, and its numbers.
    pub(super) fn is_of(&self, around: &[EntryId], numbers: &[usize]) -> bool {
        self.entry.is_some_and(|it| around.contains(&it)) && self.numbers.cover(numbers)
    }
}

/// Which of its iterations and items: all that begin like this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    first: Vec<usize>,
    /// The next number is one of these.
    range: Option<(usize, usize)>,
}

impl Numbers {
    /// A name, and what is in brackets behind it. Brackets that say no numbers are part of the name.
    pub(super) fn split(written: &str) -> (&str, Self) {
        let all = (written, Self::default());
        let Some((name, inside)) = written.strip_suffix(']').and_then(|it| it.rsplit_once('[')) else {
            return all;
        };
        let (first, last) = inside.rsplit_once(',').unwrap_or(("", inside));
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let first: Option<Vec<usize>> = first.split(',').filter(|it| !it.is_empty()).map(number).collect();
        let range = match last.split_once('-') {
            Some((from, to)) => number(from).zip(number(to)),
            None => number(last).map(|it| (it, it)),
        };
        match (first, range) {
            (Some(first), Some(range)) => (
                name,
                Self {
                    first,
                    range: Some(range),
                },
            ),
            _ => all,
        }
    }

    /// Whether a call with these numbers is one of them.
    pub(super) fn cover(&self, numbers: &[usize]) -> bool {
        let Some(rest) = numbers.strip_prefix(&*self.first) else {
            return false;
        };
        let Some((from, to)) = self.range else { return true };
        rest.first().is_some_and(|it| (from..=to).contains(it))
    }
}

/// Numbers as they are written behind a name, those that follow each other as one range.
pub(super) fn ranges(all: &BTreeSet<Vec<usize>>) -> impl Iterator<Item = String> {
    let mut ranges: Vec<(Vec<usize>, usize, usize)> = Vec::new();
    let mut alone = Vec::new();
    for numbers in all {
        let Some((last, first)) = numbers.split_last() else {
            alone.push(String::new());
            continue;
        };
        match ranges.last_mut() {
            Some((of, _, to)) if of == first && *to + 1 == *last => *to = *last,
            _ => ranges.push((first.to_vec(), *last, *last)),
        }
    }
    let written = ranges.into_iter().map(|(first, from, to)| {
        let last = if from == to {
            from.to_string()
        } else {
            format!("{from}-{to}")
        };
        let all: Vec<String> = first.iter().map(usize::to_string).chain([last]).collect();
        format!("[{}]", all.join(","))
    });
    alone.into_iter().chain(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_meant() {
        let of = |written| Numbers::split(written);
        assert_eq!(of("a/b#1").0, "a/b#1");
        assert!(of("a").1.cover(&[]) && of("a").1.cover(&[1, 2]));
        let (name, numbers) = of("a/b#1[3-7]");
        assert_eq!(name, "a/b#1");
        assert!(numbers.cover(&[3]) && numbers.cover(&[7, 9]) && !numbers.cover(&[8]) && !numbers.cover(&[]));
        let (_, numbers) = of("a[2,3]");
        assert!(
            numbers.cover(&[2, 3])
                && numbers.cover(&[2, 3, 1])
                && !numbers.cover(&[3])
                && !numbers.cover(&[2])
        );
        assert_eq!(of("hosts[x]").0, "hosts[x]");
        assert_eq!(of("a[]").0, "a[]");
    }

    #[test]
    fn ranges_are_read_back() {
        let all = BTreeSet::from([vec![1], vec![2], vec![3], vec![7], vec![2, 1], vec![2, 2]]);
        let written: Vec<String> = ranges(&all).collect();
        for numbers in &all {
            let covers = |it: &String| Numbers::split(&format!("x{it}")).1.cover(numbers);
            assert!(written.iter().any(covers), "{numbers:?}: {written:?}");
        }
        assert_eq!(ranges(&BTreeSet::from([vec![]])).collect::<Vec<_>>(), [""]);
        assert_eq!(
            ranges(&BTreeSet::from([vec![1], vec![2], vec![4]])).collect::<Vec<_>>(),
            ["[1-2]", "[4]"]
        );
    }
}
