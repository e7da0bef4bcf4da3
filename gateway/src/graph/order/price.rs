//! Prices, explained line by line.

use contracts::{
    crm::order::v1,
    view::{Str, crm::order::v1 as view},
};

use crate::{
    graph::{enumeration::enumeration, money::Money, part::part, scalar::Decimal},
    read::{Text, object},
};

part! {
    /// A price, line by line; the lines add up to the total.
    Price = view::Price
}

/// A price, line by line; the lines add up to the total.
#[object(part = v1::Price)]
impl Price<'_> {
    /// The lines: base, extras, discount.
    fn lines(&self) -> Vec<PriceLine<'_>> {
        self.0.lines().map(PriceLine::from).collect()
    }

    /// What the customer pays.
    fn total(&self) -> Option<Money> {
        Money::read(self.0.total())
    }
}

part! {
    /// A line of a price.
    PriceLine = view::PriceLine
}

/// A line of a price.
#[object]
impl PriceLine<'_> {
    /// What kind of line it is.
    fn kind(&self) -> Option<PriceLineKind> {
        PriceLineKind::read(self.0.kind())
    }

    /// What it is for.
    fn label(&self) -> Str<'_> {
        self.0.label()
    }

    /// The factors whose product with the unit price is the amount; none for a fixed amount.
    fn factors(&self) -> Vec<PriceFactor<'_>> {
        self.0.factors().map(PriceFactor::from).collect()
    }

    /// Price of one; null for a fixed amount and a discount.
    fn unit_price(&self) -> Option<Money> {
        Money::read(self.0.unit_price())
    }

    /// What it adds to the total; below zero for a discount.
    fn amount(&self) -> Option<Money> {
        Money::read(self.0.amount())
    }
}

part! {
    /// A factor of a line's amount.
    PriceFactor = view::PriceFactor
}

/// A factor of a line's amount.
#[object]
impl PriceFactor<'_> {
    /// How many.
    fn value(&self) -> Text<'_, Decimal> {
        Text::of(self.0.value())
    }

    /// Of what.
    fn unit(&self) -> Option<PriceUnit> {
        PriceUnit::read(self.0.unit())
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
