//! Repeating a use case after a conflict.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use kernel::{Error, Result};

/// How often a use case is done at most.
const ATTEMPTS: usize = 5;

/// Does a use case, and does it again from its start while somebody else was faster: up to five times in
/// all, with short random waits between, so that those who met part.
///
/// Only for callers who gave no version: who gave one wants to hear of the conflict.
///
/// # Errors
/// The use case's own; the last [`Error::Conflict`] where none of the attempts got through.
pub async fn retry_conflicts<T, F, W>(use_case: F) -> Result<T>
where
    F: FnMut() -> W,
    W: Future<Output = Result<T>>,
{
    let waits = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(5))
        .with_max_delay(Duration::from_millis(200))
        .with_max_times(ATTEMPTS - 1)
        .with_jitter();
    use_case.retry(waits).when(|error| matches!(error, Error::Conflict { .. })).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn conflict() -> Error {
        Error::Conflict { resource: "order".into(), id: "1".into(), current_version: 2 }
    }

    #[tokio::test(start_paused = true)]
    async fn a_conflict_is_tried_again_until_it_goes_through() {
        let attempts = AtomicUsize::new(0);
        let done = retry_conflicts(async || match attempts.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Err(conflict()),
            attempt => Ok(attempt),
        });
        assert_eq!(done.await.unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn after_five_conflicts_the_caller_hears_of_the_last() {
        let attempts = AtomicUsize::new(0);
        let outcome: Result<()> = retry_conflicts(async || {
            attempts.fetch_add(1, Ordering::SeqCst);
            Err(conflict())
        })
        .await;
        assert!(matches!(outcome, Err(Error::Conflict { .. })));
        assert_eq!(attempts.into_inner(), ATTEMPTS);
    }

    #[tokio::test(start_paused = true)]
    async fn other_errors_are_not_tried_again() {
        let attempts = AtomicUsize::new(0);
        let outcome: Result<()> = retry_conflicts(async || {
            attempts.fetch_add(1, Ordering::SeqCst);
            Err(Error::Unavailable("the store".into()))
        })
        .await;
        assert!(matches!(outcome, Err(Error::Unavailable(_))));
        assert_eq!(attempts.into_inner(), 1);
    }
}
