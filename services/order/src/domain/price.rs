//! How a price is made and explained.
//!
//! Every line is rounded to the currency's decimals on its own, and the total is the sum of the lines: what the customer
//! reads adds up to the cent.

use kernel::{Currency, Decimal, Error, Money, Result, Violations, text};
use serde::{Deserialize, Serialize};

use super::order::crew::CrewSize;

/// How a price is made. Its amounts are of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTerms {
    base: Base,
    extras: Vec<Extra>,
    discount: Option<Discount>,
}

/// The base of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Base {
    /// A fixed price.
    Fixed {
        /// It.
        price: Money,
    },
    /// Hours × rate × crew size.
    PerHour {
        /// Price of an hour of one person.
        rate: Money,
        /// How many hours; above 0, at most 1,000.
        hours: Decimal,
    },
    /// Square metres × rate.
    PerArea {
        /// Price of a square metre.
        rate: Money,
        /// Square metres; above 0, at most 1,000,000.
        area_m2: Decimal,
    },
}

/// Something that comes on top.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    /// What; 1 to 100 characters.
    pub label: String,
    /// How many; above 0, at most 10,000.
    pub quantity: Decimal,
    /// Price of one.
    pub unit_price: Money,
}

/// What is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Discount {
    /// Percent of base and extras.
    Percent {
        /// 0 to 100.
        percent: Decimal,
    },
    /// An amount, at most base and extras.
    Amount {
        /// It.
        amount: Money,
    },
}

/// A price, line by line. Invariant: the lines add up to the total exactly, and the total is not below zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Base, extras, discount.
    pub lines: Vec<PriceLine>,
    /// What the customer pays.
    pub total: Money,
}

/// A line of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceLine {
    /// What kind of line it is.
    pub kind: PriceLineKind,
    /// What it is for.
    pub label: String,
    /// Whose product with the unit price is the amount, before rounding; none for a fixed amount.
    pub factors: Vec<PriceFactor>,
    /// Price of one; none for a fixed amount and a discount.
    pub unit_price: Option<Money>,
    /// What it adds to the total; below zero for a discount.
    pub amount: Money,
}

/// A factor of a line's amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceFactor {
    /// How many.
    pub value: Decimal,
    /// Of what.
    pub unit: PriceUnit,
}

/// What a factor counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PriceUnit {
    /// Hours.
    Hour,
    /// People.
    Person,
    /// Square metres.
    SquareMetre,
    /// Pieces.
    Piece,
    /// Percent of the lines above.
    Percent,
}

/// What kind of line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PriceLineKind {
    /// The base.
    Base,
    /// Something on top.
    Extra,
    /// What is taken off.
    Discount,
}

impl PriceTerms {
    /// The most extras.
    pub const MAX_EXTRAS: usize = 50;

    /// Terms that came from outside.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that breaks a limit or is of another currency than the base, relative to the terms.
    pub fn new(base: Base, extras: Vec<Extra>, discount: Option<Discount>) -> Result<Self> {
        let currency = base.currency();
        let mut checks = Violations::default();
        let base = checks.take(base.checked());
        if extras.len() > Self::MAX_EXTRAS {
            checks.require(false, "extras", "TOO_MANY", format!("must be at most {}", Self::MAX_EXTRAS));
        }
        let extras: Option<Vec<_>> = extras
            .into_iter()
            .take(Self::MAX_EXTRAS)
            .enumerate()
            .map(|(i, extra)| checks.take(extra.checked(currency).map_err(|e| e.under(&format!("extras[{i}]")))))
            // Not collected straight into an `Option`, which would stop at the first violation.
            .collect::<Vec<_>>()
            .into_iter()
            .collect();
        let discount = checks.take(discount.map(|discount| discount.checked(currency)).transpose());
        checks.finish_with(|| Some(Self { base: base?, extras: extras?, discount: discount? }))
    }

    /// The base.
    #[must_use]
    pub fn base(&self) -> Base {
        self.base
    }

    /// What comes on top.
    #[must_use]
    pub fn extras(&self) -> &[Extra] {
        &self.extras
    }

    /// What is taken off.
    #[must_use]
    pub fn discount(&self) -> Option<Discount> {
        self.discount
    }

    /// The price for a crew of that size.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the discount is more than base and extras, or these are beyond [`Money::LIMIT`],
    /// relative to the terms.
    pub fn price(&self, crew: CrewSize) -> Result<Price> {
        let currency = self.base.currency();
        let mut lines = Vec::with_capacity(self.extras.len() + 2);
        lines.push(self.base.line(crew));
        lines.extend(self.extras.iter().map(Extra::line));
        let subtotal = sum(currency, &lines)?;
        if subtotal.amount() > Decimal::from(Money::LIMIT) {
            let message = format!("must make a price of at most {} {}", Money::LIMIT, currency.code());
            return Err(Error::invalid("", "OUT_OF_RANGE", message));
        }
        if let Some(discount) = self.discount {
            lines.extend(discount.line(subtotal)?);
        }
        let total = sum(currency, &lines)?;
        Ok(Price { lines, total })
    }
}

fn sum(currency: Currency, lines: &[PriceLine]) -> Result<Money> {
    Money::sum(currency, lines.iter().map(|line| line.amount)).ok_or_else(|| Error::internal("a price with two currencies"))
}

impl Base {
    /// The currency of the whole price.
    #[must_use]
    pub fn currency(self) -> Currency {
        match self {
            Self::Fixed { price: money } | Self::PerHour { rate: money, .. } | Self::PerArea { rate: money, .. } => money.currency(),
        }
    }

    fn checked(self) -> Result<Self> {
        Ok(match self {
            Self::Fixed { .. } => self,
            Self::PerHour { rate, hours } => Self::PerHour { rate, hours: quantity("per_hour.hours", hours, 1_000)? },
            Self::PerArea { rate, area_m2 } => Self::PerArea { rate, area_m2: quantity("per_area.area_m2", area_m2, 1_000_000)? },
        })
    }

    fn line(self, crew: CrewSize) -> PriceLine {
        let (label, factors, unit_price, amount) = match self {
            Self::Fixed { price } => ("Fixed price", vec![], None, price),
            Self::PerHour { rate, hours } => {
                let people = Decimal::from(crew.get());
                let factors = vec![factor(hours, PriceUnit::Hour), factor(people, PriceUnit::Person)];
                ("Cleaning by the hour", factors, Some(rate), rate.times(hours.saturating_mul(people)))
            }
            Self::PerArea { rate, area_m2 } => {
                ("Cleaning by the square metre", vec![factor(area_m2, PriceUnit::SquareMetre)], Some(rate), rate.times(area_m2))
            }
        };
        PriceLine { kind: PriceLineKind::Base, label: label.to_owned(), factors, unit_price, amount }
    }
}

impl Extra {
    fn checked(self, currency: Currency) -> Result<Self> {
        let mut checks = Violations::default();
        let label = checks.take(text::line("label", &self.label, 100));
        let quantity = checks.take(quantity("quantity", self.quantity, 10_000));
        let unit_price = checks.take(same_currency("unit_price", self.unit_price, currency));
        checks.finish_with(|| Some(Self { label: label?, quantity: quantity?, unit_price: unit_price? }))
    }

    fn line(&self) -> PriceLine {
        PriceLine {
            kind: PriceLineKind::Extra,
            label: self.label.clone(),
            factors: vec![factor(self.quantity, PriceUnit::Piece)],
            unit_price: Some(self.unit_price),
            amount: self.unit_price.times(self.quantity),
        }
    }
}

impl Discount {
    fn checked(self, currency: Currency) -> Result<Self> {
        match self {
            Self::Percent { percent } if (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&percent) => {
                Ok(Self::Percent { percent: percent.normalize() })
            }
            Self::Percent { .. } => Err(Error::invalid("discount_percent", "OUT_OF_RANGE", "must be 0 to 100")),
            Self::Amount { amount } => Ok(Self::Amount { amount: same_currency("discount_amount", amount, currency)? }),
        }
    }

    /// The line that takes it off `subtotal`; none where it comes to nothing.
    fn line(self, subtotal: Money) -> Result<Option<PriceLine>> {
        let (factors, taken) = match self {
            Self::Percent { percent } => (vec![factor(percent, PriceUnit::Percent)], subtotal.times(percent / Decimal::ONE_HUNDRED)),
            Self::Amount { amount } if amount.amount() > subtotal.amount() => {
                return Err(Error::invalid("discount_amount", "TOO_LARGE", format!("must be at most base and extras, {subtotal}")));
            }
            Self::Amount { amount } => (vec![], amount),
        };
        Ok((!taken.amount().is_zero()).then(|| PriceLine {
            kind: PriceLineKind::Discount,
            label: "Discount".to_owned(),
            factors,
            unit_price: None,
            amount: Money::rounded(-taken.amount(), taken.currency()),
        }))
    }
}

fn factor(value: Decimal, unit: PriceUnit) -> PriceFactor {
    PriceFactor { value, unit }
}

/// A quantity above 0, in its shortest spelling, so that 2.0 and 2 are no change.
fn quantity(field: &str, value: Decimal, max: u32) -> Result<Decimal> {
    if value <= Decimal::ZERO || value > Decimal::from(max) {
        return Err(Error::invalid(field, "OUT_OF_RANGE", format!("must be above 0 and at most {max}")));
    }
    Ok(value.normalize())
}

fn same_currency(field: &str, money: Money, currency: Currency) -> Result<Money> {
    if money.currency() != currency {
        let message = format!("must be in {}, the currency of the base", currency.code());
        return Err(Error::invalid(field, "CURRENCY_MISMATCH", message));
    }
    Ok(money)
}

#[cfg(test)]
mod tests;
