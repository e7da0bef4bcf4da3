//! What must hold of the commands for dead letters.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use clap::Parser;
use contracts::{
    consumers::{CUSTOMER_ORDERS, Consumer, ORDER_CUSTOMERS},
    crm::{customer::v1::CustomerDeleted, order::v1::OrderDeleted},
};
use events::{HandleError, Handler, InProcessBus};
use kernel::{Env, Principal};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{Tasks, consumers::subscription};

#[derive(Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

fn command(line: &str) -> Result<Command, clap::Error> {
    CommandLine::try_parse_from(["dead-letters"].into_iter().chain(line.split_whitespace())).map(|line| line.command)
}

/// Takes no event.
struct Refuses;

#[async_trait]
impl Handler for Refuses {
    async fn handle(&self, _: &Envelope) -> Result<(), HandleError> {
        Err(HandleError::Poison("it says\nnothing".to_owned()))
    }
}

/// Two consumers that gave up: on the deletion of an order, and on the deletion of a customer.
struct World {
    bus: InProcessBus,
    order: DeadLetterId,
    customer: DeadLetterId,
}

impl World {
    async fn new() -> Self {
        let env = Env::system();
        let (bus, tasks) = (InProcessBus::in_memory(env.clone()).unwrap(), Tasks::new());
        for consumer in [CUSTOMER_ORDERS, ORDER_CUSTOMERS] {
            let deliveries = bus.subscribe(subscription(consumer), Arc::new(Refuses), CancellationToken::new()).await.unwrap();
            tasks.spawn(consumer.name, |stop| async move {
                stop.run_until_cancelled(deliveries).await;
            });
        }
        let somebody = Principal::service(env.new_id(), "test");
        let order = OrderDeleted { order_id: "the order".into(), ..OrderDeleted::default() };
        let customer = CustomerDeleted { customer_id: "the customer".into() };
        let order = events::envelope(&env, &somebody, "order", env.random_uuid(), 7, &order);
        let customer = events::envelope(&env, &somebody, "customer", env.random_uuid(), 1, &customer);
        for event in [&order, &customer] {
            bus.publish(event).await.unwrap();
            let given_up = async {
                while bus.dead_letters(10).await.unwrap().iter().all(|letter| letter.id.event != event.id) {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(20), given_up).await.unwrap();
        }
        // Nobody handles them any more, so that what is replayed stays where it is.
        tasks.stop(Duration::from_secs(5)).await;
        let id = |consumer: Consumer, event: &Envelope| DeadLetterId { consumer: consumer.name.to_owned(), event: event.id };
        Self { order: id(CUSTOMER_ORDERS, &order), customer: id(ORDER_CUSTOMERS, &customer), bus }
    }

    async fn told(&self, line: &str) -> String {
        command(line).unwrap().run(&self.bus).await.unwrap()
    }
}

#[tokio::test]
async fn a_list_names_each_with_its_event_tries_and_error_in_a_line() {
    let world = World::new().await;
    let text = world.told("list").await;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("ID ") && lines[0].ends_with("ERROR"), "{text}");
    assert!(lines[1].starts_with(&world.order.to_string()) && lines[1].contains("crm.order.v1.OrderDeleted"), "{text}");
    assert!(lines[1].contains(" 1 ") && lines[1].ends_with("it says nothing"), "{text}");
    assert!(lines[2].starts_with(&world.customer.to_string()), "{text}");
    assert_eq!(world.told("list --limit 1").await.lines().count(), 2);
    let of_one = world.told("list --limit 1 --consumer order.customers").await;
    assert!(of_one.contains("CustomerDeleted") && !of_one.contains("OrderDeleted"), "{of_one}");
    assert_eq!(world.told("list --consumer order.nobody").await, "There are no dead letters.");
}

#[tokio::test]
async fn one_is_shown_with_what_its_event_says() {
    let world = World::new().await;
    let shown: Value = serde_json::from_str(&world.told(&format!("show {}", world.order)).await).unwrap();
    assert_eq!(shown["consumer"], "customer.orders");
    assert_eq!(shown["error"], "it says\nnothing");
    assert_eq!(shown["event"]["type"], "crm.order.v1.OrderDeleted");
    assert_eq!(shown["event"]["version"], 7);
    assert_eq!(shown["event"]["data"]["orderId"], "the order");
}

#[tokio::test]
async fn what_is_replayed_waits_for_its_consumer_and_what_is_discarded_is_gone() {
    let world = World::new().await;
    assert_eq!(world.told(&format!("replay {}", world.order)).await, "1 of 1 dead letters wait for their consumers again.");
    assert_eq!(world.bus.waiting("customer.orders").await.unwrap(), 1);
    assert_eq!(world.told(&format!("discard {}", world.customer)).await, "1 of 1 dead letters are thrown away.");
    assert_eq!(world.bus.waiting("order.customers").await.unwrap(), 0);
    assert_eq!(world.told("list").await, "There are no dead letters.");
    let gone = command(&format!("show {}", world.customer)).unwrap().run(&world.bus).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn all_are_all_or_those_of_one_consumer() {
    let world = World::new().await;
    assert_eq!(world.told("discard --all --consumer order.customers").await, "1 of 1 dead letters are thrown away.");
    assert_eq!(world.told("replay --all").await, "1 of 1 dead letters wait for their consumers again.");
    assert_eq!(world.told("replay --all").await, "0 of 0 dead letters wait for their consumers again.");
}

#[test]
fn what_is_meant_must_be_said() {
    for wrong in ["replay", "discard", "discard --consumer order.customers", "show", "show order.customers", "replay x/1 --all"] {
        assert!(command(wrong).is_err(), "{wrong}");
    }
    let told = command("show order.customers").unwrap_err().to_string();
    assert!(told.contains("a consumer and an event's id such as"), "{told}");
}

#[test]
fn an_event_that_no_contract_reads_is_shown_as_it_came() {
    let env = Env::system();
    let somebody = Principal::service(env.new_id(), "test");
    let mut envelope = events::envelope(&env, &somebody, "order", env.random_uuid(), 1, &OrderDeleted::default());
    envelope.kind = "crm.future.v1.Happened".to_owned();
    envelope.data = vec![1, 2, 3];
    let shown = event(&envelope);
    assert_eq!((&shown["data_base64"], shown.get("data")), (&json!("AQID"), None));
}
