//! Orders.

use async_graphql::{ComplexObject, Context, ID, InputObject, Result, SimpleObject, dataloader::DataLoader};
use contracts::crm::order::v1;

use super::{
    customer::Customer,
    employee::Employee,
    loader::{Customers, Employees},
    value::{Address, Connection, DateTime, Money, enumeration, optional},
};

enumeration!(OrderStatus = v1::OrderStatus { Draft, Scheduled, InProgress, Completed, Canceled });
enumeration!(ServiceType = v1::ServiceType { ServiceCleaning, ObjectCleaning });

#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub(super) struct Order {
    id: ID,
    version: u64,
    customer_name: String,
    address: Option<Address>,
    service_type: Option<ServiceType>,
    status: Option<OrderStatus>,
    needs_crew: bool,
    starts_at: Option<DateTime>,
    ends_at: Option<DateTime>,
    crew_size: i32,
    price: Option<Price>,
    client_comments: Option<String>,
    checklist: Vec<ChecklistItem>,
    #[graphql(skip)]
    customer_id: String,
    #[graphql(skip)]
    employee_ids: Vec<String>,
}

#[derive(Clone, SimpleObject)]
struct Price {
    total: Option<Money>,
}

#[derive(Clone, SimpleObject)]
struct ChecklistItem {
    text: String,
    done_at: Option<DateTime>,
}

#[derive(Clone, PartialEq, Eq, Hash, InputObject)]
pub(super) struct OrderFilter {
    starts_from: Option<DateTime>,
}

/// Which orders.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct OrdersQuery {
    pub(super) first: Option<i32>,
    pub(super) filter: Option<OrderFilter>,
    /// Those of this employee; anybody's where not given.
    pub(super) employee_id: Option<String>,
}

#[ComplexObject]
impl Order {
    async fn customer(&self, ctx: &Context<'_>) -> Result<Option<Customer>> {
        Ok(ctx.data::<DataLoader<Customers>>()?.load_one(self.customer_id.clone()).await?)
    }

    async fn employees(&self, ctx: &Context<'_>) -> Result<Vec<Option<Employee>>> {
        let mut found = ctx.data::<DataLoader<Employees>>()?.load_many(self.employee_ids.iter().cloned()).await?;
        Ok(self.employee_ids.iter().map(|id| found.remove(id)).collect())
    }
}

impl OrdersQuery {
    pub(super) fn request(&self) -> v1::ListOrdersRequest {
        let starts_from = self.filter.as_ref().and_then(|filter| filter.starts_from).map(DateTime::write);
        let employee_id = self.employee_id.clone().unwrap_or_default();
        let filter = v1::OrderFilter { starts_from, employee_id, ..v1::OrderFilter::default() };
        v1::ListOrdersRequest { filter: Some(filter), page_size: self.first, ..v1::ListOrdersRequest::default() }
    }
}

impl From<v1::Order> for Order {
    fn from(order: v1::Order) -> Self {
        Self {
            id: ID(format!("order_{}", order.id)),
            version: order.version,
            service_type: ServiceType::read(order.service_type()),
            status: OrderStatus::read(order.status()),
            needs_crew: order.needs_crew,
            starts_at: DateTime::read(order.starts_at.as_ref()),
            ends_at: DateTime::read(order.ends_at.as_ref()),
            crew_size: order.crew_size,
            price: order.price.map(|price| Price { total: Money::read(price.total.as_ref()) }),
            customer_name: order.customer_name,
            address: order.address.map(Address::from),
            client_comments: optional(order.client_comments),
            checklist: order.checklist.into_iter().map(ChecklistItem::from).collect(),
            customer_id: order.customer_id,
            employee_ids: order.assignments.into_iter().map(|assignment| assignment.employee_id).collect(),
        }
    }
}

impl From<v1::ChecklistItem> for ChecklistItem {
    fn from(item: v1::ChecklistItem) -> Self {
        Self { done_at: DateTime::read(item.done_at.as_ref()), text: item.text }
    }
}

impl From<v1::ListOrdersResponse> for Connection<Order> {
    fn from(page: v1::ListOrdersResponse) -> Self {
        Self::new(page.orders, page.cursors, &page.next_page_token)
    }
}
