//! What went wrong at the server, and whether the same may succeed in a moment.

use std::time::{Duration, Instant};

use ::mongodb::error::{
    Error as DriverError, ErrorKind, RETRYABLE_ERROR, RETRYABLE_WRITE_ERROR, TRANSIENT_TRANSACTION_ERROR, WriteFailure,
};
use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures::future::BoxFuture;

use crate::error::{Error, Result};

/// For how long an operation is tried again; less than the store's deadline, so that the cause is told and not only that time ran out.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);
/// The first wait; doubled each time up to the longest, with as much again at random, so that those who met do not meet again.
const FIRST_WAIT: Duration = Duration::from_millis(2);
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// The server's codes for a state that passes: elections, shut down, conflicts of writes, collections that are being changed.
const PASSING: &[i32] =
    &[6, 7, 46, 64, 89, 91, 112, 117, 133, 134, 189, 202, 239, 246, 251, 262, 276, 9001, 10107, 11600, 11602, 12586, 12587, 13435, 13436];
/// The server's codes for what an operator must put right: rights, disk, time limits, no replica set.
const OPERATIONAL: &[i32] = &[13, 18, 20, 50, 100, 14031];
/// The server's code for a key that is there already.
const DUPLICATE_KEY: i32 = 11_000;

/// Why a piece of work failed.
pub(super) enum Failure {
    /// The same may succeed when it is tried again now.
    Passing(Error),
    /// It would fail again.
    Lasting(Error),
}

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        if is_passing(&error) { Self::Passing(error.into()) } else { Self::Lasting(error.into()) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Lasting(error)
    }
}

impl From<DriverError> for Error {
    fn from(error: DriverError) -> Self {
        let operational = match &*error.kind {
            ErrorKind::Authentication { .. }
            | ErrorKind::InvalidTlsConfig { .. }
            | ErrorKind::SessionsNotSupported
            | ErrorKind::IncompatibleServer { .. }
            | ErrorKind::Shutdown => true,
            _ => code(&error).is_some_and(|code| OPERATIONAL.contains(&code)),
        };
        // Without the server's whole answer, which the driver's own words have.
        let told = error.kind.to_string();
        if operational || is_passing(&error) { Self::unavailable(told) } else { Self::internal(told) }
    }
}

fn is_passing(error: &DriverError) -> bool {
    let labelled = [TRANSIENT_TRANSACTION_ERROR, RETRYABLE_WRITE_ERROR, RETRYABLE_ERROR].iter().any(|label| error.contains_label(label));
    let network = matches!(
        &*error.kind,
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::ServerSelection { .. } | ErrorKind::DnsResolve { .. }
    );
    labelled || network || code(error).is_some_and(|code| PASSING.contains(&code))
}

/// The server's code of an error.
pub(super) fn code(error: &DriverError) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(command) => Some(command.code),
        ErrorKind::Write(WriteFailure::WriteError(write)) => Some(write.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(concern)) => Some(concern.code),
        ErrorKind::InsertMany(many) => {
            let first = many.write_errors.as_ref().and_then(|errors| errors.first()).map(|error| error.code);
            first.or(many.write_concern_error.as_ref().map(|concern| concern.code))
        }
        _ => None,
    }
}

/// The name of the unique index that has a key already, where that is what is wrong.
pub(super) fn taken_index(error: &DriverError) -> Option<String> {
    let message = match &*error.kind {
        ErrorKind::Command(command) if command.code == DUPLICATE_KEY => &command.message,
        ErrorKind::Write(WriteFailure::WriteError(write)) if write.code == DUPLICATE_KEY => &write.message,
        ErrorKind::InsertMany(many) => {
            let first = many.write_errors.as_ref()?.first()?;
            if first.code != DUPLICATE_KEY {
                return None;
            }
            &first.message
        }
        _ => return None,
    };
    Some(index_in(message).to_owned())
}

/// The index in `E11000 duplicate key error collection: database.name index: by_name dup key: { … }`: the message is the only
/// place that tells it in every version.
pub(super) fn index_in(message: &str) -> &str {
    message.split_once(" index: ").and_then(|(_, rest)| rest.split_once(" dup key")).map_or("", |(index, _)| index)
}

/// Does `work`, again and again while its failure may pass.
pub(super) async fn retried<'a, T>(work: impl Fn() -> BoxFuture<'a, Result<T, Failure>>) -> Result<T> {
    let begun = Instant::now();
    let mut waits = waits();
    loop {
        let error = match work().await {
            Ok(done) => return Ok(done),
            Err(Failure::Lasting(error)) => return Err(error),
            Err(Failure::Passing(error)) => error,
        };
        let wait = waits.next().unwrap_or(LONGEST_WAIT);
        if begun.elapsed() + wait > PATIENCE {
            return Err(error);
        }
        tracing::debug!(%error, "tried again");
        tokio::time::sleep(wait).await;
    }
}

fn waits() -> impl Iterator<Item = Duration> {
    let builder = ExponentialBuilder::new().with_min_delay(FIRST_WAIT).with_max_delay(LONGEST_WAIT).without_max_times().with_jitter();
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::index_in;

    #[test]
    fn the_index_is_told_by_the_message() {
        let message = "E11000 duplicate key error collection: crm.visits index: slot:customer.id,slot:unique dup key: { slot: 1 }";
        assert_eq!(index_in(message), "slot:customer.id,slot:unique");
        assert_eq!(index_in("another"), "");
    }
}
