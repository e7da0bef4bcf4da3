//! From when to when.

use std::time::Duration;

use kernel::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// A stretch of time, half-open: its start belongs to it, its end doesn't, so that one can follow another without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl Period {
    /// The longest time that an order may take.
    pub const LONGEST_ORDER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

    /// The time of an order.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `ends_at` where it isn't after the start, or more than 7 days after it.
    pub fn of_order(starts_at: Timestamp, ends_at: Timestamp) -> Result<Self> {
        if ends_at <= starts_at {
            return Err(Error::invalid("ends_at", "NOT_AFTER_START", "must be after starts_at"));
        }
        if ends_at.since(starts_at) > Self::LONGEST_ORDER {
            return Err(Error::invalid("ends_at", "OUT_OF_RANGE", "must be at most 7 days after starts_at"));
        }
        Ok(Self { starts_at, ends_at })
    }

    /// A stretch of time that another service has checked. One that ends before it starts overlaps nothing.
    #[must_use]
    pub fn known(starts_at: Timestamp, ends_at: Timestamp) -> Self {
        Self { starts_at, ends_at }
    }

    /// When it begins.
    #[must_use]
    pub fn starts_at(self) -> Timestamp {
        self.starts_at
    }

    /// When it is over.
    #[must_use]
    pub fn ends_at(self) -> Timestamp {
        self.ends_at
    }

    /// How long it is.
    #[must_use]
    pub fn duration(self) -> Duration {
        self.ends_at.since(self.starts_at)
    }

    /// Whether there is a moment that belongs to both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.starts_at.max(other.starts_at) < self.ends_at.min(other.ends_at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_micros(minutes * 60_000_000).unwrap()
    }

    fn period(start: i64, length: i64) -> Period {
        Period::of_order(at(start), at(start + length)).unwrap()
    }

    #[test]
    fn an_order_takes_some_time_and_at_most_seven_days() {
        let week = 7 * 24 * 60;
        assert!(Period::of_order(at(0), at(week)).is_ok());
        for (start, end) in [(0, 0), (1, 0), (0, week + 1)] {
            let Err(Error::Invalid(violations)) = Period::of_order(at(start), at(end)) else { panic!("{start} to {end}") };
            assert_eq!(violations[0].field, "ends_at");
        }
    }

    proptest! {
        #[test]
        fn overlap_is_symmetric(a in 0_i64..200, b in 0_i64..200, m in 1_i64..100, n in 1_i64..100) {
            prop_assert_eq!(period(a, m).overlaps(period(b, n)), period(b, n).overlaps(period(a, m)));
        }

        #[test]
        fn overlap_is_having_a_moment_in_common(a in 0_i64..100, b in 0_i64..100, m in 1_i64..50, n in 1_i64..50) {
            let common = (a..a + m).any(|minute| (b..b + n).contains(&minute));
            prop_assert_eq!(period(a, m).overlaps(period(b, n)), common);
        }

        #[test]
        fn what_follows_directly_does_not_overlap(a in 0_i64..200, m in 1_i64..100, n in 1_i64..100) {
            prop_assert!(!period(a, m).overlaps(period(a + m, n)));
            prop_assert!(period(a, m).overlaps(period(a, m)));
        }
    }
}
