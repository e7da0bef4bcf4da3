//! Requests as commands of the use cases. Field paths are those of the request.

use contracts::{crm::customer::v1, read};
use kernel::{Error, PageSize, Result, Violations};

use crate::{
    application::{
        AddProperty, CustomerFilter, CustomerOrder, ListCustomers, RemoveProperty, SearchCustomers, UpdateCustomer, UpdateProperty,
    },
    domain::{ContactInput, CustomerChange, CustomerInput, CustomerStatus, CustomerType, PropertyInput},
};

/// The fields of a customer that an update may change.
const CHANGEABLE: &[&str] = &["type", "name", "registration_number", "phone", "email", "contacts"];

pub(super) fn create_customer(request: v1::CreateCustomerRequest) -> Result<CustomerInput> {
    let mut checks = Violations::default();
    let kind = checks.take(customer_type("type", request.r#type));
    let properties = checks.take(each("properties", request.properties, new_property));
    let contacts = checks.take(each("contacts", request.contacts, new_contact));
    checks.finish_with(|| {
        Some(CustomerInput {
            kind: kind?,
            name: request.name,
            registration_number: request.registration_number,
            phone: request.phone,
            email: request.email,
            properties: properties?,
            contacts: contacts?,
        })
    })
}

pub(super) fn update_customer(request: v1::UpdateCustomerRequest) -> Result<UpdateCustomer> {
    let customer = request.customer.ok_or_else(|| required("customer"))?;
    let mut checks = Violations::default();
    let id = checks.take(read::id("customer.id", &customer.id));
    let version = checks.take(read::version("customer.version", customer.version));
    let mask = checks.take(read::update_mask(request.update_mask.as_ref(), CHANGEABLE));
    // Fields that the mask does not name are not looked at, whatever they hold.
    let named = |field: &str| mask.as_ref().is_some_and(|mask| mask.contains(field));
    let kind = named("type").then(|| customer_type("customer.type", customer.r#type)).transpose();
    let kind = checks.take(kind);
    let contacts = named("contacts").then(|| each("customer.contacts", customer.contacts, contact)).transpose();
    let contacts = checks.take(contacts);
    checks.finish_with(|| {
        let change = CustomerChange {
            kind: kind?,
            name: named("name").then_some(customer.name),
            registration_number: named("registration_number").then_some(customer.registration_number),
            phone: named("phone").then_some(customer.phone),
            email: named("email").then_some(customer.email),
            contacts: contacts?,
        };
        Some(UpdateCustomer { id: id?, version: version?, change })
    })
}

pub(super) fn list_customers(request: v1::ListCustomersRequest) -> Result<ListCustomers> {
    let mut checks = Violations::default();
    let filter = checks.take(filter(request.filter));
    let order = checks.take(read::optional_enumeration::<v1::CustomerOrderBy>("order_by", request.order_by));
    let page_size = checks.take(PageSize::parse("page_size", request.page_size));
    checks.finish_with(|| {
        let order = match order? {
            None | Some(v1::CustomerOrderBy::Unspecified | v1::CustomerOrderBy::Name) => CustomerOrder::Name,
            Some(v1::CustomerOrderBy::CreatedAtDesc) => CustomerOrder::NewestFirst,
        };
        Some(ListCustomers { filter: filter?, order, page_size: page_size?, page_token: request.page_token })
    })
}

pub(super) fn search_customers(request: v1::SearchCustomersRequest) -> Result<SearchCustomers> {
    Ok(SearchCustomers { text: request.text, filter: filter(request.filter)?, limit: request.limit })
}

pub(super) fn add_property(request: v1::AddPropertyRequest) -> Result<AddProperty> {
    let mut checks = Violations::default();
    let customer = checks.take(read::id("customer_id", &request.customer_id));
    let property = request.property.ok_or_else(|| required("property"));
    let property = checks.take(property.and_then(|property| new_property(property).map_err(|error| error.under("property"))));
    let version = checks.take(read::version("version", request.version));
    checks.finish_with(|| Some(AddProperty { customer: customer?, version: version?, property: property? }))
}

pub(super) fn update_property(request: v1::UpdatePropertyRequest) -> Result<UpdateProperty> {
    let given = request.property.ok_or_else(|| required("property"))?;
    let mut checks = Violations::default();
    let customer = checks.take(read::id("customer_id", &request.customer_id));
    let id = checks.take(read::id("property.id", &given.id));
    let property = checks.take(property(given).map_err(|error| error.under("property")));
    let version = checks.take(read::version("version", request.version));
    checks.finish_with(|| Some(UpdateProperty { customer: customer?, version: version?, id: id?, property: property? }))
}

pub(super) fn remove_property(request: &v1::RemovePropertyRequest) -> Result<RemoveProperty> {
    let mut checks = Violations::default();
    let customer = checks.take(read::id("customer_id", &request.customer_id));
    let id = checks.take(read::id("property_id", &request.property_id));
    let version = checks.take(read::version("version", request.version));
    checks.finish_with(|| Some(RemoveProperty { customer: customer?, version: version?, id: id? }))
}

/// A place that has no identifier yet.
fn new_property(property: v1::Property) -> Result<PropertyInput> {
    no_id(&property.id)?;
    self::property(property)
}

/// A place, whatever its identifier.
fn property(property: v1::Property) -> Result<PropertyInput> {
    let mut checks = Violations::default();
    let address = checks.take(property.address.ok_or_else(|| required("address")));
    let area_m2 = checks.take(read::optional_decimal("area_m2", &property.area_m2));
    checks.finish_with(|| {
        Some(PropertyInput {
            label: property.label,
            address: read::address(address?),
            access_notes: property.access_notes,
            area_m2: area_m2?,
        })
    })
}

fn new_contact(contact: v1::Contact) -> Result<ContactInput> {
    no_id(&contact.id)?;
    self::contact(contact)
}

fn contact(contact: v1::Contact) -> Result<ContactInput> {
    let v1::Contact { id, name, position, phone, email } = contact;
    Ok(ContactInput { id: read::optional_id("id", &id)?, name, position, phone, email })
}

fn filter(filter: Option<v1::CustomerFilter>) -> Result<CustomerFilter> {
    let v1::CustomerFilter { types, statuses } = filter.unwrap_or_default();
    let mut checks = Violations::default();
    let types = checks.take(each("filter.types", types, |kind| customer_type("", kind)));
    let statuses = checks.take(each("filter.statuses", statuses, |status| customer_status("", status)));
    checks.finish_with(|| Some(CustomerFilter { types: types?, statuses: statuses? }))
}

fn customer_type(field: &str, number: i32) -> Result<CustomerType> {
    match read::enumeration(field, number)? {
        v1::CustomerType::Person => Ok(CustomerType::Person),
        v1::CustomerType::Organisation => Ok(CustomerType::Organisation),
        v1::CustomerType::Unspecified => Err(required(field)),
    }
}

fn customer_status(field: &str, number: i32) -> Result<CustomerStatus> {
    match read::enumeration(field, number)? {
        v1::CustomerStatus::Active => Ok(CustomerStatus::Active),
        v1::CustomerStatus::Archived => Ok(CustomerStatus::Archived),
        v1::CustomerStatus::Unspecified => Err(required(field)),
    }
}

/// Reads every item of a list, each under its own path.
fn each<M, T>(field: &str, items: Vec<M>, read: impl Fn(M) -> Result<T>) -> Result<Vec<T>> {
    let mut checks = Violations::default();
    let read: Vec<Option<T>> = items
        .into_iter()
        .enumerate()
        .map(|(index, item)| checks.take(read(item).map_err(|error| error.under(&format!("{field}[{index}]")))))
        .collect();
    checks.finish_with(|| read.into_iter().collect())
}

fn no_id(id: &str) -> Result<()> {
    if id.is_empty() { Ok(()) } else { Err(Error::invalid("id", "NOT_ALLOWED", "must be empty: a new one is given its identifier")) }
}

fn required(field: &str) -> Error {
    Error::invalid(field, "REQUIRED", "must be given")
}
