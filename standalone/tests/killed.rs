//! The program killed at any moment: what was acknowledged is there after the next start, and pending events arrive.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

use std::{
    collections::BTreeSet,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::{Graph, Running, until};

const CRM: &str = env!("CARGO_BIN_EXE_crm");
const EMAIL: &str = "admin@office.example";
const PASSWORD: &str = "a long walk home 42";

/// Starts the program on a folder, and tells where the gateway is.
fn start(folder: &str) -> (Running, Graph) {
    let running = Running::start(CRM, &["serve", "--data", folder, "--port", "0", "--grpc-port", "0"]);
    let base =
        running.line("where the gateway is", |line| Some(line.trim().strip_prefix("GraphQL")?.trim().strip_suffix("/graphql")?.to_owned()));
    (running, Graph::new(base))
}

async fn first_admin(folder: &str, graph: &Graph) -> Graph {
    let output = Command::new(CRM).args(["admin", "create", "--data", folder, "--email", EMAIL, "--name", "Ada First"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let token = String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned();
    graph.change("invitationAccept", "session { accessToken }", json!({ "token": token, "password": PASSWORD })).await;
    graph.sign_in(EMAIL, PASSWORD).await
}

fn order_input(customer: &Value, hour: usize) -> Value {
    json!({
        "customerId": customer, "serviceType": "SERVICE_CLEANING",
        "startsAt": format!("2031-05-{:02}T{:02}:00:00Z", 1 + hour / 24 % 28, hour % 24), "endsAt": format!("2031-05-{:02}T{:02}:30:00Z", 1 + hour / 24 % 28, hour % 24),
        "priceTerms": { "fixed": { "amount": "50" } },
    })
}

/// Takes orders until the program is gone, and gives those that were acknowledged.
async fn take_orders(admin: &Graph, customer: &Value, worker: usize, acknowledged: &AtomicUsize) -> BTreeSet<String> {
    let query = "mutation($input: OrderCreateInput!) { orderCreate(input: $input) { order { id } userErrors { code } } }";
    let http = reqwest::Client::new();
    let mut ids = BTreeSet::new();
    for number in 0.. {
        let body = json!({ "query": query, "variables": { "input": order_input(customer, worker * 97 + number) } });
        let sent = http.post(format!("{}/graphql", admin.base)).bearer_auth(admin.token().unwrap()).json(&body).send().await;
        let Ok(reply) = sent else { break };
        let Ok(reply) = reply.json::<Value>().await else { break };
        let Some(id) = reply["data"]["orderCreate"]["order"]["id"].as_str() else { continue };
        ids.insert(id.to_owned());
        acknowledged.fetch_add(1, Ordering::SeqCst);
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill_and_pending_events_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let (mut running, mut graph) = start(folder);
    let admin = first_admin(folder, &graph).await;
    let input = json!({ "type": "PERSON", "name": "Kill Me Not", "phone": "+37129000001", "properties": [{ "address": { "street": "Jomas iela 1", "city": "Jūrmala" } }] });
    let customer = admin.change("customerCreate", "customer { id }", input).await["customer"]["id"].clone();
    let mut acknowledged = BTreeSet::new();

    for (round, moment) in [3, 40, 111].into_iter().enumerate() {
        let admin = graph.sign_in(EMAIL, PASSWORD).await;
        let count = AtomicUsize::new(0);
        let (taken, ()) = tokio::join!(join_all((0..6).map(|worker| take_orders(&admin, &customer, round * 7 + worker, &count))), async {
            until("enough orders are acknowledged", async || (count.load(Ordering::SeqCst) >= moment).then_some(())).await;
            running.kill();
        });
        acknowledged.extend(taken.into_iter().flatten());

        (running, graph) = start(folder);
        let admin = graph.sign_in(EMAIL, PASSWORD).await;
        let there = all_orders(&admin).await;
        assert!(there.is_superset(&acknowledged), "lost: {:?}", acknowledged.difference(&there).collect::<Vec<_>>());
        until("every order's event has reached the customer", async || {
            let data = admin.data("query($id: ID!) { customer(id: $id) { orderCount } }", json!({ "id": customer })).await;
            (data["customer"]["orderCount"] == there.len()).then_some(())
        })
        .await;
    }
    for service in ["auth", "employee", "customer", "order", "events"] {
        let file = rusqlite::Connection::open(format!("{folder}/{service}.sqlite")).unwrap();
        let whole: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok", "{service}");
    }
}

async fn all_orders(admin: &Graph) -> BTreeSet<String> {
    let (mut ids, mut after) = (BTreeSet::new(), Value::Null);
    loop {
        let page = admin
            .data(
                "query($after: String) { orders(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }",
                json!({ "after": after }),
            )
            .await;
        ids.extend(page["orders"]["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()));
        if page["orders"]["pageInfo"]["hasNextPage"] == false {
            return ids;
        }
        after = page["orders"]["pageInfo"]["endCursor"].clone();
    }
}
