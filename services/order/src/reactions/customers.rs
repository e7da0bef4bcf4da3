//! What events say of customers.

use contracts::{crm::customer::v1, read};
use events::{HandleError, decode};
use kernel::{Envelope, PropertyId};
use prost::Name as _;

use crate::domain::{CustomerFacts, CustomerStatus, PropertyFacts};

/// What an event of a customer says.
pub(super) fn facts(event: &Envelope) -> Result<CustomerFacts, HandleError> {
    let kind = event.kind.as_str();
    let customer = if kind == v1::CustomerCreated::full_name() {
        decode::<v1::CustomerCreated>(event)?.customer
    } else if kind == v1::CustomerUpdated::full_name() {
        decode::<v1::CustomerUpdated>(event)?.customer
    } else if kind == v1::CustomerArchived::full_name() {
        decode::<v1::CustomerArchived>(event)?.customer
    } else if kind == v1::CustomerRestored::full_name() {
        decode::<v1::CustomerRestored>(event)?.customer
    } else if kind == v1::CustomerErased::full_name() {
        decode::<v1::CustomerErased>(event)?;
        return Ok(CustomerFacts::erased());
    } else {
        decode::<v1::CustomerDeleted>(event)?;
        return Ok(CustomerFacts::tombstone());
    };
    kept(customer.ok_or_else(|| HandleError::Poison(format!("{kind} without a customer")))?)
}

fn kept(customer: v1::Customer) -> Result<CustomerFacts, HandleError> {
    let status = match customer.status() {
        v1::CustomerStatus::Active => CustomerStatus::Active,
        v1::CustomerStatus::Archived => CustomerStatus::Archived,
        v1::CustomerStatus::Unspecified => {
            return Err(HandleError::Poison(format!("a customer of the unknown status {}", customer.status)));
        }
    };
    let properties = customer.properties.into_iter().map(property).collect::<Result<_, _>>()?;
    Ok(CustomerFacts { status, name: customer.name, phone: customer.phone, properties })
}

fn property(property: v1::Property) -> Result<PropertyFacts, HandleError> {
    let id = PropertyId::parse("property.id", &property.id).map_err(|error| HandleError::Poison(error.to_string()))?;
    let address = property.address.ok_or_else(|| HandleError::Poison(format!("the property {id} without an address")))?;
    Ok(PropertyFacts { id, address: read::address(address), access_notes: property.access_notes })
}
