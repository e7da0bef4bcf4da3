//! The supervisor of a connection: makes it, with the topology, and makes it anew whenever it is lost.
//!
//! The client library can recover connections on its own, but a recovery that never ends, or a channel that it
//! forgets, would go unseen: here whatever is in doubt is thrown away and built from nothing.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use futures::StreamExt as _;
use lapin::{Event, uri::AMQPUri};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior},
};

use super::{Fault, topology::Topology, wire::Wire};
use crate::metrics;

/// How often the state of the connection is looked at though nothing was said of it.
const LOOK: Duration = Duration::from_secs(1);
/// A connection that lasted that long was a good one: the next one is tried for at once.
const LASTING: Duration = Duration::from_secs(5);

/// The waits between tries: up to 2 s and a random part of that, so that many programs don't come back as one.
pub(super) fn backoff() -> ExponentialBackoff {
    let (first, longest) = (Duration::from_millis(100), Duration::from_secs(2));
    ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest).without_max_times().with_jitter().build()
}

/// A connection that comes back.
pub(super) struct Link {
    uri: AMQPUri,
    /// What it is for: `publishing` or `consuming`.
    purpose: &'static str,
    wire: watch::Sender<Option<Arc<Wire>>>,
}

impl Link {
    pub(super) fn new(uri: AMQPUri, purpose: &'static str) -> Self {
        Self { uri, purpose, wire: watch::Sender::new(None) }
    }

    /// The connection, once there is one; all of the topology was declared on it.
    pub(super) async fn up(&self) -> Arc<Wire> {
        let mut wire = self.wire.subscribe();
        loop {
            if let Some(wire) = wire.borrow_and_update().clone().filter(|wire| wire.is_alive()) {
                return wire;
            }
            if wire.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The connection, where there is one within `patience`.
    pub(super) async fn up_within(&self, patience: Duration) -> Result<Arc<Wire>, Fault> {
        tokio::time::timeout(patience, self.up()).await.map_err(|_| Fault::Down)
    }

    /// Whether the connection is there, and takes what is sent.
    pub(super) fn is_up(&self) -> bool {
        self.wire.borrow().as_ref().is_some_and(|wire| wire.is_alive() && !wire.is_blocked())
    }

    /// Keeps the connection up, until this is dropped.
    pub(super) async fn supervise(&self, topology: &Topology) {
        let connected = metrics::Connected::new(self.purpose);
        let mut backoff = backoff();
        loop {
            connected.record(false);
            match self.establish(topology).await {
                Ok(wire) => {
                    tracing::info!(connection = self.purpose, "connected to RabbitMQ");
                    connected.record(true);
                    let since = Instant::now();
                    self.wire.send_replace(Some(wire.clone()));
                    self.watch(&wire).await;
                    self.wire.send_replace(None);
                    wire.give_up();
                    tracing::warn!(connection = self.purpose, "the connection to RabbitMQ was lost");
                    if since.elapsed() >= LASTING {
                        backoff = self::backoff();
                    }
                }
                Err(error) => tracing::warn!(connection = self.purpose, %error, "RabbitMQ can't be reached; trying again"),
            }
            tokio::time::sleep(backoff.next().unwrap_or(LOOK)).await;
        }
    }

    async fn establish(&self, topology: &Topology) -> Result<Arc<Wire>, Fault> {
        let wire = Wire::connect(&self.uri, &format!("{}: {}", topology.namespace(), self.purpose)).await?;
        match topology.declare(&wire).await {
            Ok(()) => Ok(Arc::new(wire)),
            Err(fault) => {
                wire.give_up();
                Err(fault)
            }
        }
    }

    /// Ends when the connection is lost or given up.
    async fn watch(&self, wire: &Wire) {
        let mut events = Box::pin(wire.events());
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while wire.is_alive() {
            tokio::select! {
                () = wire.broken() => {}
                _ = look.tick() => {}
                Some(event) = events.next() => match event {
                    Event::ConnectionBlocked(reason) => {
                        tracing::warn!(connection = self.purpose, reason, "RabbitMQ takes no messages for now; events stay in the outbox");
                    }
                    Event::ConnectionUnblocked => tracing::info!(connection = self.purpose, "RabbitMQ takes messages again"),
                    // An error of one channel comes here too; whether the connection lives is asked above.
                    _ => {}
                },
            }
        }
    }
}
