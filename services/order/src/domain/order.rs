//! The aggregate: an order, and everything that may be done to it.
//!
//! | module | what |
//! |---|---|
//! | [`edit`] | taking an order, changing and moving it |
//! | [`status`] | scheduling, starting, completing, canceling, deleting it |
//! | [`crew`] | who does it, and who can't |
//! | [`checklist`], [`comment`] | what is to be done, what was said |
//! | [`follow`] | what changes with the customer and the employees |
//!
//! Every command checks first and changes after: one that fails leaves the order as it was. One that changes something
//! raises the version by 1 and returns the event that tells of it.

use std::ops::Deref;

use kernel::{Address, CustomerId, EmployeeId, Error, OrderId, PropertyId, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    period::Period,
    price::{Price, PriceTerms},
};
use checklist::ChecklistItem;
use comment::Comment;
use crew::{Assignment, CrewSize};
use status::{Cancellation, Status};

pub mod checklist;
pub mod comment;
pub mod crew;
pub mod edit;
pub mod follow;
pub mod status;

/// A cleaning that a customer ordered. Anyone may read its [state](OrderState); only its commands change it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Order(OrderState);

/// What is known of an order: the document that is stored. Empty texts aren't, so that history doesn't tell of them.
///
/// Invariants, which hold after every command:
/// - `ends_at` is after `starts_at`, by at most 7 days;
/// - nobody is assigned twice, at most [`CrewSize::MAX`] people are, and an order in progress has somebody;
/// - `employee_ids` are those of `assignments`, and `needs_crew` is what [`Status::is_planned`] and the sizes say;
/// - `price` is what `price_terms` make for `crew_size`;
/// - `started_at`, `completed_at` and `cancellation` are set as far as `status` says that it came to that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderState {
    /// The order's id.
    pub id: OrderId,
    /// 1 when taken; rises by 1 with every change.
    pub version: u64,
    /// The customer.
    pub customer_id: CustomerId,
    /// The customer's name, which follows the customer.
    pub customer_name: String,
    /// The customer's telephone number in E.164, which follows the customer.
    pub customer_phone: String,
    /// The customer's property; `None` where the address was given by hand.
    pub property_id: Option<PropertyId>,
    /// Where to clean; follows the property until the order has ended. Empty where the customer was erased.
    pub address: Address,
    /// How to get in; follows the property until the order has ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub access_notes: String,
    /// What is cleaned.
    pub service_type: ServiceType,
    /// How far it is.
    pub status: Status,
    /// Whether it waits for its work with fewer people than its crew size. Derived.
    pub needs_crew: bool,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// How many people it needs.
    pub crew_size: CrewSize,
    /// Who does it, for queries. Derived.
    pub employee_ids: Vec<EmployeeId>,
    /// Who does it, in the order of assignment.
    pub assignments: Vec<Assignment>,
    /// How the price is made.
    pub price_terms: PriceTerms,
    /// The price. Derived.
    pub price: Price,
    /// What the customer said; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client_comments: String,
    /// Comments of the office and the crew, the newest last.
    pub comments: Vec<Comment>,
    /// What is to be done.
    pub checklist: Vec<ChecklistItem>,
    /// When the work began.
    pub started_at: Option<Timestamp>,
    /// When the work was completed.
    pub completed_at: Option<Timestamp>,
    /// Why, when and by whom it was canceled.
    pub cancellation: Option<Cancellation>,
    /// When it was taken.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What is cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceType {
    /// Regular cleaning as a service.
    ServiceCleaning,
    /// Cleaning of an object: a building site, a move, a shop.
    ObjectCleaning,
}

impl Deref for Order {
    type Target = OrderState;
    fn deref(&self) -> &OrderState {
        &self.0
    }
}

impl Order {
    /// From when to when it takes its crew's time.
    #[must_use]
    pub fn period(&self) -> Period {
        Period::known(self.starts_at, self.ends_at)
    }

    /// Goes on only where the order is at the version that the caller has seen.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the version it has.
    pub fn expect_version(&self, seen: u64) -> Result<()> {
        if self.version == seen {
            return Ok(());
        }
        Err(Error::Conflict { resource: "order".into(), id: self.id.to_string(), current_version: self.version })
    }

    /// Goes on only where the order can still be changed.
    fn expect_open(&self) -> Result<()> {
        if self.status.is_open() {
            return Ok(());
        }
        let message = format!("an order that is {} can't be changed; comments can still be added", self.status);
        let mut error = Error::failed_precondition("ORDER_ENDED", "", message);
        if let Error::FailedPrecondition { details, .. } = &mut error {
            details.insert("status".to_owned(), self.status.to_string());
        }
        Err(error)
    }

    /// Ends a change that was made at `at`: derives what is derived, and raises the version.
    fn changed(&mut self, at: Timestamp) {
        let state = &mut self.0;
        state.version += 1;
        // Clocks of two hosts differ; what was recorded doesn't go back in time.
        state.updated_at = at.max(state.updated_at);
        state.employee_ids = state.assignments.iter().map(|assignment| assignment.employee_id).collect();
        state.needs_crew = state.status.is_planned() && state.assignments.len() < state.crew_size.people();
    }
}

#[cfg(test)]
mod tests;
