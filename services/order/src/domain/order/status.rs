//! How far an order is, and the way it may go.

use std::{collections::BTreeMap, fmt};

use kernel::{Actor, Error, Result, Timestamp, text};
use serde::{Deserialize, Serialize};

use super::{Order, crew::Agenda};
use crate::domain::{event::OrderEvent, period::Period};

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Not yet agreed on.
    Draft,
    /// Agreed on.
    Scheduled,
    /// The crew is at work.
    InProgress,
    /// Done.
    Completed,
    /// Called off.
    Canceled,
}

/// That an order was called off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// Why.
    pub reason: String,
    /// When.
    pub canceled_at: Timestamp,
    /// By whom.
    pub canceled_by: Actor,
}

impl Status {
    /// All of them, in the order in which an order goes through them.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Scheduled, Self::InProgress, Self::Completed, Self::Canceled];
    /// Those in which an order takes its crew's time.
    pub const OPEN: [Self; 3] = [Self::Draft, Self::Scheduled, Self::InProgress];
    /// Those in which the work has not begun.
    pub const PLANNED: [Self; 2] = [Self::Draft, Self::Scheduled];

    /// The name as the contract and the store write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Scheduled => "SCHEDULED",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Canceled => "CANCELED",
        }
    }

    /// What may come next.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Scheduled, Self::Canceled],
            Self::Scheduled => &[Self::InProgress, Self::Canceled],
            Self::InProgress => &[Self::Completed, Self::Canceled],
            Self::Completed | Self::Canceled => &[],
        }
    }

    /// Whether an order can be changed and takes its crew's time.
    #[must_use]
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    /// Whether the work has not begun.
    #[must_use]
    pub fn is_planned(self) -> bool {
        Self::PLANNED.contains(&self)
    }

    /// Goes on only where `to` may come next.
    fn expect_next(self, to: Self) -> Result<()> {
        if self.next().contains(&to) {
            return Ok(());
        }
        let allowed = self.next().iter().map(|status| status.as_str()).collect::<Vec<_>>().join(" or ");
        let rule = if allowed.is_empty() { "nothing comes after that".to_owned() } else { format!("it can become {allowed}") };
        Err(Error::FailedPrecondition {
            reason: "WRONG_TRANSITION".into(),
            field: "".into(),
            message: format!("an order that is {self} can't become {to}; {rule}"),
            details: BTreeMap::from([("from".to_owned(), self.to_string()), ("to".to_owned(), to.to_string())]),
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Order {
    /// The time it would have where one or both ends are given anew; it keeps its length where only the start is.
    ///
    /// # Errors
    /// [`Error::Invalid`] as [`Period::of_order`].
    pub fn period_with(&self, starts_at: Option<Timestamp>, ends_at: Option<Timestamp>) -> Result<Period> {
        let start = starts_at.unwrap_or(self.starts_at);
        let end = ends_at.unwrap_or_else(|| start.plus(self.period().duration()));
        Period::of_order(start, end)
    }

    /// Agrees on a draft, or sets another time. `crew` tells what each of those assigned has to do around `period`;
    /// it is needed where the time is another one.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`]: `WRONG_TRANSITION`; or why somebody assigned can't come then, as [`Order::assign`].
    pub fn schedule(&mut self, period: Period, crew: &[Agenda<'_>], at: Timestamp) -> Result<Option<OrderEvent>> {
        if self.status != Status::Scheduled {
            self.status.expect_next(Status::Scheduled)?;
        }
        let other_time = period != self.period();
        if self.status == Status::Scheduled && !other_time {
            return Ok(None);
        }
        if other_time {
            let assignments = self.assignments_at(period, crew)?;
            self.0.assignments = assignments;
            self.0.starts_at = period.starts_at();
            self.0.ends_at = period.ends_at();
        }
        let event = if self.status == Status::Draft { OrderEvent::Scheduled } else { OrderEvent::Rescheduled };
        self.0.status = Status::Scheduled;
        self.changed(at);
        Ok(Some(event))
    }

    /// Begins the work; at any time, since the office also records what has begun long ago.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`]: `WRONG_TRANSITION`, or `CREW_MISSING` where nobody is assigned.
    pub fn start(&mut self, at: Timestamp) -> Result<OrderEvent> {
        self.status.expect_next(Status::InProgress)?;
        if self.assignments.is_empty() {
            return Err(Error::failed_precondition("CREW_MISSING", "", "nobody is assigned to this order; assign somebody first"));
        }
        self.0.status = Status::InProgress;
        self.0.started_at = Some(at);
        self.changed(at);
        Ok(OrderEvent::Started)
    }

    /// Completes the work.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] `WRONG_TRANSITION`.
    pub fn complete(&mut self, at: Timestamp) -> Result<OrderEvent> {
        self.status.expect_next(Status::Completed)?;
        self.0.status = Status::Completed;
        self.0.completed_at = Some(self.started_at.map_or(at, |started_at| at.max(started_at)));
        self.changed(at);
        Ok(OrderEvent::Completed)
    }

    /// Calls the order off, for a `reason` of 1 to 500 characters.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `reason`; [`Error::FailedPrecondition`] `WRONG_TRANSITION`.
    pub fn cancel(&mut self, reason: &str, by: &Actor, at: Timestamp) -> Result<OrderEvent> {
        let reason = text::paragraphs("reason", reason, 500)?;
        self.status.expect_next(Status::Canceled)?;
        self.0.status = Status::Canceled;
        self.0.cancellation = Some(Cancellation { reason, canceled_at: at, canceled_by: by.clone() });
        self.changed(at);
        Ok(OrderEvent::Canceled)
    }

    /// Goes on only where the order may be deleted: as long as nobody relies on it.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] `NOT_DELETABLE`.
    pub fn delete(&self) -> Result<OrderEvent> {
        if matches!(self.status, Status::Draft | Status::Canceled) {
            return Ok(OrderEvent::Deleted);
        }
        let message = format!("an order that is {} can't be deleted; only a DRAFT or a CANCELED one can", self.status);
        Err(Error::FailedPrecondition {
            reason: "NOT_DELETABLE".into(),
            field: "".into(),
            message,
            details: BTreeMap::from([("status".to_owned(), self.status.to_string())]),
        })
    }
}

#[cfg(test)]
mod tests;
