//! When an employee is away.

use std::{collections::BTreeMap, time::Duration};

use kernel::{Error, Result, Timestamp, Violations, id::TimeOffId, text};
use serde::{Deserialize, Serialize};

/// One time in which an employee is away: from its start until just before its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeOff {
    /// Its identifier.
    pub id: TimeOffId,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Why; may be empty.
    pub reason: String,
}

impl TimeOff {
    /// The longest time off: any year whole.
    pub const MAX_LENGTH: Duration = Duration::from_secs(366 * 24 * 60 * 60);
    /// The most characters of the reason.
    pub const MAX_REASON: usize = 200;

    /// A time off that came from outside.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `ends_at` or `reason`.
    pub fn parse(id: TimeOffId, starts_at: Timestamp, ends_at: Timestamp, reason: &str) -> Result<Self> {
        let mut checks = Violations::default();
        checks.require(ends_at > starts_at, "ends_at", "NOT_AFTER_START", "must be after starts_at");
        let short = ends_at.since(starts_at) <= Self::MAX_LENGTH;
        checks.require(short, "ends_at", "TOO_LONG", "must be at most 366 days after starts_at");
        let reason = checks.take(text::optional_line("reason", reason, Self::MAX_REASON));
        checks.finish_with(|| Some(Self { id, starts_at, ends_at, reason: reason? }))
    }

    /// Whether both have a moment in common; times that only touch have none.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }
}

/// The times off of one employee by their start, none overlapping another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimesOff(Vec<TimeOff>);

impl TimesOff {
    /// The most times off that are kept.
    pub const MAX: usize = 200;

    /// The times off by their start.
    #[must_use]
    pub fn as_slice(&self) -> &[TimeOff] {
        &self.0
    }

    /// These and one more. Where [`MAX`](Self::MAX) are kept already, the one that is over longest makes room; history
    /// still tells of it.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] where it overlaps another one, which the details name, or where none of those kept is
    /// over at `now`.
    pub fn with(&self, time_off: TimeOff, now: Timestamp) -> Result<Self> {
        if let Some(other) = self.0.iter().find(|other| other.overlaps(&time_off)) {
            return Err(overlap(other));
        }
        let mut times = self.0.clone();
        if times.len() >= Self::MAX {
            // By start and without overlaps they are by end too.
            if times.first().is_none_or(|oldest| oldest.ends_at > now) {
                let message = format!("there are {} times off already and none of them is over; remove one first", Self::MAX);
                return Err(Error::failed_precondition("TOO_MANY_TIMES_OFF", "", message));
            }
            times.remove(0);
        }
        let place = times.partition_point(|other| other.starts_at < time_off.starts_at);
        times.insert(place, time_off);
        Ok(Self(times))
    }

    /// These without one.
    ///
    /// # Errors
    /// [`Error::NotFound`] that names `time_off_id`.
    pub fn without(&self, id: TimeOffId) -> Result<Self> {
        let mut times = self.0.clone();
        let place = times.iter().position(|time_off| time_off.id == id);
        times.remove(place.ok_or_else(|| Error::not_found("time off", id).under("time_off_id"))?);
        Ok(Self(times))
    }
}

fn overlap(other: &TimeOff) -> Error {
    Error::FailedPrecondition {
        reason: "TIME_OFF_OVERLAPS".into(),
        field: "starts_at".into(),
        message: format!("overlaps the time off from {} to {}", other.starts_at, other.ends_at),
        details: BTreeMap::from([("time_off_id".to_owned(), other.id.to_string())]),
    }
}

#[cfg(test)]
mod tests;
