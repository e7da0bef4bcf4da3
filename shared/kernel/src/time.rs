//! Moments in time: UTC, to the microsecond, so that every store keeps them exactly and in order.

use std::{fmt, time::Duration};

use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Violation};

/// A moment in UTC. Stored as microseconds since the Unix epoch, shown as RFC 3339.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    /// The moment, cut to the microsecond.
    #[must_use]
    pub fn new(at: jiff::Timestamp) -> Self {
        Self(jiff::Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at))
    }

    /// The moment that many microseconds after the Unix epoch; `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        jiff::Timestamp::from_microsecond(micros).ok().map(Self)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The value of the time library, for calendars and time zones.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        self.0
    }

    /// Reads an RFC 3339 date and time that came from outside.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Error> {
        text.parse::<jiff::Timestamp>().map(Self::new).map_err(|_| {
            Error::Invalid(vec![Violation::new(field, "INVALID_TIME", "must be a date and time such as 2026-03-01T09:30:00Z")])
        })
    }

    /// Appends it as [`Display`](fmt::Display) shows it, which takes longer.
    pub fn write(self, out: &mut Vec<u8>) {
        // Writing into memory does not fail.
        let _ = DateTimePrinter::new().print_timestamp(&self.0, out);
    }

    /// This moment and `duration` more; the last representable moment where that overflows.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        self.0.checked_add(duration).map_or(Self(jiff::Timestamp::MAX), Self::new)
    }

    /// This moment less `duration`; the first representable moment where that overflows.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        self.0.checked_sub(duration).map_or(Self(jiff::Timestamp::MIN), Self::new)
    }

    /// How long after `earlier` this is; zero where it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::try_from(self.0.duration_since(earlier.0)).unwrap_or(Duration::ZERO)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.as_micros())
    }
}
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let micros = i64::deserialize(deserializer)?;
        Self::from_micros(micros).ok_or_else(|| serde::de::Error::custom("timestamp out of range"))
    }
}
