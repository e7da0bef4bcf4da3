//! Customers as callers give them, and the checks of what they give.

use kernel::{EmailAddress, Env, Error, Result, Violations, id::ContactId, text};

use super::CustomerType;
use crate::domain::{
    contact::{Contact, ContactInput, given},
    property::PropertyInput,
};

/// The most places of a customer.
pub(super) const MAX_PROPERTIES: usize = 100;
/// The most contacts of a customer.
const MAX_CONTACTS: usize = 20;

/// A new customer as it was given.
#[derive(Debug, Clone)]
pub struct CustomerInput {
    /// A person or an organisation.
    pub kind: CustomerType,
    /// Name.
    pub name: String,
    /// Registration number of an organisation; may be empty.
    pub registration_number: String,
    /// Telephone number.
    pub phone: String,
    /// Email address; may be empty.
    pub email: String,
    /// The places to clean.
    pub properties: Vec<PropertyInput>,
    /// Further people to talk to.
    pub contacts: Vec<ContactInput>,
}

/// New values for some of a customer's fields; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct CustomerChange {
    /// A person or an organisation.
    pub kind: Option<CustomerType>,
    /// Name.
    pub name: Option<String>,
    /// Registration number of an organisation; may be empty.
    pub registration_number: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Email address; may be empty.
    pub email: Option<String>,
    /// All contacts: those with an id stay, those without are new, those that are missing go.
    pub contacts: Option<Vec<ContactInput>>,
}

pub(super) fn registration_number(kind: CustomerType, number: &str) -> Result<Option<String>> {
    let number = text::optional_line("registration_number", number, 50)?;
    match (kind, number.is_empty()) {
        (_, true) => Ok(None),
        (CustomerType::Organisation, false) => Ok(Some(number)),
        (CustomerType::Person, false) => {
            Err(Error::invalid("registration_number", "NOT_ALLOWED", "must be empty for a person: only an organisation has one"))
        }
    }
}

pub(super) fn email(text: &str) -> Result<Option<EmailAddress>> {
    given(text).map(|text| EmailAddress::parse("email", text)).transpose()
}

pub(super) fn contacts(env: &Env, known: &[Contact], given: &[ContactInput]) -> Result<Vec<Contact>> {
    let is_known = |id: ContactId| known.iter().any(|contact| contact.id == id);
    let contacts = all("contacts", MAX_CONTACTS, given, |contact| match contact.id {
        Some(id) if !is_known(id) => Err(no_such("contact", id, "id")),
        Some(id) => Contact::new(id, contact),
        None => Contact::new(env.new_id(), contact),
    })?;
    for (index, contact) in contacts.iter().enumerate() {
        if contacts[..index].iter().any(|earlier| earlier.id == contact.id) {
            return Err(Error::invalid(format!("contacts[{index}].id"), "DUPLICATE", "must name each contact once"));
        }
    }
    Ok(contacts)
}

/// Checks every item of a list, each under its own path.
pub(super) fn all<I, T>(field: &str, max: usize, items: &[I], check: impl Fn(&I) -> Result<T>) -> Result<Vec<T>> {
    if items.len() > max {
        return Err(Error::invalid(field, "TOO_MANY", format!("must have at most {max} items")));
    }
    let mut checks = Violations::default();
    let checked: Vec<Option<T>> = items
        .iter()
        .enumerate()
        .map(|(index, item)| checks.take(check(item).map_err(|error| error.under(&format!("{field}[{index}]")))))
        .collect();
    checks.finish_with(|| checked.into_iter().collect())
}

pub(super) fn no_such(resource: &'static str, id: impl ToString, field: &'static str) -> Error {
    Error::NotFound { resource: resource.into(), id: id.to_string(), field: field.into() }
}
