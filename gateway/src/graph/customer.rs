//! Customers.

use async_graphql::{Enum, InputObject};
use bytes::Bytes;
use contracts::{
    crm::customer::v1,
    view::{Str, crm::customer::v1 as view, of_message},
};

use super::{
    actor::Actor,
    address::Address,
    connection::Connection,
    enumeration::{enumeration, numbers},
    history::{self, HistoryEntry, HistoryQuery},
    id::{GlobalId, Kind},
    order::{Order, OrderFilter, OrderOrderBy, OrderPages, OrdersOf},
    part::part,
    scalar::{Decimal, EmailAddress, Moment, PhoneNumber, optional},
};
use crate::read::{Link, Text, batch_by_id, batch_pages, batch_search, object};

batch_by_id! {
    /// Customers by their ids.
    CustomersById: customer.batch_get_customers(v1::BatchGetCustomersRequest) -> customer as Customer in customers but version, updated_at, notes, order_count, last_service_at
}
batch_pages! {
    /// Lists of customers.
    CustomerPages: customer.batch_list_customers(v1::BatchListCustomersRequest { requests: v1::ListCustomersRequest })
        -> customers as Customer, in customers
}
batch_search! {
    /// Searches of customers.
    CustomerSearch: customer.search_customers(v1::SearchCustomersRequest) -> customers as Customer
}
batch_pages! {
    /// Histories.
    CustomerHistory: customer.batch_list_customer_history(v1::BatchListCustomerHistoryRequest { queries: HistoryQuery }) -> entries as HistoryEntry
}

/// A person or an organisation for whom the company works.
#[derive(Clone)]
pub(crate) struct Customer(pub(crate) view::Customer<Bytes>);

impl From<v1::Customer> for Customer {
    fn from(customer: v1::Customer) -> Self {
        Self(of_message(&customer))
    }
}

/// A person or an organisation for whom the company works.
#[object(node = v1::Customer)]
impl Customer {
    /// The global id.
    pub(crate) fn id(&self) -> GlobalId<'_> {
        Kind::Customer.of(self.0.id())
    }

    /// Rises with every change; mutations take it to refuse what would overwrite a change not seen.
    fn version(&self) -> u64 {
        self.0.version()
    }

    /// A person or an organisation.
    fn r#type(&self) -> Option<CustomerType> {
        CustomerType::read(self.0.r#type())
    }

    /// Name.
    fn name(&self) -> Str<'_> {
        self.0.name()
    }

    /// Registration number of an organisation.
    fn registration_number(&self) -> Option<Str<'_>> {
        optional(self.0.registration_number())
    }

    /// Telephone number.
    fn phone(&self) -> Text<'_, PhoneNumber> {
        Text::of(self.0.phone())
    }

    /// Email address.
    fn email(&self) -> Option<Text<'_, EmailAddress>> {
        Text::optional(self.0.email())
    }

    /// The places to clean.
    fn properties(&self) -> Vec<Property<'_>> {
        self.0.properties().map(Property::from).collect()
    }

    /// Further people to talk to.
    fn contacts(&self) -> Vec<Contact<'_>> {
        self.0.contacts().map(Contact::from).collect()
    }

    /// Notes of the office, the newest last.
    fn notes(&self) -> Vec<Note<'_>> {
        self.0.notes().map(Note::from).collect()
    }

    /// Whether orders are taken from them.
    fn status(&self) -> Option<CustomerStatus> {
        CustomerStatus::read(self.0.status())
    }

    /// How many orders they have, whatever their status.
    fn order_count(&self) -> u32 {
        self.0.order_count()
    }

    /// When an order of theirs was last completed; null before the first.
    fn last_service_at(&self) -> Option<Moment> {
        Moment::read(self.0.last_service_at())
    }

    /// When the record was created.
    fn created_at(&self) -> Option<Moment> {
        Moment::read(self.0.created_at())
    }

    /// When the record last changed.
    fn updated_at(&self) -> Option<Moment> {
        Moment::read(self.0.updated_at())
    }

    /// Their orders, the earliest first unless ordered otherwise.
    fn orders(
        &self,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<OrderFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<OrderOrderBy>,
    ) -> Link<OrderPages, Connection<Order>> {
        Link::ask(OrdersOf::Customer(self.0.id().as_str()).list(first, after, filter, order_by))
    }

    /// What changed, the newest first.
    fn history(
        &self,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
    ) -> Link<CustomerHistory, Connection<HistoryEntry>> {
        Link::ask(Ok(history::question(self.0.id().as_str(), first, after)))
    }
}

enumeration! {
    /// A kind of customer.
    CustomerType = v1::CustomerType {
        /// A physical person.
        Person,
        /// A juridical person.
        Organisation,
    }
}

enumeration! {
    /// Whether orders are taken from a customer.
    CustomerStatus = v1::CustomerStatus {
        /// They are.
        Active,
        /// They aren't: future orders are canceled, new ones refused.
        Archived,
    }
}

part! {
    /// A place to clean.
    Property = view::Property or v1::Property
}

/// A place to clean.
#[object]
impl Property<'_> {
    /// Its id; it is found in what it belongs to only.
    fn id(&self) -> GlobalId<'_> {
        Kind::Property.of(self.0.id())
    }

    /// What the customer calls it.
    fn label(&self) -> Option<Str<'_>> {
        optional(self.0.label())
    }

    /// Where it is.
    fn address(&self) -> Option<Address<'_>> {
        self.0.address().map(Address::from)
    }

    /// How to get in.
    fn access_notes(&self) -> Option<Str<'_>> {
        optional(self.0.access_notes())
    }

    /// Floor area in square metres.
    fn area_m2(&self) -> Option<Text<'_, Decimal>> {
        Text::optional(self.0.area_m2())
    }
}

part! {
    /// A person to talk to at a customer's.
    Contact = view::Contact
}

/// A person to talk to at a customer's.
#[object]
impl Contact<'_> {
    /// Its id; it is found in what it belongs to only.
    fn id(&self) -> GlobalId<'_> {
        Kind::Contact.of(self.0.id())
    }

    /// Name.
    fn name(&self) -> Str<'_> {
        self.0.name()
    }

    /// What they do there.
    fn position(&self) -> Option<Str<'_>> {
        optional(self.0.position())
    }

    /// Telephone number.
    fn phone(&self) -> Option<Text<'_, PhoneNumber>> {
        Text::optional(self.0.phone())
    }

    /// Email address.
    fn email(&self) -> Option<Text<'_, EmailAddress>> {
        Text::optional(self.0.email())
    }
}

part! {
    /// A note of the office on a customer.
    Note = view::Note or v1::Note
}

/// A note of the office on a customer.
#[object]
impl Note<'_> {
    /// Its id; it is found in what it belongs to only.
    fn id(&self) -> GlobalId<'_> {
        Kind::Note.of(self.0.id())
    }

    /// The note.
    fn text(&self) -> Str<'_> {
        self.0.text()
    }

    /// When it was written.
    fn created_at(&self) -> Option<Moment> {
        Moment::read(self.0.created_at())
    }

    /// Who wrote it.
    fn author(&self) -> Actor<'_> {
        Actor::of(self.0.author())
    }
}

/// Narrows a list of customers; every field that is given must hold.
#[derive(Clone, Default, InputObject)]
pub(crate) struct CustomerFilter {
    /// One of these types.
    types: Option<Vec<CustomerType>>,
    /// One of these statuses.
    statuses: Option<Vec<CustomerStatus>>,
}

impl CustomerFilter {
    pub(crate) fn write(self) -> v1::CustomerFilter {
        v1::CustomerFilter { types: numbers(self.types), statuses: numbers(self.statuses) }
    }
}

/// The order of a list of customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum CustomerOrderBy {
    /// By name.
    Name,
    /// The newest first.
    CreatedAtDesc,
}

/// The list of customers that a field asks for.
pub(crate) fn list(
    first: Option<i32>,
    after: Option<String>,
    filter: Option<CustomerFilter>,
    order_by: Option<CustomerOrderBy>,
) -> v1::ListCustomersRequest {
    v1::ListCustomersRequest {
        filter: filter.map(CustomerFilter::write),
        order_by: match order_by {
            Some(CustomerOrderBy::Name) | None => v1::CustomerOrderBy::Name.into(),
            Some(CustomerOrderBy::CreatedAtDesc) => v1::CustomerOrderBy::CreatedAtDesc.into(),
        },
        page_size: first,
        page_token: after.unwrap_or_default(),
    }
}

/// The search that a field asks for.
pub(crate) fn search(text: String, filter: Option<CustomerFilter>, limit: Option<i32>) -> v1::SearchCustomersRequest {
    v1::SearchCustomersRequest { text, filter: filter.map(CustomerFilter::write), limit, read_mask: None }
}
