//! When an employee usually works: parts of a week, in the company's time zone.

use kernel::{Error, Result, Violations};
use serde::{Deserialize, Serialize};

/// A day of the week (ISO 8601), in the order of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the days explain themselves")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The days in the order of the week.
    pub const ALL: [Self; 7] = [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];
}

/// A part of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    weekday: Weekday,
    start_minute: u16,
    end_minute: u16,
}

impl Window {
    /// The minutes of a day.
    const DAY: i32 = 24 * 60;

    /// Reads a window that came from outside: `start` is 0 to 1439 minutes after midnight, `end` is after it and at most 1440.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `start_minute` or `end_minute` of `field`.
    pub fn parse(field: &str, weekday: Weekday, start: i32, end: i32) -> Result<Self> {
        let mut checks = Violations::default();
        let starts_within = (0..Self::DAY).contains(&start);
        checks.require(starts_within, &format!("{field}.start_minute"), "OUT_OF_RANGE", "must be 0 to 1439");
        let ends_within = (1..=Self::DAY).contains(&end);
        checks.require(ends_within, &format!("{field}.end_minute"), "OUT_OF_RANGE", "must be 1 to 1440");
        let in_order = !(starts_within && ends_within) || start < end;
        checks.require(in_order, &format!("{field}.end_minute"), "NOT_AFTER_START", "must be after start_minute");
        checks.finish_with(|| Some(Self { weekday, start_minute: start.try_into().ok()?, end_minute: end.try_into().ok()? }))
    }

    /// The day.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        self.weekday
    }

    /// When it begins, in minutes after midnight.
    #[must_use]
    pub fn start_minute(self) -> u16 {
        self.start_minute
    }

    /// When it ends, in minutes after midnight; at most 1440.
    #[must_use]
    pub fn end_minute(self) -> u16 {
        self.end_minute
    }

    /// Whether both have a minute in common; windows that only touch have none.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.weekday == other.weekday && self.start_minute < other.end_minute && other.start_minute < self.end_minute
    }
}

/// The windows of a week in their order, none overlapping another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Availability(Vec<Window>);

impl Availability {
    /// The most windows of one employee: three a day.
    pub const MAX: usize = 21;

    /// Puts windows in order.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field`, or the element of it that overlaps another.
    pub fn parse(field: &str, windows: &[Window]) -> Result<Self> {
        check_count(field, windows.len())?;
        let mut checks = Violations::default();
        for (at, window) in windows.iter().enumerate() {
            let free = !windows[..at].iter().any(|earlier| window.overlaps(*earlier));
            checks.require(free, &format!("{field}[{at}]"), "OVERLAPS", "must not overlap another item");
        }
        checks.finish()?;
        let mut windows = windows.to_vec();
        windows.sort_unstable();
        Ok(Self(windows))
    }

    /// The windows in the order of the week.
    #[must_use]
    pub fn as_slice(&self) -> &[Window] {
        &self.0
    }
}

/// Refuses more windows than an employee can have, before they are read one by one.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn check_count(field: &str, count: usize) -> Result<()> {
    if count <= Availability::MAX {
        return Ok(());
    }
    Err(Error::invalid(field, "TOO_MANY", format!("must have at most {} items", Availability::MAX)))
}

#[cfg(test)]
mod tests;
