//! The broker is gone, or takes nothing.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::block_in_place;

use crate::{pair::Pair, reading::Reading, round::Round, tally::Tally, wait::until, workload::Load, world::World};

/// How long everything may take to be equal after the fault.
const BOUND: Duration = Duration::from_secs(30);
/// How long some writes may take to be acknowledged while the broker is gone.
const WRITES: Duration = Duration::from_secs(20);
/// How long queues are there before their broker is killed.
const SETTLED: Duration = Duration::from_secs(5);

/// Kills the broker while clients write, and brings it back after more writes were acknowledged.
pub(crate) async fn killed_before_publish(world: &mut World, round: &mut Round) -> Result<Tally> {
    let load = world.load(Load::USUAL, &mut round.chance).await?;
    load.until_acknowledged(round.chance.number(5, 40), WRITES).await?;
    tokio::time::sleep(round.chance.millis(0, 200)).await;
    block_in_place(|| world.rabbitmq().map(|rabbitmq| rabbitmq.kill()))?;
    load.until_acknowledged(round.chance.number(20, 80), WRITES).await?;
    let pending = Reading::of(world, &load.marks).await?.pending().await?;
    block_in_place(|| world.rabbitmq()?.restart())?;
    let back = Instant::now();
    let marks = load.marks.clone();
    let (ledger, watch) = load.stop().await?;
    let mut tally = Reading::of(world, &marks).await?.converge(&ledger, back, BOUND).await?;
    tally.require(pending > 0, || "nothing waited in the outboxes while the broker was gone".to_owned());
    tally.writes_went_on(&watch);
    Ok(tally)
}

/// Raises the broker's disk alarm while clients write.
pub(crate) async fn blocks_publishers(world: &mut World, round: &mut Round) -> Result<Tally> {
    let load = world.load(Load::USUAL, &mut round.chance).await?;
    load.until_acknowledged(round.chance.number(5, 40), WRITES).await?;
    block_in_place(|| world.rabbitmq()?.block())?;
    let reading = Reading::of(world, &load.marks).await?;
    let grows = async || {
        let before = reading.pending().await.ok()?;
        load.until_acknowledged(10, WRITES).await.ok()?;
        (reading.pending().await.ok()? > before && before > 0).then_some(())
    };
    let grew = until("the outbox grows while the broker blocks", WRITES, grows).await;
    tokio::time::sleep(round.chance.millis(0, 2_000)).await;
    block_in_place(|| world.rabbitmq()?.unblock())?;
    let back = Instant::now();
    let (ledger, watch) = load.stop().await?;
    let mut tally = reading.converge(&ledger, back, BOUND).await?;
    tally.require(grew.is_ok(), || "the outbox did not grow while the broker blocked".to_owned());
    let pending = reading.pending().await?;
    tally.require(pending == 0, || format!("{pending} events are still pending"));
    tally.writes_went_on(&watch);
    Ok(tally)
}

/// Kills the broker while a slow consumer has deliveries that are not acknowledged.
pub(crate) async fn killed_with_unacked(world: &mut World, round: &mut Round) -> Result<Tally> {
    let pair = Pair::new(world).await?;
    let (bus, effects) = (pair.bus().await?, pair.effects());
    effects.take(round.chance.millis(50, 250));
    let consuming = pair.consume(&*bus, effects.clone()).await?;
    let relaying = pair.relay(bus);
    // A broker writes down some seconds later that there is a new queue; killed before, it does not find it again.
    pair.write(10).await;
    tokio::time::sleep(SETTLED).await;
    pair.write(usize::try_from(round.chance.number(60, 150))?).await;
    let first = round.chance.number(1, 30);
    until("some deliveries are under way", WRITES, async || (effects.delivered() >= first).then_some(())).await?;
    block_in_place(|| world.rabbitmq().map(|rabbitmq| rabbitmq.kill()))?;
    let delivered = effects.delivered();
    pair.write(10).await;
    tokio::time::sleep(round.chance.millis(0, 1_500)).await;
    block_in_place(|| world.rabbitmq()?.restart())?;
    let back = Instant::now();
    effects.take(Duration::ZERO);
    pair.settled().await?;
    let took = back.elapsed();
    relaying.stop().await?;
    consuming.stop().await?;
    let mut tally = pair.tally().await?;
    tally.converged_within(took, BOUND);
    let again = effects.delivered().saturating_sub(tally.events);
    tally.require(again > 0, || format!("nothing was delivered again: {delivered} deliveries before the kill"));
    Ok(tally)
}
