//! The loop that takes events from a queue and has them handled.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures::future::OptionFuture;
use kernel::Envelope;
use tokio::{sync::oneshot, task::JoinSet};
use uuid::Uuid;

use super::{
    broker::Broker,
    queue::{Change, Delivery, Settlement},
};
use crate::{
    bus::PREFETCH,
    delivery::{Consumer, Verdict},
};

/// How long handlers that are under way at a stop may go on.
const GRACE: Duration = Duration::from_secs(1);

/// Consumes until the consumer is stopped. Where this future is dropped earlier, everything goes back as well.
pub(super) async fn run(broker: Broker, consumer: Arc<Consumer>) {
    let subscription = *consumer.subscription();
    let mut held = Held { broker: broker.clone(), consumer: subscription.consumer, rows: HashMap::new() };
    let mut ready = VecDeque::new();
    let mut handling = JoinSet::new();
    let mut claim: Option<oneshot::Receiver<Vec<Delivery>>> = None;
    loop {
        held.start(&mut ready, &mut handling, &consumer);
        if claim.is_none() && ready.len() < PREFETCH {
            claim = Some(broker.claim(subscription.consumer, 2 * PREFETCH - ready.len(), subscription.retry.max_delay));
        }
        tokio::select! {
            () = consumer.stopped() => break,
            Some(finished) = handling.join_next() => held.finish(finished),
            Some(claimed) = OptionFuture::from(claim.as_mut()) => {
                claim = None;
                let Ok(deliveries) = claimed else {
                    tracing::error!(consumer = subscription.consumer, "the event bus has stopped; no more events are delivered");
                    break;
                };
                for delivery in deliveries {
                    held.take(delivery, &mut ready, &consumer);
                }
            }
        }
    }
    let finish = async {
        while let Some(finished) = handling.join_next().await {
            held.finish(finished);
        }
    };
    // What is still under way after the grace is cut off, and comes again.
    let _ = tokio::time::timeout(GRACE, finish).await;
    handling.shutdown().await;
    drop((claim, held));
    // The acknowledgements are durable before the stop is complete.
    if let Err(error) = broker.change(Change::Barrier).await {
        tracing::warn!(%error, consumer = subscription.consumer, "the last acknowledgements may be lost; those events come again");
    }
}

/// An event that may be handled.
struct Ready {
    row: i64,
    attempts: u32,
    envelope: Envelope,
}

type Finished = (i64, Verdict);

/// The rows that this loop was handed and has not settled, each with its subject while it is handled.
struct Held {
    broker: Broker,
    consumer: &'static str,
    rows: HashMap<i64, Option<Uuid>>,
}

impl Held {
    fn take(&mut self, delivery: Delivery, ready: &mut VecDeque<Ready>, consumer: &Consumer) {
        let Delivery { row, attempts, envelope, .. } = delivery;
        self.rows.insert(row, None);
        match envelope {
            Some(envelope) => ready.push_back(Ready { row, attempts, envelope }),
            None => {
                let verdict = consumer.unreadable(attempts);
                self.settle(row, verdict);
            }
        }
    }

    /// Begins to handle what may be handled now: in order, but never two events of one subject at once.
    fn start(&mut self, ready: &mut VecDeque<Ready>, handling: &mut JoinSet<Finished>, consumer: &Arc<Consumer>) {
        let mut busy: HashSet<Uuid> = self.rows.values().flatten().copied().collect();
        let mut next = 0;
        while handling.len() < PREFETCH && next < ready.len() {
            if !busy.insert(ready[next].envelope.subject) {
                next += 1;
                continue;
            }
            let Some(Ready { row, attempts, envelope }) = ready.remove(next) else { break };
            self.rows.insert(row, Some(envelope.subject));
            let consumer = consumer.clone();
            handling.spawn(async move { (row, consumer.deliver(&envelope, attempts).await) });
        }
    }

    fn finish(&mut self, finished: Result<Finished, tokio::task::JoinError>) {
        // A task ends without a verdict only when it is cut off; its row is settled when this is dropped.
        if let Ok((row, verdict)) = finished {
            self.settle(row, verdict);
        }
    }

    fn settle(&mut self, row: i64, verdict: Verdict) {
        self.rows.remove(&row);
        self.broker.settle(Settlement { consumer: self.consumer, row, verdict });
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for (row, _) in self.rows.drain() {
            self.broker.settle(Settlement { consumer: self.consumer, row, verdict: Verdict::Returned });
        }
    }
}
