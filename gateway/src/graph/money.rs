//! Money.

use async_graphql::InputObject;
use contracts::{google::r#type, read, view::google::r#type as view, write};

use super::scalar::Decimal;
use crate::read::{Shown, object};

/// An amount of money.
pub(crate) struct Money(kernel::Money);

impl Money {
    /// The amount in a message of a service; `None` where there is none.
    pub(crate) fn read(money: Option<view::Money<&[u8]>>) -> Option<Self> {
        let money = money?;
        let currency = kernel::Currency::parse("", money.currency_code().as_str()).ok()?;
        Some(Self(kernel::Money::of_units(money.units(), money.nanos(), currency)))
    }
}

/// An amount of money.
#[object]
impl Money {
    /// The amount, with the decimals of its currency.
    fn amount(&self) -> Shown<kernel::Decimal, Decimal> {
        Shown::of(self.0.amount())
    }

    /// The currency code of ISO 4217.
    fn currency_code(&self) -> &str {
        self.0.currency().code()
    }
}

/// An amount of money.
#[derive(InputObject)]
pub(crate) struct MoneyInput {
    /// The amount, with at most the decimals of its currency; not below zero.
    amount: Decimal,
    /// The currency code of ISO 4217; EUR where not given.
    currency_code: Option<String>,
}

impl MoneyInput {
    /// The amount for a message to a service.
    ///
    /// # Errors
    /// [`kernel::Error::Invalid`] that names `field`.
    pub(crate) fn write(self, field: &str) -> kernel::Result<r#type::Money> {
        let currency = match self.currency_code {
            Some(code) => kernel::Currency::parse(&format!("{field}.currency_code"), &code)?,
            None => kernel::Currency::EUR,
        };
        let amount = read::decimal(&format!("{field}.amount"), &self.amount.0)?;
        kernel::Money::parse_not_negative(&format!("{field}.amount"), amount, currency).map(write::money)
    }
}
