//! Calling an order off.

use kernel::{OrderId, Principal, Result, Role};

use super::{Application, OrderView};

impl Application {
    /// Calls off an open order, seen at `version`, for a reason. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict); as
    /// [`Order::cancel`](crate::domain::Order::cancel).
    pub async fn cancel_order(&self, principal: &Principal, id: OrderId, reason: &str, version: u64) -> Result<OrderView> {
        principal.require(Role::Manager)?;
        self.change(principal, id, version, |order, at| order.cancel(reason, &principal.actor, at)).await
    }
}
