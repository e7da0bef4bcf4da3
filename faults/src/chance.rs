//! Chance that can be had again: everything random of a run follows from its seed.

use std::time::Duration;

use rand::{Rng as _, SeedableRng as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

/// A source of random choices.
#[derive(Debug, Clone)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// The chance of one repetition of a scenario: the same in every run with that seed, whatever else runs.
    pub(crate) fn of(seed: u64, scenario: &str, repetition: u32) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..12].copy_from_slice(&repetition.to_le_bytes());
        // Scenarios have names of their own that differ in their first twenty bytes, or in their length.
        bytes[12] = scenario.len().to_le_bytes()[0];
        for (index, byte) in scenario.bytes().enumerate() {
            bytes[13 + index % 19] ^= byte.rotate_left(u32::from(index >= 19));
        }
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// A seed for those who gave none.
    pub(crate) fn seed() -> u64 {
        u64::from_le_bytes(kernel::Env::system().random_bytes())
    }

    /// A number from `least` to `most`.
    pub(crate) fn number(&mut self, least: u64, most: u64) -> u64 {
        self.0.random_range(least..=most)
    }

    /// An index below `len`, which is above 0.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.0.random_range(0..len)
    }

    /// A time from `least` to `most` milliseconds.
    pub(crate) fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.number(least, most))
    }

    /// One of `choices`, of which there is at least one.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// Puts things into a random order.
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        things.shuffle(&mut self.0);
    }

    /// A random UUID.
    pub(crate) fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.0.random()).into_uuid()
    }

    /// Chance that is independent of what is drawn here afterwards.
    pub(crate) fn split(&mut self) -> Self {
        Self(ChaCha8Rng::from_seed(self.0.random()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_choices_and_another_scenario_or_repetition_gives_others() {
        let drawn = |seed, scenario, repetition| Chance::of(seed, scenario, repetition).number(0, u64::MAX);
        assert_eq!(drawn(1, "a", 1), drawn(1, "a", 1));
        assert_ne!(drawn(1, "a", 1), drawn(2, "a", 1));
        assert_ne!(drawn(1, "a", 1), drawn(1, "b", 1));
        assert_ne!(drawn(1, "a", 1), drawn(1, "a", 2));
    }
}
