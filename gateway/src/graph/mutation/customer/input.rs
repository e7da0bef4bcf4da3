//! The inputs of the mutations on customers.

use async_graphql::{ID, InputObject, MaybeUndefined};
use contracts::crm::customer::v1;

use super::super::{Mask, each, optional_id, versioned};
use crate::graph::{
    address::AddressInput,
    customer::CustomerType,
    id::Kind,
    scalar::{Decimal, EmailAddress, PhoneNumber},
};

/// What `customerCreate` needs.
#[derive(InputObject)]
pub(crate) struct CustomerCreateInput {
    /// A person or an organisation.
    r#type: CustomerType,
    /// Name; 1 to 200 characters.
    name: String,
    /// Registration number of an organisation, at most 50 characters.
    registration_number: Option<String>,
    /// Telephone number.
    phone: PhoneNumber,
    /// Email address.
    email: Option<EmailAddress>,
    /// The places to clean, at most 100.
    properties: Option<Vec<PropertyInput>>,
    /// Further people to talk to, at most 20.
    contacts: Option<Vec<ContactInput>>,
}

impl From<CustomerCreateInput> for v1::CreateCustomerRequest {
    fn from(input: CustomerCreateInput) -> Self {
        Self {
            r#type: input.r#type.into(),
            name: input.name,
            registration_number: input.registration_number.unwrap_or_default(),
            phone: input.phone.0,
            email: input.email.map(|email| email.0).unwrap_or_default(),
            properties: input.properties.unwrap_or_default().into_iter().map(Into::into).collect(),
            contacts: input.contacts.unwrap_or_default().into_iter().map(Into::into).collect(),
        }
    }
}

/// A place to clean.
#[derive(InputObject)]
pub(crate) struct PropertyInput {
    /// What the customer calls it, at most 100 characters.
    label: Option<String>,
    /// Where it is.
    address: AddressInput,
    /// How to get in, at most 1,000 characters.
    access_notes: Option<String>,
    /// Floor area in square metres, 0 to 100,000.
    area_m2: Option<Decimal>,
}

impl From<PropertyInput> for v1::Property {
    fn from(input: PropertyInput) -> Self {
        Self {
            id: String::new(),
            label: input.label.unwrap_or_default(),
            address: Some(input.address.into()),
            access_notes: input.access_notes.unwrap_or_default(),
            area_m2: input.area_m2.map(|area| area.0).unwrap_or_default(),
        }
    }
}

/// A person to talk to at a customer's.
#[derive(InputObject)]
pub(crate) struct ContactInput {
    /// Name; 1 to 200 characters.
    name: String,
    /// What they do there, at most 100 characters.
    position: Option<String>,
    /// Telephone number.
    phone: Option<PhoneNumber>,
    /// Email address.
    email: Option<EmailAddress>,
}

impl From<ContactInput> for v1::Contact {
    fn from(input: ContactInput) -> Self {
        Self {
            id: String::new(),
            name: input.name,
            position: input.position.unwrap_or_default(),
            phone: input.phone.map(|phone| phone.0).unwrap_or_default(),
            email: input.email.map(|email| email.0).unwrap_or_default(),
        }
    }
}

/// What `customerUpdate` needs: the fields that are given are changed, the others stay.
#[derive(InputObject)]
pub(crate) struct CustomerUpdateInput {
    /// The customer.
    id: ID,
    /// The version that the caller has seen.
    version: u64,
    /// A person or an organisation.
    r#type: MaybeUndefined<CustomerType>,
    /// Name; 1 to 200 characters.
    name: MaybeUndefined<String>,
    /// Registration number of an organisation, at most 50 characters; null for none.
    registration_number: MaybeUndefined<String>,
    /// Telephone number.
    phone: MaybeUndefined<PhoneNumber>,
    /// Email address; null for none.
    email: MaybeUndefined<EmailAddress>,
    /// Further people to talk to, all of them, at most 20: those who are not given go.
    contacts: MaybeUndefined<Vec<ContactUpdateInput>>,
}

/// A person to talk to at a customer's: a known one, or a new one.
#[derive(InputObject)]
pub(crate) struct ContactUpdateInput {
    /// Which of the customer's contacts; not given for a new one.
    id: Option<ID>,
    #[graphql(flatten)]
    contact: ContactInput,
}

impl CustomerUpdateInput {
    pub(super) fn write(self) -> kernel::Result<v1::UpdateCustomerRequest> {
        let contact = |contact: ContactUpdateInput, field: &str| {
            let id = optional_id(Kind::Contact, &format!("{field}.id"), contact.id.as_ref())?;
            Ok(v1::Contact { id, ..contact.contact.into() })
        };
        let mut mask = Mask::default();
        let customer = v1::Customer {
            id: Kind::Customer.local("id", &self.id)?,
            version: self.version,
            r#type: mask.take("type", self.r#type, |kind| Ok(kind.into()))?,
            name: mask.take("name", self.name, Ok)?,
            registration_number: mask.take("registration_number", self.registration_number, Ok)?,
            phone: mask.take("phone", self.phone, |phone| Ok(phone.0))?,
            email: mask.take("email", self.email, |email| Ok(email.0))?,
            contacts: mask.take("contacts", self.contacts, |contacts| each("contacts", contacts, contact))?,
            ..v1::Customer::default()
        };
        Ok(v1::UpdateCustomerRequest { customer: Some(customer), update_mask: mask.finish()? })
    }
}

versioned! {
    /// What `customerArchive` needs.
    CustomerArchiveInput(v1::ArchiveCustomerRequest) {
        /// The customer.
        id: Customer
    }
}

versioned! {
    /// What `customerRestore` needs.
    CustomerRestoreInput(v1::RestoreCustomerRequest) {
        /// The customer.
        id: Customer
    }
}

versioned! {
    /// What `customerDelete` needs.
    CustomerDeleteInput(v1::DeleteCustomerRequest) {
        /// The customer.
        id: Customer
    }
}

/// What `propertyAdd` needs.
#[derive(InputObject)]
pub(crate) struct PropertyAddInput {
    /// The customer.
    customer_id: ID,
    /// The place.
    property: PropertyInput,
    /// The customer's version that the caller has seen.
    version: u64,
}

impl PropertyAddInput {
    pub(super) fn write(self) -> kernel::Result<v1::AddPropertyRequest> {
        Ok(v1::AddPropertyRequest {
            customer_id: Kind::Customer.local("customer_id", &self.customer_id)?,
            property: Some(self.property.into()),
            version: self.version,
        })
    }
}

/// What `propertyUpdate` needs.
#[derive(InputObject)]
pub(crate) struct PropertyUpdateInput {
    /// The customer.
    customer_id: ID,
    /// The place as it shall be: what is not given becomes empty.
    property: KnownPropertyInput,
    /// The customer's version that the caller has seen.
    version: u64,
}

/// A place to clean that there is.
#[derive(InputObject)]
pub(crate) struct KnownPropertyInput {
    /// Which of the customer's places.
    id: ID,
    #[graphql(flatten)]
    property: PropertyInput,
}

impl PropertyUpdateInput {
    pub(super) fn write(self) -> kernel::Result<v1::UpdatePropertyRequest> {
        let id = Kind::Property.local("property.id", &self.property.id)?;
        Ok(v1::UpdatePropertyRequest {
            customer_id: Kind::Customer.local("customer_id", &self.customer_id)?,
            property: Some(v1::Property { id, ..self.property.property.into() }),
            version: self.version,
        })
    }
}

/// What `propertyRemove` needs.
#[derive(InputObject)]
pub(crate) struct PropertyRemoveInput {
    /// The customer.
    customer_id: ID,
    /// The place.
    property_id: ID,
    /// The customer's version that the caller has seen.
    version: u64,
}

impl PropertyRemoveInput {
    pub(super) fn write(&self) -> kernel::Result<v1::RemovePropertyRequest> {
        Ok(v1::RemovePropertyRequest {
            customer_id: Kind::Customer.local("customer_id", &self.customer_id)?,
            property_id: Kind::Property.local("property_id", &self.property_id)?,
            version: self.version,
        })
    }
}

/// What `customerNoteAdd` needs.
#[derive(InputObject)]
pub(crate) struct CustomerNoteAddInput {
    /// The customer.
    customer_id: ID,
    /// The note; 1 to 2,000 characters.
    text: String,
}

impl CustomerNoteAddInput {
    pub(super) fn write(self) -> kernel::Result<v1::AddCustomerNoteRequest> {
        Ok(v1::AddCustomerNoteRequest { customer_id: Kind::Customer.local("customer_id", &self.customer_id)?, text: self.text })
    }
}

/// What `customerNoteRemove` needs.
#[derive(InputObject)]
pub(crate) struct CustomerNoteRemoveInput {
    /// The customer.
    customer_id: ID,
    /// The note.
    note_id: ID,
}

impl CustomerNoteRemoveInput {
    pub(super) fn write(&self) -> kernel::Result<v1::RemoveCustomerNoteRequest> {
        Ok(v1::RemoveCustomerNoteRequest {
            customer_id: Kind::Customer.local("customer_id", &self.customer_id)?,
            note_id: Kind::Note.local("note_id", &self.note_id)?,
        })
    }
}
