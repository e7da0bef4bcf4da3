//! Two services in miniature, on the real store and bus: one writes and publishes, the other makes the effects. For faults that must
//! hit one exact moment, which no program can be made to wait at.
//!
//! An effect is a document with the event's id, and a version for each time that it was made: one that was made twice shows it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use events::{Bus, HandleError, Handler, RabbitMq, RabbitMqBus, Relay, RetryPolicy, Subscription, inbox};
use kernel::{CompanyId, Env, Envelope, Error, EventId, Principal};
use serde::{Deserialize, Serialize};
use store::{Collection, Document, MongoDb, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{tally::Tally, wait::until, world::World};

/// The kind of the events.
pub(crate) const HAPPENED: &str = "crm.faults.v1.Happened";
/// A kind that the consumer gets and does not know.
pub(crate) const UNKNOWN: &str = "crm.faults.v1.Unknown";
/// A kind on which the consumer fails, for as long as it is told to.
pub(crate) const FAILING: &str = "crm.faults.v1.Failing";
/// The consumer.
pub(crate) const CONSUMER: &str = "faults.effects";
/// What it gets; few and short waits between its tries, so that a repetition is short.
pub(crate) const SUBSCRIPTION: Subscription = Subscription {
    consumer: CONSUMER,
    kinds: &[HAPPENED, UNKNOWN, FAILING],
    retry: RetryPolicy { max_attempts: 4, first_delay: Duration::from_millis(100), max_delay: Duration::from_secs(1) },
};

/// How long everything may take to be equal, before it counts as lost.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How many events one commit has at most.
const COMMIT: usize = 10;

/// What was written: the subject of an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Written {
    id: Uuid,
    version: u64,
}

/// What an event did.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Effect {
    id: Uuid,
    version: u64,
}

static WRITTEN: Collection = Collection { name: "written", indexes: &[], history: None, unaudited: &[] };
static EFFECTS: Collection = Collection { name: "effects", indexes: &[], history: None, unaudited: &[] };

impl Document for Written {
    const COLLECTION: &'static Collection = &WRITTEN;

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl Document for Effect {
    const COLLECTION: &'static Collection = &EFFECTS;

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> u64 {
        self.version
    }
}

/// Where a pair is: everything that a process of its own must know to be one half of it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Place {
    mongodb: String,
    rabbitmq: String,
    name: String,
}

/// The two services.
pub(crate) struct Pair {
    place: Place,
    source: Store,
    target: Store,
    /// The events whose commit was acknowledged.
    committed: Mutex<Vec<Envelope>>,
}

fn company() -> CompanyId {
    CompanyId::from_uuid(Uuid::from_u128(1))
}

/// An event that happened to something of its own.
pub(crate) fn happened(kind: &str) -> Envelope {
    let env = Env::system();
    let principal = Principal::service(company(), "faults");
    Envelope {
        id: env.new_id(),
        kind: kind.to_owned(),
        source: "faults".to_owned(),
        subject: env.random_uuid(),
        version: 1,
        company: company(),
        time: env.now(),
        actor: principal.actor,
        traceparent: None,
        data: Vec::new(),
    }
}

impl Pair {
    /// A new pair in a world, with databases and queues of its own.
    pub(crate) async fn new(world: &mut World) -> Result<Self> {
        let name = format!("faults_{}", Env::system().random_uuid().simple());
        let place = Place { mongodb: world.mongodb()?.url(), rabbitmq: world.rabbitmq()?.url(), name };
        let pair = Self::at(place)?;
        pair.source.add_company(company()).await?;
        pair.target.add_company(company()).await?;
        Ok(pair)
    }

    /// A pair that is there already.
    pub(crate) fn at(place: Place) -> Result<Self> {
        let store = |half: &str, collection| {
            let settings = MongoDb { url: place.mongodb.clone(), database: format!("{}_{half}", place.name) };
            Store::mongodb(&settings, &[collection])
        };
        let (source, target) = (store("source", &WRITTEN)?, store("target", &EFFECTS)?);
        Ok(Self { place, source, target, committed: Mutex::default() })
    }

    /// Where it is.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// What the names of its exchange and queues begin with.
    pub(crate) fn namespace(&self) -> &str {
        &self.place.name
    }

    /// A connection of its own to the bus, once its queues are there.
    pub(crate) async fn bus(&self) -> Result<Arc<RabbitMqBus>> {
        let settings = RabbitMq { url: self.place.rabbitmq.clone(), namespace: self.place.name.clone() };
        let bus = Arc::new(RabbitMqBus::new(&settings, &[SUBSCRIPTION], Env::system())?);
        until("the bus is there", PATIENCE, async || bus.ping().await.ok()).await?;
        Ok(bus)
    }

    /// Lets a relay publish through `bus`.
    pub(crate) fn relay(&self, bus: Arc<dyn Bus>) -> Running {
        let relay = Relay::new("faults", self.source.clone(), bus, Env::system());
        Running::start(|stop| relay.run(stop))
    }

    /// Lets `effects` consume from `bus`.
    pub(crate) async fn consume(&self, bus: &dyn Bus, effects: Arc<dyn Handler>) -> Result<Running> {
        let stop = CancellationToken::new();
        let consuming = bus.subscribe(SUBSCRIPTION, effects, stop.clone()).await?;
        let mut task = JoinSet::new();
        task.spawn(consuming);
        Ok(Running { stop, task })
    }

    /// Makes the effects in this pair's second store.
    pub(crate) fn effects(&self) -> Arc<Effects> {
        Arc::new(Effects {
            store: self.target.clone(),
            delivered: AtomicU64::new(0),
            made_before: AtomicU64::new(0),
            at: Mutex::default(),
            takes: Mutex::new(Duration::ZERO),
            broken: AtomicBool::new(false),
        })
    }

    /// Commits that many changes with an event each; those that were acknowledged.
    pub(crate) async fn write(&self, events: usize) -> Vec<Envelope> {
        self.write_kind(HAPPENED, events).await
    }

    /// As [`write`](Self::write), with events of that kind.
    pub(crate) async fn write_kind(&self, kind: &str, events: usize) -> Vec<Envelope> {
        let mut acknowledged = Vec::with_capacity(events);
        let events: Vec<Envelope> = (0..events).map(|_| happened(kind)).collect();
        for events in events.chunks(COMMIT) {
            let actor = Principal::service(company(), "faults").actor;
            let mut transaction = self.source.company(company()).transaction(&actor, Env::system().now());
            for event in events {
                transaction.insert(&Written { id: event.subject, version: 1 });
                transaction.publish(event.clone());
            }
            if transaction.commit().await.is_ok() {
                acknowledged.extend_from_slice(events);
            }
        }
        self.noted().extend_from_slice(&acknowledged);
        acknowledged
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, Vec<Envelope>> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many events are not marked as sent.
    pub(crate) async fn pending(&self) -> Result<u64> {
        Ok(self.source.outbox().depth().await?.0)
    }

    /// How often the effect of each event was made.
    pub(crate) async fn made(&self, events: &[Envelope]) -> Result<Vec<u64>> {
        let ids: Vec<Uuid> = events.iter().map(|event| event.id.uuid()).collect();
        let mut made = Vec::with_capacity(ids.len());
        for ids in ids.chunks(500) {
            let effects = self.target.company(company()).get_many::<Effect>(ids).await?;
            made.extend(effects.into_iter().map(|effect| effect.map_or(0, |effect| effect.version)));
        }
        Ok(made)
    }

    /// Waits until nothing is pending and every event has its effect, or the patience is at its end.
    pub(crate) async fn settled(&self) -> Result<Duration> {
        let began = Instant::now();
        loop {
            let events = self.noted().clone();
            let lag = match (self.pending().await, self.made(&events).await) {
                (Ok(pending), Ok(made)) => pending + made.iter().filter(|times| **times == 0).count() as u64,
                _ => 1,
            };
            if lag == 0 || began.elapsed() > PATIENCE {
                return Ok(began.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Compares what was acknowledged with what is there.
    pub(crate) async fn tally(&self) -> Result<Tally> {
        let events = self.noted().clone();
        let subjects: Vec<Uuid> = events.iter().map(|event| event.subject).collect();
        let mut lost = 0;
        for subjects in subjects.chunks(500) {
            let there = self.source.company(company()).get_many::<Written>(subjects).await?;
            lost += there.iter().filter(|written| written.is_none()).count() as u64;
        }
        let made = self.made(&events).await?;
        Ok(Tally {
            acknowledged: events.len() as u64,
            lost,
            events: events.len() as u64,
            events_lost: made.iter().filter(|times| **times == 0).count() as u64,
            doubled: made.iter().map(|times| times.saturating_sub(1)).sum(),
            ..Tally::default()
        })
    }
}

/// Makes the effect of each event once, by the inbox, and counts.
pub(crate) struct Effects {
    store: Store,
    delivered: AtomicU64,
    made_before: AtomicU64,
    /// When the effect of each was made.
    at: Mutex<BTreeMap<EventId, Instant>>,
    takes: Mutex<Duration>,
    broken: AtomicBool,
}

impl Effects {
    /// How many deliveries there were.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::SeqCst)
    }

    /// How many of them found their effect made already.
    pub(crate) fn made_before(&self) -> u64 {
        self.made_before.load(Ordering::SeqCst)
    }

    /// When the effect of this event was made here.
    pub(crate) fn made_at(&self, event: &Envelope) -> Option<Instant> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).get(&event.id).copied()
    }

    /// How long each effect takes from now on, beside its commit.
    pub(crate) fn take(&self, time: Duration) {
        *self.takes.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Whether from now on the kinds [`UNKNOWN`] and [`FAILING`] fail, as they do where a program is too old for them.
    pub(crate) fn be_too_old(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }
}

#[async_trait]
impl Handler for Effects {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        self.delivered.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) {
            match event.kind.as_str() {
                UNKNOWN => return Err(HandleError::Poison(format!("{UNKNOWN} is not known here"))),
                FAILING => return Err(HandleError::Retry(Error::internal("it fails"))),
                _ => {}
            }
        }
        let takes = *self.takes.lock().unwrap_or_else(PoisonError::into_inner);
        tokio::time::sleep(takes).await;
        let company = self.store.company(event.company);
        let mut effect = company.transaction(&event.actor, Env::system().now());
        match company.get::<Effect>(event.id.uuid()).await? {
            None => effect.insert(&Effect { id: event.id.uuid(), version: 1 }),
            Some(made) => {
                self.made_before.fetch_add(1, Ordering::SeqCst);
                effect.update(&made, &Effect { id: made.id, version: made.version + 1 })
            }
        };
        inbox::commit_once(effect, CONSUMER, event).await?;
        self.at.lock().unwrap_or_else(PoisonError::into_inner).entry(event.id).or_insert_with(Instant::now);
        Ok(())
    }
}

/// A relay or consumer that runs. To drop it is to kill it.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinSet<()>,
}

impl Running {
    fn start<F: Future<Output = ()> + Send + 'static>(work: impl FnOnce(CancellationToken) -> F) -> Self {
        let stop = CancellationToken::new();
        let mut task = JoinSet::new();
        task.spawn(work(stop.clone()));
        Self { stop, task }
    }

    /// Stops as a program does.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.stop.cancel();
        let ended = tokio::time::timeout(PATIENCE, self.task.join_next()).await.context("it does not end after a stop")?;
        ended.context("nothing ran")?.context("it broke")
    }
}
