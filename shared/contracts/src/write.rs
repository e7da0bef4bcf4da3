//! Kernel values → messages.

use kernel::{Actor, Address, Decimal, Money, Role, Timestamp};

use crate::{crm::api::v1, google::r#type, mask::Mask, masked};

/// A moment.
#[must_use]
pub fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let micros = at.as_micros();
    prost_types::Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or(0),
    }
}

/// An amount of money.
#[must_use]
pub fn money(money: Money) -> r#type::Money {
    let amount = money.amount();
    let whole = amount.trunc();
    // Both fit: an amount has at most ten digits before the point and nine after it.
    r#type::Money {
        currency_code: money.currency().code().to_owned(),
        units: i64::try_from(whole).unwrap_or(0),
        nanos: i32::try_from(((amount - whole) * Decimal::from(1_000_000_000)).trunc()).unwrap_or(0),
    }
}

/// A decimal number, without an exponent and without zeros at its end.
#[must_use]
pub fn decimal(value: Decimal) -> String {
    value.normalize().to_string()
}

/// Who did something.
#[must_use]
pub fn actor(actor: &Actor) -> v1::Actor {
    actor_of(actor, Mask::ALL)
}

/// What a mask has of who did something.
#[must_use]
pub fn actor_of(actor: &Actor, mask: Mask<v1::Actor>) -> v1::Actor {
    let (account, employee, service) = match actor {
        Actor::Account { account, employee } => (Some(account), employee.as_ref(), None),
        Actor::Service { name } => (None, None, Some(name)),
    };
    masked!(mask => v1::Actor {
        account_id: account.map(ToString::to_string).unwrap_or_default(),
        employee_id: employee.map(ToString::to_string).unwrap_or_default(),
        service: service.cloned().unwrap_or_default(),
    })
}

/// A role.
#[must_use]
pub fn role(role: Role) -> v1::Role {
    match role {
        Role::Employee => v1::Role::Employee,
        Role::Manager => v1::Role::Manager,
        Role::Admin => v1::Role::Admin,
    }
}

/// What a mask has of a postal address.
#[must_use]
pub fn address(address: &Address, mask: Mask<v1::Address>) -> v1::Address {
    masked!(mask => v1::Address {
        street: address.street.clone(),
        city: address.city.clone(),
        postal_code: address.postal_code.clone(),
        country_code: address.country_code.clone(),
    })
}
