//! The relay, with the real store and a bus that fails when it is told to.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use events::{
    Bus, DeadLetter, DeadLetterId, HandleError, Handler, InProcessBus, PublishError, Relay, SubscribeError, Subscription, Watcher, inbox,
};
use futures::future::BoxFuture;
use kernel::{CompanyId, Env, Envelope, EventId, Principal, Timestamp, env::FixedClock};
use serde::{Deserialize, Serialize};
use store::{Collection, Document, Store};
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::parts::{DEADLINE, Recorder, Running, eventually, happened, happened_to, subscription};

/// What an event did: the document has the event's id, and a version for each time its effect was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Effect {
    id: Uuid,
    version: u64,
}

pub(crate) const EFFECTS: Collection = Collection { name: "effects", indexes: &[], history: None, unaudited: &[] };

impl Document for Effect {
    const COLLECTION: &'static Collection = &EFFECTS;
    fn id(&self) -> Uuid {
        self.id
    }
    fn version(&self) -> u64 {
        self.version
    }
}

/// Makes the effect of every event in `store`, once by the inbox.
pub(crate) struct Reaction(pub(crate) Store);

#[async_trait]
impl Handler for Reaction {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        let company = self.0.company(event.company);
        let mut effect = company.transaction(&event.actor, Env::system().now());
        match company.get::<Effect>(event.id.uuid()).await? {
            None => effect.insert(&Effect { id: event.id.uuid(), version: 1 }),
            Some(made) => effect.update(&made, &Effect { id: made.id, version: made.version + 1 }),
        };
        inbox::commit_once(effect, "a", event).await
    }
}

/// How often the effect of each event was made.
pub(crate) async fn effects(store: &Store, events: &[Uuid]) -> Vec<u64> {
    let company = store.company(company());
    let mut times = Vec::new();
    for events in events.chunks(500) {
        let effects = company.get_many::<Effect>(events).await.unwrap();
        times.extend(effects.into_iter().map(|effect| effect.map_or(0, |effect| effect.version)));
    }
    times
}

pub(crate) fn company() -> CompanyId {
    happened().company
}

/// Commits events, as a use case does.
pub(crate) async fn commit(store: &Store, events: &[Envelope]) -> Result<(), store::Error> {
    let actor = Principal::service(company(), "test").actor;
    let mut transaction = store.company(company()).transaction(&actor, Env::system().now());
    for event in events {
        transaction.publish(event.clone());
    }
    transaction.commit().await
}

pub(crate) async fn pending(store: &Store) -> u64 {
    store.outbox().depth().await.unwrap().0
}

/// What a bus does with the n-th batch, counted from 0.
enum Does {
    Work,
    Fail,
    /// It refuses the one event and takes the others.
    Refuse(EventId),
    /// It takes the batch, but the answer never comes.
    TakeAndHang,
}

/// A bus that has its troubles.
struct Troubled<F> {
    bus: InProcessBus,
    batches: AtomicUsize,
    confirmed: Mutex<Vec<Envelope>>,
    does: F,
}

impl<F: Fn(usize) -> Does> Troubled<F> {
    fn new(does: F) -> Arc<Self> {
        let bus = InProcessBus::in_memory(Env::system()).unwrap();
        Arc::new(Self { bus, batches: AtomicUsize::new(0), confirmed: Mutex::default(), does })
    }

    fn batches(&self) -> usize {
        self.batches.load(Ordering::SeqCst)
    }

    /// What was taken, in order.
    fn taken(&self) -> Vec<Envelope> {
        self.confirmed.lock().unwrap().clone()
    }
}

#[async_trait]
impl<F: Fn(usize) -> Does + Send + Sync> Bus for Troubled<F> {
    async fn publish_all(&self, events: &[Envelope]) -> Vec<Result<(), PublishError>> {
        let unavailable = || Err(PublishError::unavailable("the broker is down"));
        let does = (self.does)(self.batches.fetch_add(1, Ordering::SeqCst));
        let refused = match &does {
            Does::Fail => return events.iter().map(|_| unavailable()).collect(),
            Does::Refuse(event) => Some(*event),
            Does::Work | Does::TakeAndHang => None,
        };
        let taken: Vec<Envelope> = events.iter().filter(|event| Some(event.id) != refused).cloned().collect();
        for answer in self.bus.publish_all(&taken).await {
            answer.expect("confirmed");
        }
        self.confirmed.lock().unwrap().extend(taken);
        if matches!(does, Does::TakeAndHang) {
            std::future::pending::<()>().await;
        }
        events.iter().map(|event| if Some(event.id) == refused { unavailable() } else { Ok(()) }).collect()
    }
    async fn bind(&self, subscription: &Subscription) -> Result<(), SubscribeError> {
        self.bus.bind(subscription).await
    }
    fn watch(&self, watcher: Arc<dyn Watcher>, stop: CancellationToken) -> BoxFuture<'static, ()> {
        self.bus.watch(watcher, stop)
    }
    async fn subscribe(
        &self,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
        stop: CancellationToken,
    ) -> Result<BoxFuture<'static, ()>, SubscribeError> {
        self.bus.subscribe(subscription, handler, stop).await
    }
    async fn dead_letters(&self, limit: usize) -> kernel::Result<Vec<DeadLetter>> {
        self.bus.dead_letters(limit).await
    }
    async fn dead_letter(&self, id: &DeadLetterId) -> kernel::Result<DeadLetter> {
        self.bus.dead_letter(id).await
    }
    async fn replay(&self, id: &DeadLetterId) -> kernel::Result<()> {
        self.bus.replay(id).await
    }
    async fn discard(&self, id: &DeadLetterId) -> kernel::Result<()> {
        self.bus.discard(id).await
    }
    async fn ping(&self) -> kernel::Result<()> {
        self.bus.ping().await
    }
}

/// A relay that runs. To drop it is to kill it.
struct Relaying {
    stop: CancellationToken,
    task: JoinSet<()>,
}

impl Relaying {
    fn start(store: &Store, bus: Arc<dyn Bus>) -> Self {
        Self::start_at(store, bus, Env::system())
    }

    fn start_at(store: &Store, bus: Arc<dyn Bus>, env: Env) -> Self {
        let stop = CancellationToken::new();
        let mut task = JoinSet::new();
        task.spawn(Relay::new("test", store.clone(), bus, env).run(stop.clone()));
        Self { stop, task }
    }

    async fn stop(mut self) {
        self.stop.cancel();
        timeout(DEADLINE, self.task.join_next()).await.expect("the relay ends after a stop");
    }
}

async fn store() -> Store {
    let store = Store::sqlite_in_memory(&[&EFFECTS]).await.unwrap();
    store.add_company(company()).await.unwrap();
    store
}

fn ids(events: &[Envelope]) -> Vec<Uuid> {
    events.iter().map(|event| event.id.uuid()).collect()
}

#[tokio::test]
async fn what_was_committed_while_the_bus_was_down_is_sent_when_it_is_back() {
    let store = store().await;
    let bus = Troubled::new(|batch| if batch < 4 { Does::Fail } else { Does::Work });
    let relaying = Relaying::start(&store, bus.clone());
    let events: Vec<Envelope> = (0..10).map(|_| happened()).collect();
    commit(&store, &events).await.expect("a commit doesn't wait for the bus");
    eventually(|| pending(&store), |pending| *pending == 0).await;
    assert_eq!(bus.taken(), events);
    assert_eq!(bus.batches(), 5);
    relaying.stop().await;
}

#[tokio::test]
async fn an_event_is_sent_right_after_its_commit() {
    let store = store().await;
    let bus: Arc<dyn Bus> = Troubled::new(|_| Does::Work);
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let relaying = Relaying::start(&store, bus);
    let began = Instant::now();
    for event in 1..=40 {
        commit(&store, &[happened()]).await.unwrap();
        recorder.until_given(event).await;
    }
    // Forty sweeps would take forty seconds.
    assert!(began.elapsed() < DEADLINE / 2, "one after the other they took {:?}", began.elapsed());
    relaying.stop().await;
    running.stop().await;
}

#[tokio::test]
async fn a_backlog_is_sent_in_its_order() {
    let store = store().await;
    let subjects: Vec<Uuid> = (0..7).map(|_| Env::system().random_uuid()).collect();
    let events: Vec<Envelope> = (1..=100).flat_map(|version| subjects.iter().map(move |subject| happened_to(*subject, version))).collect();
    for events in events.chunks(10) {
        commit(&store, events).await.unwrap();
    }
    let bus = Troubled::new(|_| Does::Work);
    let relaying = Relaying::start(&store, bus.clone());
    eventually(|| pending(&store), |pending| *pending == 0).await;
    assert_eq!(ids(&bus.taken()), ids(&events));
    assert!(bus.batches() < 10, "{} batches for {} events", bus.batches(), events.len());
    relaying.stop().await;
}

#[tokio::test]
async fn an_event_that_is_refused_does_not_keep_others_from_being_sent() {
    let store = store().await;
    let events: Vec<Envelope> = (0..5).map(|_| happened()).collect();
    let refused = events[0].id;
    let bus = Troubled::new(move |batch| if batch < 3 { Does::Refuse(refused) } else { Does::Work });
    commit(&store, &events).await.unwrap();
    let relaying = Relaying::start(&store, bus.clone());
    eventually(|| pending(&store), |pending| *pending == 0).await;
    let taken = bus.taken();
    assert_eq!(ids(&taken[..4]), ids(&events[1..]));
    assert_eq!(ids(&taken[4..]), [refused.uuid()], "each was sent once");
    relaying.stop().await;
}

#[tokio::test]
async fn a_relay_killed_between_confirm_and_mark_sends_twice_but_the_effect_is_made_once() {
    let store = store().await;
    let bus = Troubled::new(|batch| if batch == 0 { Does::TakeAndHang } else { Does::Work });
    let running = Running::start(&*bus, subscription("a"), Arc::new(Reaction(store.clone()))).await;
    let events: Vec<Envelope> = (0..20).map(|_| happened()).collect();
    commit(&store, &events).await.unwrap();
    let killed = Relaying::start(&store, bus.clone());
    eventually(|| async { bus.taken().len() }, |taken| *taken == events.len()).await;
    drop(killed);
    assert_eq!(pending(&store).await, events.len() as u64);

    let relaying = Relaying::start(&store, bus.clone());
    eventually(|| pending(&store), |pending| *pending == 0).await;
    eventually(|| async { bus.bus.waiting("a").await.unwrap() }, |waiting| *waiting == 0).await;
    assert_eq!(bus.taken().len(), 2 * events.len());
    assert_eq!(effects(&store, &ids(&events)).await, vec![1; events.len()]);
    assert_eq!(bus.dead_letters(10).await.unwrap(), []);
    relaying.stop().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_and_two_consumers_at_once_make_each_effect_once() {
    let store = store().await;
    let bus = Troubled::new(|_| Does::Work);
    let relaying = [Relaying::start(&store, bus.clone()), Relaying::start(&store, bus.clone())];
    let reaction = Arc::new(Reaction(store.clone()));
    let running = [
        Running::start(&*bus, subscription("a"), reaction.clone()).await,
        Running::start(&*bus, subscription("a"), reaction.clone()).await,
    ];
    let events: Vec<Envelope> = (0..300).map(|_| happened()).collect();
    for events in events.chunks(3) {
        commit(&store, events).await.unwrap();
    }
    eventually(|| pending(&store), |pending| *pending == 0).await;
    eventually(|| async { bus.bus.waiting("a").await.unwrap() }, |waiting| *waiting == 0).await;
    assert_eq!(bus.taken().iter().map(|event| event.id).collect::<HashSet<_>>().len(), events.len());
    assert_eq!(effects(&store, &ids(&events)).await, vec![1; events.len()]);
    assert_eq!(bus.dead_letters(10).await.unwrap(), []);
    for relaying in relaying {
        relaying.stop().await;
    }
    for running in running {
        running.stop().await;
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_bus_that_hangs() {
    let store = store().await;
    let bus = Troubled::new(|_| Does::TakeAndHang);
    commit(&store, &[happened()]).await.unwrap();
    let relaying = Relaying::start(&store, bus.clone());
    eventually(|| async { bus.taken().len() }, |taken| *taken == 1).await;
    let began = Instant::now();
    relaying.stop().await;
    assert!(began.elapsed() < DEADLINE / 2, "it took {:?}", began.elapsed());
    assert_eq!(pending(&store).await, 1);
}

#[tokio::test]
async fn what_another_process_has_only_just_committed_is_left_to_its_relay() {
    let folder = tempfile::tempdir().unwrap();
    let open = || async { Store::sqlite(&folder.path().join("shared.db"), &[&EFFECTS]).await.unwrap() };
    let (ours, theirs) = (open().await, open().await);
    ours.add_company(company()).await.unwrap();
    let now = Timestamp::parse("now", "2026-03-08T12:00:00Z").unwrap();
    let clock = Arc::new(FixedClock::new(now));
    let bus = Troubled::new(|_| Does::Work);
    let relaying = Relaying::start_at(&ours, bus.clone(), Env::system().with_clock(clock.clone()));
    let taken = |event: &Envelope| bus.taken().iter().any(|taken| taken.id == event.id);
    let mut left = None;
    // A relay that has just begun sends all there is; it can be so still at the first round.
    for _ in 0..3 {
        let old = Envelope { time: now.minus(Duration::from_secs(60)), ..happened() };
        let fresh = Envelope { time: now, ..happened() };
        commit(&theirs, &[fresh.clone(), old.clone()]).await.unwrap();
        eventually(|| async { taken(&old) }, |taken| *taken).await;
        left = Some(fresh).filter(|fresh| !taken(fresh));
    }
    let left = left.expect("it was not sent with the old one");
    clock.set(now.plus(Duration::from_secs(5)));
    eventually(|| async { taken(&left) }, |taken| *taken).await;
    relaying.stop().await;
}

#[tokio::test]
async fn sent_events_are_forgotten_after_a_week() {
    let store = store().await;
    let now = Timestamp::parse("now", "2026-03-08T12:00:00Z").unwrap();
    let day = Duration::from_secs(24 * 3_600);
    let old = Envelope { time: now.minus(8 * day), ..happened() };
    let recent = Envelope { time: now.minus(6 * day), ..happened() };
    commit(&store, &[old, recent]).await.unwrap();
    let bus = Troubled::new(|_| Does::Work);
    let env = Env::system().with_clock(Arc::new(FixedClock::new(now)));
    let relaying = Relaying::start_at(&store, bus.clone(), env);
    eventually(|| pending(&store), |pending| *pending == 0).await;
    relaying.stop().await;
    assert_eq!(store.outbox().forget_sent(now).await.unwrap(), 1, "the recent one was still there");
}
