//! The consumers of the contracts, as a bus takes them.

use contracts::consumers::{self, Consumer};
use events::Subscription;

/// What `consumer` subscribes to.
#[must_use]
pub const fn subscription(consumer: Consumer) -> Subscription {
    Subscription::new(consumer.name, consumer.kinds)
}

/// What all consumers of all services subscribe to: the queues that every program declares.
#[must_use]
pub fn topology() -> Vec<Subscription> {
    consumers::ALL.iter().copied().map(subscription).collect()
}
