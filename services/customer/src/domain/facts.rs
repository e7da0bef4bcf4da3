//! What the orders make known of their customers.
//!
//! Both documents are apart from the customer: an order that is taken or completed must not make the office's edit of
//! the customer a conflict.
//!
//! Invariant: the facts of a customer follow from the references alone. Whatever changes whom a reference counts for
//! also raises the version of that customer's facts, in one transaction. Of two changes at once one is therefore
//! repeated, and a customer whose facts are deleted with them can't get an order counted in the meantime.

use kernel::{CustomerId, OrderId, Timestamp};
use serde::{Deserialize, Serialize};

/// What is known of an order: whose it is and when it was completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRef {
    /// The order.
    pub id: OrderId,
    /// The version of this document.
    pub version: u64,
    /// The version of the order in the newest event that was seen of it.
    pub order_version: u64,
    /// Whose order it is; `None` is the tombstone of a deleted order.
    pub customer_id: Option<CustomerId>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
}

/// What an event says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderState {
    /// The order.
    pub id: OrderId,
    /// The order's version after the event.
    pub order_version: u64,
    /// Whose order it is; `None` after its deletion.
    pub customer_id: Option<CustomerId>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
}

impl OrderRef {
    /// The reference after an event; `None` where a newer event of the order was seen already.
    #[must_use]
    pub fn follow(before: Option<&Self>, state: OrderState) -> Option<Self> {
        let OrderState { id, order_version, customer_id, completed_at } = state;
        let version = match before {
            None => 1,
            Some(before) if before.order_version < order_version => before.version + 1,
            Some(_) => return None,
        };
        Some(Self { id, version, order_version, customer_id, completed_at: completed_at.filter(|_| customer_id.is_some()) })
    }

    /// The customers whose facts are others after `before` became `after`.
    #[must_use]
    pub fn touched(before: Option<&Self>, after: &Self) -> Vec<CustomerId> {
        let old = before.and_then(|before| before.customer_id);
        if old == after.customer_id && before.and_then(|before| before.completed_at) == after.completed_at {
            return Vec::new();
        }
        let moved_to = after.customer_id.filter(|new| Some(*new) != old);
        old.into_iter().chain(moved_to).collect()
    }

    fn counts_for(&self, customer: CustomerId) -> bool {
        self.customer_id == Some(customer)
    }
}

/// What a customer's orders make known of them. It lives and goes with the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerFacts {
    /// The customer.
    pub id: CustomerId,
    /// The version of this document.
    pub version: u64,
    /// How many orders they have, whatever their status.
    pub order_count: u32,
    /// When an order of theirs was last completed.
    pub last_service_at: Option<Timestamp>,
}

impl CustomerFacts {
    /// The facts of a customer without orders.
    #[must_use]
    pub fn none(id: CustomerId) -> Self {
        Self { id, version: 1, order_count: 0, last_service_at: None }
    }

    /// The facts after one of the orders went from `before` to `after`; `others` is when the last of the customer's
    /// other orders was completed.
    #[must_use]
    pub fn after(&self, before: Option<&OrderRef>, after: &OrderRef, others: Option<Timestamp>) -> Self {
        let counted = before.is_some_and(|before| before.counts_for(self.id));
        let counts = after.counts_for(self.id);
        Self {
            id: self.id,
            version: self.version + 1,
            order_count: self.order_count.saturating_add(u32::from(counts)).saturating_sub(u32::from(counted)),
            last_service_at: others.max(after.completed_at.filter(|_| counts)),
        }
    }
}

#[cfg(test)]
mod tests;
