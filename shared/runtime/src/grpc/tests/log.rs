//! What a call leaves in the log.

use serde_json::Value;
use tonic::Request;

use super::echo::{World, call};
use crate::telemetry::tests::Log;

/// The one line that says `message`.
fn line(log: &Log, message: &str) -> Value {
    let mut lines: Vec<Value> = log.lines().into_iter().filter(|line| line["message"] == message).collect();
    assert_eq!(lines.len(), 1, "{message}: {:?}", log.lines());
    lines.remove(0)
}

#[tokio::test]
async fn the_cause_of_an_internal_error_stands_with_its_trace_and_who_called() {
    let world = World::new().await;
    let log = Log::begin();
    world.tell(world.local.clone(), "fail internal").await.unwrap_err();
    let line = line(&log, "a call failed");
    assert_eq!(line["error.message"], "internal error: secret cause");
    assert_eq!(line["log.level"], "error");
    assert_eq!(line["rpc.code"], "INTERNAL");
    assert_eq!(line["user.id"], world.claims.sub.to_string());
    assert_eq!(line["trace.id"].as_str().unwrap().len(), 32);
}

#[tokio::test]
async fn a_refusal_is_audited_without_the_token() {
    let world = World::new().await;
    let log = Log::begin();
    let mut request = Request::new("who".to_owned());
    request.metadata_mut().insert("authorization", "Bearer made-up".parse().unwrap());
    request.metadata_mut().insert("x-request-id", "request-7".parse().unwrap());
    call(world.local.clone(), "/crm.auth.v1.AuthService/ListAccounts", request).await.unwrap_err();
    let line = line(&log, "a call was refused");
    assert_eq!((&line["rpc.service"], &line["rpc.method"]), (&"crm.auth.v1.AuthService".into(), &"ListAccounts".into()));
    assert_eq!((&line["rpc.code"], &line["http.request.id"]), (&"UNAUTHENTICATED".into(), &"request-7".into()));
    assert_eq!(line["error.message"], "this is no access token");
    assert!(!line.to_string().contains("made-up"));
}

#[tokio::test]
async fn a_call_that_goes_well_leaves_no_line() {
    let world = World::new().await;
    let log = Log::begin();
    world.tell(world.local.clone(), "hello").await.unwrap();
    world.tell(world.local.clone(), "fail not_found").await.unwrap_err();
    assert_eq!(log.lines(), Vec::<Value>::new());
}
