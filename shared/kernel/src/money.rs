//! Money: a decimal amount with its currency.

use std::{fmt, iter};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// A currency of ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);

    /// Reads an ISO 4217 code that came from outside.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field`.
    pub fn parse(field: &str, code: &str) -> Result<Self> {
        // Nearly all are: the others are looked through one by one.
        if code == Self::EUR.code() {
            return Ok(Self::EUR);
        }
        iso_currency::Currency::from_code(code)
            .map(Self)
            .ok_or_else(|| Error::invalid(field, "INVALID_CURRENCY", "must be a currency code of ISO 4217 such as EUR"))
    }

    /// The three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals its amounts have: 2 for EUR, 0 for JPY.
    #[must_use]
    pub fn decimals(self) -> u32 {
        self.0.exponent().unwrap_or(0).into()
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse("currency", &code).map_err(serde::de::Error::custom)
    }
}

/// How many decimals a billionth has.
const NANO_DECIMALS: u32 = 9;

/// An amount of money, always at its currency's number of decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// The largest amount accepted, either side of zero.
    pub const LIMIT: i64 = 1_000_000_000;

    /// Nothing.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self::rounded(Decimal::ZERO, currency)
    }

    /// An amount that came from outside.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field` where it has more decimals than the currency or is beyond [`LIMIT`](Self::LIMIT).
    pub fn parse(field: &str, amount: Decimal, currency: Currency) -> Result<Self> {
        let rounded = Self::rounded(amount, currency);
        if rounded.amount != amount {
            let decimals = currency.decimals();
            return Err(Error::invalid(field, "TOO_PRECISE", format!("must have at most {decimals} decimals in {}", currency.code())));
        }
        if amount.abs() > Decimal::from(Self::LIMIT) {
            return Err(Error::invalid(field, "OUT_OF_RANGE", format!("must be between -{0} and {0}", Self::LIMIT)));
        }
        Ok(rounded)
    }

    /// As [`parse`](Self::parse), and not below zero.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and `NEGATIVE`.
    pub fn parse_not_negative(field: &str, amount: Decimal, currency: Currency) -> Result<Self> {
        if amount < Decimal::ZERO {
            return Err(Error::invalid(field, "NEGATIVE", "must not be below zero"));
        }
        Self::parse(field, amount, currency)
    }

    /// A computed amount, rounded commercially (half away from zero) to the currency's decimals.
    #[must_use]
    pub fn rounded(amount: Decimal, currency: Currency) -> Self {
        let mut amount = amount.round_dp_with_strategy(currency.decimals(), RoundingStrategy::MidpointAwayFromZero);
        amount.rescale(currency.decimals());
        Self { amount, currency }
    }

    /// So many units of the currency, and billionths of one (`google.type.Money`), [rounded](Self::rounded).
    #[must_use]
    pub fn of_units(units: i64, nanos: i32, currency: Currency) -> Self {
        let decimals = currency.decimals();
        let least = 10_i32.pow(NANO_DECIMALS.saturating_sub(decimals));
        let whole = || units.checked_mul(10_i64.checked_pow(decimals)?)?.checked_add((nanos / least).into());
        match whole().filter(|_| nanos % least == 0 && decimals <= NANO_DECIMALS) {
            Some(amount) => Self { amount: Decimal::new(amount, decimals), currency },
            None => Self::rounded(Decimal::from(units) + Decimal::new(nanos.into(), NANO_DECIMALS), currency),
        }
    }

    /// The amount.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// This much, `factor` times, rounded.
    #[must_use]
    pub fn times(self, factor: Decimal) -> Self {
        Self::rounded(self.amount.saturating_mul(factor), self.currency)
    }

    /// The sum of amounts of one currency; `None` where currencies differ.
    pub fn sum(currency: Currency, amounts: impl iter::IntoIterator<Item = Self>) -> Option<Self> {
        let mut total = Decimal::ZERO;
        for money in amounts {
            if money.currency != currency {
                return None;
            }
            total = total.saturating_add(money.amount);
        }
        Some(Self::rounded(total, currency))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency.code())
    }
}
