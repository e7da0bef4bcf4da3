use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{CompanyId, Env, Envelope, Principal};
use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{Session, run};
use crate::{
    bus::{Bus as _, HandleError, Handler, RetryPolicy, Subscription},
    delivery::Consumer,
    rabbitmq::{Fault, RabbitMq, RabbitMqBus, publisher::Publisher, wire::answer},
};

/// The longest that consuming may pause after a lost channel or connection.
const PAUSE: Duration = Duration::from_secs(10);
const SUBSCRIPTION: Subscription =
    Subscription { consumer: "a", kinds: &["Happened"], retry: RetryPolicy { max_attempts: 1, ..RetryPolicy::DEFAULT } };

/// Tells what it is given.
struct Teller(mpsc::UnboundedSender<Envelope>);

#[async_trait]
impl Handler for Teller {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        self.0.send(event.clone()).map_err(|_| HandleError::Poison("nobody listens".to_owned()))
    }
}

fn event() -> Envelope {
    let (env, principal) = (Env::system(), Principal::service(CompanyId::from_uuid(uuid::Uuid::nil()), "test"));
    Envelope {
        id: env.new_id(),
        kind: "Happened".to_owned(),
        source: "test".to_owned(),
        subject: env.random_uuid(),
        version: 1,
        company: principal.company,
        time: env.now(),
        actor: principal.actor,
        traceparent: None,
        data: Vec::new(),
    }
}

fn bus() -> RabbitMqBus {
    let namespace = format!("test-{}", Env::system().random_uuid().simple());
    RabbitMqBus::new(&RabbitMq { url: components::rabbitmq_url(), namespace }, &[SUBSCRIPTION], Env::system()).unwrap()
}

async fn remove(bus: &RabbitMqBus) {
    let topology = &bus.house.topology;
    let channel = bus.house.publishing.up().await.channel().await.unwrap();
    for queue in [topology.queue("a"), topology.dead("a")] {
        answer(channel.queue_delete(queue, QueueDeleteOptions::default())).await.unwrap();
    }
    answer(channel.exchange_delete(topology.exchange(), ExchangeDeleteOptions::default())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_with_its_channel_and_leaves_the_connection_alone() {
    let bus = bus();
    let consumer =
        Arc::new(Consumer::new(SUBSCRIPTION, Arc::new(Teller(mpsc::unbounded_channel().0)), Env::system(), CancellationToken::new()));
    let wire = bus.house.consuming.up().await;
    let publisher = Arc::new(Publisher::new(bus.house.publishing.clone()));
    let mut session = Session::open(&bus.house, &wire, &consumer, &publisher).await.unwrap();
    // The broker closes the channel for it.
    session.acknowledge(999).await.unwrap();
    let ended = timeout(PAUSE, session.run(&wire)).await.expect("it notices");
    assert!(matches!(ended, Err(Fault::Broker(_) | Fault::Cancelled)), "{ended:?}");
    assert!(wire.is_alive());
    remove(&bus).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consuming_goes_on_after_a_lost_connection() {
    let bus = bus();
    let (teller, mut told) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let consumer = Arc::new(Consumer::new(SUBSCRIPTION, Arc::new(Teller(teller)), Env::system(), stop.clone()));
    let mut consuming = JoinSet::new();
    consuming.spawn(run(bus.house.clone(), consumer));
    for _ in 0..3 {
        let event = event();
        bus.publish(&event).await.unwrap();
        // One before it may come again, where the broker had not heard of its acknowledgement.
        let told = async { while told.recv().await.is_some_and(|told| told.id != event.id) {} };
        timeout(PAUSE, told).await.expect("it is consumed");
        for link in [&bus.house.publishing, &bus.house.consuming] {
            link.up().await.give_up();
        }
    }
    stop.cancel();
    timeout(PAUSE, consuming.join_next()).await.expect("it stops");
    remove(&bus).await;
}
