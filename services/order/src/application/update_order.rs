//! Changing an order.

use kernel::{OrderId, Principal, Result, Role};

use super::{
    Application, OrderView, PlaceChoice,
    crew::{Failure, relying_on_copies},
};
use crate::domain::OrderChanges;

/// What shall be different at an order.
#[derive(Debug, Clone)]
pub struct UpdateOrder {
    /// The order.
    pub id: OrderId,
    /// The version that the caller has seen.
    pub version: u64,
    /// Where to clean from now on; `None` as it is.
    pub place: Option<PlaceChoice>,
    /// Everything else.
    pub changes: OrderChanges,
}

impl Application {
    /// Changes an open order; its price follows. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict); as
    /// [`Order::change`](crate::domain::Order::change) and [`CustomerCopy::place`](crate::domain::CustomerCopy::place).
    pub async fn update_order(&self, principal: &Principal, command: UpdateOrder) -> Result<OrderView> {
        principal.require(Role::Manager)?;
        relying_on_copies(|| self.try_update(principal, &command)).await
    }

    async fn try_update(&self, principal: &Principal, command: &UpdateOrder) -> Result<OrderView, Failure> {
        let before = self.load(principal, command.id).await?;
        before.expect_version(command.version)?;
        let (mut after, at) = (before.clone(), self.env.now());
        let mut relied_on = None;
        // Only a place relies on the customer; anything else waits for nobody.
        let _turn = self.turns.at(command.place.iter().map(|_| before.customer_id.uuid())).await;
        let mut place = None;
        if let Some(PlaceChoice { property_id, address }) = command.place.clone() {
            let customer = self.customer(principal, before.customer_id).await?;
            place = Some(customer.place(property_id, address)?);
            relied_on = Some(customer);
        }
        let Some(event) = after.change(place, command.changes.clone(), || self.env.new_id(), at)? else {
            return Ok(self.view(principal, before)?);
        };
        let mut transaction = self.saving(principal, &before, &after, event, at);
        if let Some(customer) = relied_on {
            transaction.update(&customer, &customer.touched());
        }
        transaction.commit().await?;
        Ok(self.view(principal, after)?)
    }
}
