//! What must hold of a service as a program of its own.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use events::{Bus, HandleError, Handler, InProcessBus, Subscription};
use kernel::{Actor, Env, Envelope, Error};
use serde::Deserialize;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::{Dependencies, Program, ProgramError, describe};
use crate::{Service, Transport, settings::Settings, transport::Remote};

const PROGRAM: Program =
    Program { name: "order", about: "Orders", version: "1.0.0", settings: "[planning]\nhours = 8\n", collections: &[] };

#[derive(Deserialize)]
struct Planning {
    hours: u32,
}

#[derive(Deserialize)]
struct Own {
    planning: Planning,
}

/// A program on a file, whose broker is not there.
fn settings(folder: &std::path::Path, more: &[(&str, &str)]) -> Settings {
    settings_of(&PROGRAM, folder, more)
}

fn settings_of(program: &Program, folder: &std::path::Path, more: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::new("ORDER", &program.defaults(), []).unwrap();
    let path = folder.join("order.sqlite");
    let given = [("store.kind", "sqlite"), ("store.path", path.to_str().unwrap()), ("bus.url", "amqp://crm:hunter2@127.0.0.1:1/%2f")];
    for (key, value) in given.iter().chain(more) {
        settings.set(key, value).unwrap();
    }
    settings
}

async fn build(own: Own, _: Dependencies) -> kernel::Result<Service> {
    assert_eq!(own.planning.hours, 8);
    Ok(Service::new("order", Routes::default()))
}

/// Why the program does not start.
async fn refusal(settings: Settings) -> String {
    let serving = PROGRAM.serve_until(settings, build, CancellationToken::new(), |_| panic!("it must not say that it listens"));
    tokio::time::timeout(Duration::from_secs(20), serving).await.unwrap().unwrap_err().to_string()
}

const KIND: &str = "crm.customer.v1.CustomerUpdated";

/// Tells of each event it gets.
struct Told(Arc<Notify>);

#[async_trait]
impl Handler for Told {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        assert_eq!(event.kind, KIND);
        self.0.notify_one();
        Ok(())
    }
}

fn event(env: &Env) -> Envelope {
    Envelope {
        id: env.new_id(),
        kind: KIND.to_owned(),
        source: "customer".to_owned(),
        subject: env.random_uuid(),
        version: 1,
        company: env.new_id(),
        time: env.now(),
        actor: Actor::Service { name: "customer".to_owned() },
        traceparent: None,
        data: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_serves_until_it_is_asked_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let (stop, (announce, announced)) = (CancellationToken::new(), oneshot::channel());
    let told = Arc::new(Notify::new());
    let with_events = async |own: Own, dependencies: Dependencies| {
        let (bus, event) = (dependencies.bus.clone(), event(&dependencies.env));
        let service = build(own, dependencies).await?;
        Ok(service
            .task("publisher", move |_| async move { bus.publish(&event).await.unwrap() })
            .consumer(Subscription::new("order.customers", &[KIND]), Arc::new(Told(told.clone()))))
    };
    let (settings, env) = (settings(&folder.path().join("made/for/it"), &[]), Env::system());
    let bus: Arc<dyn Bus> = Arc::new(InProcessBus::in_memory(env.clone()).unwrap());
    let serving = PROGRAM.serve_on(bus, env, settings, with_events, stop.clone(), |address| announce.send(address).unwrap());
    let calling = async {
        let address = announced.await.unwrap();
        while health(address, "crm.order.v1.OrderService").await != SERVING {
            tokio::task::yield_now().await;
        }
        // Published by a task that runs from the first moment: the consumer was bound before.
        told.notified().await;
        stop.cancel();
    };
    let (outcome, ()) = tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(serving, calling) }).await.unwrap();
    outcome.unwrap();
}

const SERVING: i32 = 1;
const NOT_SERVING: i32 = 2;

async fn health(address: SocketAddr, service: &str) -> i32 {
    let transport = Transport::remote(&format!("http://{address}"), &Remote::default()).unwrap();
    let answer = HealthClient::new(transport).check(HealthCheckRequest { service: service.to_owned() }).await;
    answer.unwrap().into_inner().status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_starts_and_lives_though_its_broker_is_not_there_but_is_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let (stop, (announce, announced)) = (CancellationToken::new(), oneshot::channel());
    let with_consumer = async |own: Own, dependencies: Dependencies| {
        let consumer = Arc::new(Told(Arc::default()));
        Ok(build(own, dependencies).await?.consumer(Subscription::new("order.customers", &[KIND]), consumer))
    };
    let serving = PROGRAM.serve_until(settings(folder.path(), &[]), with_consumer, stop.clone(), |address| announce.send(address).unwrap());
    let asking = async {
        let address = announced.await.unwrap();
        while health(address, "store").await != SERVING {
            tokio::task::yield_now().await;
        }
        let seen = (health(address, "live").await, health(address, "bus").await, health(address, "").await);
        stop.cancel();
        seen
    };
    let (outcome, seen) = tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(serving, asking) }).await.unwrap();
    outcome.unwrap();
    assert_eq!(seen, (SERVING, NOT_SERVING, NOT_SERVING));
}

#[tokio::test]
async fn a_kind_that_makes_no_sense_here_and_addresses_that_are_none_are_told_with_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    for (more, expected) in [
        (vec![("bus.kind", "in-process")], "bus.kind (ORDER__BUS__KIND): must be rabbitmq: on an in-process bus"),
        (vec![("bus.url", "")], "bus.url (ORDER__BUS__URL): must be an address such as amqp://"),
        (vec![("bus.url", "http://crm:hunter2@mq")], "bus.url (ORDER__BUS__URL): must be an address such as amqp://"),
        (vec![("bus.namespace", "")], "bus.namespace (ORDER__BUS__NAMESPACE): must be 1 to 64"),
        (vec![("store.kind", "mongodb"), ("store.url", "")], "store.url (ORDER__STORE__URL): must be the address of MongoDB"),
        (vec![("store.kind", "mongodb"), ("store.url", "http://crm:hunter2@db")], "store.url (ORDER__STORE__URL): "),
        (vec![("store.kind", "mongodb"), ("store.database", "a b")], "store.database (ORDER__STORE__DATABASE): must be 1 to 63"),
    ] {
        let text = refusal(settings(folder.path(), &more)).await;
        assert!(text.starts_with(expected), "{text}");
        assert!(!text.contains('\n') && !text.contains("hunter2"), "{text}");
    }
    assert!(!folder.path().join("order.sqlite").exists(), "settings come before data");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_eq!(
        refusal(settings(folder.path(), &[("grpc.port", &port)])).await,
        format!(
            "grpc.port: cannot listen on 127.0.0.1:{port}: the port is in use; stop the program that uses it, or set another port (0 takes any free one)"
        )
    );
    assert!(!folder.path().join("order.sqlite").exists(), "ports come before data");
}

#[tokio::test]
async fn an_address_of_another_machine_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = refusal(settings(folder.path(), &[("grpc.address", "192.0.2.1")])).await;
    assert!(text.starts_with("grpc.port: cannot listen on 192.0.2.1:0: this machine does not have that address"), "{text}");
}

#[tokio::test]
async fn data_that_cannot_be_written_is_told_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    // A file where a folder should be stops even root.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let text = refusal(settings(&folder.path().join("file"), &[])).await;
    assert!(text.starts_with("store.path: cannot make the folder "), "{text}");
    assert!(text.ends_with("set a path that this user can write") && !text.contains('\n'), "{text}");
}

#[tokio::test]
async fn a_service_that_does_not_know_where_auth_is_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    for (url, expected) in [
        ("", "must be set to where the auth service is"),
        ("auth:50051", "must be an address such as"),
        ("https://auth", "must be an address"),
    ] {
        let text = refusal(settings(folder.path(), &[("auth.url", url)])).await;
        assert!(text.starts_with("auth.url (ORDER__AUTH__URL): ") && text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn auth_itself_has_the_keys_and_needs_no_address_of_them() {
    let (folder, stop) = (tempfile::tempdir().unwrap(), CancellationToken::new());
    let auth = Program { name: "auth", ..PROGRAM };
    let settings = settings_of(&auth, folder.path(), &[]);
    assert!(settings.clone().set("auth.url", "http://127.0.0.1:50051").is_err(), "a key without effect would only mislead");
    let serving = auth.serve_until(settings, build, stop.clone(), |_| stop.cancel());
    tokio::time::timeout(Duration::from_secs(20), serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_service_that_cannot_be_built_tells_why() {
    let folder = tempfile::tempdir().unwrap();
    let broken = async |_: Own, _: Dependencies| Err::<Service, _>(Error::internal("no signing key"));
    let outcome = PROGRAM.serve_until(settings(folder.path(), &[]), broken, CancellationToken::new(), |_| ()).await;
    assert_eq!(outcome.unwrap_err().to_string(), "internal error: no signing key");
}

#[tokio::test]
async fn a_task_that_panics_ends_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let doomed = async |own: Own, dependencies: Dependencies| {
        Ok(build(own, dependencies).await?.task("doomed", |_| async { panic!("as it must be for this test") }))
    };
    let serving = PROGRAM.serve_until(settings(folder.path(), &[]), doomed, CancellationToken::new(), |_| ());
    let outcome = tokio::time::timeout(Duration::from_secs(20), serving).await.unwrap();
    assert!(matches!(outcome, Err(ProgramError::Serve(crate::grpc::ServeError::TaskDied("doomed")))));
}

#[test]
fn help_shows_every_setting_with_its_default() {
    let help = PROGRAM.command().render_long_help().to_string();
    for line in ["max_concurrent_streams = 256", "kind = \"mongodb\"", "namespace = \"crm\"", "hours = 8", "--version", "dead-letters"] {
        assert!(help.contains(line), "{line}");
    }
}

#[test]
fn a_cause_that_is_said_already_is_not_said_twice() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer: {0}")]
    struct Outer(#[source] std::io::Error);
    assert_eq!(describe(&Outer(std::io::Error::other("inner"))), "outer: inner");
    assert_eq!(describe(&Error::internal("inner")), "internal error: inner");
}
