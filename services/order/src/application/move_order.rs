//! Moving an order to another customer.

use kernel::{CustomerId, OrderId, Principal, Result, Role};

use super::{
    Application, OrderView, PlaceChoice,
    crew::{Failure, relying_on_copies},
};
use crate::domain::FormerOrder;

/// An order that was taken for the wrong customer.
#[derive(Debug, Clone)]
pub struct MoveOrder {
    /// The order.
    pub id: OrderId,
    /// The version that the caller has seen.
    pub version: u64,
    /// The customer from now on.
    pub customer_id: CustomerId,
    /// Where to clean from now on.
    pub place: PlaceChoice,
}

impl Application {
    /// Moves an open order to another, active customer. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict); as
    /// [`Order::move_to`](crate::domain::Order::move_to) and [`CustomerCopy::place`](crate::domain::CustomerCopy::place).
    pub async fn move_order(&self, principal: &Principal, command: MoveOrder) -> Result<OrderView> {
        principal.require(Role::Manager)?;
        relying_on_copies(|| self.try_move(principal, &command)).await
    }

    async fn try_move(&self, principal: &Principal, command: &MoveOrder) -> Result<OrderView, Failure> {
        let before = self.load(principal, command.id).await?;
        before.expect_version(command.version)?;
        let _turn = self.turns.at([command.customer_id.uuid()]).await;
        let customer = self.customer(principal, command.customer_id).await?;
        customer.takes_orders()?;
        let PlaceChoice { property_id, address } = command.place.clone();
        let place = customer.place(property_id, address)?;
        let (mut after, at) = (before.clone(), self.env.now());
        let event = after.move_to(&customer, place, at)?;
        let mut transaction = self.saving(principal, &before, &after, event, at);
        transaction.update(&customer, &customer.touched()).insert(&FormerOrder::of(self.env.random_uuid(), &before));
        transaction.commit().await?;
        Ok(self.view(principal, after)?)
    }
}
