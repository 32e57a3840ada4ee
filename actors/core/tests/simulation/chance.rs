//! Chance from a seed: the same seed tells the same history, on every machine and for ever.

use std::time::Duration;

/// SplitMix64.
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound.max(1)
    }

    /// True so many times in a thousand.
    pub fn per_mille(&mut self, times: u64) -> bool {
        self.below(1000) < times
    }

    /// Short spans most of the time, long ones now and then: `typical` is about the middle.
    pub fn span(&mut self, typical: Duration) -> Duration {
        let typical = typical.as_millis() as u64;
        let most = match self.below(10) {
            0 => typical * 10,
            1..=3 => typical * 2,
            _ => typical,
        };
        Duration::from_millis(self.below(most + 1))
    }
}
