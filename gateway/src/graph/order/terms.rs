//! How prices are made.

use async_graphql::{Enum, InputObject, SimpleObject};
use contracts::crm::order::v1;
use kernel::Error;
use v1::price_terms::{Base, Discount};

use crate::graph::{
    money::{Money, MoneyInput},
    scalar::{Decimal, optional},
};

/// How a price is made. Amounts are of one currency.
#[derive(SimpleObject)]
pub(crate) struct PriceTerms {
    /// Which of the bases below is given.
    r#type: Option<PriceType>,
    /// A fixed price.
    fixed: Option<Money>,
    /// Hours × rate × crew size.
    per_hour: Option<PerHour>,
    /// Square metres × rate.
    per_area: Option<PerArea>,
    /// What comes on top.
    extras: Vec<Extra>,
    /// What is taken off, in percent of base and extras.
    discount_percent: Option<Decimal>,
    /// What is taken off, as an amount.
    discount_amount: Option<Money>,
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

/// A price per hour and person.
#[derive(SimpleObject)]
pub(crate) struct PerHour {
    /// Price of an hour of one person.
    rate: Option<Money>,
    /// How many hours.
    hours: Decimal,
}

/// A price per square metre.
#[derive(SimpleObject)]
pub(crate) struct PerArea {
    /// Price of a square metre.
    rate: Option<Money>,
    /// Square metres.
    area_m2: Decimal,
}

/// Something that comes on top of a price.
#[derive(SimpleObject)]
pub(crate) struct Extra {
    /// What.
    label: String,
    /// How many.
    quantity: Option<Decimal>,
    /// Price of one.
    unit_price: Option<Money>,
}

impl From<&v1::PriceTerms> for PriceTerms {
    fn from(terms: &v1::PriceTerms) -> Self {
        let (r#type, fixed, per_hour, per_area) = match &terms.base {
            Some(Base::Fixed(price)) => (Some(PriceType::Fixed), Money::read(Some(price)), None, None),
            Some(Base::PerHour(base)) => {
                let base = PerHour { rate: Money::read(base.rate.as_ref()), hours: Decimal(base.hours.clone()) };
                (Some(PriceType::PerHour), None, Some(base), None)
            }
            Some(Base::PerArea(base)) => {
                let base = PerArea { rate: Money::read(base.rate.as_ref()), area_m2: Decimal(base.area_m2.clone()) };
                (Some(PriceType::PerArea), None, None, Some(base))
            }
            None => (None, None, None, None),
        };
        let (discount_percent, discount_amount) = match &terms.discount {
            Some(Discount::DiscountPercent(percent)) => (Some(Decimal(percent.clone())), None),
            Some(Discount::DiscountAmount(amount)) => (None, Money::read(Some(amount))),
            None => (None, None),
        };
        let extra = |extra: &v1::Extra| Extra {
            label: extra.label.clone(),
            quantity: optional(&extra.quantity).map(Decimal),
            unit_price: Money::read(extra.unit_price.as_ref()),
        };
        Self { r#type, fixed, per_hour, per_area, extras: terms.extras.iter().map(extra).collect(), discount_percent, discount_amount }
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
