//! Taking somebody off an order.

use kernel::{EmployeeId, OrderId, Principal, Result, Role};

use super::{Application, OrderView};

impl Application {
    /// Takes somebody off an open order, seen at `version`. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict); as
    /// [`Order::unassign`](crate::domain::Order::unassign).
    pub async fn unassign_employee(&self, principal: &Principal, id: OrderId, employee: EmployeeId, version: u64) -> Result<OrderView> {
        principal.require(Role::Manager)?;
        self.change(principal, id, version, |order, at| order.unassign(employee, at)).await
    }
}
