//! The use cases, one file each. Every one decides first whether the caller may.
//!
//! | module | what |
//! |---|---|
//! | `access` | who sees which orders, and what of them |
//! | `crew` | what the crew has to do around some time; use cases that rely on copies of others' facts |

use kernel::{Address, CustomerId, Env, Error, OrderId, Principal, PropertyId, Result, Timestamp};
use std::sync::Arc;
use store::{CompanyStore, Store, Transaction};

use crate::{
    domain::{CustomerCopy, Order, OrderEvent, customer::unknown_customer},
    publishing,
    turns::Turns,
};
use access::Access;

mod access;
mod add_comment;
mod assign_employee;
mod cancel_order;
mod complete_order;
mod create_order;
mod crew;
mod delete_order;
mod get_orders;
mod list_history;
mod list_orders;
mod move_order;
mod schedule_order;
mod set_checklist_item_done;
mod start_order;
mod unassign_employee;
mod update_order;

pub use access::OrderView;
pub use assign_employee::AssignEmployee;
pub use create_order::CreateOrder;
pub use list_orders::{ListOrders, OrderFilter};
pub use move_order::MoveOrder;
pub use schedule_order::ScheduleOrder;
pub use update_order::UpdateOrder;

/// What can be done with orders.
#[derive(Clone)]
pub struct Application {
    store: Store,
    env: Env,
    turns: Arc<Turns>,
}

/// Where to clean, as it is asked for: one of the customer's properties, or another address, or nothing where the
/// customer has exactly one property.
#[derive(Debug, Clone, Default)]
pub struct PlaceChoice {
    /// The customer's property.
    pub property_id: Option<PropertyId>,
    /// An address that is none of the customer's properties.
    pub address: Option<Address>,
}

impl Application {
    /// The use cases on a store.
    #[must_use]
    pub fn new(store: Store, env: Env) -> Self {
        Self { store, env, turns: Arc::default() }
    }

    /// Where those who change the same copies wait for each other.
    pub(crate) fn turns(&self) -> Arc<Turns> {
        self.turns.clone()
    }

    /// The same use cases at another time, by another chance.
    #[must_use]
    pub fn with_env(&self, env: Env) -> Self {
        Self { env, ..self.clone() }
    }

    fn company(&self, principal: &Principal) -> CompanyStore {
        self.store.company(principal.company)
    }

    /// The order, where the caller may know of it.
    async fn load(&self, principal: &Principal, id: OrderId) -> Result<Order> {
        let access = Access::of(principal)?;
        let order = self.company(principal).get::<Order>(id.uuid()).await?;
        order.filter(|order| access.sees(&order.employee_ids)).ok_or_else(|| not_found(id))
    }

    /// What is known of the customer that a request names.
    async fn customer(&self, principal: &Principal, id: CustomerId) -> Result<CustomerCopy> {
        self.company(principal).get(id.uuid()).await?.ok_or_else(|| unknown_customer(id))
    }

    /// Changes an order that was seen at `version`.
    async fn change(
        &self,
        principal: &Principal,
        id: OrderId,
        version: u64,
        change: impl FnOnce(&mut Order, Timestamp) -> Result<OrderEvent>,
    ) -> Result<OrderView> {
        let before = self.load(principal, id).await?;
        before.expect_version(version)?;
        let (mut after, at) = (before.clone(), self.env.now());
        let event = change(&mut after, at)?;
        self.saving(principal, &before, &after, event, at).commit().await?;
        self.view(principal, after)
    }

    /// Changes an order whatever its version is, and anew where somebody else was faster: for what overwrites nothing.
    async fn change_latest(
        &self,
        principal: &Principal,
        id: OrderId,
        change: impl Fn(&mut Order, Timestamp) -> Result<Option<OrderEvent>>,
    ) -> Result<OrderView> {
        let change = &change;
        runtime::retry::retry_conflicts(|| async move {
            let before = self.load(principal, id).await?;
            let (mut after, at) = (before.clone(), self.env.now());
            if let Some(event) = change(&mut after, at)? {
                self.saving(principal, &before, &after, event, at).commit().await?;
            }
            self.view(principal, after)
        })
        .await
    }

    /// The transaction that keeps what became of an order, and tells of it.
    fn saving(&self, principal: &Principal, before: &Order, after: &Order, event: OrderEvent, at: Timestamp) -> Transaction {
        let mut transaction = self.company(principal).transaction(&principal.actor, at);
        transaction.update(before, after);
        transaction.publish(publishing::envelope(&self.env, principal, after, event));
        transaction
    }
}

fn not_found(id: OrderId) -> Error {
    Error::NotFound { resource: "order".into(), id: id.to_string(), field: "id".into() }
}
