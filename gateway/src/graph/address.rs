//! Postal addresses.

use async_graphql::InputObject;
use contracts::{
    crm::api::v1,
    view::{Str, crm::api::v1 as view},
};

use super::{part::part, scalar::optional};
use crate::read::object;

part! {
    /// A postal address.
    Address = view::Address
}

/// A postal address.
#[object(part = v1::Address)]
impl Address<'_> {
    /// Street, house and flat.
    fn street(&self) -> Str<'_> {
        self.0.street()
    }

    /// City, town or parish.
    fn city(&self) -> Str<'_> {
        self.0.city()
    }

    /// Postal code.
    fn postal_code(&self) -> Option<Str<'_>> {
        optional(self.0.postal_code())
    }

    /// The two-letter country code of ISO 3166-1.
    fn country_code(&self) -> Str<'_> {
        self.0.country_code()
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
