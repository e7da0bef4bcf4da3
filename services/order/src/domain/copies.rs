//! Facts of another service's aggregate that are kept here, fed by its events alone.
//!
//! Events can come twice, late and in any order; the highest version wins. A deletion is kept as facts too (a
//! tombstone), or an older event would raise the dead.
//!
//! **Invariant: no order keeps what a copy no longer says.** Two things make it hold:
//!
//! 1. A use case that puts facts of a copy into an order, or relies on them, writes the copy in the same
//!    transaction ([`touched`](FactCopy::touched)), at the version at which it read it.
//! 2. A reaction writes the orders that have to follow with the copy, at the version at which it read it before it looked for
//!    them. Where they are too many for one transaction it first commits the new facts to the copy, and looks for orders after that.
//!
//! So of a use case and a reaction at the same time one commits its write of the copy first. If it is the
//! reaction, the use case fails on the copy's version, starts again and sees the new facts. If it is the use case, its
//! order is there when the reaction looks for orders. The same write makes two assignments of one
//! employee wait for each other: the second starts again and sees the first. And it makes two reactions meet, in two
//! replicas of this service: the one that walks with older facts starts again and sees the newer ones.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A copy of facts of another service's aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactCopy<F> {
    id: Uuid,
    version: u64,
    source_version: u64,
    as_of: Timestamp,
    settled: bool,
    facts: F,
}

impl<F: Clone + PartialEq> FactCopy<F> {
    /// The first facts that came of the aggregate `id`, as of its version `source_version`, which was made at `as_of`.
    #[must_use]
    pub fn first(id: Uuid, source_version: u64, as_of: Timestamp, facts: F) -> Self {
        Self { id, version: 1, source_version, as_of, settled: false, facts }
    }

    /// The copy after facts came; `None` where they are not newer than what it has.
    ///
    /// Where nothing that is kept here changed, orders that followed the facts before follow these.
    #[must_use]
    pub fn taking_over(&self, source_version: u64, as_of: Timestamp, facts: F) -> Option<Self> {
        (source_version > self.source_version).then(|| {
            let settled = self.settled && self.facts == facts;
            Self { id: self.id, version: self.version + 1, source_version, as_of, settled, facts }
        })
    }

    /// The same facts at the next version: what a transaction writes that relies on them.
    #[must_use]
    pub fn touched(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    /// The copy after all orders follow its facts.
    #[must_use]
    pub fn settled(&self) -> Self {
        self.touched().with_orders()
    }

    /// This copy, as it is written together with all orders that follow its facts.
    #[must_use]
    pub fn with_orders(self) -> Self {
        Self { settled: true, ..self }
    }

    /// The aggregate's id.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.id
    }

    /// The version of the copy itself; rises with every write.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The version of the aggregate that the facts are of.
    #[must_use]
    pub fn source_version(&self) -> u64 {
        self.source_version
    }

    /// When the facts became so.
    #[must_use]
    pub fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// Whether all orders follow the facts.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> &F {
        &self.facts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: Timestamp = Timestamp::EPOCH;

    fn copy(version: u64, facts: &'static str) -> FactCopy<&'static str> {
        FactCopy::first(Uuid::nil(), version, AT, facts)
    }

    #[test]
    fn older_and_equal_versions_change_nothing() {
        let copy = copy(3, "c");
        assert_eq!(copy.taking_over(3, AT, "x"), None);
        assert_eq!(copy.taking_over(1, AT, "a"), None);
    }

    #[test]
    fn orders_need_not_follow_again_what_they_follow_already() {
        let settled = copy(1, "a").settled();
        assert!(settled.taking_over(2, AT, "a").unwrap().is_settled());
        assert!(!settled.taking_over(2, AT, "b").unwrap().is_settled());
        assert!(!copy(1, "a").taking_over(2, AT, "a").unwrap().is_settled());
    }

    proptest! {
        #[test]
        fn the_highest_version_wins_in_any_order(versions in proptest::collection::vec(1_u64..20, 1..40)) {
            let mut copy = FactCopy::first(Uuid::nil(), versions[0], AT, versions[0]);
            for version in &versions[1..] {
                let next = copy.taking_over(*version, AT, *version);
                prop_assert!(next.as_ref().is_none_or(|next| next.version() == copy.version() + 1));
                copy = next.unwrap_or(copy);
            }
            prop_assert_eq!(Some(copy.facts()), versions.iter().max());
        }
    }
}
