//! What stands on the broker: the one place that names and declares it.
//!
//! For a namespace `crm` and each consumer such as `order.customers`:
//!
//! | part | name | arguments | why |
//! |---|---|---|---|
//! | topic exchange, durable | `crm.events` | | publishers know kinds of events, not consumers; the routing key is the kind |
//! | binding | `crm.events` → `crm.order.customers` | one per kind | exactly the kinds that the consumer reacts to |
//! | quorum queue | `crm.order.customers` | delivery limit 50, dead letters to `….dead` at least once | survives the loss of a node; an event whose handling ends the process each time is given up on |
//! | quorum queue | `crm.order.customers.retry.200`, one per wait of the retry policy, in ms | the time to live is the wait, then back to the queue, at least once | one wait per queue: none is held up by a longer one before it |
//! | quorum queue | `crm.order.customers.dead` | the largest delivery limit | kept until somebody decides; to look at one is to have it delivered and to return it |
//!
//! Retry queues are quorum queues like the others because only these hand a message on at least once: a classic
//! queue drops it first, and a broker that is killed in between has lost it. Messages are handed on by the default
//! exchange (dead-letter exchange `""`, routing key = the queue's name), for which no binding can be missing.
//!
//! Every program declares the topology of the whole house on each connection, and again now and then: in whatever
//! order they start, no event passes by a queue that is not there yet, and what somebody removed comes back.
//! All arguments are known to RabbitMQ from 3.10 to 4. They never change for a name: the broker refuses to declare a
//! queue anew with others. A queue that is there with other arguments is used as it is, and an error logged.

use std::{
    sync::{PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use lapin::{
    Channel, ErrorKind, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable, ShortString},
};

use super::{
    Fault,
    wire::{Wire, answer},
};
use crate::{
    bus::{RetryPolicy, Subscription},
    metrics,
};

/// How often an event is delivered without an answer before the broker gives up on it. Stops and lost connections
/// count as well as crashes, so it is more than a bad day has of them.
const DELIVERY_LIMIT: i32 = 50;
/// The longest name that AMQP can carry, in bytes.
const LONGEST: usize = 255;

/// The names within a namespace, and the consumers that are known.
pub(super) struct Topology {
    namespace: String,
    consumers: RwLock<Vec<Subscription>>,
}

/// Something to declare.
enum Part {
    Exchange,
    Queue { name: ShortString, arguments: FieldTable },
    Binding { queue: ShortString, kind: &'static str },
}

impl Topology {
    pub(super) fn new(namespace: &str, consumers: &[Subscription]) -> Self {
        Self { namespace: namespace.to_owned(), consumers: RwLock::new(consumers.to_vec()) }
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The exchange that events are published to.
    pub(super) fn exchange(&self) -> ShortString {
        name(format!("{}.events", self.namespace))
    }

    /// The queue of a consumer.
    pub(super) fn queue(&self, consumer: &str) -> ShortString {
        name(format!("{}.{consumer}", self.namespace))
    }

    /// Where the events wait that the consumer gave up on.
    pub(super) fn dead(&self, consumer: &str) -> ShortString {
        name(format!("{}.{consumer}.dead", self.namespace))
    }

    /// Where an event waits for its next try.
    pub(super) fn retry(&self, consumer: &str, delay: Duration) -> ShortString {
        name(format!("{}.{consumer}.retry.{}", self.namespace, delay.as_millis()))
    }

    /// Exists while a command looks after dead letters, and belongs to its connection.
    pub(super) fn lock(&self) -> ShortString {
        name(format!("{}.dead-letters.lock", self.namespace))
    }

    /// Whether the consumer can have its names.
    pub(super) fn fits(&self, consumer: &str) -> bool {
        self.namespace.len() + consumer.len() + ".retry.".len() + 20 <= LONGEST
    }

    /// The consumers that are known.
    pub(super) fn consumers(&self) -> Vec<Subscription> {
        self.read().clone()
    }

    /// Whether exactly this subscription is known.
    pub(super) fn knows(&self, subscription: &Subscription) -> bool {
        let Subscription { consumer, kinds, retry } = *subscription;
        self.read().iter().any(|known| known.consumer == consumer && known.kinds == kinds && known.retry == retry)
    }

    /// Adds a consumer, or takes its new kinds and policy over.
    pub(super) fn add(&self, subscription: &Subscription) {
        let mut consumers = self.consumers.write().unwrap_or_else(PoisonError::into_inner);
        match consumers.iter_mut().find(|known| known.consumer == subscription.consumer) {
            Some(known) => *known = *subscription,
            None => consumers.push(*subscription),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Subscription>> {
        self.consumers.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether some consumer gets events of this kind.
    pub(super) fn consumes(&self, kind: &str) -> bool {
        self.read().iter().any(|known| known.kinds.contains(&kind))
    }

    /// Declares everything, which does nothing where it is there already, and measures the queues while at it.
    pub(super) async fn declare(&self, wire: &Wire) -> Result<(), Fault> {
        let mut channel = wire.channel().await?;
        self.declare_part(wire, &mut channel, Part::Exchange).await?;
        for consumer in self.consumers() {
            let (mut waiting, mut dead) = (0, 0);
            for part in self.parts(&consumer) {
                let holds_dead = matches!(&part, Part::Queue { name, .. } if *name == self.dead(consumer.consumer));
                let messages = self.declare_part(wire, &mut channel, part).await?;
                *(if holds_dead { &mut dead } else { &mut waiting }) += messages;
            }
            metrics::queue(consumer.consumer, waiting, dead);
        }
        Ok(())
    }

    /// What a consumer needs. The bindings come last: no event arrives before it could be tried again.
    fn parts(&self, consumer: &Subscription) -> Vec<Part> {
        let queue = self.queue(consumer.consumer);
        let dead = self.dead(consumer.consumer);
        let mut parts = vec![Part::Queue { name: dead.clone(), arguments: arguments(i32::MAX, None, None) }];
        parts.extend(delays(&consumer.retry).into_iter().map(|delay| Part::Queue {
            name: self.retry(consumer.consumer, delay),
            arguments: arguments(i32::MAX, Some(&queue), Some(delay)),
        }));
        parts.push(Part::Queue { name: queue.clone(), arguments: arguments(DELIVERY_LIMIT, Some(&dead), None) });
        parts.extend(consumer.kinds.iter().map(|kind| Part::Binding { queue: queue.clone(), kind }));
        parts
    }

    /// Declares one part; answers how many messages are in it.
    async fn declare_part(&self, wire: &Wire, channel: &mut Channel, part: Part) -> Result<u64, Fault> {
        let declared = match &part {
            Part::Exchange => {
                let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
                answer(channel.exchange_declare(self.exchange(), ExchangeKind::Topic, options, FieldTable::default())).await.map(|()| 0)
            }
            Part::Queue { name, arguments } => {
                let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
                let queue = answer(channel.queue_declare(name.clone(), options, arguments.clone())).await;
                queue.map(|queue| queue.message_count().into())
            }
            Part::Binding { queue, kind } => {
                let bound =
                    channel.queue_bind(queue.clone(), self.exchange(), name(*kind), QueueBindOptions::default(), FieldTable::default());
                answer(bound).await.map(|()| 0)
            }
        };
        match declared {
            Err(Fault::Broker(error)) if is_refused(&error) => {
                let part = match &part {
                    Part::Exchange => self.exchange(),
                    Part::Queue { name, .. } | Part::Binding { queue: name, .. } => name.clone(),
                };
                tracing::error!(%part, %error, "RabbitMQ holds it with other arguments; it is used as it is: empty it and delete it, then it is made anew");
                // The refusal has closed the channel.
                *channel = wire.channel().await?;
                Ok(0)
            }
            declared => declared,
        }
    }
}

/// Whether the thing is there with other arguments.
fn is_refused(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error) if *error.kind() == AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED))
}

/// The different waits of a policy.
fn delays(retry: &RetryPolicy) -> Vec<Duration> {
    let mut delays: Vec<Duration> = Vec::new();
    for failures in 1..retry.max_attempts {
        let delay = retry.delay(failures);
        if delays.last() == Some(&delay) {
            break;
        }
        delays.push(delay);
    }
    delays
}

/// The arguments of a quorum queue, from which a message goes on to the queue `next`: after `after`, or when it is given up on.
fn arguments(delivery_limit: i32, next: Option<&ShortString>, after: Option<Duration>) -> FieldTable {
    let mut arguments = FieldTable::default();
    let mut set = |key: &str, value: AMQPValue| {
        arguments.insert(key.into(), value);
    };
    let text = |text: &str| AMQPValue::LongString(text.into());
    set("x-queue-type", text("quorum"));
    set("x-delivery-limit", AMQPValue::LongInt(delivery_limit));
    if let Some(next) = next {
        set("x-dead-letter-exchange", text(""));
        set("x-dead-letter-routing-key", text(next.as_str()));
        set("x-dead-letter-strategy", text("at-least-once"));
        // What at-least-once asks for; without a limit on its length the queue refuses nothing.
        set("x-overflow", text("reject-publish"));
    }
    if let Some(after) = after {
        set("x-message-ttl", AMQPValue::LongLongInt(i64::try_from(after.as_millis()).unwrap_or(i64::MAX)));
    }
    arguments
}

/// A name for the wire. Names are checked for their length before they come here ([`Topology::fits`]).
pub(super) fn name(text: impl Into<String>) -> ShortString {
    ShortString::try_new(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
