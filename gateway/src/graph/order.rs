//! Orders.

mod list;
mod part;
mod price;
mod terms;

use bytes::Bytes;
use contracts::{
    crm::order::v1,
    view::{Str, crm::order::v1 as view, of_message},
};

use super::{
    address::Address,
    connection::Connection,
    customer::CustomersById,
    employee::EmployeesById,
    enumeration::enumeration,
    history::{self, HistoryEntry, HistoryQuery},
    id::{GlobalId, Kind},
    scalar::{Moment, PhoneNumber, optional},
};
use crate::read::{Link, Text, batch_by_id, batch_pages, object};

pub(crate) use list::{OrderFilter, OrderOrderBy, OrdersOf};
pub(crate) use part::Comment;
use part::{Assignment, Cancellation, ChecklistItem};
use price::Price;
use terms::PriceTerms;
pub(crate) use terms::PriceTermsInput;

batch_by_id! {
    /// Orders by their ids.
    OrdersById: order.batch_get_orders(v1::BatchGetOrdersRequest) -> order as Order in orders
}
batch_pages! {
    /// Lists of orders.
    OrderPages: order.batch_list_orders(v1::BatchListOrdersRequest { requests: v1::ListOrdersRequest })
        -> orders as Order, in orders
}
batch_pages! {
    /// Histories.
    OrderHistory: order.batch_list_order_history(v1::BatchListOrderHistoryRequest { queries: HistoryQuery }) -> entries as HistoryEntry
}

/// A cleaning that a customer ordered.
#[derive(Clone)]
pub(crate) struct Order(pub(crate) view::Order<Bytes>);

impl From<v1::Order> for Order {
    fn from(order: v1::Order) -> Self {
        Self(of_message(&order))
    }
}

/// A cleaning that a customer ordered.
#[object(node = v1::Order)]
impl Order {
    /// The global id.
    pub(crate) fn id(&self) -> GlobalId<'_> {
        Kind::Order.of(self.0.id())
    }

    /// Rises with every change; mutations take it to refuse what would overwrite a change not seen.
    fn version(&self) -> u64 {
        self.0.version()
    }

    /// The customer. For the office; null where there is no such customer any more.
    fn customer(&self) -> Link<CustomersById> {
        Link::to_optional(self.0.customer_id())
    }

    /// The customer's name, which follows the customer; "Erased customer" where what is personal of them was erased.
    fn customer_name(&self) -> Str<'_> {
        self.0.customer_name()
    }

    /// The customer's telephone number, which follows the customer; null where what is personal of them was erased.
    fn customer_phone(&self) -> Option<Text<'_, PhoneNumber>> {
        Text::optional(self.0.customer_phone())
    }

    /// The customer's property; null where the address was given by hand.
    fn property_id(&self) -> Option<GlobalId<'_>> {
        optional(self.0.property_id()).map(|id| Kind::Property.of(id))
    }

    /// Where to clean; follows the property until the order has ended. Null where what is personal of the customer was
    /// erased.
    fn address(&self) -> Option<Address<'_>> {
        self.0.address().map(Address::from)
    }

    /// How to get in; follows the property until the order has ended.
    fn access_notes(&self) -> Option<Str<'_>> {
        optional(self.0.access_notes())
    }

    /// What is cleaned.
    fn service_type(&self) -> Option<ServiceType> {
        ServiceType::read(self.0.service_type())
    }

    /// How far it is.
    fn status(&self) -> Option<OrderStatus> {
        OrderStatus::read(self.0.status())
    }

    /// Whether it waits for its work with fewer people than its crew size.
    fn needs_crew(&self) -> bool {
        self.0.needs_crew()
    }

    /// When it begins.
    fn starts_at(&self) -> Option<Moment> {
        Moment::read(self.0.starts_at())
    }

    /// When it ends.
    fn ends_at(&self) -> Option<Moment> {
        Moment::read(self.0.ends_at())
    }

    /// How many people it needs.
    fn crew_size(&self) -> i32 {
        self.0.crew_size()
    }

    /// Who does it, in the order of assignment.
    fn assignments(&self) -> Vec<Assignment<'_>> {
        self.0.assignments().map(Assignment::from).collect()
    }

    /// The employees who do it, in the order of assignment; null in the place of one whom the viewer may not see.
    fn employees(&self) -> Vec<Link<EmployeesById>> {
        self.0.assignments().map(|assignment| Link::to_optional(assignment.employee_id())).collect()
    }

    /// How the price is made. For the office.
    fn price_terms(&self) -> Option<PriceTerms<'_>> {
        self.0.price_terms().map(PriceTerms::from)
    }

    /// The price, line by line. For the office.
    fn price(&self) -> Option<Price<'_>> {
        self.0.price().map(Price::from)
    }

    /// What the customer said.
    fn client_comments(&self) -> Option<Str<'_>> {
        optional(self.0.client_comments())
    }

    /// Comments of the office and the crew, the newest last.
    fn comments(&self) -> Vec<Comment<'_>> {
        self.0.comments().map(Comment::from).collect()
    }

    /// What is to be done.
    fn checklist(&self) -> Vec<ChecklistItem<'_>> {
        self.0.checklist().map(ChecklistItem::from).collect()
    }

    /// When the work began; null before.
    fn started_at(&self) -> Option<Moment> {
        Moment::read(self.0.started_at())
    }

    /// When the work was completed; null before.
    fn completed_at(&self) -> Option<Moment> {
        Moment::read(self.0.completed_at())
    }

    /// Why, when and by whom it was canceled; null where it wasn't.
    fn cancellation(&self) -> Option<Cancellation<'_>> {
        self.0.cancellation().map(Cancellation::from)
    }

    /// When the record was created.
    fn created_at(&self) -> Option<Moment> {
        Moment::read(self.0.created_at())
    }

    /// When the record last changed.
    fn updated_at(&self) -> Option<Moment> {
        Moment::read(self.0.updated_at())
    }

    /// What changed, the newest first.
    fn history(
        &self,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
    ) -> Link<OrderHistory, Connection<HistoryEntry>> {
        Link::ask(Ok(history::question(self.0.id().as_str(), first, after)))
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
