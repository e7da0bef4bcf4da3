//! Reflection, and stopping in order.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tonic::{Code, Request};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient, server_reflection_request::MessageRequest,
    server_reflection_response::MessageResponse,
};

use super::echo::{PATIENCE, World};
use crate::{Transport, grpc::ServeError, transport::Remote};

const SERVICE: &str = "crm.auth.v1.AuthService";

async fn stopped(world: &mut World) -> Result<(), ServeError> {
    tokio::time::timeout(PATIENCE, &mut world.served).await.expect("it stops in time").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_needs_no_token() {
    let world = World::new().await;
    for service in ["", SERVICE] {
        let answer = HealthClient::new(world.remote.clone()).check(HealthCheckRequest { service: service.to_owned() }).await;
        assert_eq!(answer.unwrap().into_inner().status, 1, "{service} is SERVING");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_watches_hears_of_the_stop_and_does_not_hold_it_up() {
    let mut world = World::new().await;
    let watching = HealthClient::new(world.remote.clone()).watch(HealthCheckRequest { service: SERVICE.to_owned() }).await;
    let mut watching = watching.unwrap().into_inner();
    assert_eq!(watching.message().await.unwrap().unwrap().status, 1, "SERVING");
    world.stop.cancel();
    assert_eq!(watching.message().await.unwrap().unwrap().status, 2, "NOT_SERVING");
    assert!(watching.message().await.unwrap().is_none());
    let began = std::time::Instant::now();
    stopped(&mut world).await.unwrap();
    assert!(began.elapsed().as_secs() < 5, "it must not wait for the drain time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_under_way_finishes_before_the_background_tasks_stop() {
    let task_stopped = Arc::new(AtomicBool::new(false));
    let mark = task_stopped.clone();
    let mut world = World::with(&[], |service| {
        service.task("background", |stop| async move {
            stop.cancelled().await;
            mark.store(true, Ordering::SeqCst);
        })
    })
    .await;
    let (remote, seen, stop) = (world.remote.clone(), world.seen.clone(), world.stop.clone());
    let stopping = async {
        seen.wait_for(&seen.started, 1).await;
        stop.cancel();
        // The port is closed for others …
        let other = Transport::remote(&format!("http://{}", world.address), &Remote::default()).unwrap();
        let closed = async {
            while world.tell(other.clone(), "hello").await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, closed).await.unwrap();
        // … while the call goes on.
        let task_was_running = !task_stopped.load(Ordering::SeqCst);
        seen.go.notify_one();
        task_was_running
    };
    let (answer, task_was_running) = tokio::join!(world.tell(remote, "wait"), stopping);
    assert_eq!(answer.unwrap(), "waited");
    assert!(task_was_running);
    stopped(&mut world).await.unwrap();
    assert!(task_stopped.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_does_not_end_is_cut_after_the_deadline() {
    let mut world = World::with(&[("stop_timeout", "200ms")], |service| service).await;
    let (remote, seen, stop) = (world.remote.clone(), world.seen.clone(), world.stop.clone());
    let stopping = async {
        seen.wait_for(&seen.started, 1).await;
        stop.cancel();
    };
    let (answer, ()) = tokio::join!(world.tell(remote, "hang"), stopping);
    assert_eq!(answer.unwrap_err().code(), Code::Unavailable);
    seen.wait_for(&seen.dropped, 1).await;
    stopped(&mut world).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_background_task_that_panics_stops_the_service() {
    let mut world = World::with(&[], |service| service.task("doomed", |_| async { panic!("as it must be for this test") })).await;
    assert!(matches!(stopped(&mut world).await, Err(ServeError::TaskDied("doomed"))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn further_connections_wait_for_a_free_place() {
    let world = World::with(&[("max_connections", "1")], |service| service).await;
    let other = Transport::remote(&format!("http://{}", world.address), &Remote::default()).unwrap();
    assert_eq!(world.tell(world.remote.clone(), "first").await.unwrap(), "first");
    let mut request = Request::new(HealthCheckRequest::default());
    request.set_timeout(std::time::Duration::from_millis(300));
    let waiting = HealthClient::new(other).check(request).await;
    assert_eq!(waiting.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(world.tell(world.remote.clone(), "second").await.unwrap(), "second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_lists_what_this_port_answers_and_describes_it() {
    let world = World::new().await;
    let ask = async |message: MessageRequest| {
        let request = ServerReflectionRequest { host: String::new(), message_request: Some(message) };
        let mut client = ServerReflectionClient::new(world.remote.clone());
        let mut answers = client.server_reflection_info(futures::stream::iter([request])).await.unwrap().into_inner();
        answers.message().await.unwrap().unwrap().message_response.unwrap()
    };
    let MessageResponse::ListServicesResponse(list) = ask(MessageRequest::ListServices(String::new())).await else { panic!("no list") };
    let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    assert_eq!(names, [SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"]);
    for symbol in names {
        let answer = ask(MessageRequest::FileContainingSymbol(symbol.clone())).await;
        assert!(matches!(answer, MessageResponse::FileDescriptorResponse(_)), "{symbol}: {answer:?}");
    }
}
