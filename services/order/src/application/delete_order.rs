//! Deleting an order for good.

use kernel::{OrderId, Principal, Result, Role};

use super::Application;
use crate::{domain::FormerOrder, publishing};

impl Application {
    /// Deletes a draft or a canceled order, seen at `version`; its history stays. For admins.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict); as
    /// [`Order::delete`](crate::domain::Order::delete).
    pub async fn delete_order(&self, principal: &Principal, id: OrderId, version: u64) -> Result<()> {
        principal.require(Role::Admin)?;
        let order = self.load(principal, id).await?;
        order.expect_version(version)?;
        let event = order.delete()?;
        let mut transaction = self.company(principal).transaction(&principal.actor, self.env.now());
        transaction.delete(&order).insert(&FormerOrder::of(self.env.random_uuid(), &order));
        transaction.publish(publishing::envelope(&self.env, principal, &order, event));
        Ok(transaction.commit().await?)
    }
}
