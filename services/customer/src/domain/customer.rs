//! The aggregate.

use std::collections::BTreeMap;

use kernel::{
    Actor, CustomerId, EmailAddress, Env, Error, PhoneNumber, PropertyId, Result, Timestamp, Violations, id::NoteId, search, text,
};
use serde::{Deserialize, Serialize};

use super::{
    contact::Contact,
    note::Note,
    property::{Property, PropertyInput},
};

mod input;

pub use input::{CustomerChange, CustomerInput};
use input::{MAX_PROPERTIES, all, contacts, email, no_such, registration_number};

/// The most characters of a name that lists are sorted by: some letters become many when folded, and page tokens have their
/// limit.
const MAX_SORT_NAME: usize = 200;
/// The most notes on a customer.
const MAX_NOTES: usize = 200;

/// A kind of customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerType {
    /// A physical person.
    Person,
    /// A juridical person.
    Organisation,
}

impl CustomerType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::Person, Self::Organisation];

    /// The name, as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "PERSON",
            Self::Organisation => "ORGANISATION",
        }
    }
}

/// Whether orders are taken from a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerStatus {
    /// They are.
    Active,
    /// They aren't.
    Archived,
}

impl CustomerStatus {
    /// Every status.
    pub const ALL: [Self; 2] = [Self::Active, Self::Archived];

    /// The name, as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
        }
    }
}

/// What other services are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A customer was created.
    Created,
    /// A customer's data changed, their places and contacts included.
    Updated,
    /// A customer was archived.
    Archived,
    /// An archived customer was taken back.
    Restored,
}

/// What was made of a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The customer after it; at the version before where nothing is different.
    pub customer: Customer,
    /// What others are told; `None` where nothing changed that others have.
    pub event: Option<Event>,
}

/// A person or an organisation for whom the company works, as stored. The fields are public to be read; only the methods
/// below change them, each into the next version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// The identifier.
    pub id: CustomerId,
    /// 1 for a new one, and one more with every change.
    pub version: u64,
    /// A person or an organisation.
    #[serde(rename = "type")]
    pub kind: CustomerType,
    /// Name; 1 to 200 characters.
    pub name: String,
    /// Registration number of an organisation, at most 50 characters.
    pub registration_number: Option<String>,
    /// Telephone number.
    pub phone: PhoneNumber,
    /// Email address.
    pub email: Option<EmailAddress>,
    /// The places to clean, at most 100.
    pub properties: Vec<Property>,
    /// Further people to talk to, at most 20.
    pub contacts: Vec<Contact>,
    /// Notes of the office, the newest last, at most 200.
    pub notes: Vec<Note>,
    /// Whether orders are taken from them.
    pub status: CustomerStatus,
    /// When the record was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Derived: what lists by name are sorted by.
    pub sort_name: String,
    /// Derived: what a search finds them by, sorted.
    pub terms: Vec<String>,
}

impl Customer {
    /// A new customer.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names every field that breaks a rule.
    pub fn create(env: &Env, input: &CustomerInput) -> Result<Transition> {
        let mut checks = Violations::default();
        let name = checks.take(text::line("name", &input.name, 200));
        let registration_number = checks.take(registration_number(input.kind, &input.registration_number));
        let phone = checks.take(PhoneNumber::parse("phone", &input.phone));
        let email = checks.take(email(&input.email));
        let properties =
            checks.take(all("properties", MAX_PROPERTIES, &input.properties, |property| Property::new(env.new_id(), property)));
        let contacts = checks.take(contacts(env, &[], &input.contacts));
        let customer = checks.finish_with(|| {
            let now = env.now();
            Some(Self {
                id: env.new_id(),
                version: 1,
                kind: input.kind,
                name: name?,
                registration_number: registration_number?,
                phone: phone?,
                email: email?,
                properties: properties?,
                contacts: contacts?,
                notes: Vec::new(),
                status: CustomerStatus::Active,
                created_at: now,
                updated_at: now,
                sort_name: String::new(),
                terms: Vec::new(),
            })
        })?;
        Ok(Transition { customer: customer.derived(), event: Some(Event::Created) })
    }

    /// Changes the fields that are given.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names every field that breaks a rule; [`Error::NotFound`] for a contact that there isn't.
    pub fn update(&self, env: &Env, change: &CustomerChange) -> Result<Transition> {
        let kind = change.kind.unwrap_or(self.kind);
        let number = change.registration_number.as_deref().or(self.registration_number.as_deref());
        let mut checks = Violations::default();
        let registration_number = checks.take(registration_number(kind, number.unwrap_or_default()));
        let name = checks.take(given_or(&change.name, &self.name, |name| text::line("name", name, 200)));
        let phone = checks.take(given_or(&change.phone, &self.phone, |phone| PhoneNumber::parse("phone", phone)));
        let email = checks.take(given_or(&change.email, &self.email, |text| email(text)));
        let contacts = checks.take(given_or(&change.contacts, &self.contacts, |given| contacts(env, &self.contacts, given)));
        let next = checks.finish_with(|| {
            Some(Self {
                kind,
                name: name?,
                registration_number: registration_number?,
                phone: phone?,
                email: email?,
                contacts: contacts?,
                ..self.clone()
            })
        })?;
        Ok(self.become_different(env, next, Some(Event::Updated)))
    }

    /// Takes no more orders from the customer.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] where the customer is archived already.
    pub fn archive(&self, env: &Env) -> Result<Transition> {
        self.go_to(env, CustomerStatus::Archived, Event::Archived)
    }

    /// Takes an archived customer back.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] where the customer isn't archived.
    pub fn restore(&self, env: &Env) -> Result<Transition> {
        self.go_to(env, CustomerStatus::Active, Event::Restored)
    }

    /// Whether the customer can be deleted for good, as far as they themselves are concerned.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] where the customer isn't archived.
    pub fn check_deletable(&self) -> Result<()> {
        match self.status {
            CustomerStatus::Archived => Ok(()),
            CustomerStatus::Active => Err(Error::failed_precondition(
                "NOT_ARCHIVED",
                "id",
                "the customer is ACTIVE; only an ARCHIVED one can be deleted: archive them first",
            )),
        }
    }

    /// Adds a place.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names every field that breaks a rule; [`Error::FailedPrecondition`] where there are 100 already.
    pub fn add_property(&self, env: &Env, id: PropertyId, input: &PropertyInput) -> Result<Transition> {
        let property = Property::new(id, input)?;
        let mut next = self.clone();
        next.properties.push(property);
        room("properties", next.properties.len(), MAX_PROPERTIES)?;
        Ok(self.become_different(env, next, Some(Event::Updated)))
    }

    /// Changes a place.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names every field that breaks a rule; [`Error::NotFound`] that names `id`.
    pub fn update_property(&self, env: &Env, id: PropertyId, input: &PropertyInput) -> Result<Transition> {
        let at = self.properties.iter().position(|property| property.id == id).ok_or_else(|| no_such("property", id, "id"))?;
        let mut next = self.clone();
        next.properties[at] = Property::new(id, input)?;
        Ok(self.become_different(env, next, Some(Event::Updated)))
    }

    /// Removes a place.
    ///
    /// # Errors
    /// [`Error::NotFound`] that names `property_id`.
    pub fn remove_property(&self, env: &Env, id: PropertyId) -> Result<Transition> {
        let mut next = self.clone();
        next.properties.retain(|property| property.id != id);
        if next.properties.len() == self.properties.len() {
            return Err(no_such("property", id, "property_id"));
        }
        Ok(self.become_different(env, next, Some(Event::Updated)))
    }

    /// Adds a note. Nobody is told: notes are the office's own.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `text`; [`Error::FailedPrecondition`] where there are 200 already.
    pub fn add_note(&self, env: &Env, id: NoteId, text: &str, author: &Actor) -> Result<Transition> {
        let mut next = self.clone();
        next.notes.push(Note::new(id, text, author, env.now())?);
        room("notes", next.notes.len(), MAX_NOTES)?;
        Ok(self.become_different(env, next, None))
    }

    /// Removes a note.
    ///
    /// # Errors
    /// [`Error::NotFound`] that names `note_id`.
    pub fn remove_note(&self, env: &Env, id: NoteId) -> Result<Transition> {
        let mut next = self.clone();
        next.notes.retain(|note| note.id != id);
        if next.notes.len() == self.notes.len() {
            return Err(no_such("note", id, "note_id"));
        }
        Ok(self.become_different(env, next, None))
    }

    /// Goes on only where the caller has seen the newest version.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the current version.
    pub fn check_version(&self, seen: u64) -> Result<()> {
        if seen == self.version {
            return Ok(());
        }
        Err(Error::Conflict { resource: "customer".into(), id: self.id.to_string(), current_version: self.version })
    }

    fn go_to(&self, env: &Env, status: CustomerStatus, event: Event) -> Result<Transition> {
        if self.status == status {
            let (from, to) = (self.status.as_str(), status.as_str());
            return Err(Error::FailedPrecondition {
                reason: "WRONG_TRANSITION".into(),
                field: "id".into(),
                message: format!("a customer who is {from} can't become {to}"),
                details: BTreeMap::from([("from".to_owned(), from.to_owned()), ("to".to_owned(), to.to_owned())]),
            });
        }
        Ok(self.become_different(env, Self { status, ..self.clone() }, Some(event)))
    }

    /// The next version, where anything is different.
    fn become_different(&self, env: &Env, next: Self, event: Option<Event>) -> Transition {
        if next == *self {
            return Transition { customer: next, event: None };
        }
        let customer = Self { version: self.version + 1, updated_at: env.now(), ..next }.derived();
        Transition { customer, event }
    }

    fn derived(mut self) -> Self {
        self.sort_name = search::fold(&self.name).chars().take(MAX_SORT_NAME).collect();
        let addresses = self.properties.iter().map(|property| &property.address);
        let texts = [self.name.as_str()]
            .into_iter()
            .chain(self.registration_number.as_deref())
            .chain(self.email.as_ref().map(EmailAddress::as_str))
            .chain(addresses.flat_map(|address| [address.street.as_str(), &address.city, &address.postal_code]))
            .chain(self.contacts.iter().map(|contact| contact.name.as_str()));
        let phones = [&self.phone].into_iter().chain(self.contacts.iter().filter_map(|contact| contact.phone.as_ref()));
        self.terms = search::terms(texts, phones);
        self
    }
}

/// The new value where one is given, else the one that is there.
fn given_or<G, T: Clone>(given: &Option<G>, current: &T, check: impl FnOnce(&G) -> Result<T>) -> Result<T> {
    given.as_ref().map_or_else(|| Ok(current.clone()), check)
}

/// Refuses an item more where there are as many as there can be.
fn room(items: &'static str, count: usize, max: usize) -> Result<()> {
    if count <= max {
        return Ok(());
    }
    Err(Error::failed_precondition("TOO_MANY", "", format!("a customer has at most {max} {items}: remove one first")))
}

#[cfg(test)]
mod tests;
