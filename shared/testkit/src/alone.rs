//! A service as a program of its own.

use std::{ffi::OsStr, net::TcpListener, process::Command};

use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient, server_reflection_request::MessageRequest,
    server_reflection_response::MessageResponse,
};

use crate::until;

/// Starts the program of the domain `name` at `path` on a folder of its own; it must come to serve, tell of itself by
/// reflection, and end well when it is asked to stop.
///
/// # Panics
/// Where it does not.
pub async fn starts_alone(path: impl AsRef<OsStr>, name: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let prefix = name.to_uppercase();
    let mut program = Command::new(path)
        .env(format!("{prefix}__GRPC__PORT"), port.to_string())
        .env(format!("{prefix}__STORE__PATH"), folder.path().join("store.sqlite"))
        .env(format!("{prefix}__BUS__PATH"), folder.path().join("events.sqlite"))
        .spawn()
        .expect("a program to start");

    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).expect("an address");
    let channel: Channel = until("it listens", async || endpoint.connect().await.ok()).await;
    let service = format!("crm.{name}.v1.{}{}Service", name[..1].to_uppercase(), &name[1..]);
    for asked in ["", &service] {
        let request = HealthCheckRequest { service: asked.to_owned() };
        let health = HealthClient::new(channel.clone()).check(request).await.expect("its health").into_inner();
        assert_eq!(health.status(), ServingStatus::Serving, "{asked:?}");
    }
    assert!(services(&channel).await.contains(&service), "reflection tells of {service}");

    let told = Command::new("kill").args(["-TERM", &program.id().to_string()]).status().expect("a signal");
    assert!(told.success());
    let ended = until("it ends", async || program.try_wait().expect("its end")).await;
    assert!(ended.success(), "{ended}");
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
