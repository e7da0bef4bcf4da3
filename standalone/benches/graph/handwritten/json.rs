//! Values as the answers have them.

use contracts::{crm::api::v1, google::r#type, read};
use kernel::{Decimal, Timestamp};
use serde::{Serialize, Serializer};

/// What kind of thing, and its UUID.
pub(super) struct GlobalId<'a>(pub(super) &'static str, pub(super) &'a str);

impl Serialize for GlobalId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}_{}", self.0, self.1))
    }
}

/// What is written as it is displayed: a moment, a decimal number.
pub(super) struct Displayed<T>(T);

impl<T: std::fmt::Display> Serialize for Displayed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

pub(super) fn time(at: Option<&prost_types::Timestamp>) -> Option<Displayed<Timestamp>> {
    read::optional_timestamp("", at).ok().flatten().map(Displayed)
}

/// Text that a message holds as empty where there is none.
pub(super) fn optional(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// The value of an enumeration without the prefix that protobuf has it; `None` for "not given".
pub(super) fn value(name: &'static str, prefix: &str) -> Option<&'static str> {
    name.strip_prefix(prefix).filter(|value| *value != "UNSPECIFIED")
}

/// A page of a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<'a, T> {
    pub(super) nodes: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) page_info: Option<PageInfo<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo<'a> {
    has_next_page: bool,
    end_cursor: Option<&'a str>,
}

impl<'a> PageInfo<'a> {
    pub(super) fn of(cursors: &'a [String], next_page_token: &str) -> Self {
        Self { has_next_page: !next_page_token.is_empty(), end_cursor: cursors.last().map(String::as_str) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address<'a> {
    street: &'a str,
    city: &'a str,
    postal_code: Option<&'a str>,
}

impl<'a> From<&'a v1::Address> for Address<'a> {
    fn from(address: &'a v1::Address) -> Self {
        Self { street: &address.street, city: &address.city, postal_code: optional(&address.postal_code) }
    }
}

/// A price, of which the total alone is asked for.
#[derive(Serialize)]
pub(super) struct Price {
    total: Option<Money>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Money {
    amount: Displayed<Decimal>,
    currency_code: &'static str,
}

impl Price {
    pub(super) fn of(total: Option<&r#type::Money>) -> Self {
        let total = read::optional_money("", total).ok().flatten();
        Self { total: total.map(|money| Money { amount: Displayed(money.amount()), currency_code: money.currency().code() }) }
    }
}
