//! Completing the work.

use kernel::{OrderId, Principal, Result};

use super::{Application, OrderView};

impl Application {
    /// Completes the work of an order, seen at `version`. For the office and the crew.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict); as
    /// [`Order::complete`](crate::domain::Order::complete).
    pub async fn complete_order(&self, principal: &Principal, id: OrderId, version: u64) -> Result<OrderView> {
        self.change(principal, id, version, |order, at| order.complete(at)).await
    }
}
