//! Publishing: in order, persistent, and confirmed.
//!
//! All of a batch is sent, then all of its confirms are awaited. Three things that the broker does make it so:
//! it confirms a message that no queue takes as well (`mandatory` has it returned first); the library hands a return
//! to whichever confirm comes next (so returns are told apart by the message's id, and a channel has one batch at a
//! time); and it can stop to answer at all (so everything has one deadline, after which the connection is given up).

use std::{collections::HashSet, sync::Arc, time::Duration};

use lapin::{
    BasicProperties, Channel, Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::ShortString,
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

use super::{
    Fault,
    link::Link,
    wire::{Wire, answer},
};
use crate::bus::PublishError;

/// The longest that a batch may take from its first byte to its last confirm.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long a batch waits for the connection: it goes out the moment that the broker is back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something to publish.
pub(super) struct Message {
    pub(super) exchange: ShortString,
    pub(super) key: ShortString,
    /// Whether it is a fault where no queue takes it.
    pub(super) mandatory: bool,
    pub(super) properties: BasicProperties,
    pub(super) body: Vec<u8>,
}

/// The one sender on a channel of its own.
pub(super) struct Publisher {
    link: Arc<Link>,
    /// The channel that the last batch left in order. It is taken out while one is under way: a batch that is cut
    /// off leaves none, and the next one begins on a new channel.
    ready: Mutex<Option<(Arc<Wire>, Channel)>>,
}

impl Publisher {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, ready: Mutex::new(None) }
    }

    /// Publishes in order; answers one by one, in the same order, once the broker has each on disk in every queue that takes it.
    pub(super) async fn publish(&self, batch: &[Message]) -> Vec<Result<(), PublishError>> {
        if batch.is_empty() {
            return Vec::new();
        }
        let wire = match self.link.up_within(PATIENCE).await {
            Ok(wire) => wire,
            Err(fault) => return refused(batch, &fault),
        };
        let mut ready = self.ready.lock().await;
        let (wire, channel) = match usable(ready.take(), wire).await {
            Ok(found) => found,
            Err(fault) => return refused(batch, &fault),
        };
        match send(&channel, batch).await {
            Ok(answers) => {
                if channel.status().connected() {
                    *ready = Some((wire, channel));
                }
                answers
            }
            Err(fault) => {
                // A broker that blocks publishers answers when it is through with it: a new connection would only be blocked as well.
                if matches!(fault, Fault::TooSlow(_)) && !wire.is_blocked() {
                    tracing::warn!("RabbitMQ did not confirm in time; the connection is given up");
                    wire.give_up();
                }
                refused(batch, &if wire.is_blocked() { Fault::Blocked } else { fault })
            }
        }
    }
}

/// The channel of the last batch where it is in order, else a new one on `wire`.
async fn usable(ready: Option<(Arc<Wire>, Channel)>, wire: Arc<Wire>) -> Result<(Arc<Wire>, Channel), Fault> {
    if wire.is_blocked() {
        return Err(Fault::Blocked);
    }
    if let Some(ready) = ready.filter(|(of, channel)| Arc::ptr_eq(of, &wire) && channel.status().connected()) {
        return Ok(ready);
    }
    let opening = async {
        let channel = wire.channel().await?;
        answer(channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(channel)
    };
    let opened: Result<Channel, Fault> = opening.await;
    if matches!(opened, Err(Fault::TooSlow(_))) {
        wire.give_up();
    }
    Ok((wire, opened?))
}

/// Sends a batch and reads its confirms. An error leaves the channel in doubt.
async fn send(channel: &Channel, batch: &[Message]) -> Result<Vec<Result<(), PublishError>>, Fault> {
    let deadline = Instant::now() + DEADLINE;
    let too_slow = |_| Fault::TooSlow(DEADLINE);
    let mut confirms = Vec::with_capacity(batch.len());
    for message in batch {
        let options = BasicPublishOptions { mandatory: message.mandatory, ..BasicPublishOptions::default() };
        let sent = channel.basic_publish(message.exchange.clone(), message.key.clone(), options, &message.body, message.properties.clone());
        confirms.push(timeout_at(deadline, sent).await.map_err(too_slow)??);
    }
    let mut answers = Vec::with_capacity(batch.len());
    let mut returned = HashSet::new();
    for confirm in confirms {
        let confirmation = timeout_at(deadline, confirm).await.map_err(too_slow)??;
        answers.push(match &confirmation {
            Confirmation::Ack(_) => Ok(()),
            Confirmation::Nack(_) | Confirmation::NotRequested => Err(PublishError::unavailable("RabbitMQ refused the message")),
        });
        returned.extend(confirmation.take_message().map(|message| message.delivery.properties.message_id().clone()));
    }
    if !returned.is_empty() {
        for (answer, message) in answers.iter_mut().zip(batch) {
            if returned.contains(message.properties.message_id()) {
                *answer = Err(PublishError::Unroutable(message.key.to_string()));
            }
        }
    }
    Ok(answers)
}

fn refused(batch: &[Message], fault: &Fault) -> Vec<Result<(), PublishError>> {
    batch.iter().map(|_| Err(PublishError::unavailable(fault.to_string()))).collect()
}
