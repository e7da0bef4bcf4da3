//! Postal addresses.

use async_graphql::{InputObject, SimpleObject};
use contracts::crm::api::v1;

use super::scalar::optional;

/// A postal address.
#[derive(Clone, SimpleObject)]
pub(crate) struct Address {
    /// Street, house and flat.
    street: String,
    /// City, town or parish.
    city: String,
    /// Postal code.
    postal_code: Option<String>,
    /// The two-letter country code of ISO 3166-1.
    country_code: String,
}

impl From<&v1::Address> for Address {
    fn from(address: &v1::Address) -> Self {
        Self {
            street: address.street.clone(),
            city: address.city.clone(),
            postal_code: optional(&address.postal_code),
            country_code: address.country_code.clone(),
        }
    }
}

/// A postal address.
#[derive(InputObject)]
pub(crate) struct AddressInput {
    /// Street, house and flat; 1 to 200 characters.
    street: String,
    /// City, town or parish; 1 to 100 characters.
    city: String,
    /// Postal code, at most 20 characters.
    postal_code: Option<String>,
    /// The two-letter country code of ISO 3166-1; LV where not given.
    country_code: Option<String>,
}

impl From<AddressInput> for v1::Address {
    fn from(input: AddressInput) -> Self {
        Self {
            street: input.street,
            city: input.city,
            postal_code: input.postal_code.unwrap_or_default(),
            country_code: input.country_code.unwrap_or_default(),
        }
    }
}
