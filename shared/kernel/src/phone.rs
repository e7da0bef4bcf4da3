//! Telephone numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A telephone number in E.164: `+` and up to 15 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads the rules of all countries, which takes a tenth of a second of a core. The first number to be parsed would wait for it, and
    /// with it all that its thread has to do; so a service that parses numbers calls this before it is asked for anything.
    pub fn prepare() {
        // Any number does; this one has the rules of our own country be read as well.
        let _ = Self::parse("phone", "+37120000001");
    }

    /// Reads a number that came from outside: E.164 or any international spelling that begins with `+`,
    /// or a national Latvian number.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field`.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        phonenumber::parse(Some(phonenumber::country::Id::LV), text.trim())
            .ok()
            .filter(phonenumber::is_valid)
            .map(|number| Self(number.format().mode(phonenumber::Mode::E164).to_string()))
            .ok_or_else(|| Error::invalid(field, "INVALID_PHONE", "must be a telephone number with its country code such as +37120000001"))
    }

    /// The number in E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits alone.
    #[must_use]
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
