//! Watching: a queue of its own for as long as the connection lasts, bound to every kind.
//!
//! The broker does not tell whose binding was removed, and a connection can be silent for seconds before it is given up. So a
//! watcher sends a mark through the exchange now and then: while it comes back, events would have come too.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use lapin::{
    BasicProperties,
    options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions},
    types::FieldTable,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Fault, House,
    consumer::LASTING,
    link::backoff,
    message,
    publisher::{Message, Publisher},
    topology::name,
    wire::{Wire, answer},
};
use crate::bus::Watcher;

/// Every routing key of a topic exchange.
const EVERYTHING: &str = "#";
/// The routing key of marks, which is no kind of event.
const MARK: &str = "mark";
/// How long it is from one mark's return to the next mark.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest that a mark may be on its way.
const PATIENCE: Duration = Duration::from_secs(3);

/// Shows what is published to the watcher until `stop`.
pub(super) async fn run(house: Arc<House>, watcher: Arc<dyn Watcher>, stop: CancellationToken) {
    let mut backoff = backoff();
    loop {
        let wire = tokio::select! {
            () = stop.cancelled() => return,
            wire = house.consuming.up() => wire,
        };
        let since = Instant::now();
        let fault = tokio::select! {
            () = stop.cancelled() => None,
            fault = show(&house, &wire, &*watcher) => Some(fault),
        };
        watcher.ends();
        let Some(fault) = fault else { return };
        tracing::warn!(error = %fault, "events pass by unseen; trying to see them again");
        if since.elapsed() >= LASTING {
            backoff = self::backoff();
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(backoff.next().unwrap_or(LASTING)) => {}
        }
    }
}

/// Shows what is published for as long as it can be seen; why it no longer can.
async fn show(house: &House, wire: &Wire, watcher: &dyn Watcher) -> Fault {
    let own = house.env.random_uuid();
    let (mark, _) = watch::channel(0_u64);
    let seeing = async {
        let channel = wire.channel().await?;
        // The broker names it, and removes it with the connection.
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
        let queue = answer(channel.queue_declare(name(""), options, FieldTable::default())).await?.name().clone();
        let exchange = house.topology.exchange();
        answer(channel.queue_bind(queue.clone(), exchange, name(EVERYTHING), QueueBindOptions::default(), FieldTable::default())).await?;
        let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..BasicConsumeOptions::default() };
        let mut deliveries = answer(channel.basic_consume(queue, name(""), options, FieldTable::default())).await?;
        watcher.begins();
        while let Some(delivery) = deliveries.next().await {
            let delivery = delivery?;
            // Anything else was not published by us, or is somebody else's mark.
            if let Some(event) = message::unpack(&delivery.properties, &delivery.data) {
                watcher.sees(&event);
            } else if delivery.data == own.as_bytes() {
                mark.send_modify(|back| *back += 1);
            }
        }
        Ok(())
    };
    let ended = tokio::select! {
        () = wire.broken() => return Fault::Down,
        fault = send_marks(house, own.as_bytes(), mark.subscribe()) => return fault,
        ended = seeing => ended,
    };
    // The queue was deleted, or has moved to another node.
    ended.err().unwrap_or(Fault::Cancelled)
}

/// Sends marks until one does not come back.
async fn send_marks(house: &House, own: &[u8], mut back: watch::Receiver<u64>) -> Fault {
    let publisher = Publisher::new(house.publishing.clone());
    let exchange = house.topology.exchange();
    loop {
        sleep(PAUSE).await;
        let message = Message {
            exchange: exchange.clone(),
            key: name(MARK),
            mandatory: false,
            properties: BasicProperties::default(),
            body: own.to_vec(),
        };
        back.mark_unchanged();
        let returning = async {
            publisher.publish(&[message]).await;
            back.changed().await
        };
        if !matches!(timeout(PATIENCE, returning).await, Ok(Ok(()))) {
            return Fault::TooSlow(PATIENCE);
        }
    }
}
