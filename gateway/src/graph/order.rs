//! Orders.

mod list;
mod part;
mod price;
mod terms;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use contracts::crm::order::v1;
use futures::future::join_all;

use super::{
    address::Address,
    connection::{Connection, follow},
    customer::{Customer, CustomersById},
    employee::{Employee, EmployeesById},
    enumeration::enumeration,
    error::{Field, found, found_or_null},
    history::{self, HistoryEntry, batch_history},
    id::Kind,
    scalar::{DateTime, PhoneNumber, optional},
};
use crate::read::{self, Expand, Plan, Selection, batch_by_id, batch_pages};

pub(crate) use list::{OrderFilter, OrderOrderBy, OrdersOf, order_list};
pub(crate) use part::Comment;
use part::{Assignment, Cancellation, ChecklistItem};
use price::Price;
use terms::PriceTerms;
pub(crate) use terms::PriceTermsInput;

batch_by_id! {
    /// Orders by their ids.
    OrdersById: order.batch_get_orders(v1::BatchGetOrdersRequest) -> order_result::Order as Order
}
batch_pages! {
    /// Lists of orders.
    OrderPages: order.batch_list_orders(v1::BatchListOrdersRequest { requests: v1::ListOrdersRequest })
        -> v1::orders_page_result::Result { orders as Order }
}
batch_history!(OrderHistory: order.batch_list_order_history(v1::BatchListOrderHistoryRequest));

/// A cleaning that a customer ordered.
#[derive(Clone)]
pub(crate) struct Order(pub(crate) Arc<v1::Order>);

impl From<v1::Order> for Order {
    fn from(order: v1::Order) -> Self {
        Self(Arc::new(order))
    }
}

impl Expand for Order {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        let order = &self.0;
        for field in selection.on("Order", &["Node"]) {
            let below = &field.selection;
            match field.name.as_str() {
                "customer" => plan.follow::<CustomersById>(order.customer_id.clone(), below),
                "employees" => order.assignments.iter().for_each(|a| plan.follow::<EmployeesById>(a.employee_id.clone(), below)),
                "assignments" => order.assignments.iter().for_each(|assignment| Assignment::from(assignment).expand(below, plan)),
                "comments" => order.comments.iter().for_each(|comment| Comment::from(comment).expand(below, plan)),
                "checklist" => order.checklist.iter().for_each(|item| ChecklistItem::from(item).expand(below, plan)),
                "cancellation" => order.cancellation.iter().for_each(|canceled| Cancellation::from(canceled).expand(below, plan)),
                "history" => {
                    if let Some(question) = history::planned(&order.id, field) {
                        follow::<OrderHistory, HistoryEntry>(plan, field, &question);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A cleaning that a customer ordered.
#[Object]
impl Order {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        Kind::Order.global(&self.0.id)
    }

    /// Rises with every change; mutations take it to refuse what would overwrite a change not seen.
    async fn version(&self) -> u64 {
        self.0.version
    }

    /// The customer. For the office; null where there is no such customer any more.
    async fn customer(&self, ctx: &Context<'_>) -> Field<Customer> {
        found_or_null(read::get::<CustomersById>(ctx, self.0.customer_id.clone()).await)
    }

    /// The customer's name, which follows the customer; "Erased customer" where what is personal of them was erased.
    async fn customer_name(&self) -> &str {
        &self.0.customer_name
    }

    /// The customer's telephone number, which follows the customer; null where what is personal of them was erased.
    async fn customer_phone(&self) -> Option<PhoneNumber> {
        optional(&self.0.customer_phone).map(PhoneNumber)
    }

    /// The customer's property; null where the address was given by hand.
    async fn property_id(&self) -> Option<ID> {
        optional(&self.0.property_id).map(|id| Kind::Property.global(&id))
    }

    /// Where to clean; follows the property until the order has ended. Null where what is personal of the customer was
    /// erased.
    async fn address(&self) -> Option<Address> {
        self.0.address.as_ref().map(Address::from)
    }

    /// How to get in; follows the property until the order has ended.
    async fn access_notes(&self) -> Option<String> {
        optional(&self.0.access_notes)
    }

    /// What is cleaned.
    async fn service_type(&self) -> Option<ServiceType> {
        ServiceType::read(self.0.service_type())
    }

    /// How far it is.
    async fn status(&self) -> Option<OrderStatus> {
        OrderStatus::read(self.0.status())
    }

    /// Whether it waits for its work with fewer people than its crew size.
    async fn needs_crew(&self) -> bool {
        self.0.needs_crew
    }

    /// When it begins.
    async fn starts_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.starts_at.as_ref())
    }

    /// When it ends.
    async fn ends_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.ends_at.as_ref())
    }

    /// How many people it needs.
    async fn crew_size(&self) -> i32 {
        self.0.crew_size
    }

    /// Who does it, in the order of assignment.
    async fn assignments(&self) -> Vec<Assignment> {
        self.0.assignments.iter().map(Assignment::from).collect()
    }

    /// The employees who do it, in the order of assignment; null in the place of one whom the viewer may not see.
    async fn employees(&self, ctx: &Context<'_>) -> Vec<Field<Employee>> {
        let employee = async |id: &String| found_or_null(read::get::<EmployeesById>(ctx, id.clone()).await);
        join_all(self.0.assignments.iter().map(|assignment| employee(&assignment.employee_id))).await
    }

    /// How the price is made. For the office.
    async fn price_terms(&self) -> Option<PriceTerms> {
        self.0.price_terms.as_ref().map(PriceTerms::from)
    }

    /// The price, line by line. For the office.
    async fn price(&self) -> Option<Price> {
        self.0.price.as_ref().map(Price::from)
    }

    /// What the customer said.
    async fn client_comments(&self) -> Option<String> {
        optional(&self.0.client_comments)
    }

    /// Comments of the office and the crew, the newest last.
    async fn comments(&self) -> Vec<Comment> {
        self.0.comments.iter().map(Comment::from).collect()
    }

    /// What is to be done.
    async fn checklist(&self) -> Vec<ChecklistItem> {
        self.0.checklist.iter().map(ChecklistItem::from).collect()
    }

    /// When the work began; null before.
    async fn started_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.started_at.as_ref())
    }

    /// When the work was completed; null before.
    async fn completed_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.completed_at.as_ref())
    }

    /// Why, when and by whom it was canceled; null where it wasn't.
    async fn cancellation(&self) -> Option<Cancellation> {
        self.0.cancellation.as_ref().map(Cancellation::from)
    }

    /// When the record was created.
    async fn created_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.created_at.as_ref())
    }

    /// When the record last changed.
    async fn updated_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.updated_at.as_ref())
    }

    /// What changed, the newest first.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
    ) -> Field<Connection<HistoryEntry>> {
        let question = history::question(&self.0.id, first, after);
        found(read::get::<OrderHistory>(ctx, question).await.map(Connection::from))
    }
}

enumeration! {
    /// What is cleaned.
    ServiceType = v1::ServiceType {
        /// Regular cleaning as a service.
        ServiceCleaning,
        /// Cleaning of an object: a building site, a move, a shop.
        ObjectCleaning,
    }
}

enumeration! {
    /// How far an order is: DRAFT, SCHEDULED, IN_PROGRESS, COMPLETED; CANCELED from the first three.
    OrderStatus = v1::OrderStatus {
        /// Not yet agreed on.
        Draft,
        /// Agreed on.
        Scheduled,
        /// The crew is at work.
        InProgress,
        /// Done.
        Completed,
        /// Called off.
        Canceled,
    }
}
