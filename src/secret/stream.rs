//! Masking output that comes in pieces: a secret may begin in one and end in the next.

use std::ops::Range;

use crate::secret::masker::{Masker, masked};

/// How much is held back at most.
const HELD: usize = 256 << 10;

/// One output on its way.
#[derive(Debug, Default)]
pub struct Stream {
    held: Vec<u8>,
}

impl Stream {
    /// What may be shown once this piece has come.
    pub fn push(&mut self, masker: &Masker, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let found = masker.find(&self.held);
        let mut cut = self.held.len() - masker.unfinished(&self.held);
        // A secret that was found may go on in one that is not whole yet.
        if let Some(last) = found.last().filter(|last| last.end > cut) {
            cut = last.start;
        }
        if let Some(gap) = masker.open_gap(&self.held) {
            cut = cut.min(gap);
        }
        if self.held.len() - cut > HELD {
            cut = self.held.len();
        }
        self.show(cut, &found)
    }

    /// What is left when nothing more comes.
    pub fn finish(&mut self, masker: &Masker) -> Vec<u8> {
        if self.held.is_empty() {
            return Vec::new();
        }
        let found = masker.find(&self.held);
        self.show(self.held.len(), &found)
    }

    fn show(&mut self, cut: usize, found: &[Range<usize>]) -> Vec<u8> {
        let found: Vec<_> = found.iter().filter(|it| it.end <= cut).cloned().collect();
        let shown = masked(&self.held[..cut], &found);
        self.held.drain(..cut);
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(masker: &Masker, pieces: &[&str]) -> Vec<String> {
        let mut stream = Stream::default();
        let mut shown: Vec<_> = pieces
            .iter()
            .map(|piece| stream.push(masker, piece.as_bytes()))
            .collect();
        shown.push(stream.finish(masker));
        shown
            .into_iter()
            .map(|it| String::from_utf8(it).unwrap())
            .collect()
    }

    #[test]
    fn a_secret_is_found_across_pieces_and_nothing_else_is_held_back() {
        let masker = Masker::default();
        masker.hide("hunter2");
        assert_eq!(
            shown(&masker, &["say hunt", "er2, he", " said"]),
            ["say ", "***, he", " said", ""]
        );
        assert_eq!(shown(&masker, &["say hunt"]), ["say ", "hunt"]);
        let secret = "say hunter2 twice: hunter2";
        for at in 1..secret.len() {
            for to in at..secret.len() {
                let all = shown(&masker, &[&secret[..at], &secret[at..to], &secret[to..]]).concat();
                assert_eq!(all, "say *** twice: ***");
            }
        }
    }

    #[test]
    fn secrets_that_overlap_leave_no_rest() {
        let masker = Masker::default();
        masker.hide("abcdef");
        masker.hide("efghij");
        assert_eq!(shown(&masker, &["-abcdef", "ghij-"]).concat(), "-***-");
        assert_eq!(shown(&masker, &["-abcdef", "-"]).concat(), "-***-");
    }

    #[test]
    fn a_secret_that_a_gap_cuts_leaves_no_part_in_whatever_pieces_it_comes() {
        let masker = Masker::default();
        masker.hide("hunter2-canary");
        let text = "say hunter2-ca\n[77 bytes not shown]\nter2-canary said, and so on";
        // The line of a gap comes in one piece.
        let gap = text.find('\n').unwrap()..text.rfind('\n').unwrap();
        let cuts = || (1..text.len()).filter(|at| !(gap.start + 1..=gap.end).contains(at));
        for at in cuts() {
            for to in cuts().filter(|to| *to >= at) {
                let all = shown(&masker, &[&text[..at], &text[at..to], &text[to..]]).concat();
                assert_eq!(all, "say ***\n[77 bytes not shown]\n*** said, and so on");
            }
        }
    }

    #[test]
    fn what_is_held_back_is_bounded() {
        let masker = Masker::default();
        masker.hide("aaaaaaaa");
        let mut stream = Stream::default();
        let piece = "a".repeat(64 << 10);
        for _ in 0..64 {
            let shown = stream.push(&masker, piece.as_bytes());
            assert!(!shown.contains(&b'a'));
            assert!(stream.held.len() <= HELD);
        }
    }
}
