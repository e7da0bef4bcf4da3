//! The relay: brings the events that a store holds in its outbox to the bus.
//!
//! An event is marked as sent only after the bus has confirmed it, so a crash in between publishes it twice,
//! which the consumers' inboxes make one effect.
//!
//! Several relays on one store (replicas of a service) do no harm either, and publish little twice: each sends at
//! once after a commit of its own process, and leaves what is only just committed by another to that one's relay.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use kernel::{Env, Envelope};
use store::{Outbox, Store};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    bus::{Bus, PublishError},
    metrics,
};

/// How many events are published at once: enough that one confirm and one mark serve many.
const BATCH: usize = 256;
/// How often the outbox is looked at though no commit told to: one of another process tells nothing.
const SWEEP: Duration = Duration::from_secs(1);
/// How old an event is when a relay takes it over whose own process committed nothing.
const LEFT_TO_OTHERS: Duration = Duration::from_secs(3);
/// The longest that a bus may take for a batch, whatever its own deadlines are.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long a batch that is under way at a stop may go on.
const GRACE: Duration = Duration::from_secs(1);
/// How often what is no longer needed is removed.
const CLEARING: Duration = Duration::from_secs(3_600);
/// How long sent events are kept, to see what was sent.
const KEEP_SENT: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long inbox marks are kept. Longer than any event is on its way, dead letters that are replayed included.
const KEEP_RECEIVED: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Sends what is pending in the outbox of one service.
pub struct Relay {
    service: &'static str,
    store: Store,
    bus: Arc<dyn Bus>,
    env: Env,
}

/// Why something is still pending.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("{count} events were not confirmed: {first}: {cause}", cause = cause(first))]
    Bus { count: usize, first: PublishError },
}

fn cause(error: &PublishError) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

impl Relay {
    /// A relay from the outbox of `store`, the data of `service`, to `bus`.
    #[must_use]
    pub fn new(service: &'static str, store: Store, bus: Arc<dyn Bus>, env: Env) -> Self {
        Self { service, store, bus, env }
    }

    /// Sends until `stop`: at once after a commit, and what was left over every second.
    pub async fn run(self, stop: CancellationToken) {
        let cut_off = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            () = self.send(&stop) => {}
            // The batch that is cut off is published again at the next start.
            () = cut_off => tracing::warn!(service = self.service, "the relay stopped while a batch was not confirmed"),
        }
    }

    async fn send(&self, stop: &CancellationToken) {
        let outbox = self.store.outbox();
        let metrics = metrics::Outbox::new(self.service);
        let mut upkeep = Upkeep { measured: None, cleared: None };
        let mut backoff = backoff();
        let mut swept = false;
        while !stop.is_cancelled() {
            let failed = match self.send_batch(&outbox, &metrics, swept).await {
                Ok(sent) => {
                    backoff = self::backoff();
                    if sent == BATCH {
                        continue;
                    }
                    false
                }
                Err(failure) => {
                    tracing::warn!(service = self.service, error = %failure, "events stay pending");
                    true
                }
            };
            self.look_after(&outbox, &metrics, &mut upkeep).await;
            let delay = if failed { backoff.next().unwrap_or(SWEEP) } else { SWEEP };
            swept = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(delay) => !failed,
                // After a failure a commit doesn't hurry: the bus would be asked with every one.
                () = outbox.committed(), if !failed => false,
            };
        }
    }

    /// Sends the oldest pending events; answers how many. At a sweep the newest are left to others.
    async fn send_batch(&self, outbox: &Outbox, metrics: &metrics::Outbox, swept: bool) -> Result<usize, Failure> {
        let mut events = outbox.pending(BATCH).await?;
        if swept {
            let now = self.env.now();
            // Either way: the clock of the other process may be ahead.
            events.retain(|event| now.since(event.time).max(event.time.since(now)) >= LEFT_TO_OTHERS);
        }
        if events.is_empty() {
            return Ok(0);
        }
        let answers = tokio::time::timeout(DEADLINE, self.bus.publish_all(&events)).await.unwrap_or_default();
        let (confirmed, failed) = sort(&events, answers);
        metrics.sent(confirmed.len());
        outbox.mark_sent(&confirmed).await?;
        match failed {
            None => Ok(events.len()),
            Some(first) => {
                let count = events.len() - confirmed.len();
                metrics.refused(count);
                Err(Failure::Bus { count, first })
            }
        }
    }

    /// Measures the outbox, and now and then removes what is no longer needed. A failure is no harm: it is done the next time.
    async fn look_after(&self, outbox: &Outbox, metrics: &metrics::Outbox, upkeep: &mut Upkeep) {
        if Upkeep::due(&mut upkeep.measured, SWEEP)
            && let Ok((pending, oldest)) = outbox.depth().await
        {
            metrics.pending(pending, oldest.map_or(Duration::ZERO, |oldest| self.env.now().since(oldest)));
        }
        if Upkeep::due(&mut upkeep.cleared, CLEARING) {
            let now = self.env.now();
            let cleared = async {
                Ok::<_, store::Error>((
                    outbox.forget_sent(now.minus(KEEP_SENT)).await?,
                    self.store.forget_received(now.minus(KEEP_RECEIVED)).await?,
                ))
            };
            match cleared.await {
                Ok((0, 0)) => {}
                Ok((sent, received)) => tracing::info!(service = self.service, sent, received, "old events and inbox marks were removed"),
                Err(error) => tracing::warn!(service = self.service, %error, "old events were not removed"),
            }
        }
    }
}

/// When the outbox was last looked after.
struct Upkeep {
    measured: Option<Instant>,
    cleared: Option<Instant>,
}

impl Upkeep {
    fn due(last: &mut Option<Instant>, every: Duration) -> bool {
        let now = Instant::now();
        let due = last.is_none_or(|last| now.duration_since(last) >= every);
        if due {
            *last = Some(now);
        }
        due
    }
}

/// The events that were confirmed, and the first reason where some were not. An event without an answer was not confirmed.
fn sort(events: &[Envelope], answers: Vec<Result<(), PublishError>>) -> (Vec<kernel::EventId>, Option<PublishError>) {
    let unanswered = events.len().saturating_sub(answers.len());
    let mut failed = (unanswered > 0).then(|| PublishError::unavailable("the bus did not answer in time"));
    let mut confirmed = Vec::with_capacity(events.len());
    for (event, answer) in events.iter().zip(answers) {
        match answer {
            Ok(()) => confirmed.push(event.id),
            Err(error) => failed = Some(failed.unwrap_or(error)),
        }
    }
    (confirmed, failed)
}

/// The waits while the bus is down: up to 5 s and a random part of that, so that many relays don't come back as one.
fn backoff() -> ExponentialBackoff {
    let (first, longest) = (Duration::from_millis(100), Duration::from_secs(5));
    ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest).without_max_times().with_jitter().build()
}
