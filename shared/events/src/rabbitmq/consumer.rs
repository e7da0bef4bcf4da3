//! The loop that takes events from a consumer's queue and has them handled.
//!
//! It lasts until the consumer is stopped; what it has of the broker, a [`Session`], is made anew whenever it is lost.
//! An event is acknowledged when its effect is durable, or when a copy of it (for another try, or as a dead letter)
//! is confirmed. At every moment in between it is the broker's to deliver again.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures::{
    StreamExt as _,
    future::{BoxFuture, FutureExt as _, OptionFuture},
};
use kernel::Envelope;
use lapin::{
    BasicProperties, Channel,
    message::Delivery,
    options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions},
    types::{DeliveryTag, FieldTable},
};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, timeout},
};
use uuid::Uuid;

use super::{
    Fault, House,
    link::backoff,
    message,
    publisher::{Message, Publisher},
    topology::name,
    wire::{Wire, answer},
};
use crate::{
    bus::PREFETCH,
    delivery::{Consumer, Verdict},
};

/// How long handlers that are under way at a stop may go on.
const GRACE: Duration = Duration::from_secs(1);
/// How long the last copies and acknowledgements may take after that.
const LAST: Duration = Duration::from_secs(2);
/// How often it is checked whether the broker still knows of the consumer.
const CHECK: Duration = Duration::from_secs(3);
/// How long a copy waits that could not be published.
const AGAIN: Duration = Duration::from_millis(500);
/// A session that lasted that long was a good one: the next one is tried for at once.
pub(super) const LASTING: Duration = Duration::from_secs(5);
/// How many events the broker hands out ahead: as many again as are handled, so that a slot that comes free, or
/// waits for an event's older sibling, finds another one.
const AHEAD: u16 = 2 * PREFETCH as u16;

/// Consumes until the consumer is stopped. Where this future is dropped earlier, everything goes back as well.
pub(super) async fn run(house: Arc<House>, consumer: Arc<Consumer>) {
    let name = consumer.subscription().consumer;
    let publisher = Arc::new(Publisher::new(house.publishing.clone()));
    let mut backoff = backoff();
    loop {
        let wire = tokio::select! {
            () = consumer.stopped() => return,
            wire = house.consuming.up() => wire,
        };
        let since = Instant::now();
        let ended = match Session::open(&house, &wire, &consumer, &publisher).await {
            Ok(session) => session.run(&wire).await,
            Err(fault) => Err(fault),
        };
        let Err(fault) = ended else { return };
        tracing::warn!(consumer = name, error = %fault, "a consumer lost its channel and begins anew");
        if matches!(fault, Fault::TooSlow(_)) {
            wire.give_up();
        }
        if since.elapsed() >= LASTING {
            backoff = self::backoff();
        }
        let pause = tokio::time::sleep(backoff.next().unwrap_or(LASTING));
        tokio::select! {
            () = consumer.stopped() => return,
            () = pause => {}
        }
        // The queue may be gone. On a new connection it was declared already.
        if wire.is_alive()
            && let Err(error) = house.topology.declare(&wire).await
        {
            tracing::warn!(consumer = name, %error, "the topology could not be declared");
        }
    }
}

/// An event that may be handled.
struct Ready {
    tag: DeliveryTag,
    attempts: u32,
    envelope: Envelope,
}

/// A message that was delivered and is not acknowledged.
struct Held {
    properties: BasicProperties,
    body: Vec<u8>,
    /// What it is about, while it is handled.
    subject: Option<Uuid>,
}

type Finished = (DeliveryTag, Verdict);

/// A consumer's channel, and what was delivered on it. When it is dropped the channel is closed, and the broker
/// takes back what was not acknowledged.
struct Session {
    house: Arc<House>,
    consumer: Arc<Consumer>,
    publisher: Arc<Publisher>,
    channel: Channel,
    deliveries: lapin::Consumer,
    held: HashMap<DeliveryTag, Held>,
    ready: VecDeque<Ready>,
    handling: JoinSet<Finished>,
    /// Verdicts that need a copy elsewhere before the message is acknowledged.
    copies: VecDeque<(DeliveryTag, Verdict)>,
    /// At the last check, messages waited though this consumer had nothing to do.
    passed_by: bool,
    /// The copies that are being published; it answers which were confirmed, and which were not.
    copying: Option<BoxFuture<'static, Vec<(DeliveryTag, Verdict, bool)>>>,
}

impl Session {
    async fn open(house: &Arc<House>, wire: &Wire, consumer: &Arc<Consumer>, publisher: &Arc<Publisher>) -> Result<Self, Fault> {
        let channel = wire.channel().await?;
        answer(channel.basic_qos(AHEAD, BasicQosOptions::default())).await?;
        let queue = house.topology.queue(consumer.subscription().consumer);
        let consuming = channel.basic_consume(queue, name(""), BasicConsumeOptions::default(), FieldTable::default());
        let deliveries = answer(consuming).await?;
        Ok(Self {
            house: house.clone(),
            consumer: consumer.clone(),
            publisher: publisher.clone(),
            channel,
            deliveries,
            held: HashMap::new(),
            ready: VecDeque::new(),
            handling: JoinSet::new(),
            copies: VecDeque::new(),
            passed_by: false,
            copying: None,
        })
    }

    /// Handles what is delivered, until the consumer is stopped, or the channel is lost.
    async fn run(mut self, wire: &Wire) -> Result<(), Fault> {
        let consumer = self.consumer.clone();
        let mut check = tokio::time::interval(CHECK);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.start();
            self.copy();
            tokio::select! {
                () = consumer.stopped() => return self.stop().await,
                () = wire.broken() => return Err(Fault::Down),
                _ = check.tick() => self.check().await?,
                Some(finished) = self.handling.join_next() => self.finish(finished).await?,
                Some(copied) = OptionFuture::from(self.copying.as_mut()) => self.copied(copied).await?,
                delivery = self.deliveries.next() => match delivery {
                    Some(delivery) => self.take(delivery?).await?,
                    // The queue was deleted, or has moved to another node.
                    None => return Err(Fault::Cancelled),
                },
            }
        }
    }

    /// Notices that the broker has forgotten this consumer: it doesn't tell those whose queue was deleted and is
    /// there again by the time it looks.
    async fn check(&mut self) -> Result<(), Fault> {
        let queue = self.house.topology.queue(self.consumer.subscription().consumer);
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = answer(self.channel.queue_declare(queue, options, FieldTable::default())).await?;
        let passed_by = queue.message_count() > 0 && self.held.is_empty();
        if queue.consumer_count() == 0 || (passed_by && self.passed_by) {
            return Err(Fault::Cancelled);
        }
        self.passed_by = passed_by;
        Ok(())
    }

    async fn take(&mut self, delivery: Delivery) -> Result<(), Fault> {
        let Delivery { delivery_tag: tag, redelivered, properties, data: body, .. } = delivery;
        let attempts = message::attempts(&properties);
        if redelivered {
            self.consumer.redelivered();
        }
        match message::unpack(&properties, &body) {
            // A binding of earlier days; nobody else needs it.
            Some(envelope) if !self.consumer.subscription().kinds.contains(&envelope.kind.as_str()) => return self.acknowledge(tag).await,
            Some(envelope) => self.ready.push_back(Ready { tag, attempts, envelope }),
            None => self.copies.push_back((tag, self.consumer.unreadable(attempts))),
        }
        self.held.insert(tag, Held { properties, body, subject: None });
        Ok(())
    }

    /// Begins to handle what may be handled now: in order, but never two events of one subject at once.
    fn start(&mut self) {
        let mut busy: HashSet<Uuid> = self.held.values().filter_map(|held| held.subject).collect();
        let mut next = 0;
        while self.handling.len() < PREFETCH && next < self.ready.len() {
            if !busy.insert(self.ready[next].envelope.subject) {
                next += 1;
                continue;
            }
            let Some(Ready { tag, attempts, envelope }) = self.ready.remove(next) else { break };
            if let Some(held) = self.held.get_mut(&tag) {
                held.subject = Some(envelope.subject);
            }
            let consumer = self.consumer.clone();
            self.handling.spawn(async move { (tag, consumer.deliver(&envelope, attempts).await) });
        }
    }

    async fn finish(&mut self, finished: Result<Finished, tokio::task::JoinError>) -> Result<(), Fault> {
        // A task ends without a verdict only when it is cut off; its message goes back with the channel.
        let Ok((tag, verdict)) = finished else { return Ok(()) };
        if let Some(held) = self.held.get_mut(&tag) {
            held.subject = None;
        }
        match verdict {
            Verdict::Done => self.acknowledge(tag).await,
            // Only at a stop: it goes back with the channel.
            Verdict::Returned => Ok(()),
            verdict => {
                self.copies.push_back((tag, verdict));
                Ok(())
            }
        }
    }

    /// Begins to publish the copies that wait for it. One batch is under way at a time.
    fn copy(&mut self) {
        if self.copying.is_some() || self.copies.is_empty() {
            return;
        }
        let verdicts: Vec<(DeliveryTag, Verdict)> = self.copies.drain(..).collect();
        let copies: Vec<Message> = verdicts.iter().filter_map(|(tag, verdict)| Some(self.copy_of(self.held.get(tag)?, verdict))).collect();
        let (house, publisher) = (self.house.clone(), self.publisher.clone());
        let copying = async move {
            let answers = house.publish(&publisher, &copies).await;
            let failed = answers.iter().find_map(|answer| answer.as_ref().err());
            if let Some(error) = failed {
                tracing::warn!(%error, "failed events could not be put aside; trying again");
                tokio::time::sleep(AGAIN).await;
            }
            verdicts.into_iter().zip(answers).map(|((tag, verdict), answer)| (tag, verdict, answer.is_ok())).collect()
        };
        self.copying = Some(copying.boxed());
    }

    fn copy_of(&self, held: &Held, verdict: &Verdict) -> Message {
        let consumer = self.consumer.subscription().consumer;
        let topology = &self.house.topology;
        let (key, properties) = match verdict {
            Verdict::Again { attempts, delay } => (topology.retry(consumer, *delay), message::again(&held.properties, *attempts)),
            Verdict::Dead { attempts, error } => {
                (topology.dead(consumer), message::dead(&held.properties, *attempts, error, self.house.env.now()))
            }
            // These need no copy, and never come here: back into the queue, as it was.
            Verdict::Done | Verdict::Returned => (topology.queue(consumer), held.properties.clone()),
        };
        Message { exchange: name(""), key, mandatory: true, properties, body: held.body.clone() }
    }

    async fn copied(&mut self, copied: Vec<(DeliveryTag, Verdict, bool)>) -> Result<(), Fault> {
        self.copying = None;
        for (tag, verdict, confirmed) in copied {
            if confirmed {
                self.acknowledge(tag).await?;
            } else {
                self.copies.push_back((tag, verdict));
            }
        }
        Ok(())
    }

    async fn acknowledge(&mut self, tag: DeliveryTag) -> Result<(), Fault> {
        self.held.remove(&tag);
        answer(self.channel.basic_ack(tag, BasicAckOptions::default())).await
    }

    /// Lets those finish that are under way, for a short while. All else goes back when the channel closes; once that
    /// is confirmed the broker has every acknowledgement too.
    async fn stop(mut self) -> Result<(), Fault> {
        let name = self.consumer.subscription().consumer;
        let cancelling = self.channel.basic_cancel(self.deliveries.tag(), BasicCancelOptions::default());
        let _ = timeout(GRACE, cancelling).await;
        let finishing = async {
            while let Some(finished) = self.handling.join_next().await {
                self.finish(finished).await?;
            }
            Ok::<_, Fault>(())
        };
        let _ = timeout(GRACE, finishing).await;
        self.handling.shutdown().await;
        let settling = async {
            loop {
                self.copy();
                let Some(copying) = &mut self.copying else { break };
                let copied = copying.await;
                self.copied(copied).await?;
            }
            answer(self.channel.close(200, "stopped".into())).await
        };
        if !matches!(timeout(LAST, settling).await, Ok(Ok(()))) {
            tracing::warn!(consumer = name, "the last acknowledgements may be lost; those events come again");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
