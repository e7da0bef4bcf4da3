//! The programs start in any order, and before what they stand on is there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

use serde_json::json;
use testkit::{
    House,
    house::{PROGRAMS, Plan, SERVICES},
    later::Later,
    until,
};

/// Starts two replicas of every program in that order; then come store and bus, that one first which `first` names.
async fn start(order: [&str; 5], first: &str) {
    let (store, bus) = (Later::new(&components::mongodb_url()), Later::new(&components::rabbitmq_url()));
    let mut house = House::prepare(Plan::new(&store.url, &bus.url).replicas(2));
    for (program, number) in order.into_iter().flat_map(|program| [(program, 0), (program, 1)]) {
        house.launch(program, number);
        until("it lives", async || house.serving(program, number, "live").await.then_some(())).await;
        assert!(!house.serving(program, number, "").await, "{program} is ready without store and bus");
    }

    let (earlier, later) = if first == "store" { (store, bus) } else { (bus, store) };
    let _earlier = earlier.is_there().await;
    for (service, number) in SERVICES.into_iter().flat_map(|service| [(service, 0), (service, 1)]) {
        until("it reaches the first", async || house.serving(service, number, first).await.then_some(())).await;
        assert!(!house.serving(service, number, "").await, "{service} is ready with the {first} alone");
    }
    let _later = later.is_there().await;
    house.all_ready().await.unwrap_or_else(|failed| panic!("{failed}"));

    // They know one another, too.
    let admin = house.admin().await;
    let input = json!({
        "type": "PERSON", "name": "Early Bird", "phone": "+37129000001", "properties": [{ "address": { "street": "Jomas iela 1", "city": "Jūrmala" } }],
    });
    let customer = admin.change("customerCreate", "customer { id }", input).await["customer"]["id"].clone();
    let input = json!({
        "customerId": customer, "serviceType": "SERVICE_CLEANING", "startsAt": "2030-03-10T09:00:00Z", "endsAt": "2030-03-10T11:00:00Z",
        "priceTerms": { "fixed": { "amount": "80" } },
    });
    until("the order service knows the customer", async || {
        let payload = admin.attempt("orderCreate", "order { id }", input.clone()).await;
        payload["order"]["id"].is_string().then_some(())
    })
    .await;
    until("the customer service knows of the order", async || {
        let data = admin.data("query($id: ID!) { customer(id: $id) { orderCount } }", json!({ "id": customer })).await;
        (data["customer"]["orderCount"] == 1).then_some(())
    })
    .await;
    // Before store and bus, so that it can clean up.
    drop(house);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_start_before_their_store_and_that_before_their_broker() {
    start(PROGRAMS, "store").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_start_in_the_other_order_before_their_broker_and_that_before_their_store() {
    let mut order = PROGRAMS;
    order.reverse();
    start(order, "bus").await;
}
