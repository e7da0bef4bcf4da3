//! Faults between the broker and the effect.

use std::time::{Duration, Instant};

use anyhow::Result;
use events::Bus as _;
use lapin::{
    BasicProperties, Connection, ConnectionProperties,
    options::BasicPublishOptions,
    types::{AMQPValue, FieldTable},
};
use tokio::task::block_in_place;
use uuid::Uuid;

use crate::{
    child::Task,
    pair::{FAILING, HAPPENED, Pair, SUBSCRIPTION, UNKNOWN},
    round::Round,
    tally::Tally,
    wait::until,
    world::World,
};

/// How often a consumer is killed in one repetition.
const KILLS: usize = 2;
/// How long an event may take to its effect once nothing is in its way any more.
const BOUND: Duration = Duration::from_secs(30);
/// How long a consumer may take to consume again after a channel error.
const AGAIN: Duration = Duration::from_secs(10);
/// How much later than without poison an event may have its effect.
const NEIGHBOURS: Duration = Duration::from_secs(1);
/// How long dead letters may take to be there.
const PATIENCE: Duration = Duration::from_secs(20);

/// Kills consumers after an effect was committed, before its event is acknowledged.
pub(crate) async fn killed_before_ack(world: &mut World, round: &mut Round) -> Result<Tally> {
    let pair = Pair::new(world).await?;
    let bus = pair.bus().await?;
    let relaying = pair.relay(bus.clone());
    for _ in 0..KILLS {
        let events = usize::try_from(round.chance.number(20, 60))?;
        pair.write(events).await;
        let effects = round.chance.number(1, events as u64);
        Task::Consume { place: pair.place().clone(), effects }.start()?.died().await?;
    }
    let effects = pair.effects();
    let consuming = pair.consume(&*bus, effects.clone()).await?;
    let took = pair.settled().await?;
    // What is delivered again has its effect already, so that nothing shows when it has come.
    let again = until("an event comes again", BOUND, async || (effects.made_before() > 0).then_some(())).await;
    relaying.stop().await?;
    consuming.stop().await?;
    let mut tally = pair.tally().await?;
    tally.converged_within(took, BOUND);
    tally.require(again.is_ok(), || "no event came again after its effect".to_owned());
    Ok(tally)
}

/// Lets two relays and two consumers, each on a connection of its own, work on the same rows and the same queue.
pub(crate) async fn two_of_each(world: &mut World, round: &mut Round) -> Result<Tally> {
    let pair = Pair::new(world).await?;
    let buses = [pair.bus().await?, pair.bus().await?];
    let effects = [pair.effects(), pair.effects()];
    let mut running = Vec::new();
    for (bus, effects) in buses.iter().zip(&effects) {
        running.push(pair.relay(bus.clone()));
        running.push(pair.consume(&**bus, effects.clone()).await?);
    }
    for _ in 0..20 {
        pair.write(usize::try_from(round.chance.number(1, 40))?).await;
        tokio::time::sleep(round.chance.millis(0, 60)).await;
    }
    let took = pair.settled().await?;
    for running in running {
        running.stop().await?;
    }
    let mut tally = pair.tally().await?;
    tally.converged_within(took, BOUND);
    let shares = effects.each_ref().map(|effects| effects.delivered());
    tally.require(shares.iter().all(|share| *share > 0), || format!("the consumers did not share the work: {shares:?}"));
    Ok(tally)
}

/// Makes the broker close every channel with an error, as it does with a client that acknowledges what it never got.
pub(crate) async fn channel_error(world: &mut World, round: &mut Round) -> Result<Tally> {
    let pair = Pair::new(world).await?;
    let (bus, effects) = (pair.bus().await?, pair.effects());
    let consuming = pair.consume(&*bus, effects.clone()).await?;
    let relaying = pair.relay(bus);
    pair.write(usize::try_from(round.chance.number(20, 80))?).await;
    tokio::time::sleep(round.chance.millis(0, 300)).await;
    const ACKNOWLEDGE: &str = "length([rabbit_channel:do(Channel, {'basic.ack', 999999999, false}) || Channel <- rabbit_channel:list()]).";
    let closed = block_in_place(|| world.rabbitmq()?.control(&["eval", ACKNOWLEDGE]))?;
    let began = Instant::now();
    pair.write(usize::try_from(round.chance.number(20, 80))?).await;
    let took = pair.settled().await?;
    let again = began.elapsed();
    relaying.stop().await?;
    consuming.stop().await?;
    let mut tally = pair.tally().await?;
    tally.converged_within(took, AGAIN);
    tally.require(closed.trim() != "0", || "there was no channel to close".to_owned());
    tally.require(again <= AGAIN, || format!("consuming again after {} ms", again.as_millis()));
    Ok(tally)
}

/// Puts what nobody can handle between good events.
pub(crate) async fn poison(world: &mut World, round: &mut Round) -> Result<Tally> {
    let pair = Pair::new(world).await?;
    let (bus, effects) = (pair.bus().await?, pair.effects());
    effects.be_too_old(true);
    let consuming = pair.consume(&*bus, effects.clone()).await?;
    let relaying = pair.relay(bus.clone());
    pair.write(20).await;
    pair.settled().await?;

    let connection = Connection::connect(&world.rabbitmq()?.url(), ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let exchange = format!("{}.events", pair.namespace());
    let (mut unreadable, mut written) = (0, Vec::new());
    let mut refused = Vec::new();
    for _ in 0..round.chance.number(4, 8) {
        for (body, properties) in unreadables(round.chance.uuid()) {
            unreadable += 1;
            let options = BasicPublishOptions::default();
            channel.basic_publish(exchange.as_str().into(), HAPPENED.into(), options, body.as_bytes(), properties).await?.await?;
        }
        refused.extend(pair.write_kind(UNKNOWN, 1).await);
        refused.extend(pair.write_kind(FAILING, 1).await);
        for event in pair.write(usize::try_from(round.chance.number(1, 8))?).await {
            written.push((event, Instant::now()));
        }
        tokio::time::sleep(round.chance.millis(0, 50)).await;
    }
    let all = async || written.iter().all(|(event, _)| effects.made_at(event).is_some()).then_some(());
    until("the neighbours have their effects", PATIENCE, all).await?;
    let latest = written.iter().filter_map(|(event, at)| Some(effects.made_at(event)?.saturating_duration_since(*at))).max();
    let latest = latest.unwrap_or_default();

    let wanted = unreadable + refused.len();
    let dead = async || bus.dead_letters(1_000).await.ok().filter(|letters| letters.len() >= wanted);
    let (letters, _) = until(&format!("{wanted} dead letters"), PATIENCE, dead).await?;
    let mut tally = Tally::default();
    tally.require(latest < NEIGHBOURS, || format!("a neighbour came {} ms late", latest.as_millis()));
    tally.require(letters.len() == wanted, || format!("{} dead letters instead of {wanted}", letters.len()));
    for letter in &letters {
        let kind = letter.envelope.as_ref().map_or("unreadable", |envelope| envelope.kind.as_str());
        // What can't be read is never handed to a handler.
        let tries = match kind {
            FAILING => SUBSCRIPTION.retry.max_attempts,
            UNKNOWN => 1,
            _ => 0,
        };
        tally.require(letter.attempts == tries, || format!("{kind} was tried {} times, not {tries}: {}", letter.attempts, letter.error));
    }
    let readable = letters.iter().filter(|letter| letter.envelope.is_some()).count();
    tally.require(readable == refused.len(), || format!("{readable} dead letters can be read, not {}", refused.len()));
    // Now the program is new enough.
    effects.be_too_old(false);
    let began = Instant::now();
    for letter in &letters {
        match &letter.envelope {
            Some(_) => bus.replay(&letter.id).await?,
            None => bus.discard(&letter.id).await?,
        }
    }
    pair.settled().await?;
    let took = began.elapsed();
    let left = bus.dead_letters(1_000).await?.len();
    tally.require(left == 0, || format!("{left} dead letters are left after replay and discard"));
    connection.close(200, "done".into()).await?;
    relaying.stop().await?;
    consuming.stop().await?;
    tally.add(pair.tally().await?);
    tally.converged_within(took, BOUND);
    Ok(tally)
}

/// What is no envelope that this version can read: none at all, and one of a version to come.
fn unreadables(id: Uuid) -> [(String, BasicProperties); 2] {
    let mut future = FieldTable::default();
    for (name, value) in [("cloudEvents:specversion", "99.0".to_owned()), ("cloudEvents:id", id.to_string())] {
        future.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    [(format!("no envelope {id}"), BasicProperties::default()), (String::new(), BasicProperties::default().with_headers(future))]
}
