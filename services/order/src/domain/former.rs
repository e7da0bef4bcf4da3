//! Whose an order was before.

use kernel::{CustomerId, OrderId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Order;

/// That an order was a customer's, who can't be told from the order any more: it was moved to another one or deleted. Its
/// history still tells of them, and is found by this when they are erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerOrder {
    /// An identifier of its own.
    pub id: Uuid,
    /// The customer.
    pub customer_id: CustomerId,
    /// The order.
    pub order_id: OrderId,
}

impl FormerOrder {
    /// The order as its present customer's, who is about to lose it.
    #[must_use]
    pub fn of(id: Uuid, order: &Order) -> Self {
        Self { id, customer_id: order.customer_id, order_id: order.id }
    }
}
