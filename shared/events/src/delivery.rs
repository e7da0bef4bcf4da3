//! One delivery: from an event in a queue to the verdict on it. The same for every adapter.

use std::{any::Any, collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt as _;
use kernel::{Env, Envelope, Error};
use opentelemetry::global::get_text_map_propagator;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{
    bus::{HandleError, Handler, Subscription},
    message::TRACEPARENT,
    metrics,
};

/// The longest that a handler may take for one event. Its own calls have shorter deadlines; this one
/// frees the slot of a handler that hangs all the same.
const DEADLINE: Duration = Duration::from_secs(30);

/// What becomes of a delivered event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its effect is durable: acknowledge it.
    Done,
    /// It failed, `attempts` times by now: deliver it again after `delay`.
    Again { attempts: u32, delay: Duration },
    /// It is given up on.
    Dead { attempts: u32, error: String },
    /// It was not handled to the end: it goes back as it was.
    Returned,
}

/// A consumer that runs.
pub(crate) struct Consumer {
    subscription: Subscription,
    handler: Arc<dyn Handler>,
    env: Env,
    stop: CancellationToken,
    metrics: metrics::Handling,
}

impl Consumer {
    pub(crate) fn new(subscription: Subscription, handler: Arc<dyn Handler>, env: Env, stop: CancellationToken) -> Self {
        Self { subscription, handler, env, stop, metrics: metrics::Handling::new(subscription.consumer) }
    }

    pub(crate) fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Counts an event that was delivered before.
    pub(crate) fn redelivered(&self) {
        self.metrics.redelivered();
    }

    /// The verdict on a message that is no event.
    pub(crate) fn unreadable(&self, failures: u32) -> Verdict {
        self.metrics.count("dead");
        tracing::error!(consumer = self.subscription.consumer, "a message that is no event became a dead letter");
        Verdict::Dead { attempts: failures, error: "it is no envelope that this version can read".to_owned() }
    }

    /// Ends when the consumer must take nothing more.
    pub(crate) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Handles `event`, which failed `failures` times before.
    ///
    /// While a part that the handler needs is down, the event waits here, in its slot, and is tried again: its
    /// neighbours would find the same part down, so nothing is gained by letting them pass, and no attempt is used up.
    pub(crate) async fn deliver(&self, event: &Envelope, failures: u32) -> Verdict {
        let retry = &self.subscription.retry;
        let mut outages = 0;
        let error = loop {
            match self.attempt(event).await {
                Ok(()) => {
                    self.metrics.count("done");
                    self.metrics.lag(self.env.now().since(event.time));
                    return Verdict::Done;
                }
                Err(error @ HandleError::Retry(Error::Unavailable(_))) => {
                    outages += 1;
                    self.metrics.count("waiting");
                    tracing::warn!(consumer = self.subscription.consumer, event.id = %event.id, event.kind, %error, "event waits for a part that is down");
                    tokio::select! {
                        () = self.stopped() => return Verdict::Returned,
                        () = tokio::time::sleep(retry.delay(outages)) => {}
                    }
                }
                Err(error) => break error,
            }
        };
        let attempts = failures.saturating_add(1);
        let consumer = self.subscription.consumer;
        if matches!(error, HandleError::Retry(_)) && attempts < retry.max_attempts {
            self.metrics.count("again");
            tracing::warn!(consumer, event.id = %event.id, event.kind, attempts, %error, "event failed and will be tried again");
            return Verdict::Again { attempts, delay: retry.delay(attempts) };
        }
        self.metrics.count("dead");
        tracing::error!(consumer, event.id = %event.id, event.kind, attempts, %error, "event became a dead letter");
        Verdict::Dead { attempts, error: error.to_string() }
    }

    /// Calls the handler once, within the trace of the request that caused the event. A panic is a failure
    /// like any other: it must not end the consumer.
    async fn attempt(&self, event: &Envelope) -> Result<(), HandleError> {
        let span = tracing::info_span!(
            "handle event",
            otel.kind = "consumer",
            messaging.destination.name = self.subscription.consumer,
            messaging.message.id = %event.id,
            event.kind = event.kind,
        );
        if let Some(traceparent) = &event.traceparent {
            let headers = HashMap::from([(TRACEPARENT.to_owned(), traceparent.clone())]);
            // Fails only where nothing is traced.
            let _ = span.set_parent(get_text_map_propagator(|propagator| propagator.extract(&headers)));
        }
        let handling = AssertUnwindSafe(self.handler.handle(event).instrument(span)).catch_unwind();
        match tokio::time::timeout(DEADLINE, handling).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => Err(HandleError::Retry(Error::internal(format!("the handler panicked: {}", words(&*panic))))),
            Err(_) => Err(HandleError::Retry(Error::internal(format!("not handled within {} s", DEADLINE.as_secs())))),
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

#[cfg(test)]
mod tests;
