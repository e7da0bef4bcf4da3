//! Taking an order.

use kernel::{CustomerId, Principal, Result, Role};

use super::{
    Application, OrderView, PlaceChoice,
    crew::{Failure, relying_on_copies},
};
use crate::{
    domain::{NewOrder, Order},
    publishing,
};

/// An order to be taken.
#[derive(Debug, Clone)]
pub struct CreateOrder {
    /// For whom.
    pub customer_id: CustomerId,
    /// Where.
    pub place: PlaceChoice,
    /// What, when, with how many people, at what price.
    pub order: NewOrder,
}

impl Application {
    /// Takes an order of an active customer, as a draft. For the office.
    ///
    /// # Errors
    /// As [`Order::take`] and [`CustomerCopy::place`](crate::domain::CustomerCopy::place).
    pub async fn create_order(&self, principal: &Principal, command: CreateOrder) -> Result<OrderView> {
        principal.require(Role::Manager)?;
        relying_on_copies(|| self.try_create(principal, &command)).await
    }

    async fn try_create(&self, principal: &Principal, command: &CreateOrder) -> Result<OrderView, Failure> {
        let _turn = self.turns.at([command.customer_id.uuid()]).await;
        let customer = self.customer(principal, command.customer_id).await?;
        customer.takes_orders()?;
        let PlaceChoice { property_id, address } = command.place.clone();
        let place = customer.place(property_id, address)?;
        let at = self.env.now();
        let (order, event) = Order::take(self.env.new_id(), &customer, place, command.order.clone(), || self.env.new_id(), at)?;
        let mut transaction = self.company(principal).transaction(&principal.actor, at);
        transaction.insert(&order);
        transaction.update(&customer, &customer.touched());
        transaction.publish(publishing::envelope(&self.env, principal, &order, event));
        transaction.commit().await?;
        Ok(self.view(principal, order)?)
    }
}
