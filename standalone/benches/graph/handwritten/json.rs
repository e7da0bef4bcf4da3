//! Values as the answers have them.

use contracts::{crm::api::v1, google::r#type, read};
use kernel::{Decimal, Timestamp};
use serde::{Serialize, Serializer};

/// What kind of thing, and its UUID.
#[derive(Default)]
pub(crate) struct GlobalId<'a>(pub(crate) &'static str, pub(crate) &'a str);

impl Serialize for GlobalId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}_{}", self.0, self.1))
    }
}

/// What is written as it is displayed: a moment, a decimal number.
pub(crate) struct Displayed<T>(pub(crate) T);

impl<T: std::fmt::Display> Serialize for Displayed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

pub(crate) fn time(at: Option<&prost_types::Timestamp>) -> Option<Displayed<Timestamp>> {
    read::optional_timestamp("", at).ok().flatten().map(Displayed)
}

/// First and last name as one.
#[derive(Default)]
pub(crate) struct FullName<'a> {
    pub(crate) first: &'a str,
    pub(crate) last: &'a str,
}

impl Serialize for FullName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{} {}", self.first, self.last))
    }
}

/// Text that a message holds as empty where there is none.
pub(crate) fn optional(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// The value of an enumeration without the prefix that protobuf has it; `None` for "not given".
pub(crate) fn value(name: &'static str, prefix: &str) -> Option<&'static str> {
    name.strip_prefix(prefix).filter(|value| *value != "UNSPECIFIED")
}

/// A page of a list.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<'a, T> {
    pub(crate) nodes: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page_info: Option<PageInfo<'a>>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo<'a> {
    pub(crate) has_next_page: bool,
    pub(crate) end_cursor: Option<&'a str>,
}

impl<'a> PageInfo<'a> {
    pub(crate) fn of(cursors: &'a [String], next_page_token: &str) -> Self {
        Self { has_next_page: !next_page_token.is_empty(), end_cursor: cursors.last().map(String::as_str) }
    }
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address<'a> {
    pub(crate) street: &'a str,
    pub(crate) city: &'a str,
    pub(crate) postal_code: Option<&'a str>,
}

impl<'a> From<&'a v1::Address> for Address<'a> {
    fn from(address: &'a v1::Address) -> Self {
        Self { street: &address.street, city: &address.city, postal_code: optional(&address.postal_code) }
    }
}

/// A price, of which the total alone is asked for.
#[derive(Default, Serialize)]
pub(crate) struct Price {
    pub(crate) total: Option<Money>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Money {
    amount: Displayed<Decimal>,
    currency_code: &'static str,
}

impl Price {
    pub(crate) fn of(total: Option<&r#type::Money>) -> Self {
        let total = read::optional_money("", total).ok().flatten();
        Self { total: total.map(Money::from) }
    }
}

impl From<kernel::Money> for Money {
    fn from(money: kernel::Money) -> Self {
        Self { amount: Displayed(money.amount()), currency_code: money.currency().code() }
    }
}
