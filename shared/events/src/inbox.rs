//! The inbox: an event's effect and the mark that it was received are one transaction, so that the effect
//! is made once, however often the event is delivered.

use kernel::Envelope;
use store::Transaction;

use crate::bus::HandleError;

/// Commits the effect of `event` at `consumer`; does nothing where the event was received before.
///
/// # Errors
/// [`HandleError::Retry`] where the transaction was not committed.
pub async fn commit_once(mut effect: Transaction, consumer: &'static str, event: &Envelope) -> Result<(), HandleError> {
    effect.received(consumer, event.id);
    once(effect.commit().await)
}

/// Reads the outcome of a transaction that holds an inbox mark: an event that was received before counts as done.
///
/// # Errors
/// [`HandleError::Retry`] for every other failure.
pub fn once(committed: Result<(), store::Error>) -> Result<(), HandleError> {
    match committed {
        Ok(()) | Err(store::Error::AlreadyReceived) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
