//! Postal addresses.

use iso_currency::Country;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result, Violations},
    text,
};

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Street, house and flat; 1 to 200 characters.
    pub street: String,
    /// City, town or parish; 1 to 100 characters.
    pub city: String,
    /// Postal code, at most 20 characters; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub postal_code: String,
    /// The two-letter country code of ISO 3166-1, upper case.
    pub country_code: String,
}

impl Address {
    /// The country of an address that names none.
    const HOME: &str = "LV";

    /// Checks an address that came from outside: texts are trimmed, an empty country is Latvia.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that breaks a limit, relative to the address.
    pub fn checked(self) -> Result<Self> {
        let mut checks = Violations::default();
        let street = checks.take(text::line("street", &self.street, 200));
        let city = checks.take(text::line("city", &self.city, 100));
        let postal_code = checks.take(text::optional_line("postal_code", &self.postal_code, 20));
        let country_code = checks.take(country_code(&self.country_code));
        checks.finish_with(|| Some(Self { street: street?, city: city?, postal_code: postal_code?, country_code: country_code? }))
    }
}

fn country_code(code: &str) -> Result<String> {
    let code = match code.trim() {
        "" => Address::HOME.to_owned(),
        code => code.to_uppercase(),
    };
    match code.parse::<Country>() {
        Ok(_) => Ok(code),
        Err(_) => Err(Error::invalid("country_code", "INVALID_COUNTRY", "must be a two-letter country code of ISO 3166-1 such as LV")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(street: &str, country_code: &str) -> Address {
        Address { street: street.into(), city: "Rīga".into(), postal_code: String::new(), country_code: country_code.into() }
    }

    #[test]
    fn an_address_is_trimmed_and_latvian_where_it_names_no_country() {
        let checked = address("  Brīvības iela 1 ", "").checked().unwrap();
        assert_eq!((checked.street.as_str(), checked.country_code.as_str()), ("Brīvības iela 1", "LV"));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = Address { city: "x".repeat(101), postal_code: "x".repeat(21), ..address("", "Latvia") };
        let Err(Error::Invalid(violations)) = wrong.checked() else { panic!("not refused") };
        let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["street", "city", "postal_code", "country_code"]);
    }
}
