//! A service as a program of its own: it starts before what it needs is there.

use std::{ffi::OsStr, process::Command};

use contracts::crm::auth::v1::{GetJwksRequest, GetJwksResponse};
use rustix::process::Signal;
use tonic::{
    Code, Request,
    codegen::http::uri::PathAndQuery,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient, server_reflection_request::MessageRequest,
    server_reflection_response::MessageResponse,
};

use crate::{
    house::{Plan, free_port, new_name, remove},
    later::Later,
    program::{Killed, signal},
    until,
};

/// A token as it should be, of a key that nobody has: `{"typ":"at+jwt","alg":"EdDSA","kid":"nobody"}`.
const TOKEN: &str = "Bearer eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6Im5vYm9keSJ9.e30.c2lnbmF0dXJl";

/// Starts the program of the domain `name` at `path` where neither store nor broker nor auth answers. It must live, tell of
/// itself by reflection, say that it is not ready, and that calls can't be done now. Then MongoDB and RabbitMQ, which are
/// at these addresses, come to be reached, and it must become ready, and end well when it is asked to stop.
///
/// # Panics
/// Where it does not.
pub async fn starts_alone(path: impl AsRef<OsStr>, name: &str, mongodb: &str, rabbitmq: &str) {
    let house = new_name();
    let (store, bus) = (Later::new(mongodb), Later::new(rabbitmq));
    let (port, nobody) = (free_port(), free_port());
    let prefix = name.to_uppercase();
    let mut variables = vec![];
    for (key, value) in [
        ("GRPC__PORT", port.to_string()),
        ("STORE__URL", store.url.clone()),
        ("STORE__DATABASE", format!("{house}_{name}")),
        ("BUS__URL", bus.url.clone()),
        ("BUS__NAMESPACE", house.clone()),
    ] {
        variables.push((format!("{prefix}__{key}"), value));
    }
    if name != "auth" {
        variables.push((format!("{prefix}__AUTH__URL"), format!("http://127.0.0.1:{nobody}")));
    }
    let command = |arguments: &[&str]| {
        let mut command = Command::new(&path);
        command.args(arguments).envs(variables.iter().map(|(name, value)| (name, value)));
        command
    };
    // What forwards to MongoDB and RabbitMQ goes on meanwhile.
    let succeeds = async |argument| {
        let mut command = command(&[argument]);
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a command");
        output.expect("its end").status.success()
    };
    assert!(!succeeds("healthcheck").await, "nothing listens there");
    let mut program = Killed(command(&[]).spawn().expect("a program to start"));

    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).expect("an address");
    let channel: Channel = until("it listens", async || endpoint.connect().await.ok()).await;
    let service = format!("crm.{name}.v1.{}{}Service", name[..1].to_uppercase(), &name[1..]);
    assert_eq!(health(&channel, "live").await, ServingStatus::Serving);
    for part in ["", &service, "store", "bus"] {
        assert_eq!(health(&channel, part).await, ServingStatus::NotServing, "{part:?}");
    }
    assert!(services(&channel).await.contains(&service), "reflection tells of {service}");
    assert_eq!(refusal(&channel, &service).await, Code::Unavailable);
    assert!(!succeeds("healthcheck").await, "it is not ready");

    let _forwarding = (store.is_there().await, bus.is_there().await);
    for part in ["", &service, "store", "bus", "live"] {
        until("it is ready", async || (health(&channel, part).await == ServingStatus::Serving).then_some(())).await;
    }

    assert!(succeeds("healthcheck").await && succeeds("migrate").await, "both may be given while it runs");

    signal(program.0.id(), Signal::TERM);
    let ended = until("it ends", async || program.0.try_wait().expect("its end")).await;
    assert!(ended.success(), "{ended}");
    remove(&Plan::new(mongodb, rabbitmq), &house);
}

async fn health(channel: &Channel, service: &str) -> ServingStatus {
    let request = HealthCheckRequest { service: service.to_owned() };
    HealthClient::new(channel.clone()).check(request).await.expect("its health").into_inner().status()
}

/// What becomes of a call that needs a token.
async fn refusal(channel: &Channel, service: &str) -> Code {
    let method = contracts::methods().iter().find(|method| method.service == service && !method.public).expect("a method with a token");
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.expect("a connection");
    let mut request = Request::new(GetJwksRequest {});
    request.metadata_mut().insert("authorization", TOKEN.parse().expect("ASCII"));
    let path = PathAndQuery::from_static(&method.path);
    let answer = client.unary(request, path, ProstCodec::<GetJwksRequest, GetJwksResponse>::default()).await;
    answer.expect_err("a refusal").code()
}

async fn services(channel: &Channel) -> Vec<String> {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(MessageRequest::ListServices(String::new())) };
    let mut client = ServerReflectionClient::new(channel.clone());
    let mut replies = client.server_reflection_info(futures::stream::iter([request])).await.expect("reflection").into_inner();
    let reply = replies.message().await.expect("a reply").and_then(|reply| reply.message_response);
    match reply {
        Some(MessageResponse::ListServicesResponse(list)) => list.service.into_iter().map(|service| service.name).collect(),
        other => panic!("{other:?}"),
    }
}
