//! What the tests on a bus are made of.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use events::{Bus, HandleError, Handler, RetryPolicy, Subscription, Watcher};
use kernel::{CompanyId, Env, Envelope, Error, Principal};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a condition may take to hold, on the slowest machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Short waits, so that tests are quick.
pub(crate) const RETRY: RetryPolicy =
    RetryPolicy { max_attempts: 3, first_delay: Duration::from_millis(10), max_delay: Duration::from_millis(50) };

pub(crate) const HAPPENED: &str = "crm.test.v1.Happened";

/// A consumer named `consumer` that gets the kind [`HAPPENED`].
pub(crate) const fn subscription(consumer: &'static str) -> Subscription {
    Subscription { consumer, kinds: &[HAPPENED], retry: RETRY }
}

/// An event of the kind [`HAPPENED`] to a subject of its own.
pub(crate) fn happened() -> Envelope {
    happened_to(Env::system().random_uuid(), 1)
}

pub(crate) fn happened_to(subject: Uuid, version: u64) -> Envelope {
    let env = Env::system();
    let principal = Principal::service(CompanyId::from_uuid(Uuid::from_u128(1)), "test");
    Envelope {
        id: env.new_id(),
        kind: HAPPENED.to_owned(),
        source: "test".to_owned(),
        subject,
        version,
        company: principal.company,
        time: env.now(),
        actor: principal.actor,
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        data: vec![0, 1, 127, 128, 255],
    }
}

pub(crate) async fn publish(bus: &dyn Bus, events: &[Envelope]) {
    for answer in bus.publish_all(events).await {
        answer.expect("confirmed");
    }
}

type Script = Box<dyn Fn(&Envelope, usize) -> Result<(), HandleError> + Send + Sync>;

/// A handler that remembers what it was given, and answers by a script, which is told how often it was given
/// the event, this time included.
pub(crate) struct Recorder {
    given: watch::Sender<Vec<Envelope>>,
    script: Script,
    gate: Arc<Semaphore>,
}

impl Recorder {
    pub(crate) fn new() -> Arc<Self> {
        Self::scripted(|_, _| Ok(()))
    }

    pub(crate) fn scripted(script: impl Fn(&Envelope, usize) -> Result<(), HandleError> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { given: watch::Sender::default(), script: Box::new(script), gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)) })
    }

    /// A recorder that remembers an event at once but ends handling it only when the gate has a permit.
    pub(crate) fn gated() -> (Arc<Self>, Arc<Semaphore>) {
        let gate = Arc::new(Semaphore::new(0));
        (Arc::new(Self { given: watch::Sender::default(), script: Box::new(|_, _| Ok(())), gate: gate.clone() }), gate)
    }

    /// Waits until what was given fulfils the condition; answers all of it, in its order.
    pub(crate) async fn until(&self, condition: impl Fn(&[Envelope]) -> bool) -> Vec<Envelope> {
        let mut given = self.given.subscribe();
        let waited = timeout(DEADLINE, given.wait_for(|given| condition(given))).await;
        match waited {
            Ok(given) => given.expect("the sender lives").clone(),
            Err(_) => panic!("not in time; given so far: {:#?}", self.given()),
        }
    }

    pub(crate) async fn until_given(&self, events: usize) -> Vec<Envelope> {
        self.until(|given| given.len() >= events).await
    }

    pub(crate) fn given(&self) -> Vec<Envelope> {
        self.given.borrow().clone()
    }

    /// How often the event was given.
    pub(crate) fn times(&self, event: &Envelope) -> usize {
        self.given.borrow().iter().filter(|given| given.id == event.id).count()
    }
}

#[async_trait]
impl Handler for Recorder {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        self.given.send_modify(|given| given.push(event.clone()));
        self.gate.acquire().await.expect("the gate is never closed").forget();
        (self.script)(event, self.times(event))
    }
}

pub(crate) fn failure() -> HandleError {
    HandleError::Retry(Error::internal("it failed"))
}

/// A consuming loop that runs.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinSet<()>,
}

impl Running {
    pub(crate) async fn start(bus: &dyn Bus, subscription: Subscription, handler: Arc<dyn Handler>) -> Self {
        let stop = CancellationToken::new();
        let consuming = bus.subscribe(subscription, handler, stop.clone()).await.expect("subscribed");
        let mut task = JoinSet::new();
        task.spawn(consuming);
        Self { stop, task }
    }

    /// Stops as a program does, and waits until it is done.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        let ended = timeout(DEADLINE, self.task.join_next()).await.expect("the loop ends after a stop");
        ended.expect("there is one task").expect("the loop didn't panic");
    }
}

/// What a watcher was shown, and whether it sees.
#[derive(Default)]
pub(crate) struct Shown {
    events: watch::Sender<Vec<Envelope>>,
    sees: watch::Sender<bool>,
}

impl Shown {
    pub(crate) fn sees_now(&self) -> bool {
        *self.sees.borrow()
    }

    pub(crate) async fn until_it_sees(&self) {
        self.until(true).await;
    }

    pub(crate) async fn until(&self, wanted: bool) {
        let mut sees = self.sees.subscribe();
        let waited = timeout(DEADLINE, sees.wait_for(|sees| *sees == wanted)).await;
        waited.expect("in time").expect("the sender lives");
    }

    pub(crate) async fn until_shown(&self, events: usize) -> Vec<Envelope> {
        let mut shown = self.events.subscribe();
        let waited = timeout(DEADLINE, shown.wait_for(|shown| shown.len() >= events)).await;
        waited.expect("in time").expect("the sender lives").clone()
    }
}

impl Watcher for Shown {
    fn begins(&self) {
        self.sees.send_replace(true);
    }

    fn sees(&self, event: &Envelope) {
        self.events.send_modify(|shown| shown.push(event.clone()));
    }

    fn ends(&self) {
        self.sees.send_replace(false);
    }
}

/// A watching loop that runs.
pub(crate) struct Watching {
    pub(crate) watcher: Arc<Shown>,
    stop: CancellationToken,
    task: JoinSet<()>,
}

impl Watching {
    pub(crate) fn start(bus: &dyn Bus) -> Self {
        let (watcher, stop, mut task) = (Arc::new(Shown::default()), CancellationToken::new(), JoinSet::new());
        task.spawn(bus.watch(watcher.clone(), stop.clone()));
        Self { watcher, stop, task }
    }

    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        let ended = timeout(DEADLINE, self.task.join_next()).await.expect("the loop ends after a stop");
        ended.expect("there is one task").expect("the loop didn't panic");
    }
}

/// Asks until the answer is as it should be.
pub(crate) async fn eventually<T: std::fmt::Debug, F: Future<Output = T>>(ask: impl Fn() -> F, right: impl Fn(&T) -> bool) -> T {
    let mut last = None;
    let asking = async {
        loop {
            let answer = ask().await;
            if right(&answer) {
                return answer;
            }
            last = Some(answer);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    match timeout(DEADLINE, asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("not in time; the last answer: {last:#?}"),
    }
}
