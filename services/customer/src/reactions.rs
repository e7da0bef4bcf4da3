//! What this service does on the events of others: it keeps count of each customer's orders.

use async_trait::async_trait;
use contracts::{consumers, crm::order::v1, read};
use events::{HandleError, Handler, Subscription, decode};
use kernel::{CustomerId, Env, Envelope, Error, OrderId, Principal, Result, Timestamp};
use prost::Name;
use runtime::{consumers::subscription, retry::retry_contended};
use store::{CompanyStore, Query, Store};

use crate::{
    SERVICE,
    domain::{CustomerFacts, OrderRef, OrderState},
};

/// What is listened for: the events that say whose an order is or that it was completed. Each carries the whole order, and
/// the newest one counts: what was missed or came too late makes no difference.
pub(crate) const ORDERS: Subscription = subscription(consumers::CUSTOMER_ORDERS);

/// Follows the orders.
pub(crate) struct FollowOrders {
    pub(crate) store: Store,
    pub(crate) env: Env,
}

#[async_trait]
impl Handler for FollowOrders {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        let state = order_state(event)?;
        // Orders of one customer come at the same time, and each changes that customer's facts.
        Ok(retry_contended("a customer's orders", async || self.follow(event, state).await).await?)
    }
}

impl FollowOrders {
    async fn follow(&self, event: &Envelope, state: OrderState) -> Result<()> {
        let company = self.store.company(event.company);
        let before = company.get::<OrderRef>(state.id.uuid()).await?;
        let Some(after) = OrderRef::follow(before.as_ref(), state) else { return Ok(()) };

        let mut transaction = company.transaction(&Principal::service(event.company, SERVICE).actor, self.env.now());
        match &before {
            None => transaction.insert(&after),
            Some(before) => transaction.update(before, &after),
        };
        for customer in OrderRef::touched(before.as_ref(), &after) {
            // Only then the other orders: whatever happens to them from here on makes these facts a conflict. A customer
            // who is deleted has none and gets none.
            let Some(facts) = company.get::<CustomerFacts>(customer.uuid()).await? else {
                transaction.absent::<CustomerFacts>(customer.uuid());
                continue;
            };
            let others = last_completed_but(&company, customer, after.id).await?;
            transaction.update(&facts, &facts.after(before.as_ref(), &after, others));
        }
        transaction.received(ORDERS.consumer, event.id);
        match transaction.commit().await {
            Ok(()) | Err(store::Error::AlreadyReceived) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// When the last of a customer's orders but one was completed.
async fn last_completed_but(company: &CompanyStore, customer: CustomerId, order: OrderId) -> Result<Option<Timestamp>> {
    let newest = Query::by("completed_at").descending().eq("customer_id", customer).page(2, None);
    let orders = company.find::<OrderRef>(&newest).await?.items;
    Ok(orders.iter().find(|other| other.id != order).and_then(|other| other.completed_at))
}

/// What an event says of its order.
fn order_state(event: &Envelope) -> Result<OrderState, HandleError> {
    let (id, order_version) = (OrderId::from_uuid(event.subject), event.version);
    let order = if is::<v1::OrderCreated>(event) {
        decode::<v1::OrderCreated>(event)?.order
    } else if is::<v1::OrderMoved>(event) {
        decode::<v1::OrderMoved>(event)?.order
    } else if is::<v1::OrderCompleted>(event) {
        decode::<v1::OrderCompleted>(event)?.order
    } else {
        decode::<v1::OrderDeleted>(event)?;
        return Ok(OrderState { id, order_version, customer_id: None, completed_at: None });
    };
    let order = order.ok_or_else(|| HandleError::Poison("the event carries no order".to_owned()))?;
    let customer = read::id("order.customer_id", &order.customer_id).map_err(unreadable)?;
    let completed_at = read::optional_timestamp("order.completed_at", order.completed_at.as_ref()).map_err(unreadable)?;
    Ok(OrderState { id, order_version, customer_id: Some(customer), completed_at })
}

fn is<M: Name>(event: &Envelope) -> bool {
    event.kind == M::full_name()
}

/// What can't be read now can't be read later.
fn unreadable(error: Error) -> HandleError {
    HandleError::Poison(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_subscribed_to_are_the_names_of_the_messages() {
        let names =
            [v1::OrderCreated::full_name(), v1::OrderMoved::full_name(), v1::OrderCompleted::full_name(), v1::OrderDeleted::full_name()];
        assert_eq!(ORDERS.kinds, names);
    }
}
