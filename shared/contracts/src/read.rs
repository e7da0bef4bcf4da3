//! Messages → kernel values. Every function names the field in its errors, and what is allowed.

use std::collections::BTreeSet;

use kernel::{Address, Currency, Decimal, Error, Id, Money, Result, Role, Timestamp};

use crate::{crm::api::v1, google::r#type};

/// The most ids of one batch.
pub const MAX_IDS: usize = 10_000;
/// The most lists, or histories, of one batch.
pub const MAX_LISTS: usize = 1_000;

/// An identifier.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn id<K>(field: &str, text: &str) -> Result<Id<K>> {
    if text.is_empty() {
        return Err(required(field));
    }
    Id::parse(field, text)
}

/// An identifier that may be missing.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn optional_id<K>(field: &str, text: &str) -> Result<Option<Id<K>>> {
    if text.is_empty() { Ok(None) } else { Id::parse(field, text).map(Some) }
}

/// A moment.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn timestamp(field: &str, value: Option<&prost_types::Timestamp>) -> Result<Timestamp> {
    optional_timestamp(field, value)?.ok_or_else(|| required(field))
}

/// A moment that may be missing: of the years 1970 to 9999, cut to the microsecond.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn optional_timestamp(field: &str, value: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>> {
    let Some(value) = value else { return Ok(None) };
    // RFC 3339 and protobuf's own range end at 9999-12-31.
    const LAST_SECOND: i64 = 253_402_300_799;
    let in_range = (0..=LAST_SECOND).contains(&value.seconds) && (0..1_000_000_000).contains(&value.nanos);
    in_range
        .then(|| Timestamp::from_micros(value.seconds * 1_000_000 + i64::from(value.nanos / 1_000)))
        .flatten()
        .map(Some)
        .ok_or_else(|| Error::invalid(field, "INVALID_TIME", "must be a time of the years 1970 to 9999"))
}

/// An amount of money, not below zero.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn money(field: &str, value: Option<&r#type::Money>) -> Result<Money> {
    optional_money(field, value)?.ok_or_else(|| required(field))
}

/// An amount of money, not below zero, that may be missing.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn optional_money(field: &str, value: Option<&r#type::Money>) -> Result<Option<Money>> {
    let Some(value) = value else { return Ok(None) };
    let currency = Currency::parse(&format!("{field}.currency_code"), &value.currency_code)?;
    let nanos_fit = value.nanos.unsigned_abs() < 1_000_000_000 && i64::from(value.nanos.signum()) * value.units.signum() >= 0;
    if !nanos_fit {
        return Err(Error::invalid(format!("{field}.nanos"), "OUT_OF_RANGE", "must be -999999999 to 999999999 and of the sign of units"));
    }
    let amount = Decimal::from(value.units) + Decimal::new(value.nanos.into(), 9);
    Money::parse_not_negative(field, amount.normalize(), currency).map(Some)
}

/// A decimal number.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn decimal(field: &str, text: &str) -> Result<Decimal> {
    optional_decimal(field, text)?.ok_or_else(|| required(field))
}

/// A decimal number that may be missing: digits, at most one point, at most 20 characters, no exponent.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn optional_decimal(field: &str, text: &str) -> Result<Option<Decimal>> {
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = text.len() <= 20
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain
        .then(|| Decimal::from_str_exact(text).ok())
        .flatten()
        .map(Some)
        .ok_or_else(|| Error::invalid(field, "INVALID_DECIMAL", "must be a decimal number such as 12.5, at most 20 characters"))
}

/// The version that the caller has seen.
///
/// # Errors
/// [`Error::Invalid`] that names `field` where there is none.
pub fn version(field: &str, version: u64) -> Result<u64> {
    if version == 0 { Err(required(field)) } else { Ok(version) }
}

/// The fields that an update shall change.
///
/// # Errors
/// [`Error::Invalid`] that names `update_mask` where it is empty or holds a field that can't be changed.
pub fn update_mask(mask: Option<&prost_types::FieldMask>, allowed: &[&'static str]) -> Result<BTreeSet<&'static str>> {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    if paths.is_empty() {
        return Err(Error::invalid("update_mask", "REQUIRED", format!("must name the fields to change, of: {}", allowed.join(", "))));
    }
    paths
        .iter()
        .map(|path| {
            allowed.iter().find(|name| *name == path).copied().ok_or_else(|| {
                Error::invalid("update_mask", "UNKNOWN_FIELD", format!("must hold only fields that can be changed: {}", allowed.join(", ")))
            })
        })
        .collect()
}

/// A value of an enumeration.
///
/// # Errors
/// [`Error::Invalid`] that names `field` where the number is unknown or unspecified.
pub fn enumeration<E: TryFrom<i32> + Into<i32> + Copy>(field: &str, number: i32) -> Result<E> {
    optional_enumeration(field, number)?.ok_or_else(|| required(field))
}

/// A value of an enumeration; unspecified is `None`.
///
/// # Errors
/// [`Error::Invalid`] that names `field` where the number is unknown.
pub fn optional_enumeration<E: TryFrom<i32> + Into<i32> + Copy>(field: &str, number: i32) -> Result<Option<E>> {
    match E::try_from(number) {
        Ok(_) if number == 0 => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(_) => {
            let last = (1..=64).take_while(|n| E::try_from(*n).is_ok()).last().unwrap_or(0);
            Err(Error::invalid(field, "UNKNOWN_VALUE", format!("must be a known value: 1 to {last}")))
        }
    }
}

/// A role; unspecified is refused.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn role(field: &str, number: i32) -> Result<Role> {
    match enumeration::<v1::Role>(field, number)? {
        v1::Role::Employee => Ok(Role::Employee),
        v1::Role::Manager => Ok(Role::Manager),
        v1::Role::Admin => Ok(Role::Admin),
        v1::Role::Unspecified => Err(required(field)),
    }
}

/// A postal address as it was sent; [`Address::checked`] checks it.
#[must_use]
pub fn address(address: v1::Address) -> Address {
    let v1::Address { street, city, postal_code, country_code } = address;
    Address { street, city, postal_code, country_code }
}

/// The number of questions in a batch: 1 to `max`.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn batch_size(field: &str, size: usize, max: usize) -> Result<()> {
    if (1..=max).contains(&size) {
        return Ok(());
    }
    Err(Error::invalid(field, "OUT_OF_RANGE", format!("must have 1 to {max} items")))
}

fn required(field: &str) -> Error {
    Error::invalid(field, "REQUIRED", "must be given")
}
