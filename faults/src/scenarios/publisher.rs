//! Faults between the outbox and the broker.

use std::time::Duration;

use anyhow::{Context as _, Result};
use events::{Bus as _, PublishError};
use lapin::{Connection, ConnectionProperties, types::FieldTable};

use crate::{
    child::Task,
    pair::{CONSUMER, HAPPENED, Pair, happened},
    round::Round,
    tally::Tally,
    wait::until,
    world::World,
};

/// How often a publisher is killed in one repetition.
const KILLS: usize = 2;
/// How long an event may take to its effect once nothing is in its way any more.
const BOUND: Duration = Duration::from_secs(30);

/// Kills publishers after the broker's confirm, before they mark the rows as sent.
pub(crate) async fn killed_before_mark(world: &mut World, round: &mut Round) -> Result<Tally> {
    let pair = Pair::new(world).await?;
    let (bus, effects) = (pair.bus().await?, pair.effects());
    let consuming = pair.consume(&*bus, effects.clone()).await?;
    let mut unmarked = 0;
    for _ in 0..KILLS {
        let events = usize::try_from(round.chance.number(20, 60))?;
        pair.write(events).await;
        let confirms = round.chance.number(1, events as u64);
        Task::Publish { place: pair.place().clone(), confirms }.start()?.died().await?;
        unmarked += pair.pending().await?;
    }
    let relaying = pair.relay(bus);
    let took = pair.settled().await?;
    relaying.stop().await?;
    consuming.stop().await?;
    let mut tally = pair.tally().await?;
    tally.converged_within(took, BOUND);
    tally.require(unmarked > 0, || "no confirmed row was left unmarked".to_owned());
    tally.require(effects.delivered() > tally.events, || format!("no event came twice: {} deliveries", effects.delivered()));
    Ok(tally)
}

/// Takes a binding away while events are published.
pub(crate) async fn binding_missing(world: &mut World, round: &mut Round) -> Result<Tally> {
    let pair = Pair::new(world).await?;
    let (bus, effects) = (pair.bus().await?, pair.effects());
    let consuming = pair.consume(&*bus, effects).await?;
    let relaying = pair.relay(bus.clone());
    pair.write(usize::try_from(round.chance.number(5, 30))?).await;
    pair.settled().await?;

    let connection = Connection::connect(&world.rabbitmq()?.url(), ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let (queue, exchange) = (format!("{}.{CONSUMER}", pair.namespace()), format!("{}.events", pair.namespace()));
    let unbind = || channel.queue_unbind(queue.as_str().into(), exchange.as_str().into(), HAPPENED.into(), FieldTable::default());
    let mut tally = Tally::default();
    unbind().await?;
    let answer = bus.publish(&happened(HAPPENED)).await;
    tally.require(matches!(answer, Err(PublishError::Unroutable(_))), || format!("the return was not seen: {answer:?}"));
    // Whoever has seen a return may have made the binding anew by itself.
    unbind().await?;
    let missed = pair.write(usize::try_from(round.chance.number(5, 30))?).await;
    // Long enough for the relay to try, more than once.
    tokio::time::sleep(round.chance.millis(800, 2_500)).await;
    // What is on its way to its effect is neither: a moment later it is one of the two.
    let accounted = async || {
        let pending = pair.pending().await.ok()?;
        let made = pair.made(&missed).await.ok()?.iter().filter(|times| **times > 0).count() as u64;
        (pending + made >= missed.len() as u64).then_some(())
    };
    let accounted = until("each event is pending or arrived", BOUND, accounted).await;
    tally.require(accounted.is_ok(), || format!("of {} events some are neither pending nor arrived", missed.len()));

    channel.queue_bind(queue.as_str().into(), exchange.as_str().into(), HAPPENED.into(), Default::default(), FieldTable::default()).await?;
    let took = pair.settled().await?;
    connection.close(200, "done".into()).await.context("the connection can't be closed")?;
    relaying.stop().await?;
    consuming.stop().await?;
    tally.add(pair.tally().await?);
    tally.converged_within(took, BOUND);
    Ok(tally)
}
