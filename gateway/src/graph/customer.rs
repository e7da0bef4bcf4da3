//! Customers.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use contracts::crm::customer::v1;

use super::{
    actor::Actor,
    address::Address,
    connection::{Connection, follow},
    enumeration::{enumeration, numbers},
    error::{Field, found},
    history::{self, HistoryEntry, batch_history},
    id::Kind,
    order::{Order, OrderFilter, OrderOrderBy, OrderPages, OrdersOf, order_list},
    scalar::{DateTime, Decimal, EmailAddress, PhoneNumber, optional},
};
use crate::read::{self, Expand, Plan, Selected, Selection, batch_by_id, batch_pages, batch_search};

batch_by_id! {
    /// Customers by their ids.
    CustomersById: customer.batch_get_customers(v1::BatchGetCustomersRequest) -> customer_result::Customer as Customer
}
batch_pages! {
    /// Lists of customers.
    CustomerPages: customer.batch_list_customers(v1::BatchListCustomersRequest { requests: v1::ListCustomersRequest })
        -> v1::customers_page_result::Result { customers as Customer }
}
batch_search! {
    /// Searches of customers.
    CustomerSearch: customer.search_customers(v1::SearchCustomersRequest) -> customers as Customer
}
batch_history!(CustomerHistory: customer.batch_list_customer_history(v1::BatchListCustomerHistoryRequest));

/// A person or an organisation for whom the company works.
#[derive(Clone)]
pub(crate) struct Customer(pub(crate) Arc<v1::Customer>);

impl From<v1::Customer> for Customer {
    fn from(customer: v1::Customer) -> Self {
        Self(Arc::new(customer))
    }
}

impl Expand for Customer {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        for field in selection.on("Customer", &["Node"]) {
            match field.name.as_str() {
                "orders" => {
                    if let Some(list) = order_list(field, OrdersOf::Customer(&self.0.id)) {
                        follow::<OrderPages, Order>(plan, field, &list);
                    }
                }
                "history" => {
                    if let Some(question) = history::planned(&self.0.id, field) {
                        follow::<CustomerHistory, HistoryEntry>(plan, field, &question);
                    }
                }
                "notes" => self.0.notes.iter().for_each(|note| Note::from(note).expand(&field.selection, plan)),
                _ => {}
            }
        }
    }
}

/// A person or an organisation for whom the company works.
#[Object]
impl Customer {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        Kind::Customer.global(&self.0.id)
    }

    /// Rises with every change; mutations take it to refuse what would overwrite a change not seen.
    async fn version(&self) -> u64 {
        self.0.version
    }

    /// A person or an organisation.
    async fn r#type(&self) -> Option<CustomerType> {
        CustomerType::read(self.0.r#type())
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Registration number of an organisation.
    async fn registration_number(&self) -> Option<String> {
        optional(&self.0.registration_number)
    }

    /// Telephone number.
    async fn phone(&self) -> PhoneNumber {
        PhoneNumber(self.0.phone.clone())
    }

    /// Email address.
    async fn email(&self) -> Option<EmailAddress> {
        optional(&self.0.email).map(EmailAddress)
    }

    /// The places to clean.
    async fn properties(&self) -> Vec<Property> {
        self.0.properties.iter().map(Property::from).collect()
    }

    /// Further people to talk to.
    async fn contacts(&self) -> Vec<Contact> {
        self.0.contacts.iter().map(Contact::from).collect()
    }

    /// Notes of the office, the newest last.
    async fn notes(&self) -> Vec<Note> {
        self.0.notes.iter().map(Note::from).collect()
    }

    /// Whether orders are taken from them.
    async fn status(&self) -> Option<CustomerStatus> {
        CustomerStatus::read(self.0.status())
    }

    /// How many orders they have, whatever their status.
    async fn order_count(&self) -> u32 {
        self.0.order_count
    }

    /// When an order of theirs was last completed; null before the first.
    async fn last_service_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.last_service_at.as_ref())
    }

    /// When the record was created.
    async fn created_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.created_at.as_ref())
    }

    /// When the record last changed.
    async fn updated_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.updated_at.as_ref())
    }

    /// Their orders, the earliest first unless ordered otherwise.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<OrderFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<OrderOrderBy>,
    ) -> Field<Connection<Order>> {
        let list = OrdersOf::Customer(&self.0.id).list(first, after, filter, order_by);
        super::connection::of::<OrderPages, _>(ctx, list).await
    }

    /// What changed, the newest first.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
    ) -> Field<Connection<HistoryEntry>> {
        let question = history::question(&self.0.id, first, after);
        found(read::get::<CustomerHistory>(ctx, question).await.map(Connection::from))
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

/// A place to clean.
#[derive(Clone, SimpleObject)]
pub(crate) struct Property {
    /// Its id; it is found in what it belongs to only.
    id: ID,
    /// What the customer calls it.
    label: Option<String>,
    /// Where it is.
    address: Option<Address>,
    /// How to get in.
    access_notes: Option<String>,
    /// Floor area in square metres.
    area_m2: Option<Decimal>,
}

impl From<&v1::Property> for Property {
    fn from(property: &v1::Property) -> Self {
        Self {
            id: Kind::Property.global(&property.id),
            label: optional(&property.label),
            address: property.address.as_ref().map(Address::from),
            access_notes: optional(&property.access_notes),
            area_m2: optional(&property.area_m2).map(Decimal),
        }
    }
}

/// A person to talk to at a customer's.
#[derive(Clone, SimpleObject)]
pub(crate) struct Contact {
    /// Its id; it is found in what it belongs to only.
    id: ID,
    /// Name.
    name: String,
    /// What they do there.
    position: Option<String>,
    /// Telephone number.
    phone: Option<PhoneNumber>,
    /// Email address.
    email: Option<EmailAddress>,
}

impl From<&v1::Contact> for Contact {
    fn from(contact: &v1::Contact) -> Self {
        Self {
            id: Kind::Contact.global(&contact.id),
            name: contact.name.clone(),
            position: optional(&contact.position),
            phone: optional(&contact.phone).map(PhoneNumber),
            email: optional(&contact.email).map(EmailAddress),
        }
    }
}

/// A note of the office on a customer.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Note {
    /// Its id; it is found in what it belongs to only.
    id: ID,
    /// The note.
    text: String,
    /// When it was written.
    created_at: Option<DateTime>,
    #[graphql(skip)]
    author: Actor,
}

#[ComplexObject]
impl Note {
    /// Who wrote it.
    async fn author(&self) -> Actor {
        self.author.clone()
    }
}

impl From<&v1::Note> for Note {
    fn from(note: &v1::Note) -> Self {
        Self {
            id: Kind::Note.global(&note.id),
            text: note.text.clone(),
            created_at: DateTime::read(note.created_at.as_ref()),
            author: Actor::of(note.author.as_ref()),
        }
    }
}

impl Expand for Note {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        self.author.expand_as("author", "Note", selection, plan);
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

/// The list that a selected `customers` field asks for; `None` where its arguments can't be read.
pub(crate) fn planned(field: &Selected) -> Option<v1::ListCustomersRequest> {
    Some(list(field.argument("first")?, field.argument("after")?, field.argument("filter")?, field.argument("orderBy")?))
}

/// The search that a field asks for.
pub(crate) fn search(text: String, filter: Option<CustomerFilter>, limit: Option<i32>) -> v1::SearchCustomersRequest {
    v1::SearchCustomersRequest { text, filter: filter.map(CustomerFilter::write), limit }
}

/// The search that a selected `searchCustomers` field asks for; `None` where its arguments can't be read.
pub(crate) fn planned_search(field: &Selected) -> Option<v1::SearchCustomersRequest> {
    Some(search(field.argument("text")?, field.argument("filter")?, field.argument("limit")?))
}
