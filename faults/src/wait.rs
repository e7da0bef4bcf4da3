//! Waiting for a condition.

use std::time::{Duration, Instant};

use anyhow::bail;

/// How often a condition is looked at.
const EVERY: Duration = Duration::from_millis(50);

/// Asks until there is an answer; how long it took, too.
///
/// # Errors
/// Where there is none within `patience`, with what was waited for.
pub(crate) async fn until<T>(what: &str, patience: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> anyhow::Result<(T, Duration)> {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Ok((answer, began.elapsed()));
        }
        if began.elapsed() > patience {
            bail!("{what}: not within {} s", patience.as_secs());
        }
        tokio::time::sleep(EVERY).await;
    }
}
