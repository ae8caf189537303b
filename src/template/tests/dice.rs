//! Random texts for tests.

/// Random numbers and texts that are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }

    pub(crate) fn text(&mut self, letters: &[char], most: usize) -> String {
        let length = self.roll(most + 1);
        (0..length).map(|_| letters[self.roll(letters.len())]).collect()
    }
}
