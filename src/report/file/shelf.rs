//! What is shown of a call only to those who ask for it: arguments and results, equal ones of several hosts once, and no
//! more than a page can hold.

use indexmap::IndexMap;

use crate::report::detail::{self, Saying};

/// At most this many bytes are kept of a run.
const ALL: usize = 8 << 20;
/// At most this many bytes of one text.
const ONE: usize = 16 << 10;

/// Texts by the entry that they are about, each with its hosts.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    kept: IndexMap<(u32, Saying), Vec<u32>>,
    bytes: usize,
    /// How many did not fit.
    pub(super) omitted: usize,
}

impl Shelf {
    /// Keeps what is said of an entry on a host.
    pub(super) fn add(&mut self, entry: u32, mut saying: Saying, host: u32) {
        detail::cut(&mut saying.body, ONE);
        let size = saying.head.len() + saying.body.len();
        let key = (entry, saying);
        match self.kept.get_mut(&key) {
            Some(hosts) if hosts.last() == Some(&host) => {}
            Some(hosts) => hosts.push(host),
            None if self.bytes + size > ALL => self.omitted += 1,
            None => {
                self.bytes += size;
                self.kept.insert(key, vec![host]);
            }
        }
    }

    /// The texts with their entries and hosts, in the order in which they came.
    pub(super) fn texts(&self) -> impl Iterator<Item = (u32, &Saying, &[u32])> {
        (self.kept.iter()).map(|((entry, saying), hosts)| (*entry, saying, hosts.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::detail::Sort;

    #[test]
    fn equal_texts_are_kept_once_and_never_more_than_fits() {
        let mut shelf = Shelf::default();
        let saying = |n: usize| Saying {
            body: format!("{n} {}", "x".repeat(ONE * 2)),
            ..Saying::plain(Sort::Result, "result".into())
        };
        for host in 0..3 {
            shelf.add(7, saying(0), host);
        }
        assert_eq!(
            shelf.texts().map(|it| it.2.to_vec()).collect::<Vec<_>>(),
            [[0, 1, 2]]
        );
        (0..2_000).for_each(|n| shelf.add(7, saying(n), 0));
        assert!(shelf.omitted > 0 && shelf.bytes <= ALL, "{}", shelf.bytes);
        let all: usize = shelf.texts().map(|it| it.1.body.len()).sum();
        assert!(all <= ALL && all > ALL - 2 * ONE, "{all}");
    }
}
