//! Clients who write through the gateway, and note what was acknowledged.
//!
//! Each client has customers of its own, so that nobody else changes them: it knows the version to expect. After a write that
//! had no answer it leaves that customer alone, since it does not know what is there.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{chance::Chance, ledger::Ledger, wait::until};
use graph::{Answer, Graph};

pub(crate) mod graph;

/// How long a new customer may take to be known to the order service, before the fault.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// How many clients write at once.
    pub(crate) clients: usize,
    /// How many customers each of them has before it begins.
    pub(crate) customers: usize,
    /// The longest pause of a client between two writes, in milliseconds.
    pub(crate) pause: u64,
}

impl Load {
    /// What most scenarios use: some 40 writes a second where nothing is wrong.
    pub(crate) const USUAL: Self = Self { clients: 6, customers: 2, pause: 150 };
}

/// The clients, at work.
pub(crate) struct Workload {
    /// What every mark of this workload begins with.
    pub(crate) marks: String,
    stop: CancellationToken,
    clients: JoinSet<Ledger>,
    watch: Arc<Watch>,
}

/// What is seen of the clients while they work.
#[derive(Debug)]
pub(crate) struct Watch {
    acknowledged: AtomicU64,
    /// When a write was last acknowledged, and the longest time between two.
    pace: Mutex<(Instant, Duration)>,
    /// What was wrong with each write that failed.
    failures: Mutex<Vec<String>>,
}

impl Watch {
    fn new() -> Self {
        Self { acknowledged: AtomicU64::new(0), pace: Mutex::new((Instant::now(), Duration::ZERO)), failures: Mutex::default() }
    }

    fn acknowledge(&self) {
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        *pace = (Instant::now(), pace.1.max(pace.0.elapsed()));
    }

    fn fail(&self, reason: String) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(reason);
    }

    /// How many writes were acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// The longest time in which nobody's write was acknowledged.
    pub(crate) fn longest_silence(&self) -> Duration {
        let pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.1.max(pace.0.elapsed())
    }

    /// What was wrong with each write that failed so far.
    pub(crate) fn failures(&self) -> Vec<String> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Workload {
    /// Makes each client's first customers, waits until orders can be taken for them, and lets the clients begin.
    ///
    /// # Errors
    /// Where that fails though nothing is broken yet.
    pub(crate) async fn start(graphs: Vec<Graph>, load: Load, chance: &mut Chance) -> anyhow::Result<Self> {
        let marks = format!("f{:012x}-", chance.number(0, (1 << 48) - 1));
        let (stop, watch) = (CancellationToken::new(), Arc::new(Watch::new()));
        let mut ready = JoinSet::new();
        for number in 0..load.clients {
            let mut client = Client {
                graphs: graphs.clone(),
                at: number % graphs.len(),
                marks: format!("{marks}{number}-"),
                made: 0,
                customers: Vec::new(),
                ledger: Ledger::default(),
                watch: watch.clone(),
                chance: chance.split(),
            };
            ready.spawn(async move { client.begin(load.customers).await.map(|()| client) });
        }
        let mut began = Vec::new();
        while let Some(client) = ready.join_next().await {
            began.push(client??);
        }
        // Silence is counted from here on.
        watch.pace.lock().unwrap_or_else(PoisonError::into_inner).0 = Instant::now();
        let mut clients = JoinSet::new();
        for client in began {
            clients.spawn(client.work(load.pause, stop.clone()));
        }
        Ok(Self { marks, stop, clients, watch })
    }

    /// What is seen of the clients.
    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Waits until some more writes are acknowledged.
    ///
    /// # Errors
    /// Where they are not within `patience`.
    pub(crate) async fn until_acknowledged(&self, more: u64, patience: Duration) -> anyhow::Result<Duration> {
        let target = self.watch.acknowledged() + more;
        let what = format!("{more} more writes acknowledged");
        let reached = until(&what, patience, async || (self.watch.acknowledged() >= target).then_some(())).await;
        let ((), took) = reached.with_context(|| match self.watch.failures().last() {
            Some(failure) => format!("the last failure: {failure}"),
            None => "no write failed".to_owned(),
        })?;
        Ok(took)
    }

    /// Ends the clients, each after the write that it has under way, and answers what they were told.
    ///
    /// # Errors
    /// Where a client broke.
    pub(crate) async fn stop(mut self) -> anyhow::Result<(Ledger, Arc<Watch>)> {
        self.stop.cancel();
        let mut ledger = Ledger::default();
        while let Some(client) = self.clients.join_next().await {
            ledger.add(client?);
        }
        Ok((ledger, self.watch))
    }
}

/// A customer as its client knows it.
#[derive(Debug, Clone)]
struct Known {
    uuid: Uuid,
    /// As the graph names it.
    id: String,
    version: u64,
}

struct Client {
    graphs: Vec<Graph>,
    at: usize,
    marks: String,
    made: u64,
    customers: Vec<Known>,
    ledger: Ledger,
    watch: Arc<Watch>,
    chance: Chance,
}

impl Client {
    async fn begin(&mut self, customers: usize) -> anyhow::Result<()> {
        for _ in 0..customers {
            self.create().await;
        }
        if self.customers.len() < customers {
            let failures = self.watch.failures();
            bail!("a customer could not be made before the fault: {:?}", failures.last());
        }
        for customer in self.customers.clone() {
            let began = Instant::now();
            while !self.order(&customer).await {
                if began.elapsed() > PATIENCE {
                    bail!("the order service does not come to know a new customer: {:?}", self.watch.failures().last());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    async fn work(mut self, pause: u64, stop: CancellationToken) -> Ledger {
        while !stop.is_cancelled() {
            let chosen = self.customers.get(self.chance.number(0, self.customers.len().max(1) as u64 - 1) as usize).cloned();
            match (chosen, self.chance.number(0, 9)) {
                (None, _) | (_, 0..=1) => self.create().await,
                (Some(customer), 2..=5) => self.rename(&customer).await,
                (Some(customer), _) => drop(self.order(&customer).await),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(self.chance.millis(0, pause)) => {}
            }
        }
        self.ledger
    }

    fn mark(&mut self) -> String {
        self.made += 1;
        format!("{}{}", self.marks, self.made)
    }

    async fn create(&mut self) {
        let (mark, name) = (self.mark(), self.mark());
        let input = json!({
            "type": "ORGANISATION", "name": name, "registrationNumber": mark, "phone": "+37129123456",
            "properties": [{ "label": "Home", "address": { "street": "Brīvības iela 1", "city": "Rīga" } }],
        });
        let created = self.write("customerCreate", "customer { id version }", input).await;
        // One that nobody knows of is found by its mark, where it is there.
        if let Some(customer) = created.as_ref().and_then(|payload| seen(&payload["customer"])) {
            self.ledger.created(customer.uuid, customer.version, &mark, &name);
            self.customers.push(customer);
        }
    }

    async fn rename(&mut self, customer: &Known) {
        let name = self.mark();
        let input = json!({ "id": customer.id, "version": customer.version, "name": name });
        match self.write("customerUpdate", "customer { id version }", input).await.as_ref().and_then(|payload| seen(&payload["customer"])) {
            Some(after) => {
                self.ledger.renamed(after.uuid, after.version, &name);
                self.customers.iter_mut().filter(|known| known.uuid == after.uuid).for_each(|known| known.version = after.version);
            }
            None => {
                self.ledger.maybe_renamed(customer.uuid, &name);
                self.customers.retain(|known| known.uuid != customer.uuid);
            }
        }
    }

    /// Whether the order was taken.
    async fn order(&mut self, customer: &Known) -> bool {
        let mark = self.mark();
        let input = json!({
            "customerId": customer.id, "serviceType": "SERVICE_CLEANING", "clientComments": mark,
            "startsAt": "2030-03-04T09:00:00Z", "endsAt": "2030-03-04T11:00:00Z",
            "priceTerms": { "fixed": { "amount": "80.00" } },
        });
        let taken = self.write("orderCreate", "order { id version }", input).await;
        let Some(order) = taken.as_ref().and_then(|payload| seen(&payload["order"])) else { return false };
        self.ledger.ordered(order.uuid, customer.uuid, &mark);
        true
    }

    /// The payload of a mutation that was done.
    async fn write(&mut self, field: &str, selection: &str, input: Value) -> Option<Value> {
        match self.graphs[self.at].change(field, selection, input).await {
            Answer::Done(payload) => {
                self.watch.acknowledge();
                Some(payload)
            }
            // The order service has yet to hear of the customer: that is an answer, and nothing was written.
            Answer::Refused(code) if code == "NOT_FOUND" => None,
            Answer::Refused(code) => {
                self.watch.fail(format!("{field}: refused with {code}"));
                None
            }
            Answer::NotSent(reason) => {
                // As a load balancer would: the next gateway. Nothing was under way.
                self.at = (self.at + 1) % self.graphs.len();
                if self.graphs.len() == 1 {
                    self.watch.fail(format!("{field}: {reason}"));
                }
                None
            }
            Answer::Unknown(reason) => {
                self.watch.fail(format!("{field}: {reason}"));
                None
            }
        }
    }
}

/// The id and the version of what the graph shows.
fn seen(thing: &Value) -> Option<Known> {
    let id = thing["id"].as_str()?;
    let (_, uuid) = id.split_once('_')?;
    Some(Known { uuid: uuid.parse().ok()?, id: id.to_owned(), version: thing["version"].as_u64()? })
}
