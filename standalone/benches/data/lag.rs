//! From a commit to its effect at another service: customers are created, and the order service takes copies of them, by way
//! of outbox, relay, RabbitMQ and inbox.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::ensure;
use async_trait::async_trait;
use events::{Bus, HandleError, Handler, RabbitMq, RabbitMqBus};
use kernel::{Env, Envelope};
use mongodb::Client;
use runtime::{Dependencies, Service, Tasks};
use serde::Serialize;
use store::{Collection, MongoDb, Store};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{
    arguments::Lag,
    company::Company,
    report::{Row, percentile, tell},
};

/// How long the effects may take to come after the last write.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(10);

/// What came of one rate of writes.
#[derive(Debug, Clone, Serialize)]
struct Lagged {
    /// Writes per second that were asked for.
    rate: u32,
    writes: usize,
    failed: usize,
    effects: usize,
    /// From the moment that the event tells of to the end of the transaction with its effect, in milliseconds.
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// The most events that waited in the outbox.
    outbox_most: u64,
    /// From the last write to the last effect, in milliseconds.
    drained_ms: f64,
}

impl Row for Lagged {
    const COLUMNS: &'static [(&'static str, usize)] = &[
        ("writes/s", 8),
        ("writes", 8),
        ("failed", 7),
        ("effects", 8),
        ("p50 ms", 8),
        ("p99 ms", 8),
        ("max ms", 8),
        ("outbox most", 12),
        ("drained ms", 11),
    ];

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.rate.to_string(), self.writes.to_string(), self.failed.to_string(), self.effects.to_string()];
        cells.extend([self.p50_ms, self.p99_ms, self.max_ms].map(|value| format!("{value:.1}")));
        cells.push(self.outbox_most.to_string());
        cells.push(format!("{:.0}", self.drained_ms));
        cells
    }
}

/// A handler whose effects are timed.
struct Timed {
    handler: Arc<dyn Handler>,
    env: Env,
    lags: Lags,
}

/// Milliseconds, one for each effect.
type Lags = Arc<Mutex<Vec<f64>>>;

#[async_trait]
impl Handler for Timed {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        self.handler.handle(event).await?;
        let lag = self.env.now().since(event.time).as_secs_f64() * 1e3;
        self.lags.lock().unwrap_or_else(PoisonError::into_inner).push(lag);
        Ok(())
    }
}

pub(crate) async fn run(arguments: &Lag) -> anyhow::Result<()> {
    let (url, env) = (components::mongodb_url(), Env::system());
    let run = env.random_uuid().simple().to_string();
    let client = Client::with_uri_str(&url).await?;
    let database = |service: &str| format!("crm_bench_{run}_{service}");
    let bus = RabbitMq { url: components::rabbitmq_url(), namespace: format!("crm_bench_{run}") };
    let dependencies = |service: &str, collections: &[&'static Collection]| {
        let store = Store::mongodb(&MongoDb { url: url.clone(), database: database(service) }, collections)?;
        // As each program has one.
        let bus: Arc<dyn Bus> = Arc::new(RabbitMqBus::new(&bus, &runtime::consumers::topology(), env.clone())?);
        anyhow::Ok(Dependencies { store, bus, env: env.clone() })
    };
    let measured =
        measure(arguments, dependencies(customer::SERVICE, customer::COLLECTIONS)?, dependencies(order::SERVICE, order::COLLECTIONS)?);
    let measured = measured.await;
    for service in [customer::SERVICE, order::SERVICE] {
        client.database(&database(service)).drop().await?;
    }
    tell(arguments.json, &measured?)
}

async fn measure(arguments: &Lag, customers: Dependencies, orders: Dependencies) -> anyhow::Result<Vec<Lagged>> {
    let (env, lags, tasks) = (customers.env.clone(), Lags::default(), Tasks::new());
    let company = Company::new(0);
    for dependencies in [&customers, &orders] {
        dependencies.store.add_company(company.principal.company).await?;
    }
    let outbox = customers.store.outbox();
    let (application, customer_service) = customer::build(customer::Settings::default(), customers.clone())?;
    let (_, mut order_service) = order::build(order::Settings::default(), orders.clone())?;
    order_service.consumers = order_service
        .consumers
        .into_iter()
        .map(|(subscription, handler)| {
            let timed: Arc<dyn Handler> = Arc::new(Timed { handler, env: env.clone(), lags: lags.clone() });
            (subscription, timed)
        })
        .collect();
    begin(customer_service, &customers.bus, &tasks).await?;
    begin(order_service, &orders.bus, &tasks).await?;

    let effects = || lags.lock().unwrap_or_else(PoisonError::into_inner).len();
    // The first waits for connections to be made.
    application.create_customer(&company.principal, &company.input(0)).await?;
    wait_for(1, &effects).await?;

    let mut rows = Vec::new();
    for &rate in &arguments.rate {
        lags.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let mut writes = JoinSet::new();
        let mut ticks = interval(Duration::from_secs(1) / rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut outbox_most = 0;
        for number in 0..rate * arguments.seconds {
            ticks.tick().await;
            let (application, principal, input) = (application.clone(), company.principal.clone(), company.input(number as usize));
            writes.spawn(async move { application.create_customer(&principal, &input).await.is_ok() });
            if number % rate == 0 {
                outbox_most = outbox_most.max(outbox.depth().await?.0);
            }
        }
        let done = writes.join_all().await;
        let (ended, written) = (Instant::now(), done.iter().filter(|done| **done).count());
        wait_for(written, &effects).await?;
        let drained_ms = ended.elapsed().as_secs_f64() * 1e3;
        let mut sorted = lags.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sorted.sort_by(f64::total_cmp);
        rows.push(Lagged {
            rate,
            writes: written,
            failed: done.len() - written,
            effects: sorted.len(),
            p50_ms: percentile(&sorted, 0.5),
            p99_ms: percentile(&sorted, 0.99),
            max_ms: percentile(&sorted, 1.0),
            outbox_most,
            drained_ms,
        });
    }
    tasks.stop(Duration::from_secs(10)).await;
    Ok(rows)
}

/// Begins what a service does in the background: its relay and its reactions.
async fn begin(mut service: Service, bus: &Arc<dyn Bus>, tasks: &Tasks) -> anyhow::Result<()> {
    service.bind(bus).await?;
    for (name, task) in service.tasks {
        tasks.spawn(name, task);
    }
    Ok(())
}

async fn wait_for(number: usize, effects: &impl Fn() -> usize) -> anyhow::Result<()> {
    let began = Instant::now();
    while effects() < number {
        ensure!(began.elapsed() < PATIENCE, "{} of {number} effects came within {PATIENCE:?}", effects());
        sleep(POLL).await;
    }
    Ok(())
}
