//! The vocabulary that every other crate speaks. Pure values, no I/O.
//!
//! | module | what |
//! |---|---|
//! | [`id`] | typed identifiers (UUID v7) |
//! | [`time`] | [`Timestamp`] in UTC to the microsecond |
//! | [`env`](mod@env) | the clock and the source of randomness, passed as an argument |
//! | [`money`], [`phone`], [`email`], [`address`], [`text`] | checked values |
//! | [`page`] | page sizes and the cursors of keyset pages |
//! | [`principal`] | who calls: company, actor, role |
//! | [`error`] | the one error vocabulary |
//! | [`event`] | the envelope of a domain event |
//! | [`search`] | folding of words, search terms and ranking |

pub mod address;
pub mod email;
pub mod env;
pub mod error;
pub mod event;
pub mod id;
pub mod money;
pub mod page;
pub mod phone;
pub mod principal;
pub mod search;
pub mod text;
pub mod time;

pub use address::Address;
pub use email::EmailAddress;
pub use env::{Clock, Env, Random};
pub use error::{Error, Result, Violation, Violations};
pub use event::Envelope;
pub use id::{AccountId, CompanyId, CustomerId, EmployeeId, EventId, Id, OrderId, PropertyId};
pub use money::{Currency, Money};
pub use page::{Cursor, PageSize};
pub use phone::PhoneNumber;
pub use principal::{Actor, Principal, Role};
pub use rust_decimal::Decimal;
pub use time::Timestamp;

#[cfg(test)]
mod tests;
