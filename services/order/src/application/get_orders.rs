//! Orders by their identifiers.

use contracts::{crm::order::v1, mask::Mask};
use kernel::{OrderId, Principal, Result};
use uuid::Uuid;

use super::{Access, Application, OrderView, not_found};
use crate::parts::OrderParts;

impl Application {
    /// One order. For the office; a cleaner's own.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound) that names `id`, also for an order that the caller may not know of.
    pub async fn get_order(&self, principal: &Principal, id: OrderId) -> Result<OrderView> {
        let order = self.load(principal, id).await?;
        self.view(principal, order)
    }

    /// An answer for each identifier, in their order. For the office; a cleaner's own. No more is read than the mask asks for.
    ///
    /// # Errors
    /// For one identifier as [`get_order`](Self::get_order).
    pub async fn batch_get_orders(
        &self,
        principal: &Principal,
        ids: &[OrderId],
        mask: Mask<v1::Order>,
    ) -> Result<Vec<Result<OrderView<OrderParts>>>> {
        let access = Access::of(principal)?;
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let orders = self.company(principal).only(access.read(mask)).get_many::<OrderParts>(&uuids).await?;
        let answers = orders.into_iter().zip(ids).map(|(order, id)| {
            let order = order.filter(|order| access.sees(&order.employee_ids)).ok_or_else(|| not_found(*id))?;
            Ok(access.view(order))
        });
        Ok(answers.collect())
    }
}
