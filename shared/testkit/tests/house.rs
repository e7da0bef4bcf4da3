//! What a house promises its tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

use lapin::{Connection, ConnectionProperties, options::QueueDeclareOptions, types::FieldTable};
use mongodb::Client;
use serde_json::json;
use testkit::{
    House,
    house::{Plan, SERVICES},
    until,
};

fn plan() -> Plan {
    Plan::new(components::mongodb_url(), components::rabbitmq_url())
}

#[tokio::test]
async fn a_replica_that_was_killed_paused_or_stopped_comes_back_where_it_was() {
    let mut house = House::start(plan().replicas(2)).await;
    let (place, process) = (house.address("order", 1), house.pid("order", 1));
    house.kill("order", 1);
    assert!(!house.serving("order", 1, "").await);
    assert!(house.serving("order", 0, "").await, "the other replica goes on");
    house.restart("order", 1).await;
    assert_eq!(house.address("order", 1), place);
    assert_ne!(house.pid("order", 1), process);

    house.pause("order", 1);
    assert!(!house.serving("order", 1, "").await);
    house.resume("order", 1);
    until("it goes on", async || house.serving("order", 1, "").await.then_some(())).await;

    let ended = house.terminate("order", 1).await;
    assert!(ended.success(), "{ended}");
    house.restart("order", 1).await;
    assert!(house.metrics("order", 1).await.contains("# TYPE"));
}

#[tokio::test]
async fn the_admin_is_known_at_every_gateway() {
    let mut house = House::start(plan().replicas(2)).await;
    let mut admin = house.admin().await;
    let again = house.admin().await;
    assert_eq!(admin.token(), again.token(), "a token is used for a while");
    for gateway in house.gateways() {
        admin.base = gateway;
        let me = admin.data("{ me { role } }", json!({})).await;
        assert_eq!(me["me"]["role"], "ADMIN");
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_house() {
    let house = House::start(plan()).await;
    let databases = SERVICES.map(|service| house.database(service));
    let queues = ["order.customers", "order.customers.dead"].map(|queue| format!("{}.{queue}", house.namespace()));
    let mongodb = Client::with_uri_str(house.mongodb()).await.unwrap();
    let rabbitmq = Connection::connect(house.rabbitmq(), ConnectionProperties::default()).await.unwrap();
    let there = async || {
        let names = mongodb.list_database_names().await.unwrap();
        let mut there: Vec<_> = databases.iter().filter(|database| names.contains(database)).collect();
        for queue in &queues {
            // A refusal closes the channel.
            let channel = rabbitmq.create_channel().await.unwrap();
            let look = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            if channel.queue_declare(queue.as_str().into(), look, FieldTable::default()).await.is_ok() {
                there.push(queue);
            }
        }
        there.len()
    };
    assert_eq!(there().await, databases.len() + queues.len());
    drop(house);
    assert_eq!(there().await, 0);
}
