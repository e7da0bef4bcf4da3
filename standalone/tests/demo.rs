//! The demo: whole, with its logins, also where its making was killed; and no account anywhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

use serde_json::{Value, json};
use standalone::demo::PASSWORD;
use testkit::{Graph, Running, until};

const CRM: &str = env!("CARGO_BIN_EXE_crm");

fn start(arguments: &[&str]) -> (Running, Graph) {
    let running = Running::start(CRM, &[arguments, &["--port", "0", "--grpc-port", "0"]].concat());
    let base =
        running.line("where the gateway is", |line| Some(line.trim().strip_prefix("GraphQL")?.trim().strip_suffix("/graphql")?.to_owned()));
    (running, Graph::new(base))
}

/// How many things a list of the graph has.
async fn count(by: &Graph, list: &str) -> usize {
    let query =
        format!("query($after: String) {{ {list}(first: 100, after: $after) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}");
    let (mut count, mut after) = (0, Value::Null);
    loop {
        let page = by.data(&query, json!({ "after": after })).await[list].clone();
        count += page["nodes"].as_array().unwrap().len();
        if page["pageInfo"]["hasNextPage"] == false {
            return count;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test]
async fn the_demo_is_whole_though_its_making_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["up", "--data", folder.path().to_str().unwrap()];
    let (running, graph) = start(&arguments);
    // The gateway answers while the demo is made; the manager's login is there before the orders.
    let manager = until("the manager can sign in", async || {
        let mutation = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }";
        let reply = graph.run(mutation, json!({ "input": { "email": "manager@alva.example", "password": PASSWORD } })).await;
        Some(graph.with_token(reply.body["data"]["signIn"]["session"]["accessToken"].as_str()?))
    })
    .await;
    until("there are orders", async || {
        let page = manager.data("{ orders(first: 100) { pageInfo { hasNextPage } } }", json!({})).await;
        (page["orders"]["pageInfo"]["hasNextPage"] == true).then_some(())
    })
    .await;
    running.kill();

    let (running, graph) = start(&arguments);
    running.line("that the demo is ready", |line| line.contains("The demo is ready").then_some(()));
    for (email, role) in [("admin@alva.example", "ADMIN"), ("manager@alva.example", "MANAGER"), ("cleaner01@alva.example", "EMPLOYEE")] {
        let me = graph.sign_in(email, PASSWORD).await.data("{ me { role } }", json!({})).await;
        assert_eq!(me["me"]["role"], role);
    }
    let manager = graph.sign_in("manager@alva.example", PASSWORD).await;
    // The cleaners and the manager.
    assert_eq!(count(&manager, "employees").await, 41);
    assert_eq!(count(&manager, "customers").await, 500);
    assert_eq!(count(&manager, "orders").await, 5_000);
}

#[tokio::test]
async fn a_start_for_work_has_no_account() {
    let (_running, graph) = start(&["serve", "--ephemeral"]);
    let mutation = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";
    for email in ["admin@alva.example", "manager@alva.example", "cleaner01@alva.example"] {
        let reply = graph.run(mutation, json!({ "input": { "email": email, "password": PASSWORD } })).await;
        assert_eq!(reply.data()["signIn"], json!({ "session": null, "userErrors": [{ "code": "SIGN_IN_FAILED" }] }));
    }
    let hidden = reqwest::get(format!("{}/graphiql", graph.base)).await.unwrap();
    assert_eq!(hidden.status(), 404, "GraphiQL is for the demo and for who switches it on");
}
