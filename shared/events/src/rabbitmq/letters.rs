//! Looking after dead letters.
//!
//! A queue can be looked at only by having its messages delivered: what is not acknowledged goes back, in its old
//! place, when the channel closes. Each command has a connection of its own, so that all goes back however it ends, and
//! holds a lock for the whole namespace (an exclusive queue, which ends with its connection): another command would
//! find the queues empty meanwhile.

use std::{collections::HashSet, time::Duration};

use kernel::{Error, Timestamp};
use lapin::{
    Channel, ErrorKind,
    message::Delivery,
    options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{FieldTable, ShortString},
};

use super::{
    Fault, House, message,
    publisher::{Message, Publisher},
    topology::name,
    wire::{Wire, answer},
};
use crate::bus::{DeadLetter, DeadLetterId};

/// How long a command waits for the connection, and for another command to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether the other one has ended.
const LOOK: Duration = Duration::from_millis(25);
/// The longest that a command may take.
const DEADLINE: Duration = Duration::from_secs(60);
/// The most dead letters of one consumer that are looked through for one.
const MOST: usize = 10_000;

/// The oldest dead letters of all consumers, at most `limit`.
pub(super) async fn list(house: &House, limit: usize) -> kernel::Result<Vec<DeadLetter>> {
    bounded(async {
        let desk = Desk::open(house).await?;
        let mut letters = Vec::new();
        for consumer in house.topology.consumers() {
            let mut pile = desk.look_through(consumer.consumer).await?;
            for _ in 0..limit.min(MOST) {
                let Some(delivery) = pile.next().await? else { break };
                letters.push(letter(consumer.consumer, &delivery));
            }
            pile.put_back().await?;
        }
        desk.close().await;
        letters.sort_by_key(|letter| letter.at);
        // A copy whose original was not acknowledged in time came twice.
        let mut known = HashSet::new();
        letters.retain(|letter| known.insert(letter.id.clone()));
        letters.truncate(limit);
        Ok(letters)
    })
    .await
}

/// What is done with a dead letter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Deed {
    /// It stays where it is.
    Show,
    /// It goes back into its consumer's queue, as if it had not been tried.
    Replay,
    /// It is thrown away.
    Discard,
}

/// Looks for a dead letter and does something with it.
pub(super) async fn find(house: &House, id: &DeadLetterId, deed: Deed) -> kernel::Result<DeadLetter> {
    let not_found = || Error::not_found("dead letter", id);
    if !house.topology.consumers().iter().any(|known| known.consumer == id.consumer) {
        return Err(not_found());
    }
    let finding = async {
        let desk = Desk::open(house).await?;
        let mut pile = desk.look_through(&id.consumer).await?;
        // More than one where the original of a copy was not acknowledged in time: they go the same way.
        let mut found = Vec::new();
        for _ in 0..MOST {
            let Some(delivery) = pile.next().await? else { break };
            if message::id(&delivery.properties, &delivery.data) == id.event {
                found.push(delivery);
            }
        }
        let letter = found.first().map(|delivery| letter(&id.consumer, delivery));
        // Not before all was looked through: it can become a dead letter again at once, and is another one then.
        if deed == Deed::Replay
            && let Some(delivery) = found.first()
        {
            replay(house, &id.consumer, delivery).await?;
        }
        if deed != Deed::Show {
            for delivery in &found {
                pile.remove(delivery).await?;
            }
        }
        pile.put_back().await?;
        desk.close().await;
        Ok(letter)
    };
    bounded(finding).await?.ok_or_else(not_found)
}

async fn replay(house: &House, consumer: &str, delivery: &Delivery) -> Result<(), Fault> {
    let publisher = Publisher::new(house.publishing.clone());
    let copy = Message {
        exchange: name(""),
        key: house.topology.queue(consumer),
        mandatory: true,
        properties: message::again(&delivery.properties, 0),
        body: delivery.data.clone(),
    };
    let mut answers = house.publish(&publisher, &[copy]).await;
    answers.pop().unwrap_or(Ok(())).map_err(|error| Fault::Refused(error.to_string()))
}

async fn bounded<T>(command: impl Future<Output = Result<T, Fault>>) -> kernel::Result<T> {
    let done = tokio::time::timeout(DEADLINE, command).await.unwrap_or(Err(Fault::TooSlow(DEADLINE)));
    done.map_err(Fault::into_error)
}

fn letter(consumer: &str, delivery: &Delivery) -> DeadLetter {
    let Delivery { properties, data, .. } = delivery;
    let (error, at) = message::reason(properties).unwrap_or_else(|| {
        let error = "RabbitMQ gave up on it: it was delivered too often without an answer, as when the program ends each time";
        (error.to_owned(), message::given_up_at(properties).unwrap_or(Timestamp::EPOCH))
    });
    DeadLetter {
        id: DeadLetterId { consumer: consumer.to_owned(), event: message::id(properties, data) },
        envelope: message::unpack(properties, data),
        attempts: message::attempts(properties),
        error,
        at,
    }
}

/// The connection of one command, with the lock.
struct Desk<'a> {
    house: &'a House,
    wire: Wire,
}

impl<'a> Desk<'a> {
    async fn open(house: &'a House) -> Result<Self, Fault> {
        // Once this one is up the queues are declared.
        house.publishing.up_within(PATIENCE).await?;
        let wire = Wire::connect(&house.uri, &format!("{}: dead letters", house.topology.namespace())).await?;
        let locking = async {
            while !lock(&wire, house.topology.lock()).await? {
                tokio::time::sleep(LOOK).await;
            }
            Ok::<_, Fault>(())
        };
        tokio::time::timeout(PATIENCE, locking).await.map_err(|_| Fault::Refused("another command looks after dead letters".into()))??;
        Ok(Self { house, wire })
    }

    async fn look_through(&self, consumer: &str) -> Result<Pile, Fault> {
        Ok(Pile { channel: self.wire.channel().await?, queue: self.house.topology.dead(consumer) })
    }

    async fn close(self) {
        self.wire.close().await;
    }
}

/// Takes the lock; answers whether it was free.
async fn lock(wire: &Wire, lock: ShortString) -> Result<bool, Fault> {
    let channel = wire.channel().await?;
    let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
    match answer(channel.queue_declare(lock, options, FieldTable::default())).await {
        Ok(_) => Ok(true),
        Err(Fault::Broker(error)) if is_locked(&error) => Ok(false),
        Err(fault) => Err(fault),
    }
}

fn is_locked(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error) if *error.kind() == AMQPErrorKind::Soft(AMQPSoftError::RESOURCELOCKED))
}

/// The dead letters of one consumer, the oldest first.
struct Pile {
    channel: Channel,
    queue: ShortString,
}

impl Pile {
    async fn next(&mut self) -> Result<Option<Delivery>, Fault> {
        let got = answer(self.channel.basic_get(self.queue.clone(), BasicGetOptions::default())).await?;
        Ok(got.map(|got| got.delivery))
    }

    async fn remove(&self, delivery: &Delivery) -> Result<(), Fault> {
        answer(self.channel.basic_ack(delivery.delivery_tag, BasicAckOptions::default())).await
    }

    async fn put_back(self) -> Result<(), Fault> {
        answer(self.channel.close(200, "done".into())).await
    }
}
