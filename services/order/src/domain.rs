//! What an order is and what may happen to it. Pure: no I/O, no clock, no chance; every fact is an argument.
//!
//! | module | what |
//! |---|---|
//! | [`order`] | the aggregate: taking, changing, moving an order; its status, crew, checklist and comments |
//! | [`price`] | how a price is made and explained |
//! | [`period`] | from when to when; when two of them overlap |
//! | [`copies`] | facts of other services that are kept here |
//! | [`customer`], [`employee`] | those facts, and what they mean for an order |
//! | [`event`] | what happened to an order |
//! | [`former`] | whose an order was before |

pub mod copies;
pub mod customer;
pub mod employee;
pub mod event;
pub mod former;
pub mod order;
pub mod period;
pub mod price;

pub use copies::FactCopy;
pub use customer::{CustomerCopy, CustomerFacts, CustomerStatus, Place, PropertyFacts};
pub use employee::{EmployeeCopy, EmployeeFacts};
pub use event::{OrderEvent, UnassignReason};
pub use former::FormerOrder;
pub use order::{
    Order, OrderState, ServiceType,
    checklist::{ChecklistEntry, ChecklistItem},
    comment::Comment,
    crew::{Agenda, Assignment, CrewSize},
    edit::{NewOrder, OrderChanges},
    status::{Cancellation, Status},
};
pub use period::Period;
pub use price::{Base, Discount, Extra, Price, PriceFactor, PriceLine, PriceLineKind, PriceTerms, PriceUnit};

#[cfg(test)]
mod examples;
