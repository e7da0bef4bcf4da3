//! Prices, explained line by line.

use async_graphql::SimpleObject;
use contracts::crm::order::v1;

use crate::graph::{enumeration::enumeration, money::Money, scalar::Decimal};

/// A price, line by line; the lines add up to the total.
#[derive(SimpleObject)]
pub(crate) struct Price {
    /// The lines: base, extras, discount.
    lines: Vec<PriceLine>,
    /// What the customer pays.
    total: Option<Money>,
}

impl From<&v1::Price> for Price {
    fn from(price: &v1::Price) -> Self {
        Self { lines: price.lines.iter().map(PriceLine::from).collect(), total: Money::read(price.total.as_ref()) }
    }
}

/// A line of a price.
#[derive(SimpleObject)]
pub(crate) struct PriceLine {
    /// What kind of line it is.
    kind: Option<PriceLineKind>,
    /// What it is for.
    label: String,
    /// The factors whose product with the unit price is the amount; none for a fixed amount.
    factors: Vec<PriceFactor>,
    /// Price of one; null for a fixed amount and a discount.
    unit_price: Option<Money>,
    /// What it adds to the total; below zero for a discount.
    amount: Option<Money>,
}

impl From<&v1::PriceLine> for PriceLine {
    fn from(line: &v1::PriceLine) -> Self {
        Self {
            kind: PriceLineKind::read(line.kind()),
            label: line.label.clone(),
            factors: line.factors.iter().map(PriceFactor::from).collect(),
            unit_price: Money::read(line.unit_price.as_ref()),
            amount: Money::read(line.amount.as_ref()),
        }
    }
}

/// A factor of a line's amount.
#[derive(SimpleObject)]
pub(crate) struct PriceFactor {
    /// How many.
    value: Decimal,
    /// Of what.
    unit: Option<PriceUnit>,
}

impl From<&v1::PriceFactor> for PriceFactor {
    fn from(factor: &v1::PriceFactor) -> Self {
        Self { value: Decimal(factor.value.clone()), unit: PriceUnit::read(factor.unit()) }
    }
}

enumeration! {
    /// What a factor counts.
    PriceUnit = v1::PriceUnit {
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
}

enumeration! {
    /// What kind of line of a price it is.
    PriceLineKind = v1::PriceLineKind {
        /// The base.
        Base,
        /// Something on top.
        Extra,
        /// What is taken off.
        Discount,
    }
}
