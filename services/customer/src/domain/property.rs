//! The places to clean.

use kernel::{Address, Decimal, Error, PropertyId, Result, Violations, text};
use serde::{Deserialize, Serialize};

/// The largest floor area, in square metres.
const MAX_AREA_M2: u32 = 100_000;

/// A place to clean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Its identifier.
    pub id: PropertyId,
    /// What the customer calls it, at most 100 characters; may be empty.
    pub label: String,
    /// Where it is.
    pub address: Address,
    /// How to get in, at most 1,000 characters; may be empty.
    pub access_notes: String,
    /// Floor area in square metres, 0 to 100,000.
    pub area_m2: Option<Decimal>,
}

/// A place as it was given.
#[derive(Debug, Clone, Default)]
pub struct PropertyInput {
    /// What the customer calls it; may be empty.
    pub label: String,
    /// Where it is.
    pub address: Address,
    /// How to get in; may be empty.
    pub access_notes: String,
    /// Floor area in square metres, where it is known.
    pub area_m2: Option<Decimal>,
}

impl Property {
    /// Checks a place.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names every field that breaks a rule.
    pub fn new(id: PropertyId, input: &PropertyInput) -> Result<Self> {
        let mut checks = Violations::default();
        let label = checks.take(text::optional_line("label", &input.label, 100));
        let address = checks.take(input.address.clone().checked().map_err(|error| error.under("address")));
        let access_notes = checks.take(text::optional_paragraphs("access_notes", &input.access_notes, 1_000));
        let area_m2 = checks.take(input.area_m2.map(|area| area_m2("area_m2", area)).transpose());
        checks.finish_with(|| Some(Self { id, label: label?, address: address?, access_notes: access_notes?, area_m2: area_m2? }))
    }
}

/// One area has one spelling, so that 45.50 is no change of 45.5.
fn area_m2(field: &str, area: Decimal) -> Result<Decimal> {
    if area < Decimal::ZERO || area > Decimal::from(MAX_AREA_M2) {
        return Err(Error::invalid(field, "OUT_OF_RANGE", format!("must be 0 to {MAX_AREA_M2}")));
    }
    Ok(area.normalize())
}
