//! Events that come twice, late, and in the wrong order: to the real consumers, in their programs.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use contracts::{
    consumers::{CUSTOMER_ORDERS, Consumer, ORDER_CUSTOMERS},
    crm::{customer::v1 as customer, order::v1 as order},
};
use events::{Bus, RabbitMq, RabbitMqBus, envelope};
use kernel::{CompanyId, Env, Envelope, Principal};
use uuid::Uuid;

use crate::{chance::Chance, reading::Reading, round::Round, tally::Tally, wait::until, workload::Load, world::World};

/// How long everything may take to be equal.
const BOUND: Duration = Duration::from_secs(30);
/// How long some writes may take to be acknowledged.
const WRITES: Duration = Duration::from_secs(20);
/// How long deliveries may take to be handled, before they count as lost.
const PATIENCE: Duration = Duration::from_secs(90);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Has every event published again: once, ten times at once, and after their marks became a day and a week old.
pub(crate) async fn every_event_again(world: &mut World, round: &mut Round) -> Result<Tally> {
    let load = world.load(Load::USUAL, &mut round.chance).await?;
    load.until_acknowledged(round.chance.number(20, 60), WRITES).await?;
    let reading = Reading::of(world, &load.marks).await?;
    let (ledger, _) = load.stop().await?;
    let mut tally = reading.converge(&ledger, Instant::now(), BOUND).await?;
    let before = reading.snapshot().await?;

    let bus = bus(world).await?;
    let mut events = reading.envelopes().await?;
    for times in [1, 10] {
        let mut again: Vec<Envelope> = (0..times).flat_map(|_| events.clone()).collect();
        round.chance.shuffle(&mut again);
        deliver(world, &bus, &again).await?;
    }
    for age in [DAY, 6 * DAY] {
        reading.age_marks(age).await?;
        // A program that starts removes what it need not keep any longer.
        for program in ["customer", "order"] {
            let house = world.house()?;
            house.terminate(program, 0).await;
            house.restart(program, 0).await;
        }
        round.chance.shuffle(&mut events);
        deliver(world, &bus, &events).await?;
    }
    let after = reading.snapshot().await?;
    let now = ledger.compare(&after);
    tally.doubled = now.doubled;
    tally.lost = now.lost;
    tally.events_lost = now.events_lost;
    tally.broken.extend(now.broken);
    tally.require(after == before, || "something is not as it was before the events came again".to_owned());
    Ok(tally)
}

/// Publishes histories of customers and orders that nobody made, in random orders, with gaps and duplicates.
pub(crate) async fn versions_out_of_order(world: &mut World, round: &mut Round) -> Result<Tally> {
    // Two real customers, who get the orders.
    let load = Load { clients: 2, customers: 1, pause: 50 };
    let load = world.load(load, &mut round.chance).await?;
    let reading = Reading::of(world, &load.marks).await?;
    let (ledger, _) = load.stop().await?;
    let mut tally = reading.converge(&ledger, Instant::now(), BOUND).await?;
    let before = reading.snapshot().await?;
    let owners: Vec<Uuid> = before.customers.iter().map(|customer| customer.id).take(2).collect();
    let [first, second] = owners[..] else { bail!("two customers were made, {} are there", owners.len()) };

    let company = reading.company();
    let (mut all, mut customers, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..15 {
        let made_up = Story::of_customer(company, &mut round.chance);
        all.extend(made_up.events.clone());
        customers.push(made_up);
        let made_up = Story::of_order(company, first, second, &mut round.chance);
        all.extend(made_up.events.clone());
        orders.push(made_up);
    }
    let distinct = all.len() as u64;
    all.extend_from_within(..all.len() / 2);
    round.chance.shuffle(&mut all);
    let bus = bus(world).await?;
    let began = Instant::now();
    deliver(world, &bus, &all).await?;

    let subjects = |stories: &[Story]| stories.iter().map(|story| story.subject).collect::<Vec<Uuid>>();
    let copies = reading.copies(&subjects(&customers)).await?;
    for story in &customers {
        let there = copies.get(&story.subject);
        let right = there.is_some_and(|(version, name)| (*version, name.as_str()) == (story.version, story.state.as_str()));
        tally.events_lost += u64::from(!right);
        tally.require(right, || format!("a customer is {there:?}, not {:?} at {}", story.state, story.version));
    }
    let counts = reading.counts(&[first, second]).await?;
    for owner in [first, second] {
        let real = before.orders.iter().filter(|order| order.customer == owner).count() as u64;
        let made_up = orders.iter().filter(|story| story.state == owner.to_string()).count() as u64;
        let counted = counts.get(&owner).copied().unwrap_or(0);
        tally.doubled += counted.saturating_sub(real + made_up);
        tally.events_lost += (real + made_up).saturating_sub(counted);
    }
    tally.events += distinct;
    tally.converged_within(began.elapsed(), BOUND);
    // Leaves the real customers with the orders that they really have.
    let gone: Vec<Envelope> = orders.iter().map(|story| deleted_order(company, story.subject, 1_000)).collect();
    deliver(world, &bus, &gone).await?;
    Ok(tally)
}

/// What is told of somebody or something that nobody made.
struct Story {
    subject: Uuid,
    events: Vec<Envelope>,
    /// The highest version that is told.
    version: u64,
    /// What must be known in the end: the customer's name, empty after a deletion; the order's customer.
    state: String,
}

impl Story {
    /// Some of the versions from 1 to 6; a creation, changes, and sometimes a deletion as the last.
    fn of_customer(company: CompanyId, chance: &mut Chance) -> Self {
        let subject = chance.uuid();
        let (mut events, mut last) = (Vec::new(), (0, String::new()));
        let versions = some_versions(chance);
        let deleted = chance.number(0, 2) == 0;
        for version in &versions {
            let (is_last, name) = (Some(version) == versions.last(), format!("Made up {version}"));
            let id = subject.to_string();
            let status = customer::CustomerStatus::Active.into();
            let state = Some(customer::Customer { id: id.clone(), version: *version, name: name.clone(), status, ..Default::default() });
            let event = match (version, is_last && deleted) {
                (_, true) => pack(company, "customer", subject, *version, &customer::CustomerDeleted { customer_id: id }),
                (1, _) => pack(company, "customer", subject, *version, &customer::CustomerCreated { customer: state }),
                _ => pack(company, "customer", subject, *version, &customer::CustomerUpdated { customer: state }),
            };
            events.push(event);
            last = (*version, if is_last && deleted { String::new() } else { name });
        }
        Self { subject, events, version: last.0, state: last.1 }
    }

    /// The same of an order, which goes to and fro between two customers.
    fn of_order(company: CompanyId, first: Uuid, second: Uuid, chance: &mut Chance) -> Self {
        let subject = chance.uuid();
        let (mut events, mut last) = (Vec::new(), (0, String::new()));
        let versions = some_versions(chance);
        let deleted = chance.number(0, 2) == 0;
        for version in &versions {
            let is_last = Some(version) == versions.last();
            let owner = chance.one_of(&[first, second]);
            let state =
                Some(order::Order { id: subject.to_string(), version: *version, customer_id: owner.to_string(), ..Default::default() });
            let event = match (version, is_last && deleted) {
                (_, true) => deleted_order(company, subject, *version),
                (1, _) => pack(company, "order", subject, *version, &order::OrderCreated { order: state }),
                _ => {
                    pack(company, "order", subject, *version, &order::OrderMoved { order: state, previous_customer_id: first.to_string() })
                }
            };
            events.push(event);
            last = (*version, if is_last && deleted { String::new() } else { owner.to_string() });
        }
        Self { subject, events, version: last.0, state: last.1 }
    }
}

/// At least one of the versions 1 to 6, ascending.
fn some_versions(chance: &mut Chance) -> Vec<u64> {
    let mut versions: Vec<u64> = (1..=6).filter(|_| chance.number(0, 2) > 0).collect();
    if versions.is_empty() {
        versions.push(chance.number(1, 6));
    }
    versions
}

fn deleted_order(company: CompanyId, subject: Uuid, version: u64) -> Envelope {
    pack(company, "order", subject, version, &order::OrderDeleted { order_id: subject.to_string(), customer_id: String::new() })
}

/// An event as the service `source` publishes it.
pub(crate) fn pack<M: prost::Name>(company: CompanyId, source: &'static str, subject: Uuid, version: u64, message: &M) -> Envelope {
    envelope(&Env::system(), &Principal::service(company, source), source, subject, version, message)
}

/// The bus of a world's programs.
pub(crate) async fn bus(world: &mut World) -> Result<RabbitMqBus> {
    let house = world.house()?;
    let settings = RabbitMq { url: house.rabbitmq().to_owned(), namespace: house.namespace().to_owned() };
    let bus = RabbitMqBus::new(&settings, &runtime::consumers::topology(), Env::system())?;
    until("the bus is there", BOUND, async || bus.ping().await.ok()).await?;
    Ok(bus)
}

/// Publishes events, each of which must be confirmed.
///
/// # Errors
/// Where one is not.
pub(crate) async fn publish(bus: &RabbitMqBus, events: &[Envelope]) -> Result<()> {
    for events in events.chunks(500) {
        for answer in bus.publish_all(events).await {
            answer.context("an event was not confirmed")?;
        }
    }
    Ok(())
}

/// Publishes events, and waits until the programs have handled each of them; how long that took.
async fn deliver(world: &mut World, bus: &RabbitMqBus, events: &[Envelope]) -> Result<Duration> {
    let mut wanted = Vec::new();
    for consumer in [ORDER_CUSTOMERS, CUSTOMER_ORDERS] {
        let new = events.iter().filter(|event| consumer.kinds.contains(&event.kind.as_str())).count() as u64;
        wanted.push((consumer, handled(world, consumer).await? + new));
    }
    publish(bus, events).await?;
    let began = Instant::now();
    for (consumer, wanted) in wanted {
        while handled(world, consumer).await? < wanted {
            if began.elapsed() > PATIENCE {
                bail!("{} did not handle all of {} events within {PATIENCE:?}", consumer.name, events.len());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(began.elapsed())
}

/// How many deliveries a consumer has handled since its program started, as the program's metrics tell.
pub(crate) async fn handled(world: &mut World, consumer: Consumer) -> Result<u64> {
    let (program, _) = consumer.name.split_once('.').context("a consumer's name begins with its program")?;
    let metrics = world.house()?.metrics(program, 0).await;
    let mine = format!("consumer=\"{}\"", consumer.name);
    let lines =
        metrics.lines().filter(|line| line.starts_with("events_handled") && line.contains(&mine) && line.contains("outcome=\"done\""));
    Ok(lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum::<f64>() as u64)
}
