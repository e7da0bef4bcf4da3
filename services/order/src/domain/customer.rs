//! What is known of customers, and where to clean at one.

use kernel::{Address, CustomerId, Error, PropertyId, Result};
use serde::{Deserialize, Serialize};

use super::copies::FactCopy;

/// The name of a customer whose personal data was erased, as their orders show it.
pub const ERASED: &str = "Erased customer";

/// The copy of a customer.
pub type CustomerCopy = FactCopy<CustomerFacts>;

/// What orders need to know of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerFacts {
    /// Whether orders are taken from them.
    pub status: CustomerStatus,
    /// Their name.
    pub name: String,
    /// Their telephone number in E.164.
    pub phone: String,
    /// Their places to clean.
    pub properties: Vec<PropertyFacts>,
}

/// Whether orders are taken from a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerStatus {
    /// They are.
    Active,
    /// They aren't, for now.
    Archived,
    /// They aren't, ever: the customer was deleted.
    Deleted,
    /// They aren't, ever: what was personal of the customer was erased, here too.
    Erased,
}

/// A place to clean of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyFacts {
    /// Its id.
    pub id: PropertyId,
    /// Where it is.
    pub address: Address,
    /// How to get in.
    pub access_notes: String,
}

impl CustomerFacts {
    /// What remains of a deleted customer.
    #[must_use]
    pub fn tombstone() -> Self {
        Self { status: CustomerStatus::Deleted, name: String::new(), phone: String::new(), properties: Vec::new() }
    }

    /// What remains of a customer whose personal data was erased.
    #[must_use]
    pub fn erased() -> Self {
        Self { status: CustomerStatus::Erased, name: ERASED.to_owned(), phone: String::new(), properties: Vec::new() }
    }

    /// The property of that id.
    #[must_use]
    pub fn property(&self, id: PropertyId) -> Option<&PropertyFacts> {
        self.properties.iter().find(|property| property.id == id)
    }
}

impl CustomerCopy {
    /// The customer's id.
    #[must_use]
    pub fn id(&self) -> CustomerId {
        CustomerId::from_uuid(self.uuid())
    }

    /// Goes on only where the company takes orders from this customer.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] `CUSTOMER_ARCHIVED`; [`Error::NotFound`] for a deleted or erased one. Both name `customer_id`.
    pub fn takes_orders(&self) -> Result<()> {
        match self.facts().status {
            CustomerStatus::Active => Ok(()),
            CustomerStatus::Archived => Err(Error::failed_precondition(
                "CUSTOMER_ARCHIVED",
                "customer_id",
                format!("{} is archived; restore the customer first", self.facts().name),
            )),
            CustomerStatus::Deleted | CustomerStatus::Erased => Err(unknown_customer(self.id())),
        }
    }

    /// Where to clean: the property that was asked for, else the address given, else the customer's only property.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a property that is none of the customer's; [`Error::Invalid`] where both or
    /// neither was given and there isn't exactly one property. They name `property_id` or `address`.
    pub fn place(&self, property: Option<PropertyId>, address: Option<Address>) -> Result<Place> {
        let properties = &self.facts().properties;
        match (property, address) {
            (Some(_), Some(_)) => {
                Err(Error::invalid("address", "AMBIGUOUS", "must not be given together with property_id: an order has one place"))
            }
            (Some(id), None) => self.facts().property(id).map(Place::of).ok_or_else(|| Error::NotFound {
                resource: "property".into(),
                id: id.to_string(),
                field: "property_id".into(),
            }),
            (None, Some(address)) => Ok(Place { property_id: None, address, access_notes: String::new() }),
            (None, None) => match properties.as_slice() {
                [only] => Ok(Place::of(only)),
                _ => Err(Error::invalid(
                    "property_id",
                    "REQUIRED",
                    format!("must be one of the customer's {} properties, or an address must be given", properties.len()),
                )),
            },
        }
    }
}

/// There is no such customer, as far as is known here.
#[must_use]
pub fn unknown_customer(id: CustomerId) -> Error {
    Error::NotFound { resource: "customer".into(), id: id.to_string(), field: "customer_id".into() }
}

/// Where an order's work is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The customer's property; `None` where the address was given by hand.
    pub property_id: Option<PropertyId>,
    /// Where it is.
    pub address: Address,
    /// How to get in.
    pub access_notes: String,
}

impl Place {
    fn of(property: &PropertyFacts) -> Self {
        Self { property_id: Some(property.id), address: property.address.clone(), access_notes: property.access_notes.clone() }
    }
}

#[cfg(test)]
mod tests;
