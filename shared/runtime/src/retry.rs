//! Repeating a use case after a conflict.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use kernel::{Error, Result};

/// How often a use case is done at most.
const ATTEMPTS: usize = 5;
/// The same where many want the same document.
const CONTENDED_ATTEMPTS: usize = 60;

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
    retry(ATTEMPTS, Duration::from_millis(200), use_case).await
}

/// As [`retry_conflicts`], for documents that a crowd writes at once, in several replicas, where each attempt has about
/// an even chance: up to sixty attempts in all, over some three seconds. `what` they write no caller could do anything about.
///
/// # Errors
/// The use case's own; [`Error::Unavailable`] with `what` where none of the attempts got through.
pub async fn retry_contended<T, F, W>(what: &str, use_case: F) -> Result<T>
where
    F: FnMut() -> W,
    W: Future<Output = Result<T>>,
{
    retry(CONTENDED_ATTEMPTS, Duration::from_millis(40), use_case).await.map_err(|error| match error {
        Error::Conflict { .. } => Error::Unavailable(format!("{what} (too many change it at once)").into()),
        error => error,
    })
}

async fn retry<T, F, W>(attempts: usize, longest: Duration, use_case: F) -> Result<T>
where
    F: FnMut() -> W,
    W: Future<Output = Result<T>>,
{
    let waits = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(5))
        .with_max_delay(longest)
        .with_max_times(attempts - 1)
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
    async fn in_a_crowd_there_are_more_attempts_within_seconds() {
        let (attempts, began) = (AtomicUsize::new(0), tokio::time::Instant::now());
        let outcome: Result<()> = retry_contended("the schedule", async || {
            attempts.fetch_add(1, Ordering::SeqCst);
            Err(conflict())
        })
        .await;
        assert!(matches!(outcome, Err(Error::Unavailable(what)) if what == "the schedule (too many change it at once)"));
        assert_eq!(attempts.into_inner(), CONTENDED_ATTEMPTS);
        assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
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
