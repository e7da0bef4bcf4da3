//! The domain's values as messages of the contract.

use contracts::{crm::customer::v1, mask::Mask, masked, write};
use kernel::{EmailAddress, PhoneNumber};
use store::Part;

use crate::{
    application::CustomerRecord,
    domain::{Contact, Customer, CustomerStatus, CustomerType, Note, Property},
    parts::CustomerParts,
};

/// What a customer's orders make known.
pub(crate) const FACTS: u64 = Mask::<v1::Customer>::bits("order_count") | Mask::<v1::Customer>::bits("last_service_at");
const NOTES: u64 = Mask::<v1::Customer>::bits("notes");

/// A customer as callers get them.
pub(crate) fn customer(record: &CustomerRecord<CustomerParts>, mask: Mask<v1::Customer>) -> v1::Customer {
    let CustomerRecord { customer, facts } = record;
    masked!(mask => v1::Customer {
        id: customer.id.to_string(),
        version: customer.version.to(|it| *it),
        r#type: customer.r#type.to(|it| customer_type(*it).into()),
        name: customer.name.to(Clone::clone),
        registration_number: customer.registration_number.to(|it| it.clone().unwrap_or_default()),
        phone: customer.phone.to(ToString::to_string),
        email: customer.email.to(|it| it.as_ref().map(EmailAddress::to_string).unwrap_or_default()),
        properties: customer.properties.to(|it| it.iter().map(property).collect()),
        contacts: customer.contacts.to(|it| it.iter().map(contact).collect()),
        notes: customer.notes.to(|it| it.iter().map(note).collect()),
        status: customer.status.to(|it| status(*it).into()),
        order_count: facts.to(|it| it.order_count),
        last_service_at: facts.to(|it| it.last_service_at.map(write::timestamp)),
        created_at: customer.created_at.to(|it| Some(write::timestamp(*it))),
        updated_at: customer.updated_at.to(|it| Some(write::timestamp(*it))),
    })
}

/// A customer as events carry them: without the office's notes and without what orders make known, since nothing is
/// published when those change, and what was true at some earlier event would be taken for what is true now.
pub(crate) fn published(published: &Customer) -> v1::Customer {
    let record = CustomerRecord { customer: CustomerParts::from(published), facts: Part::Unread };
    customer(&record, Mask::ALL.without(NOTES | FACTS))
}

fn customer_type(kind: CustomerType) -> v1::CustomerType {
    match kind {
        CustomerType::Person => v1::CustomerType::Person,
        CustomerType::Organisation => v1::CustomerType::Organisation,
    }
}

fn status(status: CustomerStatus) -> v1::CustomerStatus {
    match status {
        CustomerStatus::Active => v1::CustomerStatus::Active,
        CustomerStatus::Archived => v1::CustomerStatus::Archived,
    }
}

fn property(property: &Property) -> v1::Property {
    v1::Property {
        id: property.id.to_string(),
        label: property.label.clone(),
        address: Some(write::address(&property.address, Mask::ALL)),
        access_notes: property.access_notes.clone(),
        area_m2: property.area_m2.map(write::decimal).unwrap_or_default(),
    }
}

fn contact(contact: &Contact) -> v1::Contact {
    v1::Contact {
        id: contact.id.to_string(),
        name: contact.name.clone(),
        position: contact.position.clone(),
        phone: contact.phone.as_ref().map(PhoneNumber::to_string).unwrap_or_default(),
        email: contact.email.as_ref().map(EmailAddress::to_string).unwrap_or_default(),
    }
}

fn note(note: &Note) -> v1::Note {
    v1::Note {
        id: note.id.to_string(),
        text: note.text.clone(),
        author: Some(write::actor(&note.author)),
        created_at: Some(write::timestamp(note.created_at)),
    }
}
