//! Marking what is done.

use kernel::{OrderId, Principal, Result};

use super::{Application, OrderView};
use crate::domain::order::checklist::ChecklistItemId;

impl Application {
    /// Marks an item of an open order's checklist as done, or not done. For the office and the crew.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound) that names `id` or `item_id`; as
    /// [`Order::set_item_done`](crate::domain::Order::set_item_done).
    pub async fn set_checklist_item_done(
        &self,
        principal: &Principal,
        id: OrderId,
        item: ChecklistItemId,
        done: bool,
    ) -> Result<OrderView> {
        self.change_latest(principal, id, |order, at| order.set_item_done(item, done, &principal.actor, at)).await
    }
}
