//! What answers of several methods have in common.

use std::collections::HashMap;

use kernel::{Currency, Decimal};

use super::wire::{Malformed, Message, Value, read};
use crate::handwritten::json::{Address, PageInfo, Price, optional};

/// The answer to a question for one thing.
#[derive(Default)]
struct One<M>(Option<M>);

/// The answers to questions for things by their ids.
#[derive(Default)]
struct Found<'a, M>(HashMap<&'a str, M>);

/// One of them.
#[derive(Default)]
struct ById<'a, M> {
    id: &'a str,
    thing: Option<M>,
}

/// A page of a list.
#[derive(Default)]
pub(super) struct List<'a, M> {
    pub(super) items: Vec<M>,
    pub(super) info: PageInfo<'a>,
}

/// The answers to questions for pages.
#[derive(Default)]
struct Pages<'a, M>(Vec<One<List<'a, M>>>);

/// An order, and the ids of what it leads to.
#[derive(Default)]
pub(super) struct Linked<'a, O> {
    pub(super) order: O,
    pub(super) customer: &'a str,
    pub(super) employees: Vec<&'a str>,
}

/// That somebody does an order.
#[derive(Default)]
struct Assignment<'a>(&'a str);

/// The thing that was asked for; `None` where there is none.
pub(super) fn one<'a, M: Message<'a>>(answer: &'a [u8]) -> Result<Option<M>, Malformed> {
    read::<One<M>>(answer).map(|one| one.0)
}

/// What was found, by its id.
pub(super) fn by_id<'a, M: Message<'a>>(answer: &'a [u8]) -> Result<HashMap<&'a str, M>, Malformed> {
    read::<Found<M>>(answer).map(|found| found.0)
}

/// The pages that were asked for; `None` for one that there isn't.
pub(super) fn pages<'a, M: Message<'a>>(answer: &'a [u8]) -> Result<impl Iterator<Item = Option<List<'a, M>>>, Malformed> {
    read::<Pages<M>>(answer).map(|pages| pages.0.into_iter().map(|page| page.0))
}

impl<'a, M: Message<'a>> Message<'a> for One<M> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        if number == 1 {
            self.0 = Some(value.message()?);
        }
        Ok(())
    }
}

impl<'a, M: Message<'a>> Message<'a> for Found<'a, M> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        if number == 1 {
            let ById { id, thing } = value.message()?;
            self.0.extend(thing.map(|thing| (id, thing)));
        }
        Ok(())
    }
}

impl<'a, M: Message<'a>> Message<'a> for ById<'a, M> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.id = value.text()?,
            2 => self.thing = Some(value.message()?),
            _ => {}
        }
        Ok(())
    }
}

impl<'a, M: Message<'a>> Message<'a> for List<'a, M> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.items.push(value.message()?),
            2 => self.info.end_cursor = Some(value.text()?),
            3 => self.info.has_next_page = !value.text()?.is_empty(),
            _ => {}
        }
        Ok(())
    }
}

impl<'a, M: Message<'a>> Message<'a> for Pages<'a, M> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        if number == 1 {
            self.0.push(value.message()?);
        }
        Ok(())
    }
}

impl<'a, O: Message<'a>> Message<'a> for Linked<'a, O> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            3 => self.customer = value.text()?,
            15 => self.employees.push(value.message::<Assignment>()?.0),
            _ => self.order.field(number, value)?,
        }
        Ok(())
    }
}

impl<'a> Message<'a> for Assignment<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        if number == 1 {
            self.0 = value.text()?;
        }
        Ok(())
    }
}

impl<'a> Message<'a> for Address<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.street = value.text()?,
            2 => self.city = value.text()?,
            3 => self.postal_code = optional(value.text()?),
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Message<'a> for Price {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        if number == 2 {
            self.total = value.message::<Amount>()?.money().map(Into::into);
        }
        Ok(())
    }
}

/// An amount of money.
#[derive(Default)]
struct Amount<'a> {
    currency: &'a str,
    units: i64,
    nanos: i32,
}

impl Amount<'_> {
    fn money(&self) -> Option<kernel::Money> {
        let amount = Decimal::from(self.units) + Decimal::new(self.nanos.into(), 9);
        Some(kernel::Money::rounded(amount, Currency::parse("", self.currency).ok()?))
    }
}

impl<'a> Message<'a> for Amount<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.currency = value.text()?,
            2 => self.units = value.int64()?,
            3 => self.nanos = value.int32()?,
            _ => {}
        }
        Ok(())
    }
}

impl Message<'_> for prost_types::Timestamp {
    fn field(&mut self, number: u32, value: Value<'_>) -> Result<(), Malformed> {
        match number {
            1 => self.seconds = value.int64()?,
            2 => self.nanos = value.int32()?,
            _ => {}
        }
        Ok(())
    }
}
