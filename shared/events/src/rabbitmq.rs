//! The bus on RabbitMQ, for services in processes of their own.
//!
//! | module | what |
//! |---|---|
//! | [`topology`] | what stands on the broker, with its names and arguments |
//! | [`message`] | from an event to an AMQP message and back |
//! | [`wire`], [`link`] | a connection, and its supervisor that makes it anew |
//! | [`publisher`] | publishing with confirms |
//! | [`consumer`] | the loop that has events handled |
//! | [`watch`] | the loop that shows what is published |
//! | [`letters`] | dead letters |
//!
//! There are two connections: a broker that is short of disk or memory stops to read from those that publish, and
//! acknowledgements must not wait behind them.

mod consumer;
mod letters;
mod link;
mod message;
mod publisher;
mod topology;
mod watch;
mod wire;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::BoxFuture;
use kernel::{Env, Envelope, Error};
use lapin::uri::AMQPUri;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::{
    letters::Deed,
    link::Link,
    publisher::{Message, Publisher},
    topology::{Topology, name},
};
use crate::{
    bus::{Bus, DeadLetter, DeadLetterId, Handler, PublishError, SubscribeError, Subscription, Watcher},
    delivery::Consumer,
};

/// How long a new consumer waits for the connection to be bound.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long something that is missing stays so. A consumer whose queue was deleted hears of it only where the queue
/// is not there again at once.
const MISSED: Duration = Duration::from_secs(1);
/// How often the topology is declared anew though nothing is known to be missing, and the queues are measured.
const LOOK_AFTER: Duration = Duration::from_secs(15);

/// Where the broker is, and what is ours on it.
#[derive(Clone, PartialEq, Eq)]
pub struct RabbitMq {
    /// `amqp://user:password@host:5672/%2f`, where `%2f` is the default virtual host; `amqps://` for TLS.
    pub url: String,
    /// The first part of the name of every exchange and queue, so that several installations can share a virtual
    /// host: 1 to 64 lower-case letters, digits, `-` and `_`.
    pub namespace: String,
}

impl fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL holds the password.
        f.debug_struct("RabbitMq").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

/// A setting that can't be used. Its text never shows the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bus.{key} {problem}")]
pub struct InvalidSetting {
    /// The setting, below `bus`.
    pub key: &'static str,
    /// What is wrong, and what is allowed.
    pub problem: String,
}

impl InvalidSetting {
    fn new(key: &'static str, problem: &str) -> Self {
        Self { key, problem: problem.to_owned() }
    }
}

impl RabbitMq {
    fn check(&self) -> Result<AMQPUri, InvalidSetting> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if !(1..=64).contains(&self.namespace.len()) || !self.namespace.chars().all(allowed) {
            return Err(InvalidSetting::new("namespace", "must be 1 to 64 lower-case letters, digits, '-' and '_'"));
        }
        // What the parser says may quote the address, password and all.
        let uri: AMQPUri = self.url.parse().map_err(|_| {
            InvalidSetting::new("url", "must be an address such as amqp://user:password@host:5672/%2f (amqps:// for TLS); special characters in the password are written as %xx")
        })?;
        if uri.vhost.is_empty() {
            return Err(InvalidSetting::new("url", "names the virtual host \"\" by its trailing '/'; write /%2f for the default one"));
        }
        if self.url.contains("@[") || self.url.contains("://[") {
            // The library would take it for localhost.
            return Err(InvalidSetting::new("url", "must name the host; an IPv6 address can't be written here"));
        }
        Ok(uri)
    }
}

/// What went wrong between us and the broker.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("there is no connection to RabbitMQ")]
    Down,
    #[error("RabbitMQ did not answer within {} s", .0.as_secs())]
    TooSlow(Duration),
    #[error("RabbitMQ takes no messages for now: it is short of disk or memory")]
    Blocked,
    #[error("RabbitMQ ended the consumer: its queue is gone or moves")]
    Cancelled,
    #[error("{0}")]
    Refused(String),
    #[error("RabbitMQ: {0}")]
    Broker(#[from] lapin::Error),
}

impl Fault {
    fn into_error(self) -> Error {
        tracing::error!(error = %self, "the event bus failed");
        Error::Unavailable("the event bus".into())
    }
}

/// What all parts of a bus share.
struct House {
    uri: AMQPUri,
    topology: Topology,
    env: Env,
    publishing: Arc<Link>,
    consuming: Arc<Link>,
}

impl House {
    /// Publishes, and where it finds something missing on the broker declares everything anew, so that the next try
    /// goes through.
    async fn publish(&self, publisher: &Publisher, messages: &[Message]) -> Vec<Result<(), PublishError>> {
        let answers = publisher.publish(messages).await;
        let failed = answers.iter().find_map(|answer| answer.as_ref().err());
        if let Some(error) = failed.filter(|_| self.publishing.is_up()) {
            tracing::error!(%error, "something may be missing on RabbitMQ; the topology is declared anew");
            tokio::time::sleep(MISSED).await;
            if let Err(error) = self.declare().await {
                tracing::warn!(%error, "the topology could not be declared");
            }
        }
        answers
    }

    async fn declare(&self) -> Result<(), Fault> {
        let wire = self.publishing.up_within(PATIENCE).await?;
        self.topology.declare(&wire).await
    }

    /// Heals what somebody removed though nobody has noticed yet, and measures.
    async fn look_after(&self) {
        loop {
            tokio::time::sleep(LOOK_AFTER).await;
            let wire = self.publishing.up().await;
            if let Err(error) = self.topology.declare(&wire).await {
                tracing::warn!(%error, "the queues could not be looked after");
            }
        }
    }
}

/// A bus on RabbitMQ.
pub struct RabbitMqBus {
    house: Arc<House>,
    /// The relays' way out: one channel, so that all goes in order.
    publisher: Publisher,
    /// The supervisors; they end with the bus.
    _tasks: JoinSet<()>,
}

impl RabbitMqBus {
    /// A bus that connects by itself as soon as it can, and again whenever the connection is lost. On each connection
    /// it declares what the consumers of `topology` need: give it those of the whole house.
    ///
    /// # Errors
    /// Where a setting can't be used. Whether the broker is there is not looked at: see [`Bus::ping`].
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(settings: &RabbitMq, topology: &[Subscription], env: Env) -> Result<Self, InvalidSetting> {
        let uri = settings.check()?;
        let topology = Topology::new(&settings.namespace, topology);
        let link = |purpose| Arc::new(Link::new(uri.clone(), purpose));
        let (publishing, consuming) = (link("publishing"), link("consuming"));
        let house = Arc::new(House { uri, topology, env, publishing, consuming });
        let mut tasks = JoinSet::new();
        for link in [house.publishing.clone(), house.consuming.clone()] {
            let house = house.clone();
            tasks.spawn(async move { link.supervise(&house.topology).await });
        }
        let looked_after = house.clone();
        tasks.spawn(async move { looked_after.look_after().await });
        let publisher = Publisher::new(house.publishing.clone());
        Ok(Self { house, publisher, _tasks: tasks })
    }
}

#[async_trait]
impl Bus for RabbitMqBus {
    async fn publish_all(&self, events: &[Envelope]) -> Vec<Result<(), PublishError>> {
        let exchange = self.house.topology.exchange();
        let pack = |event: &Envelope| {
            let (properties, body) = message::pack(event);
            // A kind that nobody consumes is taken and dropped.
            let mandatory = self.house.topology.consumes(&event.kind);
            Message { exchange: exchange.clone(), key: name(event.kind.as_str()), mandatory, properties, body }
        };
        self.house.publish(&self.publisher, &events.iter().map(pack).collect::<Vec<_>>()).await
    }

    async fn bind(&self, subscription: &Subscription) -> Result<(), SubscribeError> {
        if !self.house.topology.fits(subscription.consumer) {
            return Err(SubscribeError::Refused(format!("the name {} is too long for RabbitMQ", subscription.consumer)));
        }
        self.house.topology.add(subscription);
        self.house.declare().await.map_err(|fault| SubscribeError::Unavailable(fault.into()))
    }

    async fn subscribe(
        &self,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
        stop: CancellationToken,
    ) -> Result<BoxFuture<'static, ()>, SubscribeError> {
        // What is known is declared on each connection before anything is published on it.
        if !self.house.topology.knows(&subscription) {
            self.bind(&subscription).await?;
        }
        let consumer = Consumer::new(subscription, handler, self.house.env.clone(), stop);
        Ok(Box::pin(consumer::run(self.house.clone(), Arc::new(consumer))))
    }

    fn watch(&self, watcher: Arc<dyn Watcher>, stop: CancellationToken) -> BoxFuture<'static, ()> {
        Box::pin(watch::run(self.house.clone(), watcher, stop))
    }

    async fn dead_letters(&self, limit: usize) -> kernel::Result<Vec<DeadLetter>> {
        letters::list(&self.house, limit).await
    }

    async fn dead_letter(&self, id: &DeadLetterId) -> kernel::Result<DeadLetter> {
        letters::find(&self.house, id, Deed::Show).await
    }

    async fn replay(&self, id: &DeadLetterId) -> kernel::Result<()> {
        letters::find(&self.house, id, Deed::Replay).await.map(drop)
    }

    async fn discard(&self, id: &DeadLetterId) -> kernel::Result<()> {
        letters::find(&self.house, id, Deed::Discard).await.map(drop)
    }

    async fn ping(&self) -> kernel::Result<()> {
        if self.house.publishing.is_up() && self.house.consuming.is_up() {
            return Ok(());
        }
        Err(Error::Unavailable("the event bus".into()))
    }
}

#[cfg(test)]
mod tests;
