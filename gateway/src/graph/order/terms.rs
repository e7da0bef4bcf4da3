//! How prices are made.

use async_graphql::{Enum, InputObject};
use contracts::{
    crm::order::v1,
    view::{Str, crm::order::v1 as view},
};
use kernel::Error;
use v1::price_terms::{Base, Discount};

use crate::{
    graph::{
        enumeration::leaf_of_enumeration,
        money::{Money, MoneyInput},
        part::part,
        scalar::Decimal,
    },
    read::{Text, object},
};

part! {
    /// How a price is made. Amounts are of one currency.
    PriceTerms = view::PriceTerms
}

/// How a price is made. Amounts are of one currency.
#[object(part = v1::PriceTerms)]
impl PriceTerms<'_> {
    /// Which of the bases below is given.
    fn r#type(&self) -> Option<PriceType> {
        let fixed = self.0.fixed().map(|_| PriceType::Fixed);
        let per_hour = self.0.per_hour().map(|_| PriceType::PerHour);
        fixed.or(per_hour).or_else(|| self.0.per_area().map(|_| PriceType::PerArea))
    }

    /// A fixed price.
    fn fixed(&self) -> Option<Money> {
        Money::read(self.0.fixed())
    }

    /// Hours × rate × crew size.
    fn per_hour(&self) -> Option<PerHour<'_>> {
        self.0.per_hour().map(PerHour::from)
    }

    /// Square metres × rate.
    fn per_area(&self) -> Option<PerArea<'_>> {
        self.0.per_area().map(PerArea::from)
    }

    /// What comes on top.
    fn extras(&self) -> Vec<Extra<'_>> {
        self.0.extras().map(Extra::from).collect()
    }

    /// What is taken off, in percent of base and extras.
    fn discount_percent(&self) -> Option<Text<'_, Decimal>> {
        self.0.discount_percent().map(Text::of)
    }

    /// What is taken off, as an amount.
    fn discount_amount(&self) -> Option<Money> {
        Money::read(self.0.discount_amount())
    }
}

/// The base of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum PriceType {
    /// A fixed price.
    Fixed,
    /// Hours × rate × crew size.
    PerHour,
    /// Square metres × rate.
    PerArea,
}

leaf_of_enumeration!(PriceType);

part! {
    /// A price per hour and person.
    PerHour = view::PerHour
}

/// A price per hour and person.
#[object]
impl PerHour<'_> {
    /// Price of an hour of one person.
    fn rate(&self) -> Option<Money> {
        Money::read(self.0.rate())
    }

    /// How many hours.
    fn hours(&self) -> Text<'_, Decimal> {
        Text::of(self.0.hours())
    }
}

part! {
    /// A price per square metre.
    PerArea = view::PerArea
}

/// A price per square metre.
#[object]
impl PerArea<'_> {
    /// Price of a square metre.
    fn rate(&self) -> Option<Money> {
        Money::read(self.0.rate())
    }

    /// Square metres.
    fn area_m2(&self) -> Text<'_, Decimal> {
        Text::of(self.0.area_m2())
    }
}

part! {
    /// Something that comes on top of a price.
    Extra = view::Extra
}

/// Something that comes on top of a price.
#[object]
impl Extra<'_> {
    /// What.
    fn label(&self) -> Str<'_> {
        self.0.label()
    }

    /// How many.
    fn quantity(&self) -> Option<Text<'_, Decimal>> {
        Text::optional(self.0.quantity())
    }

    /// Price of one.
    fn unit_price(&self) -> Option<Money> {
        Money::read(self.0.unit_price())
    }
}

/// How a price is made: exactly one of `fixed`, `perHour` and `perArea`, and at most one discount. Amounts are of one
/// currency.
#[derive(InputObject)]
pub(crate) struct PriceTermsInput {
    /// A fixed price.
    fixed: Option<MoneyInput>,
    /// Hours × rate × crew size.
    per_hour: Option<PerHourInput>,
    /// Square metres × rate.
    per_area: Option<PerAreaInput>,
    /// What comes on top, at most 50.
    extras: Option<Vec<ExtraInput>>,
    /// What is taken off, in percent of base and extras, 0 to 100.
    discount_percent: Option<Decimal>,
    /// What is taken off, as an amount of at most base and extras.
    discount_amount: Option<MoneyInput>,
}

/// A price per hour and person.
#[derive(InputObject)]
pub(crate) struct PerHourInput {
    /// Price of an hour of one person.
    rate: MoneyInput,
    /// How many hours, above 0, at most 1,000.
    hours: Decimal,
}

/// A price per square metre.
#[derive(InputObject)]
pub(crate) struct PerAreaInput {
    /// Price of a square metre.
    rate: MoneyInput,
    /// Square metres, above 0, at most 1,000,000.
    area_m2: Decimal,
}

/// Something that comes on top of a price.
#[derive(InputObject)]
pub(crate) struct ExtraInput {
    /// What; 1 to 100 characters.
    label: String,
    /// How many, above 0, at most 10,000; 1 where not given.
    quantity: Option<Decimal>,
    /// Price of one.
    unit_price: MoneyInput,
}

impl PriceTermsInput {
    /// The terms for a message to a service.
    ///
    /// # Errors
    /// [`Error::Invalid`] with paths under `field`, for what a message can't hold: the rest is the service's to say.
    pub(crate) fn write(self, field: &str) -> kernel::Result<v1::PriceTerms> {
        const BASES: &str = "fixed, perHour and perArea";
        let at = |name: &str| format!("{field}.{name}");
        let fixed = self.fixed.map(|price| price.write(&at("fixed")).map(Base::Fixed));
        let per_hour = self
            .per_hour
            .map(|base| Ok(Base::PerHour(v1::PerHour { rate: Some(base.rate.write(&at("per_hour.rate"))?), hours: base.hours.0 })));
        let per_area = self
            .per_area
            .map(|base| Ok(Base::PerArea(v1::PerArea { rate: Some(base.rate.write(&at("per_area.rate"))?), area_m2: base.area_m2.0 })));
        let percent = self.discount_percent.map(|percent| Ok(Discount::DiscountPercent(percent.0)));
        let amount = self.discount_amount.map(|amount| amount.write(&at("discount_amount")).map(Discount::DiscountAmount));
        let extra = |(index, extra): (usize, ExtraInput)| {
            Ok(v1::Extra {
                label: extra.label,
                quantity: extra.quantity.map(|quantity| quantity.0).unwrap_or_default(),
                unit_price: Some(extra.unit_price.write(&at(&format!("extras[{index}].unit_price")))?),
            })
        };
        let base = one_of(field, BASES, [fixed, per_hour, per_area])?;
        Ok(v1::PriceTerms {
            base: Some(base.ok_or_else(|| Error::invalid(field, "REQUIRED", format!("must have one of {BASES}")))?),
            extras: self.extras.unwrap_or_default().into_iter().enumerate().map(extra).collect::<kernel::Result<_>>()?,
            discount: one_of(field, "discountPercent and discountAmount", [percent, amount])?,
        })
    }
}

/// The one that is given; `None` where none is.
fn one_of<T, const N: usize>(field: &str, names: &str, given: [Option<kernel::Result<T>>; N]) -> kernel::Result<Option<T>> {
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(_), Some(_)) => Err(Error::invalid(field, "AMBIGUOUS", format!("must have only one of {names}"))),
        (one, _) => one.transpose(),
    }
}
