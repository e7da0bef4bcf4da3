//! What was measured.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::workload::Watch;

/// What one repetition, or several, measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Writes that a caller was told are done.
    pub(crate) acknowledged: u64,
    /// Of these, those that are not there.
    pub(crate) lost: u64,
    /// Events that somebody must react to.
    pub(crate) events: u64,
    /// Of these, those that had no effect.
    pub(crate) events_lost: u64,
    /// Effects and writes that were made more than once.
    pub(crate) doubled: u64,
    /// From the end of the fault until everything was equal: the longest.
    pub(crate) converged: Duration,
    /// What should have held and did not, beside the figures.
    pub(crate) broken: Vec<String>,
    /// Further figures, worth telling.
    pub(crate) notes: Vec<String>,
}

impl Tally {
    /// Notes that something must hold.
    pub(crate) fn require(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(otherwise());
        }
    }

    /// Notes the time to converge, and that it must not be longer than `bound`.
    pub(crate) fn converged_within(&mut self, took: Duration, bound: Duration) {
        self.converged = self.converged.max(took);
        self.require(took <= bound, || format!("converged after {} ms, the bound is {} ms", took.as_millis(), bound.as_millis()));
    }

    /// Notes that no write may have failed.
    pub(crate) fn writes_went_on(&mut self, watch: &Watch) {
        let failures = watch.failures();
        let first = failures.first().cloned().unwrap_or_default();
        self.require(failures.is_empty(), || format!("{} writes failed; the first: {first}", failures.len()));
    }

    /// Adds another tally.
    pub(crate) fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.events += other.events;
        self.events_lost += other.events_lost;
        self.doubled += other.doubled;
        self.converged = self.converged.max(other.converged);
        self.broken.extend(other.broken);
        self.notes.extend(other.notes);
    }

    /// Whether everything held.
    pub(crate) fn holds(&self) -> bool {
        self.lost == 0 && self.events_lost == 0 && self.doubled == 0 && self.broken.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_loss_one_double_or_one_broken_bound_is_enough_to_fail() {
        assert!(Tally { acknowledged: 5, events: 5, ..Tally::default() }.holds());
        assert!(!Tally { lost: 1, ..Tally::default() }.holds());
        assert!(!Tally { events_lost: 1, ..Tally::default() }.holds());
        assert!(!Tally { doubled: 1, ..Tally::default() }.holds());
        let mut late = Tally::default();
        late.converged_within(Duration::from_secs(31), Duration::from_secs(30));
        assert!(!late.holds());
    }

    #[test]
    fn a_sum_keeps_every_failure_and_the_longest_time() {
        let mut sum = Tally { lost: 1, converged: Duration::from_secs(3), ..Tally::default() };
        sum.add(Tally { doubled: 2, converged: Duration::from_secs(2), broken: vec!["late".to_owned()], ..Tally::default() });
        assert_eq!((sum.lost, sum.doubled, sum.converged, sum.broken.len()), (1, 2, Duration::from_secs(3), 1));
    }
}
