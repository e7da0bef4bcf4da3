//! The port to a message bus: what the services ask of one, whichever it is.
//!
//! Delivery is at least once: an event can come again, and after a failure in another order. Consumers
//! therefore keep the highest version ([`newer`](crate::newer)) and mark what they received
//! ([`inbox`](crate::inbox)). `tests/suite/contract.rs` is what every adapter must pass.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::BoxFuture;
use kernel::{Envelope, Error, EventId, Timestamp};
use tokio_util::sync::CancellationToken;

/// How many events one consuming loop handles at once.
pub const PREFETCH: usize = 16;

/// A message bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes `events` in their order; answers one by one, in the same order, once the bus has the
    /// event durably for every consumer bound to its kind (the confirm). A kind that no consumer was
    /// ever bound to is taken and dropped.
    ///
    /// # Errors
    /// Per event; one that was not confirmed may have been taken all the same. Publish it again: the
    /// consumers' inboxes make its effect once.
    async fn publish_all(&self, events: &[Envelope]) -> Vec<Result<(), PublishError>>;

    /// Publishes one event, as [`publish_all`](Self::publish_all) does.
    ///
    /// # Errors
    /// As there.
    async fn publish(&self, event: &Envelope) -> Result<(), PublishError> {
        let answers = self.publish_all(std::slice::from_ref(event)).await;
        answers.into_iter().next().unwrap_or_else(|| Err(PublishError::unavailable("the bus gave no answer")))
    }

    /// Binds a consumer to exactly the kinds of its subscription, durably: from now on each such event
    /// waits for the consumer, whether it runs or not. Programs bind all their consumers before the
    /// first relay starts, so that no event passes by a consumer that is only about to start.
    ///
    /// # Errors
    /// [`SubscribeError::Unavailable`].
    async fn bind(&self, subscription: &Subscription) -> Result<(), SubscribeError>;

    /// Binds the consumer, then returns the loop that delivers to `handler` until `stop`; the caller runs it.
    ///
    /// A loop handles up to [`PREFETCH`] events at once, never two of one subject, the older first. Several
    /// loops of one consumer, in this or another process, share its events: each event goes to one of them.
    /// On `stop` nothing new is handled; what is not done within a short grace goes back.
    ///
    /// # Errors
    /// Where the consumer can't be bound, or must not run here.
    async fn subscribe(
        &self,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
        stop: CancellationToken,
    ) -> Result<BoxFuture<'static, ()>, SubscribeError>;

    /// The loop that shows `watcher` every event that is published through this bus, of whatever kind, until `stop`; the caller runs it.
    ///
    /// Nothing is kept for a watcher: what is published while it can't see has passed by it, and it is told so.
    fn watch(&self, watcher: Arc<dyn Watcher>, stop: CancellationToken) -> BoxFuture<'static, ()>;

    /// The events that were given up on, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn dead_letters(&self, limit: usize) -> kernel::Result<Vec<DeadLetter>>;

    /// One event that was given up on.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    async fn dead_letter(&self, id: &DeadLetterId) -> kernel::Result<DeadLetter>;

    /// Puts a dead letter back into its consumer's queue, as if it had not been tried.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    async fn replay(&self, id: &DeadLetterId) -> kernel::Result<()>;

    /// Throws a dead letter away.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    async fn discard(&self, id: &DeadLetterId) -> kernel::Result<()>;

    /// Whether the bus can be published to and consumed from now: it is connected, and all it knows of consumers
    /// is declared.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn ping(&self) -> kernel::Result<()>;
}

/// What a consumer wants to get.
#[derive(Debug, Clone, Copy)]
pub struct Subscription {
    /// The consumer's name, which is its queue's name too: `order.customers`.
    pub consumer: &'static str,
    /// The kinds of events it gets: full names of protobuf messages.
    pub kinds: &'static [&'static str],
    /// What happens after a failure.
    pub retry: RetryPolicy,
}

impl Subscription {
    /// A subscription with the default [`RetryPolicy`].
    #[must_use]
    pub const fn new(consumer: &'static str, kinds: &'static [&'static str]) -> Self {
        Self { consumer, kinds, retry: RetryPolicy::DEFAULT }
    }
}

/// How often and when a failed event is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// After that many failures the event becomes a dead letter.
    pub max_attempts: u32,
    /// The wait after the first failure; it doubles with each further one.
    pub first_delay: Duration,
    /// The longest wait.
    pub max_delay: Duration,
}

impl RetryPolicy {
    /// Six attempts over some six seconds: enough for a conflict or a restart to pass, short enough that
    /// somebody hears of a poisonous event while they remember what they changed.
    pub const DEFAULT: Self = Self { max_attempts: 6, first_delay: Duration::from_millis(200), max_delay: Duration::from_secs(10) };

    /// The wait after the `failures`-th failure, counted from 1.
    #[must_use]
    pub fn delay(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.first_delay.saturating_mul(1 << doublings).min(self.max_delay)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a consumer does with an event.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Makes the effect of `event`. It returns `Ok` only when the effect is durable, because the event is
    /// acknowledged then. The future can be dropped at any await (a stop, a deadline): the event comes again.
    ///
    /// # Errors
    /// See [`HandleError`] for what becomes of the event.
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError>;
}

/// Who sees events pass by: a cache that forgets what they changed.
pub trait Watcher: Send + Sync {
    /// From now on every event is seen.
    fn begins(&self);

    /// An event was published. It can come again, and after a later one.
    fn sees(&self, event: &Envelope);

    /// Events may pass by unseen from now on, and may have for as long as a lost connection goes unnoticed.
    fn ends(&self);
}

/// Why an event had no effect.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// It may go better later: tried again by the [`RetryPolicy`], then a dead letter. With
    /// [`Error::Unavailable`] it is tried for as long as it takes, since a part that is down is no fault of the event.
    #[error("{}", describe(.0))]
    Retry(#[from] Error),
    /// It never will: a dead letter at once.
    #[error("{0}")]
    Poison(String),
}

impl From<store::Error> for HandleError {
    fn from(error: store::Error) -> Self {
        Self::Retry(error.into())
    }
}

/// The error with its causes, which operators may see.
fn describe(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Why an event was not confirmed. It stays in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The bus is down, blocked or too slow.
    #[error("the event bus is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A binding that should be there is missing, so that a consumer would not get the event.
    #[error("no queue is bound to {0}")]
    Unroutable(String),
}

impl PublishError {
    /// The bus can't take it now, for the reason given.
    pub fn unavailable(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(reason.into())
    }
}

/// Why a consumer can't run.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// The bus is down, blocked or too slow; try again later.
    #[error("the event bus is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The consumer must not run here; the text says why and what to do.
    #[error("{0}")]
    Refused(String),
}

/// An event that a consumer could not handle, kept until somebody decides.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Names it for [`Bus::replay`] and [`Bus::discard`].
    pub id: DeadLetterId,
    /// The event; `None` where what arrived is no envelope that this version can read.
    pub envelope: Option<Envelope>,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong the last time.
    pub error: String,
    /// When it was given up on.
    pub at: Timestamp,
}

/// Names a dead letter: a consumer gives up on an event once. Written as `order.customers/<event id>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeadLetterId {
    /// The consumer that gave up.
    pub consumer: String,
    /// The event it gave up on.
    pub event: EventId,
}

impl fmt::Display for DeadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.consumer, self.event)
    }
}

impl FromStr for DeadLetterId {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        text.rsplit_once('/')
            .and_then(|(consumer, event)| Some(Self { consumer: consumer.to_owned(), event: event.parse().ok()? }))
            .ok_or_else(|| {
                Error::invalid(
                    "id",
                    "INVALID_ID",
                    "must be a consumer and an event's id such as order.customers/01890a5d-ac96-774b-bcce-b302099a8057",
                )
            })
    }
}

#[cfg(test)]
mod tests;
