//! Domain events between the services: at least once, with every effect once.
//!
//! | module | what |
//! |---|---|
//! | [`message`] | from a protobuf message to its [`Envelope`](kernel::Envelope) and back; which version wins |
//! | [`bus`] | the port: publish, subscribe, dead letters |
//! | [`in_process`] | the bus in one process, durable in one SQLite file |
//! | [`rabbitmq`] | the bus on RabbitMQ, for processes of their own |
//! | [`relay`] | sends what the outbox of a store holds |
//! | [`inbox`] | makes the effect of an event once, however often it is delivered |
//!
//! The way of an event: a use case commits it with the documents it changed (outbox); the relay
//! publishes it and marks it sent once the bus has it durably (confirm); each consumer that is bound
//! to its kind gets it until it acknowledges; the reaction commits its effect together with the mark
//! that it received the event (inbox).
//!
//! Architecture invariant: nothing here knows any particular event. What an event means is known
//! to the service that publishes it and to those that react.

pub mod bus;
mod delivery;
pub mod in_process;
pub mod inbox;
pub mod message;
mod metrics;
pub mod rabbitmq;
pub mod relay;

pub use bus::{
    Bus, DeadLetter, DeadLetterId, HandleError, Handler, PREFETCH, PublishError, RetryPolicy, SubscribeError, Subscription, Watcher,
};
pub use in_process::InProcessBus;
pub use message::{decode, envelope, newer};
pub use rabbitmq::{RabbitMq, RabbitMqBus};
pub use relay::Relay;
