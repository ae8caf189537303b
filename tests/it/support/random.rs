//! Random numbers for tests: another seed each time, and one that failed again.

use std::hash::{BuildHasher as _, RandomState};

/// A stream of random numbers (splitmix64).
#[derive(Debug)]
pub(crate) struct Random {
    /// What `RMOTE_PLAY_SEED` is to be for the same numbers.
    pub(crate) seed: u64,
    state: u64,
}

impl Random {
    /// With the seed that the environment names, else with a new one.
    pub(crate) fn new() -> Self {
        let given = std::env::var("RMOTE_PLAY_SEED").ok();
        let seed = given.map_or_else(
            || RandomState::new().hash_one("seed"),
            |text| text.parse().expect("`RMOTE_PLAY_SEED` is a number"),
        );
        Self { seed, state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("it is below the end")
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The same in another order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }
}
