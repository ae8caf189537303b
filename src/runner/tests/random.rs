//! Random numbers that are the same for the same seed, on every machine.

/// A stream of random numbers (splitmix64).
#[derive(Debug, Clone)]
pub(in crate::runner) struct Random(u64);

impl Random {
    pub(in crate::runner) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream that depends on what it is for, and not on when it is asked for.
    pub(in crate::runner) fn of(seed: u64, what: &str) -> Self {
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(what.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, mix))
    }

    pub(in crate::runner) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one.
    pub(in crate::runner) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    /// True so many times of a hundred.
    pub(in crate::runner) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of these.
    pub(in crate::runner) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One or two of these, each once, in their order.
    pub(in crate::runner) fn few(&mut self, from: &[String]) -> Vec<String> {
        let count = if self.percent(33) { 2 } else { 1 };
        let mut few: Vec<_> = (0..count).map(|_| self.below(from.len())).collect();
        few.sort_unstable();
        few.dedup();
        few.into_iter().map(|at| from[at].clone()).collect()
    }
}
