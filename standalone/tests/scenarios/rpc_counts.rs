//! One gRPC call per batch method and level of a query, whatever the number of items.

use futures::future::join_all;
use serde_json::json;

use super::stage::{Cleaner, assign, cleaner, customer, manager, order};
use testkit::Graph;

/// An office with 50 orders of five customers, each done by three of five cleaners.
async fn fifty_orders(office: &Graph) -> (Vec<String>, Vec<Cleaner>) {
    let clients = join_all((0..5).map(|number| async move { customer(office, &format!("Rpc Customer {number}")).await })).await;
    let crew = join_all(["Ea", "Eb", "Ec", "Ed", "Ee"].map(cleaner)).await;
    let orders = join_all((0..50_u32).map(|number| {
        let (clients, crew) = (&clients, &crew);
        async move {
            // A slot of its own for each, so that nobody is busy twice.
            let taken = order(office, &clients[number as usize % 5], 11 + number % 5, number / 5 * 2, 3).await;
            for offset in 0..3 {
                assign(office, &taken, &crew[(number as usize + offset) % 5]).await;
            }
            taken["id"].as_str().unwrap().to_owned()
        }
    }))
    .await;
    (orders, crew)
}

#[tokio::test]
async fn a_query_makes_the_fewest_calls_whatever_the_number_of_items() {
    let office = manager().await;
    let (orders, crew) = fifty_orders(&office).await;
    let window = r#"filter: { startsFrom: "2030-03-11T00:00:00Z", startsUntil: "2030-03-16T00:00:00Z" }"#;

    for first in [1, 10, 50] {
        let query = format!(
            "{{ orders(first: {first}, {window}) {{ nodes {{ id customer {{ name }} assignments {{ employee {{ firstName orders(first: 3) {{ nodes {{ id }} }} }} }} }} }} }}"
        );
        let reply = office.run(&query, json!({})).await;
        let nodes = reply.data()["orders"]["nodes"].as_array().unwrap().clone();
        assert_eq!(nodes.len(), first);
        assert!(
            nodes
                .iter()
                .all(|node| node["customer"]["name"].is_string()
                    && node["assignments"][2]["employee"]["orders"]["nodes"][0]["id"].is_string())
        );
        assert_eq!(reply.rpcs, Some(4), "orders, customers, employees, their next orders: {query}");
    }

    // Two lists of one service, at the root and below, are one call each level; so are aliases and fragments.
    let query = format!(
        "query($id: ID!, $employee: ID!) {{
            a: orders(first: 5, {window}) {{ nodes {{ ...Line }} }}
            b: orders(first: 7, orderBy: STARTS_AT_DESC, {window}) {{ edges {{ cursor node {{ ...Line }} }} }}
            one: order(id: $id) {{ ...Line }}
            employee(id: $employee) {{ next: orders(first: 2) {{ nodes {{ ...Line }} }} done: orders(first: 2, filter: {{ statuses: [COMPLETED] }}) {{ nodes {{ id }} }} }}
        }}
        fragment Line on Order {{ id customer {{ id name }} employees {{ lastName }} }}"
    );
    let reply = office.run(&query, json!({ "id": orders[0], "employee": crew[0].id })).await;
    assert_eq!(reply.data()["a"]["nodes"].as_array().unwrap().len(), 5);
    assert_eq!(reply.data()["b"]["edges"].as_array().unwrap().len(), 7);
    // Level 1: order lists, the order, the employee. Level 2: customers, employees, the employee's lists. Level 3: what those lead to and
    // was not loaded yet, at most customers and employees again.
    assert!((6..=8).contains(&reply.rpcs.unwrap()), "{:?}", reply.rpcs);

    let small = office.run("{ me { account { email } } }", json!({})).await;
    assert_eq!(small.rpcs, Some(1));
    let none = office.run("{ __typename }", json!({})).await;
    assert_eq!(none.rpcs, Some(0));
}

#[tokio::test]
async fn what_is_excluded_is_not_asked_for() {
    let office = manager().await;
    let query = "query($with: Boolean = false) { orders(first: 1) { nodes { id customer @include(if: $with) { name } } } }";
    assert_eq!(office.run(query, json!({})).await.rpcs, Some(1), "the variable's default excludes the customer");
    let client = customer(&office, "Include Me").await;
    order(&office, &client, 25, 9, 1).await;
    assert_eq!(office.run(query, json!({ "with": true })).await.rpcs, Some(2));
}
