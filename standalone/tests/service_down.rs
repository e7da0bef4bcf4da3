//! A service that is down fails the fields that need it, and no others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

#[path = "scenarios/stage.rs"]
#[allow(dead_code, reason = "shared with the scenarios")]
mod stage;

use std::{net::TcpListener, sync::Arc};

use gateway::{Clients, Gateway};
use kernel::Env;
use runtime::{Transport, Verifier, net, token::RemoteKeys, transport::Remote};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// A port on which nobody listens.
fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    port.to_string()
}

#[tokio::test]
async fn fields_of_a_service_that_is_down_are_null_with_an_error_and_the_others_are_there() {
    let office = stage::manager().await;
    let client = stage::customer(&office, "Unreachable Ltd").await;
    let anna = stage::cleaner("Anna").await;
    let taken = stage::order(&office, &client, 2, 9, 1).await;
    stage::assign(&office, &taken, &anna).await;

    // A second gateway, by sockets, for which the customer service is down.
    let services = stage::addresses();
    let to = |address: String| Transport::remote(&format!("http://{address}"), &Remote::default()).unwrap();
    let auth = to(services.auth.to_string());
    let clients = Clients::new(auth.clone(), to(services.employee.to_string()), to(nobody()), to(services.order.to_string()));
    let settings: gateway::Settings = stage::test_settings().section("gateway").unwrap();
    let verifier = Verifier::new(&settings.auth.issuer, &settings.auth.audience, Arc::new(RemoteKeys::new(auth)), Env::system());
    let listener = net::bind("http.port", settings.http.address, 0).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let gateway =
        Gateway::new(vec![(tokio::runtime::Handle::current(), clients)], Arc::new(verifier), settings.edge, settings.development, None);

    let stop = CancellationToken::new();
    let asking = async {
        let graph = testkit::Graph::new(base).with_token(office.token().unwrap());
        let query = "query($id: ID!) { order(id: $id) { id customerName customer { name } employees { firstName } } customers { nodes { id } } me { role } }";
        let reply = graph.run(query, json!({ "id": taken["id"] })).await;
        stop.cancel();
        reply
    };
    let (reply, ()) = tokio::join!(asking, gateway.serve(listener, &settings.http, stop.clone()));

    let data = &reply.body["data"];
    assert_eq!(reply.status, 200);
    assert_eq!(data["order"]["customerName"], "Unreachable Ltd", "the order service's own copy: {reply:?}");
    assert_eq!(data["order"]["employees"][0]["firstName"], "Anna");
    assert_eq!(data["me"]["role"], "MANAGER");
    assert!(data["order"]["customer"].is_null() && data["customers"].is_null());
    let mut paths: Vec<_> = reply.body["errors"].as_array().unwrap().iter().map(|error| error["path"].to_string()).collect();
    paths.sort();
    assert_eq!(paths, [r#"["customers"]"#, r#"["order","customer"]"#]);
    assert_eq!(reply.codes(), ["UNAVAILABLE", "UNAVAILABLE"]);
    assert!(!reply.body.to_string().contains("127.0.0.1"), "no address leaves the gateway: {}", reply.body);
}
