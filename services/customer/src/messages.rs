//! The domain's values as messages of the contract.

use contracts::{crm::customer::v1, mask::Mask, masked, write};
use kernel::{EmailAddress, PhoneNumber};

use crate::{
    application::CustomerRecord,
    domain::{Contact, Customer, CustomerStatus, CustomerType, Note, Property},
};

/// A customer as callers get them.
pub(crate) fn customer(record: &CustomerRecord, mask: Mask<v1::Customer>) -> v1::Customer {
    let CustomerRecord { customer, facts } = record;
    masked!(mask => v1::Customer {
        notes: customer.notes.iter().map(note).collect(),
        order_count: facts.order_count,
        last_service_at: facts.last_service_at.map(write::timestamp),
        ..without_notes(customer, mask)
    })
}

/// A customer as events carry them: without the office's notes and without what orders make known, since nothing is
/// published when those change, and what was true at some earlier event would be taken for what is true now.
pub(crate) fn published(customer: &Customer) -> v1::Customer {
    without_notes(customer, Mask::ALL)
}

fn without_notes(customer: &Customer, mask: Mask<v1::Customer>) -> v1::Customer {
    masked!(mask => v1::Customer {
        id: customer.id.to_string(),
        version: customer.version,
        r#type: customer_type(customer.kind).into(),
        name: customer.name.clone(),
        registration_number: customer.registration_number.clone().unwrap_or_default(),
        phone: customer.phone.to_string(),
        email: customer.email.as_ref().map(EmailAddress::to_string).unwrap_or_default(),
        properties: customer.properties.iter().map(property).collect(),
        contacts: customer.contacts.iter().map(contact).collect(),
        notes: Vec::new(),
        status: status(customer.status).into(),
        order_count: 0,
        last_service_at: None,
        created_at: Some(write::timestamp(customer.created_at)),
        updated_at: Some(write::timestamp(customer.updated_at)),
    })
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
        address: Some(write::address(&property.address)),
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
