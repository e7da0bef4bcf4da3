//! What several types have in common.

use async_graphql::{InputValueError, InputValueResult, OutputType, Scalar, ScalarType, SimpleObject, Value};
use contracts::{crm::api::v1, google::r#type, read};

use super::{customer::Customer, order::Order};

/// Declares an enumeration with the values of one of the contracts, but for "not given".
macro_rules! enumeration {
    ($name:ident = $contract:path { $($value:ident),* $(,)? }) => {
        #[derive(Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
        pub(super) enum $name {
            $($value),*
        }

        impl $name {
            pub(super) fn read(value: $contract) -> Option<Self> {
                use $contract as Contract;
                match value {
                    $(Contract::$value => Some(Self::$value),)*
                    Contract::Unspecified => None,
                }
            }
        }
    };
}
pub(super) use enumeration;

/// A moment in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DateTime(kernel::Timestamp);

#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => kernel::Timestamp::parse("value", &text).map(Self).map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl DateTime {
    pub(super) fn read(at: Option<&prost_types::Timestamp>) -> Option<Self> {
        read::optional_timestamp("", at).ok().flatten().map(Self)
    }

    pub(super) fn write(self) -> prost_types::Timestamp {
        contracts::write::timestamp(self.0)
    }
}

/// A decimal number as a string.
#[derive(Clone, Copy)]
pub(super) struct Decimal(kernel::Decimal);

#[Scalar]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => read::decimal("value", &text).map(Self).map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Text that a message holds as empty where there is none.
pub(super) fn optional(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[derive(Clone, SimpleObject)]
pub(super) struct Money {
    amount: Decimal,
    currency_code: &'static str,
}

impl Money {
    pub(super) fn read(money: Option<&r#type::Money>) -> Option<Self> {
        let money = read::optional_money("", money).ok().flatten()?;
        Some(Self { amount: Decimal(money.amount()), currency_code: money.currency().code() })
    }
}

#[derive(Clone, SimpleObject)]
pub(super) struct Address {
    street: String,
    city: String,
    postal_code: Option<String>,
}

impl From<v1::Address> for Address {
    fn from(address: v1::Address) -> Self {
        Self { street: address.street, city: address.city, postal_code: optional(address.postal_code) }
    }
}

/// A page of a list.
#[derive(Clone, SimpleObject)]
#[graphql(concrete(name = "OrderConnection", params(Order)))]
#[graphql(concrete(name = "CustomerConnection", params(Customer)))]
pub(super) struct Connection<T: OutputType> {
    nodes: Vec<T>,
    page_info: PageInfo,
}

#[derive(Clone, SimpleObject)]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl<T: OutputType> Connection<T> {
    pub(super) fn new<M: Into<T>>(items: Vec<M>, mut cursors: Vec<String>, next_page_token: &str) -> Self {
        let page_info = PageInfo { has_next_page: !next_page_token.is_empty(), end_cursor: cursors.pop() };
        Self { nodes: items.into_iter().map(Into::into).collect(), page_info }
    }
}
