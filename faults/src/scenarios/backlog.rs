//! Events that waited while their consumer was down.

use std::{
    collections::HashMap,
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use contracts::{consumers::ORDER_CUSTOMERS, crm::customer::v1};
use uuid::Uuid;

use super::order::{bus, handled, pack, publish};
use crate::{reading::Reading, round::Round, tally::Tally, world::World};

/// How many events wait: in the first repetition of the long round, and else.
const WAITING: [u64; 2] = [100_000, 5_000];
/// How many events each customer has.
const EACH: u64 = 50;
/// For how long the consumer may get no further, before it counts as stuck.
const STUCK: Duration = Duration::from_secs(30);
/// How much more memory the program may take than with nothing waiting, in KiB.
const MORE: u64 = 64 << 10;

/// Kills the consumer, lets events wait for it, and starts it again.
pub(crate) async fn drains(world: &mut World, round: &mut Round) -> Result<Tally> {
    let events = WAITING[usize::from(!round.long || round.repetition > 0)];
    let company = Reading::of(world, "").await?.company();
    let bus = bus(world).await?;
    let house = world.house()?;
    house.kill("order", 0);
    house.restart("order", 0).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let idle = memory(world.house()?.pid("order", 0))?;
    world.house()?.kill("order", 0);

    let customers: Vec<Uuid> = (0..events / EACH).map(|_| round.chance.uuid()).collect();
    let mut highest = HashMap::new();
    for version in 1..=EACH {
        let state = |id: &Uuid| {
            let (id, name) = (id.to_string(), format!("Version {version}"));
            Some(v1::Customer { id, version, name, status: v1::CustomerStatus::Active.into(), ..Default::default() })
        };
        let update = |id: &Uuid| pack(company, "customer", *id, version, &v1::CustomerUpdated { customer: state(id) });
        publish(&bus, &customers.iter().map(update).collect::<Vec<_>>()).await?;
        highest.extend(customers.iter().map(|id| (*id, version)));
    }

    world.house()?.restart("order", 0).await;
    let began = Instant::now();
    let (mut peak, mut done, mut moved) = (0, 0, Instant::now());
    while done < events && moved.elapsed() < STUCK {
        tokio::time::sleep(Duration::from_millis(200)).await;
        peak = peak.max(memory(world.house()?.pid("order", 0))?);
        let now = handled(world, ORDER_CUSTOMERS).await?;
        if now > done {
            (done, moved) = (now, Instant::now());
        }
    }
    let took = began.elapsed();
    let copies = Reading::of(world, "").await?.copies(&customers).await?;
    let behind = customers.iter().filter(|id| copies.get(id).map(|(version, _)| version) != highest.get(id)).count() as u64;
    let mut tally = Tally { events, events_lost: behind, converged: took, ..Tally::default() };
    tally.require(done >= events, || format!("stuck after {done} of {events} events"));
    let grown = peak.saturating_sub(idle);
    tally.require(grown <= MORE, || format!("the program took {grown} KiB more than with nothing waiting"));
    let rate = events as f64 / took.as_secs_f64();
    tally.notes.push(format!("{events} events in {:.1} s, {rate:.0} a second; {idle} KiB before, {peak} KiB at most", took.as_secs_f64()));
    Ok(tally)
}

/// The resident memory of a process, in KiB.
fn memory(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).context("the program does not run")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the system does not tell a process's memory")?;
    line.trim().trim_end_matches(" kB").parse().context("a size in kB")
}
